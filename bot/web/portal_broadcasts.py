"""Broadcasts on the province's pages: written, looked at, confirmed, stopped; and who got them (R116, L8)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.media.sniffing import format_of
from bot.web.portal_access import admins_only, current_actor, sentence, tell_next
from bot.web.unfit import row_numbers
from bot.wiring import Application
from handlers import audiences, broadcast_delivery, broadcasts
from handlers.audiences import EMPTY, PARTS
from handlers.broadcasts import LARGEST_PICTURE, LONGEST, PACES, PICTURES
from handlers.dialogs.composing import CONFIRMING
from handlers.errors import HandlerError
from handlers.messages import Line, Reply, say
from handlers.rules.ladders import allowed_from, is_allowed
from handlers.rules.moments import read_moment

_SEPARATORS = re.compile(r"[,，、;；\s]+")


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("portal_broadcasts", __name__, url_prefix="/portal/broadcasts")
    desk = _Desk(application)
    page.before_request(admins_only)
    page.get("")(desk.index)
    page.get("/new")(desk.new)
    page.post("/new")(desk.create)
    page.get("/<int:number>")(desk.show)
    page.get("/<int:number>/edit")(desk.edit)
    page.post("/<int:number>/edit")(desk.save)
    page.post("/<int:number>/exclude")(desk.exclude)
    page.post("/<int:number>/test")(desk.test)
    page.post("/<int:number>/send")(desk.send)
    page.post("/<int:number>/reopen")(desk.reopen)
    page.post("/<int:number>/stop")(desk.stop)
    page.post("/<int:number>/retry")(desk.retry)
    return page


class _Desk:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def index(self) -> str:
        """The newest broadcasts, and an alarm above them if one is overdue and not sent (L8)."""
        campaign, now = self._application.campaign(), self._now()
        with self._application.database.reading() as session:
            rows = broadcasts.latest(session, campaign, current_actor(), now=now)
        return render_template("portal/broadcasts.html", rows=rows, zone=campaign.zone)

    def new(self) -> str:
        return self._form(None, {"kind": "duty", "text": "", "audience": dict(EMPTY), "pace": None})

    def create(self) -> Response | tuple[str, int]:
        return self._keep(None)

    def edit(self, number: int) -> str:
        with self._application.database.reading() as session:
            draft = broadcasts.get(session, self._application.campaign(), current_actor(), number)
        if draft.state != "draft":
            raise HandlerError("broadcast/begun")
        given = {"kind": draft.kind, "text": draft.text, "audience": draft.audience, "pace": draft.pace}
        return self._form(number, {**given, "picture": draft.picture})

    def save(self, number: int) -> Response | tuple[str, int]:
        return self._keep(number)

    def _keep(self, number: int | None) -> Response | tuple[str, int]:
        """Keep what was typed; what is wrong with it is said above the same form, with all that was typed."""
        given = self._typed()
        try:
            picture = self._picture()
            with self._application.database.writing() as session:
                changes = self._changes(session, given)
                if picture is not None or request.form.get("no_picture"):
                    changes["picture"] = picture
                campaign, actor = self._application.campaign(), current_actor()
                kept = number or broadcasts.begin(session, campaign, actor, now=self._now()).id
                broadcasts.change(session, campaign, actor, kept, changes)
        except HandlerError as error:
            given |= self._pictured(number)
            return self._form(number, given, wrong=sentence(self._application, error.line)), 400
        return self._to(kept)

    def _pictured(self, number: int | None) -> dict[str, Any]:
        """What the form says of pictures after an error: the draft's own, and one that has to be chosen anew."""
        upload, picture = request.files.get("picture"), None
        if number is not None:
            with self._application.database.reading() as session:
                picture = broadcasts.get(
                    session, self._application.campaign(), current_actor(), number
                ).picture
        return {
            "picture": picture,
            "no_picture": "no_picture" in request.form,
            "choose_again": upload is not None and bool(upload.filename),
        }

    def _typed(self) -> dict[str, Any]:
        form = request.form
        parts = [part for part in PARTS if part in form.getlist("part")]
        pace = form.get("pace", "")
        people = row_numbers(form.getlist("person"))
        known = self._application.campaign().pack.union_by_code
        unions = [form["union"]] if "drafts" in parts and form.get("union") in known else []
        audience = {"parts": parts, "backups": "backups" in form, "unions": unions, "people": people}
        return {
            "kind": "notice" if form.get("kind") == "notice" else "duty",
            "text": form.get("text", "").replace("\r\n", "\n").strip(),
            "audience": audience,
            "pace": int(pace) if pace in map(str, PACES) else None,
            "names": form.get("names", ""),
        }

    def _changes(self, session: Session, given: dict[str, Any]) -> dict[str, Any]:
        """The draft's columns; HandlerError for a name that is nobody's, or several people's."""
        audience = {**given["audience"]}
        if "people" in audience["parts"]:
            chosen = audience["people"]
            for name in (word for word in _SEPARATORS.split(given["names"]) if word):
                found = audiences.named(session, self._application.campaign(), current_actor(), name)
                if not found:
                    raise HandlerError("broadcast/nobody_named", name=name)
                ids = [one.person_id for one in found]
                if len(found) > 1 and not set(ids) & set(chosen):
                    given["which"] = (name, found)
                    raise HandlerError("broadcast/which_of", name=name, count=len(found))
                chosen = [*chosen, *(ids if len(found) == 1 else [])]
            audience["people"] = list(dict.fromkeys(chosen))
        empty = "drafts" in audience["parts"] and not audience["unions"]
        empty = empty or ("people" in audience["parts"] and not audience["people"])
        if not given["text"] or not audience["parts"] or empty:
            raise HandlerError("broadcast/incomplete")
        columns = {key: given[key] for key in ("kind", "text", "pace")}
        return {**columns, "audience": audience, "excluded": []}

    def _picture(self) -> str | None:
        """The SHA-256 of an uploaded picture, which is kept before the draft names it; None without one."""
        upload = request.files.get("picture")
        if upload is None:
            return None
        content = upload.read(LARGEST_PICTURE + 1)
        upload.close()
        if not content:
            return None
        if format_of(content) not in PICTURES:
            raise HandlerError("broadcast/no_picture")
        if len(content) > LARGEST_PICTURE:
            raise HandlerError("broadcast/picture_too_large", size=len(content), most=LARGEST_PICTURE)
        return self._application.blobs.put(content)

    def _form(self, number: int | None, given: dict[str, Any], *, wrong: str = "") -> str:
        return render_template(
            "portal/broadcast_edit.html",
            number=number,
            given=given,
            wrong=wrong,
            people=self._people(given["audience"]["people"]),
            parts=PARTS,
            paces=PACES,
            pack=self._application.campaign().pack,
            longest=LONGEST,
            most_bytes=LARGEST_PICTURE,
        )

    def _people(self, ids: Sequence[int]) -> list[audiences.Receiver]:
        campaign, actor = self._application.campaign(), current_actor()
        with self._application.database.reading() as session:
            return [audiences.known(session, campaign, actor, person_id) for person_id in ids]

    def show(self, number: int) -> str:
        """A draft with its preview; anything else with what became of it."""
        campaign, actor, now = self._application.campaign(), current_actor(), self._now()
        with self._application.database.reading() as session:
            found = broadcasts.get(session, campaign, actor, number)
            if found.state == "draft":
                seen = broadcasts.preview(session, campaign, actor, found, now=now)
                as_told = self._application.wording.text(broadcast_delivery.told(found, None))
                return render_template("portal/broadcast_draft.html", seen=seen, as_told=as_told)
            return render_template(
                "portal/broadcast.html",
                broadcast=found,
                results=broadcast_delivery.results(session, actor, found),
                is_stuck=broadcasts.is_stuck(session, found, now=now),
                zone=campaign.zone,
                unions=campaign.pack.union_by_code,
            )

    def exclude(self, number: int) -> Response:
        """Leave out the people who are ticked, and let in those who are not any more."""
        ids = sorted(set(row_numbers(request.form.getlist("out"))))
        with self._application.database.writing() as session:
            broadcasts.change(
                session, self._application.campaign(), current_actor(), number, {"excluded": ids}
            )
        return self._to(number)

    def test(self, number: int) -> Response:
        now = self._now()
        with self._application.database.writing() as session:
            found = broadcasts.get(session, self._application.campaign(), current_actor(), number)
            broadcasts.test(
                session, current_actor(), found, key=f"page:{now.timestamp()}", render=self._parts, now=now
            )
        return self._to(number, say("broadcast/tested"))

    def send(self, number: int) -> Response:
        """Confirm what was on the page: a list or text that has changed since is shown again."""
        campaign, actor, now = self._application.campaign(), current_actor(), self._now()
        due_at = self._when(now)
        with self._application.database.writing() as session:
            found = broadcasts.get(session, campaign, actor, number)
            seen = broadcasts.preview(session, campaign, actor, found, now=now)
            if found.state == "draft" and seen.mark != request.form.get("mark"):
                raise HandlerError("broadcast/list_changed")
            if not self._has_agreed(seen):
                raise HandlerError("broadcast/not_agreed", count=seen.count, is_many=seen.is_many)
            broadcasts.confirm(session, campaign, actor, seen, due_at=due_at or now, now=now)
        at = None if due_at is None else due_at.astimezone(campaign.zone)
        return self._to(number, say("broadcast/confirmed", count=seen.count, at=at, on_page=True))

    def _when(self, now: datetime) -> datetime | None:
        """The time that was typed, None for now; HandlerError if it is unclear, past or one of rest."""
        campaign, said = self._application.campaign(), request.form.get("when", "").strip()
        due_at = read_moment(said, now=now.astimezone(campaign.zone)) if said else None
        if said and due_at is None:
            raise HandlerError("broadcast/when_unclear", said=said)
        if due_at is not None and due_at <= now:
            raise HandlerError("broadcast/past", at=due_at)
        settings, at = campaign.reminders, due_at or now
        if "anyway" not in request.form and not is_allowed(at, settings, campaign.zone):
            later = allowed_from(at, settings, campaign.zone).astimezone(campaign.zone)
            raise HandlerError("broadcast/at_rest", at=at.astimezone(campaign.zone), later=later)
        return due_at

    def _has_agreed(self, seen: broadcasts.Preview) -> bool:
        if "checked" not in request.form:
            return False
        found = CONFIRMING.fullmatch("".join(request.form.get("agreed", "").split()))
        return not seen.is_many or (found is not None and int(found["count"]) == seen.count)

    def reopen(self, number: int) -> Response:
        with self._application.database.writing() as session:
            broadcasts.reopen(session, self._application.campaign(), current_actor(), number, now=self._now())
        return self._to(number, say("broadcast/reopened"))

    def stop(self, number: int) -> Response:
        with self._application.database.writing() as session:
            out = broadcasts.cancel(
                session, self._application.campaign(), current_actor(), number, now=self._now()
            )
        return self._to(number, say("broadcast/cancelled", out=out))

    def retry(self, number: int) -> Response:
        campaign, actor = self._application.campaign(), current_actor()
        with self._application.database.writing() as session:
            found = broadcasts.get(session, campaign, actor, number)
            count = broadcast_delivery.retry(session, campaign, actor, found, now=self._now())
        return self._to(number, say("broadcast/retried", count=count))

    def _now(self) -> datetime:
        return self._application.clock.now()

    def _parts(self, reply: Reply) -> list[str]:
        return [self._application.wording.text(reply)]

    def _to(self, number: int, line: Line | None = None) -> Response:
        if line is not None:
            tell_next(self._application, line)
        return redirect(url_for("portal_broadcasts.show", number=number))
