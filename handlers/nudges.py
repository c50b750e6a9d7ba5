"""Reminding by hand: a contact those who owe for the union, an admin the unions that owe; and putting off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from sqlalchemy.orm import Session

from handlers import lacking, recipients, reminders
from handlers.access import Actor, require_admin, require_union
from handlers.campaigns import Campaign
from handlers.duties import UnionDuty, ends_at
from handlers.letters import Letter, Reason, drafts_detail, owed_detail
from handlers.messages import Render
from handlers.recipients import Letters, Offices
from handlers.rules.ladders import allowed_from, next_hour
from storage import contacts, duties
from storage import reminders as reminder_rows
from storage.contacts import Contact
from storage.reminders import Reminder

NUDGE = "nudge"
PASSED_ON = "passed_on"
TOMORROW = "tomorrow"


@dataclass(frozen=True, slots=True)
class Nudge:
    """Who would be told: `letters` by person; `already` were told today, `unreached` unions cannot be told."""

    letters: Letters
    drafts: int = 0
    already: int = 0
    unreached: tuple[UnionDuty, ...] = ()

    @property
    def rows(self) -> list[UnionDuty]:
        return [letter.row for letter in self.letters.values() if letter.row is not None]


def of_union(session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime) -> Nudge:
    """Everyone with an open draft that names the union, once a day; HandlerError for another union's."""
    require_union(actor, union_code)
    rows = duties.list_drafts_of_union(session, campaign.pack.name, campaign.version, union_code)
    if now >= campaign.closes_at:
        rows = []
    told = _told_today(session, campaign, {row.person_id for row in rows}, now=now)
    drafts = lacking.of_drafts(session, campaign, [row for row in rows if row.person_id not in told], now=now)
    letters: Letters = {}
    for draft in drafts:
        letters.setdefault(draft.person_id, Letter(draft.person_id)).drafts.append(draft)
    for person_id, letter in letters.items():
        key = _key(campaign, NUDGE, now, f"person-{person_id}")
        letter.reasons = [Reason(NUDGE, _today(campaign, now), key, drafts_detail(letter.drafts), union_code)]
    return Nudge(letters, drafts=len(drafts), already=len(told))


def of_unions(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> Nudge:
    """The contacts of all unions that owe anything, once a day each."""
    require_admin(actor)
    held = recipients.offices(session, campaign, now=now)
    owing = [row for row in held.board.rows if row.owed]
    readers = {row.union.code: held.reader(row.union.code, backup_first=False) for row in owing}
    told = _told_today(session, campaign, {one.person_id for one in readers.values() if one}, now=now)
    letters: Letters = {}
    for row in owing:
        reader = readers[row.union.code]
        if reader is not None and reader.person_id not in told:
            letters[reader.person_id] = _union_letter(campaign, reader, row, NUDGE, now=now)
    unreached = tuple(row for row in owing if readers[row.union.code] is None)
    return Nudge(letters, already=len(told), unreached=unreached)


def pass_on(session: Session, campaign: Campaign, held: Offices, reader: Contact, *, now: datetime) -> Nudge:
    """What the union owes, for its other contact."""
    row = held.board.by_code[reader.union_code]
    letter = _union_letter(campaign, reader, row, PASSED_ON, now=now)
    return Nudge({reader.person_id: letter} if row.owed else {})


def send(
    session: Session, campaign: Campaign, nudge: Nudge, *, now: datetime, render: Render
) -> datetime | None:
    """Put the messages down; in quiet hours and on days off they wait until the time that is returned."""
    # Two colleagues may press at once: the second one finds what the first has written.
    reminder_rows.hold(session, campaign.pack.name)
    at = allowed_from(now, campaign.reminders, campaign.zone)
    reminders.put_down(session, campaign, nudge.letters, now=now, render=render, not_before=at)
    return None if at == now else at.astimezone(campaign.zone)


def _union_letter(campaign: Campaign, reader: Contact, row: UnionDuty, why: str, *, now: datetime) -> Letter:
    letter = Letter(reader.person_id, name=reader.name, row=row, is_backup=reader.role == "B")
    key = _key(campaign, why, now, f"person-{reader.person_id}")
    letter.reasons = [Reason(why, _today(campaign, now), key, owed_detail(row), row.union.code)]
    return letter


def _told_today(session: Session, campaign: Campaign, people: set[int], *, now: datetime) -> set[int]:
    begins = datetime.combine(now.astimezone(campaign.zone).date(), time(), campaign.zone)
    told: set[int] = set()
    ordered = sorted(people)
    for start in range(0, len(ordered), reminders.MOST):
        part = ordered[start : start + reminders.MOST]
        told |= reminder_rows.list_told_since(session, campaign.pack.name, part, begins)
    return told


def _today(campaign: Campaign, now: datetime) -> str:
    return now.astimezone(campaign.zone).date().isoformat()


def _key(campaign: Campaign, why: str, now: datetime, to: str) -> str:
    return f"{campaign.pack.name}:{why}:{_today(campaign, now)}:{to}"


def until_tomorrow(
    session: Session, campaign: Campaign, person_id: int, letter: Letter, *, now: datetime
) -> datetime | None:
    """Remind somebody of what they owe at the hour of the next working day; None if something ends before."""
    at = next_hour(now, campaign.reminders, campaign.zone)
    owed = [*(letter.row.owed if letter.row is not None else ()), *(["draft"] if letter.drafts else ())]
    if any(now < ends_at(campaign, duty) <= at for duty in owed):
        return None
    key = _key(campaign, TOMORROW, at, f"person-{person_id}")
    if not reminder_rows.known_keys(session, [key]):
        row = Reminder(
            campaign=campaign.pack.name, dedupe_key=key, ladder=TOMORROW, step=_today(campaign, at),
            person_id=person_id, union_code=None if letter.row is None else letter.row.union.code, detail={},
            state="snoozed", due_at=at, created_at=now,
        )  # fmt: skip
        reminder_rows.add(session, [row])
    return at


def colleague_of(session: Session, campaign: Campaign, person_id: int) -> tuple[Contact, Contact | None]:
    """The office of a contact, and the union's other contact if there is one."""
    own = contacts.find_active(session, campaign.pack.name, person_id)
    if own is None:
        raise ValueError(f"person {person_id} speaks for no union")
    offices = contacts.list_in(session, campaign.pack.name, "active")
    others = [one for one in offices if one.union_code == own.union_code and one.id != own.id]
    return own, others[0] if others else None
