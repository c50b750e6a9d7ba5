"""What a union sets for itself: an earlier deadline, and units of its own with a number asked of each (A30).

How its deadline moves the reminders is in `handlers.schedules`. Nothing here binds a submitter: the
notice's deadline alone decides what may still be handed in (R5).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from handlers import schedules
from handlers.access import Actor, require_union
from handlers.campaigns import Campaign
from handlers.choices import fold
from handlers.errors import HandlerError
from handlers.packs import Union
from handlers.rules.cleaning import clean
from storage import audit, plans
from storage.plans import Placed, SubUnit

LONGEST_NAME = 30
LARGEST = 99_999
MOST = 200
_SUFFIX = re.compile("(?:总工会|工会)$")
_DASHES = re.compile("[—–－‐‑−_]+")
_LIKE_A_PHONE = re.compile(r"[0-9]{5}")


@dataclass(frozen=True, slots=True)
class UnitCount:
    """A sub-unit with how many of the union's submissions are under it."""

    id: int
    name: str
    minimum: int
    counted: int

    @property
    def lacking(self) -> int:
        return max(0, self.minimum - self.counted)


@dataclass(frozen=True, slots=True)
class Plan:
    """`deadline` is None where the union keeps to the notice's. `elsewhere` are under no sub-unit."""

    union: Union
    deadline: date | None
    is_running: bool
    units: tuple[UnitCount, ...]
    elsewhere: int

    @property
    def asked(self) -> int:
        """What is asked of all sub-units together; it may differ from the union's own minimum."""
        return sum(unit.minimum for unit in self.units)

    @property
    def reached(self) -> int:
        return sum(unit.lacking == 0 for unit in self.units)


def of_union(session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime) -> Plan:
    """What the union has set, and how far its sub-units are; HandlerError unless the actor may see it."""
    require_union(actor, union_code)
    own = schedules.of_campaign(session, campaign).own.get(union_code)
    units = list_of(session, campaign, actor, union_code)
    placed = plans.list_placed(session, campaign.pack.name, union_code, campaign.pack.counts) if units else []
    counts = dict.fromkeys((unit.id for unit in units), 0)
    elsewhere = 0
    for one in placed:
        unit = unit_of(one, units)
        if unit is None:
            elsewhere += 1
        else:
            counts[unit.id] += 1
    return Plan(
        campaign.pack.union_by_code[union_code],
        None if own is None else own.day,
        own is not None and now < own.ends_at,
        tuple(UnitCount(unit.id, unit.name, unit.minimum, counts[unit.id]) for unit in units),
        elsewhere,
    )


def list_of(session: Session, campaign: Campaign, actor: Actor, union_code: str) -> Sequence[SubUnit]:
    """The union's sub-units in the order in which it named them."""
    require_union(actor, union_code)
    return plans.list_sub_units(session, campaign.pack.name, union_code)


def unit_of(placed: Placed, units: Iterable[SubUnit]) -> SubUnit | None:
    """Where the union has put a submission, else the sub-unit with the longest name within the work unit.

    Of two names of the same length neither is meant.
    """
    text = fold(placed.work_unit) if isinstance(placed.work_unit, str) else ""
    named: list[tuple[int, SubUnit]] = []
    for unit in units:
        if unit.id == placed.sub_unit_id:
            return unit
        if (name := _bare(unit.name)) in text:
            named.append((len(name), unit))
    longest = max((length for length, _ in named), default=0)
    found = [unit for length, unit in named if length == longest]
    return found[0] if len(found) == 1 else None


def _bare(name: str) -> str:
    """江宁区总工会 is looked for as 江宁区: work units are named by their place, not by their union."""
    said = fold(name)
    bare = _SUFFIX.sub("", said)
    return bare if len(bare) > 1 else said


def check_deadline(campaign: Campaign, day: date, *, now: datetime) -> None:
    """HandlerError unless the day lies between today and the notice's deadline."""
    dates, today = campaign.dates, now.astimezone(campaign.zone).date()
    if today > dates.submission_deadline:
        raise HandlerError("plan/deadline_closed", dates=dates)
    if day > dates.submission_deadline:
        raise HandlerError("plan/deadline_late", date=day, dates=dates)
    if day < today:
        raise HandlerError("plan/deadline_past", date=day, dates=dates, today=today)


def set_deadline(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, day: date, *, now: datetime
) -> None:
    """Ask the union's submitters for their results until that day; HandlerError if it cannot be one.

    The notice's own day is no earlier one.
    """
    require_union(actor, union_code)
    check_deadline(campaign, day, now=now)
    own = None if day == campaign.dates.submission_deadline else day
    _put_deadline(session, campaign, actor, union_code, own, now=now)


def keep_to_the_notice(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> None:
    """Ask for nothing earlier than the notice does."""
    require_union(actor, union_code)
    _put_deadline(session, campaign, actor, union_code, None, now=now)


def _put_deadline(
    session: Session, campaign: Campaign, actor: Actor, code: str, day: date | None, *, now: datetime
) -> None:
    own = schedules.of_campaign(session, campaign).own.get(code)
    if day == (None if own is None else own.day):
        return  # Said twice, it stands since the first time.
    plans.put_deadline(session, campaign.pack.name, code, day, by=actor.label, now=now)
    _note(session, actor, code, "own_deadline", "" if day is None else day.isoformat(), now=now)


def set_sub_units(
    session: Session,
    campaign: Campaign,
    actor: Actor,
    union_code: str,
    wanted: Sequence[tuple[str, int]],
    *,
    now: datetime,
) -> None:
    """Add sub-units, or change the numbers asked of them, all of these or none (HandlerError)."""
    require_union(actor, union_code)
    known = {fold(unit.name): unit.name for unit in list_of(session, campaign, actor, union_code)}
    for said, minimum in wanted:
        name = _name_of(said)
        if not 0 <= minimum <= LARGEST:
            raise HandlerError("plan/unit_number", name=name, most=LARGEST)
        name = known.setdefault(fold(name), name)
        if len(known) > MOST:
            raise HandlerError("plan/too_many_units", most=MOST)
        plans.put_sub_unit(session, campaign.pack.name, union_code, name, minimum, now=now)
        _note(session, actor, union_code, "sub_unit", f"{name} {minimum}", now=now)


def _name_of(said: str) -> str:
    name = re.sub(r"\s+", "", clean(said).text).strip(":：,，")
    if (
        not any(sign.isalnum() for sign in name)
        or len(name) > LONGEST_NAME
        or _LIKE_A_PHONE.search(fold(name))
    ):
        raise HandlerError("plan/unit_name", name=name[:LONGEST_NAME], most=LONGEST_NAME)
    return name


def find_sub_unit(session: Session, campaign: Campaign, actor: Actor, union_code: str, said: str) -> SubUnit:
    """The sub-unit of that name, or the only one whose name has it within; HandlerError if there is none."""
    units = list_of(session, campaign, actor, union_code)
    wanted = fold(said)
    found = [unit for unit in units if fold(unit.name) == wanted]
    found = found or [unit for unit in units if wanted and wanted in fold(unit.name)]
    if len(found) != 1:
        names = [unit.name for unit in found or units]
        raise HandlerError("plan/no_such_unit", said=said[:LONGEST_NAME], names=names)
    return found[0]


def remove_sub_unit(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, name: str, *, now: datetime
) -> str:
    """Remove one, and say its name; its submissions stay with the union."""
    require_union(actor, union_code)
    unit = find_sub_unit(session, campaign, actor, union_code, name)
    plans.forget_sub_unit(session, unit.id)
    _note(session, actor, union_code, "sub_unit_removed", unit.name, now=now)
    return unit.name


def put_under(
    session: Session,
    campaign: Campaign,
    actor: Actor,
    union_code: str,
    said: tuple[str, str],
    *,
    now: datetime,
) -> tuple[str, str]:
    """Put what has a number under a sub-unit, whatever its work unit says; both as they are written.

    A number of another union is answered as one that nobody has.
    """
    require_union(actor, union_code)
    number, name = (
        _DASHES.sub("-", unicodedata.normalize("NFKC", clean(said[0]).text)).strip().upper(),
        said[1],
    )
    submission = plans.find_handed_in(session, campaign.pack.name, union_code, number)
    if submission is None:
        raise HandlerError("plan/no_such_number", number=number[:LONGEST_NAME])
    unit = find_sub_unit(session, campaign, actor, union_code, name)
    submission.sub_unit_id = unit.id
    session.flush()
    _note(session, actor, union_code, "put_under", f"{number} {unit.name}", now=now)
    return number, unit.name


def _note(session: Session, actor: Actor, code: str, action: str, note: str, *, now: datetime) -> None:
    audit.note_act(session, f"union:{code}", action, actor=actor.label, at=now, note=note or None)
