"""Signing in and out, and changing the password."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from bot.web.portal_access import current_account, remember, sentence, tell_next
from bot.wiring import Application
from handlers import passwords, sign_ins
from handlers.errors import HandlerError
from handlers.messages import Line, say
from handlers.sign_ins import SignedIn


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("sign_in", __name__, url_prefix="/portal")
    desk = _Desk(application)
    page.get("/sign-in")(desk.show)
    page.post("/sign-in")(desk.enter)
    page.post("/sign-out")(desk.leave)
    page.get("/password")(desk.password)
    page.post("/password")(desk.change)
    return page


class _Desk:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def show(self) -> str:
        """The sign-in page; it says so if a session has just ended."""
        ended = say("account/session_ended") if request.args.get("ended") else None
        return self._page("", ended)

    def enter(self) -> Response | tuple[str, int]:
        login = request.form.get("login", "")
        try:
            signed_in = self._sign_in(login, request.form.get("password", ""))
        except HandlerError as error:
            return self._page(login[: sign_ins.LONGEST_LOGIN], error.line), 403
        remember(signed_in, self._application)
        return redirect(url_for("sign_in.password" if signed_in.must_change else "portal.first"))

    def _sign_in(self, login: str, password: str) -> SignedIn:
        """HandlerError unless the password is right; the comparing is in no transaction."""
        application = self._application
        now = application.clock.now()
        with application.database.writing() as writing:
            attempt = sign_ins.begin(writing, application.campaign(), login, now=now)
        is_right = passwords.holds(attempt.kept, password[: passwords.LONGEST])
        with application.database.writing() as writing:
            if is_right and not attempt.is_held_off:
                return sign_ins.finish(writing, application.campaign(), attempt, now=now)
            sign_ins.note_wrong(writing, attempt, now=now)
        raise HandlerError("account/sign_in_refused", tries=sign_ins.FREE_TRIES)

    def leave(self) -> Response:
        session.clear()
        return redirect(url_for("sign_in.show"))

    def password(self) -> str:
        """The page for a new password; the first time it is not left before there is one."""
        return self._password_page(None)

    def change(self) -> Response | tuple[str, int]:
        try:
            signed_in = self._change(current_account())
        except HandlerError as error:
            return self._password_page(error.line), 400
        remember(signed_in, self._application)
        tell_next(self._application, say("account/password_changed"))
        return redirect(url_for("portal.first"))

    def _change(self, signed_in: SignedIn) -> SignedIn:
        """Everything that can be refused without the present password is refused before it counts as a try."""
        application, form = self._application, request.form
        now, present, new = application.clock.now(), form.get("present", ""), form.get("new", "")
        passwords.require_good(new, form.get("again", ""), login=signed_in.login)
        with application.database.writing() as writing:
            attempt = sign_ins.begin_change(writing, signed_in, now=now)
        if not signed_in.must_change and (attempt.is_held_off or not passwords.holds(attempt.kept, present)):
            with application.database.writing() as writing:
                sign_ins.note_wrong(writing, attempt, now=now)
            raise HandlerError("account/present_password_wrong", tries=sign_ins.FREE_TRIES)
        if passwords.holds(attempt.kept, new):
            raise HandlerError("account/same_password")
        kept = passwords.hash_chosen(new)
        with application.database.writing() as writing:
            return sign_ins.change_password(writing, application.campaign(), attempt, kept, now=now)

    def _page(self, login: str, line: Line | None) -> str:
        told = None if line is None else sentence(self._application, line)
        campaign = self._application.campaign()
        return render_template("portal/sign_in.html", login=login, told=told, pack=campaign.pack)

    def _password_page(self, line: Line | None) -> str:
        told = None if line is None else sentence(self._application, line)
        return render_template(
            "portal/password.html", account=current_account(), told=told, shortest=passwords.SHORTEST
        )
