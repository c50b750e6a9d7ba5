"""The campaign in force: its pack, the dates that the operator may move, and its phase."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from handlers.errors import PackError
from handlers.pack_loading import pack_from_json, pack_version
from handlers.packs import Dates, Pack
from handlers.rules.ladders import USUAL_REMINDERS, ReminderSettings, Rung, rungs
from handlers.rules.periods import half_month_ends
from storage import campaigns
from storage.campaigns import PackVersion


class Phase(StrEnum):
    """Where an instant lies in the campaign (R5, R6)."""

    BEFORE = "before"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Campaign:
    """A pack in force. `dates` are the pack's unless the configuration moves them; `reminders` is its own."""

    pack: Pack
    version: str
    dates: Dates
    reminders: ReminderSettings = USUAL_REMINDERS

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.pack.timezone)

    @cached_property
    def opens_at(self) -> datetime:
        """The first instant at which a submission may be handed in."""
        return datetime.combine(self.dates.opens_on, time(), self.zone)

    @cached_property
    def closes_at(self) -> datetime:
        """The first instant that is too late: midnight after the last day (A1)."""
        return datetime.combine(self.dates.submission_deadline + timedelta(days=1), time(), self.zone)

    @cached_property
    def circular_days(self) -> tuple[date, ...]:
        """The days of the circulars: the pack's, or else the ends of the half-months (A3)."""
        dates = self.dates
        return self.pack.circular.dates or half_month_ends(dates.opens_on, dates.submission_deadline)

    def rungs(self, settings: ReminderSettings) -> tuple[Rung, ...]:
        """Every step of every ladder in the order of time."""
        return rungs(self.pack.ladders, self.dates, self.zone, settings)

    def phase(self, now: datetime) -> Phase:
        if now < self.opens_at:
            return Phase.BEFORE
        return Phase.OPEN if now < self.closes_at else Phase.CLOSED


def version_in_force(session: Session, name: str) -> str | None:
    """The version of the pack in force under that name; None if none was loaded."""
    campaign = campaigns.find(session, name)
    return None if campaign is None else campaign.version


def find_version(session: Session, version: str) -> Pack | None:
    """A pack as it was when it was loaded."""
    stored = campaigns.find_version(session, version)
    return None if stored is None else pack_from_json(stored.content)


def put_in_force(session: Session, pack: Pack, *, now: datetime) -> str:
    """Make `pack` the one in force and return its version; a second time changes nothing."""
    version = pack_version(pack)
    campaigns.put_in_force(
        session, PackVersion(version=version, name=pack.name, content=pack.as_json(), loaded_at=now)
    )
    return version


def with_dates(
    pack: Pack, moved: dict[str, object], reminders: ReminderSettings = USUAL_REMINDERS
) -> Campaign:
    """The campaign of a pack with the operator's dates; PackError if they are out of order."""
    dates = Dates.model_validate({**pack.dates.model_dump(), **moved})
    if not dates.opens_on <= dates.contact_deadline <= dates.submission_deadline:
        raise PackError(
            "[campaign] opens_on, contact_deadline, submission_deadline: "
            f"{dates.opens_on}, {dates.contact_deadline}, {dates.submission_deadline} are not in order; "
            "write them so that each is not before the one named before it"
        )
    return Campaign(pack=pack, version=pack_version(pack), dates=dates, reminders=reminders)
