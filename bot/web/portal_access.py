"""The door of the portal: nothing below /portal/ opens without a session, and who acts is known there.

A session is Flask's signed cookie with the account, the epoch at which it began and the time of
the last request. It ends when the account's epoch moves on or after eight idle hours.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import flash, g, redirect, render_template, request, session, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.wrappers import Response

from bot.wiring import Application
from handlers import sign_ins
from handlers.access import Actor, require_admin
from handlers.errors import HandlerError
from handlers.messages import Line, Outcome, Reply
from handlers.sign_ins import SignedIn

PORTAL = "/portal"
IDLE_SECONDS = 8 * 60 * 60
# How stale the time of the last request may be: else every answer would set the cookie anew.
SEEN_SECONDS = 60
OPEN = frozenset({"sign_in.show", "sign_in.enter"})
BEFORE_CHANGE = frozenset({"sign_in.password", "sign_in.change", "sign_in.leave"})
FORBIDDEN = frozenset({"access/admins_only", "access/own_union_only"})


def current_actor() -> Actor:
    """Who is signed in. Only for views below /portal/, where the guard has let the request through."""
    actor: Actor = g.actor
    return actor


def current_account() -> SignedIn:
    """The account of this session."""
    signed_in: SignedIn = g.signed_in
    return signed_in


def admins_only() -> None:
    """Before every request of a blueprint: a union's session gets the page that says so, with status 403."""
    require_admin(current_actor())


def remember(signed_in: SignedIn, application: Application) -> None:
    """Begin a session, of which nothing of a former one is left."""
    session.clear()
    session["account"] = signed_in.account_id
    session["epoch"] = signed_in.epoch
    session["seen"] = int(application.clock.wall().timestamp())


def guard(application: Application) -> Callable[[], Response | None]:
    """What runs before every request: below /portal/ it needs a session, whatever the address is."""

    def check() -> Response | None:
        if request.path.split("/")[1] != PORTAL[1:]:
            return None
        signed_in = _signed_in(application)
        if signed_in is None:
            return None if request.endpoint in OPEN else _to_sign_in()
        g.signed_in, g.actor = signed_in, signed_in.actor
        if signed_in.must_change and request.endpoint not in BEFORE_CHANGE | OPEN:
            return redirect(url_for("sign_in.password"))
        return None

    return check


def _to_sign_in() -> Response:
    """A session that ended is said to have ended; nobody else is told anything."""
    ended = session.get("account") is not None
    session.clear()
    return redirect(url_for("sign_in.show", ended=1 if ended else None))


def _signed_in(application: Application) -> SignedIn | None:
    account_id, epoch, seen = session.get("account"), session.get("epoch"), session.get("seen")
    if not (isinstance(account_id, int) and isinstance(epoch, int) and isinstance(seen, int)):
        return None
    wall = int(application.clock.wall().timestamp())
    if wall - seen > IDLE_SECONDS:
        return None
    with application.database.reading() as reading:
        found = sign_ins.of_session(
            reading, application.campaign(), account_id, epoch, now=application.clock.now()
        )
    if found is not None and wall - seen > SEEN_SECONDS:
        session["seen"] = wall
    return found


def tell_next(application: Application, line: Line, *, well: bool = True) -> None:
    """Show a sentence at the top of the next page: `well` in green, else in red."""
    flash(sentence(application, line), "well" if well else "wrong")


def sentence(application: Application, line: Line) -> str:
    """The words of a line from templates/chat."""
    return application.wording.text(Reply(Outcome.ANSWERED, (line,)))


def form_expired(error: CSRFError) -> tuple[str, int]:
    """A form without this session's token, as after signing in again in another window."""
    return render_template("portal/form_expired.html"), error.code or 400


def refusal(application: Application) -> Callable[[HandlerError], tuple[str, int]]:
    """The page for what a handler refused: it says why and leads back."""

    def show(error: HandlerError) -> tuple[str, int]:
        status = 403 if error.line.template in FORBIDDEN else 400
        return render_template("portal/sorry.html", sentence=sentence(application, error.line)), status

    return show
