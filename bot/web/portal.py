"""The first page after signing in: a union's own progress, or the province's board of all."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request

from bot.web.portal_access import current_account, current_actor
from bot.wiring import Application
from handlers import contacts, duties, groups, papers, plans, posters, standings, union_listings
from handlers.access import Actor


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("portal", __name__, url_prefix="/portal")
    desk = _Desk(application)
    page.get("/")(desk.first)
    page.post("/poster")(desk.poster)
    return page


class _Desk:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def first(self) -> str:
        actor = current_actor()
        return self._board(actor) if actor.is_admin else self._union(actor)

    def _board(self, actor: Actor) -> str:
        """All unions with their sums, and how much waits for a decision."""
        campaign, now = self._application.campaign(), self._application.clock.now()
        with self._application.database.reading() as session:
            board = duties.board(session, campaign, actor, now=now)
            table = standings.table(session, campaign, actor, now=now)
            waiting = len(contacts.list_waiting(session, campaign, actor))
            has_group = groups.bound(session, campaign) is not None
        return render_template(
            "portal/board.html", board=board, table=table, waiting=waiting, pack=campaign.pack,
            has_group=has_group,
        )  # fmt: skip

    def _union(self, actor: Actor) -> str:
        campaign, now = self._application.campaign(), self._application.clock.now()
        code = actor.union_code or ""
        with self._application.database.reading() as session:
            duty = duties.of_union(session, campaign, actor, code, now=now)
            return render_template(
                "portal/union.html",
                campaign=campaign,
                duty=duty,
                plan=plans.of_union(session, campaign, actor, code, now=now),
                today=now.astimezone(campaign.zone).date(),
                contacts=contacts.of_union(session, campaign, code),
                listing=union_listings.list_submitted(session, campaign, actor, code, page=_page()),
                login=current_account().login,
                has_group=groups.bound(session, campaign) is not None,
            )

    def poster(self) -> str:
        """Give the union's poster, or to an admin the group's, an address, and show it.

        A union's ends with the office of its contact, as one that was asked for in chat does.
        """
        actor, application = current_actor(), self._application
        campaign, now = application.campaign(), application.clock.now()
        with application.database.writing() as session:
            if actor.union_code is None:
                issued = posters.of_group(campaign, posters.group_until(campaign, now=now))
                whose, lasts = None, posters.GROUP_LASTS
            else:
                served = contacts.of_union(session, campaign, actor.union_code).values()
                issued = posters.of_union(campaign, campaign.pack.union_by_code[actor.union_code])
                whose, lasts = next((one.person_id for one in served), None), papers.LASTS
            token = papers.issue(session, issued, person_id=whose, now=now, lasts=lasts)
        return render_template(
            "portal/poster.html",
            name=issued.name,
            address=f"/p/{token}",
            until=date.fromisoformat(issued.facts["valid_until"]),
            is_union=actor.union_code is not None,
        )


def _page() -> int:
    asked = request.args.get("page", "1")
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 1
