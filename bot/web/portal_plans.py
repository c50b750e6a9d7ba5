"""What a union sets for itself on its page: the own deadline, and the units below it with their numbers (A30)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from flask import Blueprint, redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from bot.web.portal_access import current_actor, tell_next
from bot.wiring import Application
from handlers import plans
from handlers.access import Actor
from handlers.errors import HandlerError
from handlers.messages import Line, say


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("portal_plans", __name__, url_prefix="/portal/plan")
    desk = _Desk(application)
    page.post("/deadline")(desk.deadline)
    page.post("/deadline/clear")(desk.keep_to_the_notice)
    page.post("/units")(desk.units)
    page.post("/units/remove")(desk.remove)
    page.post("/put-under")(desk.put_under)
    return page


class _Desk:
    """The forms over one application; each leads back to the union's page, which says what came of it."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def deadline(self) -> Response:
        campaign, now = self._application.campaign(), self._application.clock.now()
        today = now.astimezone(campaign.zone).date()
        day = _day(request.form.get("day", ""))

        def work(session: Session, actor: Actor, code: str) -> Line:
            if day is None:
                said = request.form.get("day", "")[:20]
                raise HandlerError("plan/day_wanted", said=said, dates=campaign.dates, today=today)
            plans.set_deadline(session, campaign, actor, code, day, now=now)
            union = campaign.pack.union_by_code[code]
            if day == campaign.dates.submission_deadline:
                return say("plan/deadline_as_in_the_notice", union=union, dates=campaign.dates, today=today)
            return say("plan/deadline_kept", union=union, date=day, dates=campaign.dates, today=today)

        return self._do(work)

    def keep_to_the_notice(self) -> Response:
        campaign, now = self._application.campaign(), self._application.clock.now()
        today = now.astimezone(campaign.zone).date()

        def work(session: Session, actor: Actor, code: str) -> Line:
            plans.keep_to_the_notice(session, campaign, actor, code, now=now)
            union = campaign.pack.union_by_code[code]
            return say("plan/deadline_as_in_the_notice", union=union, dates=campaign.dates, today=today)

        return self._do(work)

    def units(self) -> Response:
        """Add one, or change the number of the one of that name."""
        campaign, now = self._application.campaign(), self._application.clock.now()
        said, name = request.form.get("minimum", "").strip(), request.form.get("name", "")
        minimum = int(said) if said.isdecimal() and len(said) < 7 else -1

        def work(session: Session, actor: Actor, code: str) -> Line:
            plans.set_sub_units(session, campaign, actor, code, [(name, minimum)], now=now)
            return say("plan/units_kept", wanted=[(name.strip(), minimum)])

        return self._do(work)

    def remove(self) -> Response:
        """The page shows this button only behind another."""
        campaign, now = self._application.campaign(), self._application.clock.now()
        name = request.form.get("name", "")

        def work(session: Session, actor: Actor, code: str) -> Line:
            removed = plans.remove_sub_unit(session, campaign, actor, code, name, now=now)
            return say("plan/unit_removed", name=removed)

        return self._do(work)

    def put_under(self) -> Response:
        campaign, now = self._application.campaign(), self._application.clock.now()
        said = (request.form.get("number", ""), request.form.get("name", ""))

        def work(session: Session, actor: Actor, code: str) -> Line:
            number, name = plans.put_under(session, campaign, actor, code, said, now=now)
            return say("plan/put_under", number=number, name=name)

        return self._do(work)

    def _do(self, work: Callable[[Session, Actor, str], Line]) -> Response:
        """Do it for the union that is signed in; a slip is told on the same page, above what was there."""
        actor = current_actor()
        if actor.union_code is None:
            raise HandlerError("access/own_union_only")
        try:
            with self._application.database.writing() as session:
                told = work(session, actor, actor.union_code)
        except HandlerError as error:
            tell_next(self._application, error.line, well=False)
        else:
            tell_next(self._application, told)
        return redirect(url_for("portal.first"))


def _day(said: str) -> date | None:
    """A day as a date field sends it."""
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None
