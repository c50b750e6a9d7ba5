"""When reminders are due: the steps of the pack's ladders as instants, and when people may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from handlers.packs import Dates, Ladder, Step
from handlers.rules.workdays import is_workday, workday_on_or_after, workday_on_or_before, workdays_from


@dataclass(frozen=True, slots=True)
class ReminderSettings:
    """The operator's `[reminders]` (R115): the hours of news, and when nobody is written to first.

    `evening_hour` is that of what has gathered over the day.
    """

    hour: int = 9
    quiet_from: time = time(21)
    quiet_until: time = time(8)
    workdays_only: bool = True
    evening_hour: int = 17


USUAL_REMINDERS = ReminderSettings()
# What a union's own deadline is about; a contact's form and account are the province's affair.
OF_SUBMISSIONS = frozenset({"minimum", "draft", "complete"})


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a ladder at its instant.

    `to` is "contact", "backup" or "admins". `ends_at` is the first instant after the deadline;
    `is_last_day` lets it through in quiet hours and on holidays, as the province approved.
    `union_code` is the union whose own deadline it is ahead of, and whose alone it is (A30).
    """

    ladder: str
    step: str
    at: datetime
    to: str
    duties: tuple[str, ...]
    ends_at: datetime
    is_after: bool = False
    is_last_day: bool = False
    union_code: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        return self.ladder, self.step


@lru_cache(maxsize=16)
def rungs(
    ladders: tuple[Ladder, ...], dates: Dates, zone: ZoneInfo, settings: ReminderSettings
) -> tuple[Rung, ...]:
    """Every step of every ladder in the order of time."""
    found = [
        _rung(ladder, step, getattr(dates, ladder.deadline), zone, settings)
        for ladder in ladders
        for step in ladder.steps
    ]
    return tuple(sorted(found, key=lambda rung: rung.at))


@lru_cache(maxsize=128)
def own_rungs(
    ladders: tuple[Ladder, ...], union_code: str, deadline: date, zone: ZoneInfo, settings: ReminderSettings
) -> tuple[Rung, ...]:
    """The steps towards a union's own deadline: for its drafts and its minimum, and none after it (A30).

    The province has no part in that deadline, so nothing climbs to the backup or to the admins.
    """
    found = []
    for ladder in ladders:
        duties = tuple(duty for duty in ladder.duties if duty in OF_SUBMISSIONS)
        for step in ladder.steps if duties and ladder.deadline == "submission_deadline" else ():
            if step.workdays <= 0 and step.to == "contact":
                rung = _rung(ladder, step, deadline, zone, settings)
                name = f"{ladder.name}@{union_code}"
                found.append(replace(rung, ladder=name, duties=duties, union_code=union_code))
    return tuple(sorted(found, key=lambda rung: rung.at))


def _rung(ladder: Ladder, step: Step, deadline: date, zone: ZoneInfo, settings: ReminderSettings) -> Rung:
    aimed_at = deadline if step.workdays > 0 else deadline - timedelta(days=ladder.days_early)
    day = workdays_from(aimed_at, step.workdays)
    return Rung(
        ladder=ladder.name,
        step=step.key,
        at=at_hour(day, zone, settings, is_last_day=step.last_day),
        to=step.to,
        duties=ladder.duties,
        ends_at=datetime.combine(deadline + timedelta(days=1), time(), zone),
        is_after=step.workdays > 0,
        is_last_day=step.last_day,
    )


def at_hour(day: date, zone: ZoneInfo, settings: ReminderSettings, *, is_last_day: bool = False) -> datetime:
    """The hour of reminders of a day. On a day off it is the working day before, so that no deadline is missed.

    An hour that lies in the quiet ones is their end on the same day.
    """
    hour = time(settings.hour)
    if is_last_day:
        return datetime.combine(day, hour, zone)
    if settings.workdays_only:
        day = workday_on_or_before(day)
    return datetime.combine(day, settings.quiet_until if _is_quiet(hour, settings) else hour, zone)


def next_hour(now: datetime, settings: ReminderSettings, zone: ZoneInfo) -> datetime:
    """The hour of reminders on the next working day after today: what 明天 means."""
    day = now.astimezone(zone).date()
    following = workdays_from(day, 1) if settings.workdays_only else day + timedelta(days=1)
    return at_hour(following, zone, settings)


def _is_quiet(clock: time, settings: ReminderSettings) -> bool:
    begins, ends = settings.quiet_from, settings.quiet_until
    if begins <= ends:
        return begins <= clock < ends
    return clock >= begins or clock < ends


def allowed_from(now: datetime, settings: ReminderSettings, zone: ZoneInfo) -> datetime:
    """The first instant, `now` or later, at which people may be written to first (R115)."""
    local = now.astimezone(zone)
    if _is_quiet(local.time(), settings):
        day = local.date()
        if local.time() >= settings.quiet_until:
            day += timedelta(days=1)
        local = datetime.combine(day, settings.quiet_until, zone)
    if settings.workdays_only and not is_workday(local.date()):
        day = workday_on_or_after(local.date())
        local = at_hour(day, zone, settings)
    return max(now, local)


def is_allowed(now: datetime, settings: ReminderSettings, zone: ZoneInfo) -> bool:
    """Whether people may be written to first at that instant."""
    return allowed_from(now, settings, zone) == now


def without_stale(due: Sequence[Rung], *, now: datetime) -> tuple[list[Rung], list[Rung]]:
    """Of steps that are due together those to run, and those to drop (R114).

    A later step of the same ladder to the same readers says all that an earlier one would, and
    a step towards a deadline says nothing once that has passed.
    """
    latest: dict[tuple[str, str], Rung] = {}
    for rung in due:
        if rung.is_after or now < rung.ends_at:
            latest[rung.ladder, rung.to] = rung
    kept = list(latest.values())
    return kept, [rung for rung in due if rung not in kept]
