"""When reminders fall due for whom: the province's ladders, and those of unions with a deadline of their own (A30)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from handlers.campaigns import Campaign
from handlers.rules.ladders import ReminderSettings, Rung, own_rungs
from storage import plans


@dataclass(frozen=True, slots=True)
class OwnDeadline:
    """A union's own last day for its submitters. `ends_at` is the first instant after it.

    It stands `since` then, and steps that would have been before are not made up for.
    """

    union_code: str
    day: date
    since: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Schedule:
    """The steps of a campaign as its dates and the unions' own deadlines have them at the moment."""

    campaign: Campaign
    own: dict[str, OwnDeadline]

    def apart(self, now: datetime) -> frozenset[str]:
        """The unions whose own deadline is still to come: their drafts are told of that and not of the notice's."""
        return frozenset(code for code, one in self.own.items() if now < one.ends_at)

    def running(self, union_code: str | None, now: datetime) -> date | None:
        """A union's own deadline; None if it has none, or once it has passed."""
        found = self.own.get(union_code or "")
        return found.day if found is not None and now < found.ends_at else None

    def rungs(self, settings: ReminderSettings) -> tuple[Rung, ...]:
        """Every step in the order of time."""
        if not self.own:
            return self.campaign.rungs(settings)
        return _in_order((*self.campaign.rungs(settings), *self.own_rungs(settings)))

    def own_rungs(self, settings: ReminderSettings) -> list[Rung]:
        """Those of the unions' own deadlines, without what lay behind already when the deadline was set."""
        since = {code: one.since for code, one in self.own.items()}
        return [rung for rung in self._all_own(settings) if rung.at >= since[rung.union_code or ""]]

    def find(self, key: tuple[str, str], settings: ReminderSettings) -> Rung | None:
        """The step of that name as it is now; None if there is none any more."""
        every = (*self.campaign.rungs(settings), *self._all_own(settings))
        return next((rung for rung in every if rung.key == key), None)

    def _all_own(self, settings: ReminderSettings) -> list[Rung]:
        campaign = self.campaign
        return [
            rung
            for one in self.own.values()
            for rung in own_rungs(campaign.pack.ladders, one.union_code, one.day, campaign.zone, settings)
        ]


def _in_order(rungs: Iterable[Rung]) -> tuple[Rung, ...]:
    return tuple(sorted(rungs, key=lambda rung: rung.at))


def of_campaign(session: Session, campaign: Campaign) -> Schedule:
    """The schedule as it stands. A deadline that is not before the notice's, since that was moved, is none."""
    own = {
        code: OwnDeadline(code, day, since, datetime.combine(day + timedelta(days=1), time(), campaign.zone))
        for code, day, since in plans.list_deadlines(session, campaign.pack.name)
        if day < campaign.dates.submission_deadline and code in campaign.pack.union_by_code
    }
    return Schedule(campaign, own)
