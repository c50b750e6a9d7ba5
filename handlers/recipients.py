"""Who is told what by steps that are due: contacts, then backups, then the province's list of calls (R88, R113)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy.orm import Session

from handlers import contacts, duties, groups
from handlers.campaigns import Campaign
from handlers.duties import Board, UnionDuty
from handlers.lacking import DraftDuty
from handlers.letters import Call, Letter, Reason, drafts_detail, owed_detail
from handlers.rules.ladders import ReminderSettings, Rung, at_hour
from handlers.rules.workdays import is_workday, workdays_from
from storage import people, reminders
from storage.contacts import Contact
from storage.duties import Wanted

GROUP = None
_SINCE = "since-"

Letters = dict[int | None, Letter]


@dataclass(frozen=True, slots=True)
class Offices:
    """Who speaks for the unions, who can be reached, and who gets the lists of the province."""

    campaign: str
    board: Board
    of_union: dict[str, list[Contact]]
    reachable: set[int]
    admins: dict[int, str]
    has_group: bool

    def reader(self, code: str, *, backup_first: bool) -> Contact | None:
        """A, else B; after the miss the other way round. None if nobody can be reached."""
        found = [one for one in self.of_union.get(code, ()) if one.person_id in self.reachable]
        return (found[-1] if backup_first else found[0]) if found else None


def offices(session: Session, campaign: Campaign, *, now: datetime) -> Offices:
    """Read once in a run."""
    of_union: dict[str, list[Contact]] = {}
    for contact in contacts.list_active(session, campaign):
        of_union.setdefault(contact.union_code, []).append(contact)
    admins = reminders.list_admins(session)
    readers = [one.person_id for theirs in of_union.values() for one in theirs]
    return Offices(
        campaign=campaign.pack.name,
        board=duties.board(session, campaign, duties.SYSTEM, now=now),
        of_union=of_union,
        reachable=reminders.list_reachable(session, [*readers, *admins]),
        admins={person_id: name or "" for person_id, name in people.names(session, admins).items()},
        has_group=groups.bound(session, campaign) is not None,
    )


def add_unions(session: Session, letters: Letters, held: Offices, rungs: Iterable[Rung]) -> None:
    """Write into the letters what unions owe of the duties of these steps.

    Who is told hears of everything that the union owes. A union that nobody can be reached for is
    named in the group and put on the list of calls, but not for a deadline that is only its own.
    """
    calls: dict[str, list[Rung]] = {}
    for rung in rungs:
        for row in held.board.rows:
            if rung.union_code not in (None, row.union.code) or not set(rung.duties) & set(row.owed):
                continue
            reader = held.reader(row.union.code, backup_first=rung.to == "backup")
            if rung.to == "admins":
                calls.setdefault(row.union.code, []).append(rung)
            elif reader is not None:
                _tell(letters, held, reader, row, rung)
            elif rung.union_code is None:
                calls.setdefault(row.union.code, []).append(rung)
                if held.has_group:
                    _name(letters, held, row, rung)
    _list_calls(session, letters, held, calls)


def _tell(letters: Letters, held: Offices, reader: Contact, row: UnionDuty, rung: Rung) -> None:
    letter = letters.setdefault(reader.person_id, Letter(reader.person_id))
    letter.name, letter.row = reader.name, row
    letter.is_backup = letter.is_backup or (rung.to == "backup" and reader.role == "B")
    key = f"{held.campaign}:{rung.ladder}:{rung.step}:union-{row.union.code}"
    letter.reasons.append(Reason(rung.ladder, rung.step, key, owed_detail(row), row.union.code))


def _name(letters: Letters, held: Offices, row: UnionDuty, rung: Rung) -> None:
    letter = letters.setdefault(GROUP, Letter(GROUP))
    letter.uncontacted[row.union.code] = row
    key = f"{held.campaign}:{rung.ladder}:{rung.step}:group"
    _add_code(letter, rung, key, row.union.code)


def _list_calls(session: Session, letters: Letters, held: Offices, calls: dict[str, list[Rung]]) -> None:
    roster = reminders.list_roster(session, held.campaign) if calls else ()
    for row in held.board.rows:
        code = row.union.code
        for person_id in held.admins if code in calls else ():
            if person_id not in held.reachable:
                continue
            letter = letters.setdefault(person_id, Letter(person_id))
            letter.name = letter.name or held.admins[person_id]
            letter.calls[code] = Call(
                row,
                tuple(held.of_union.get(code, ())),
                tuple(entry for entry in roster if entry.union_code == code),
            )
            for rung in calls[code]:
                key = f"{held.campaign}:{rung.ladder}:{rung.step}:admin-{person_id}"
                _add_code(letter, rung, key, code)


def _add_code(letter: Letter, rung: Rung, key: str, code: str) -> None:
    """One reason for all unions of a list."""
    for reason in letter.reasons:
        if reason.key == key:
            reason.detail["unions"].append(code)
            return
    letter.reasons.append(Reason(rung.ladder, rung.step, key, {"unions": [code]}))


def sweep(campaign: Campaign, settings: ReminderSettings, day: date) -> list[Rung]:
    """The steps of a day that name drafts which have been complete for a while; none outside the window.

    Such a draft is named once, so a day that was missed is made up for by the next.
    """
    if settings.workdays_only and not is_workday(day):
        return []
    at = at_hour(day, campaign.zone, settings)
    if not campaign.opens_at <= at < campaign.closes_at:
        return []
    return [
        Rung(ladder.name, f"{_SINCE}{day}", at, "contact", ("complete",), campaign.closes_at)
        for ladder in campaign.pack.ladders
        if ladder.since_complete is not None
    ]


def is_of_day(rung: Rung) -> bool:
    """Whether it is a step of a day, and none of a ladder."""
    return rung.step.startswith(_SINCE)


def complete_before(campaign: Campaign, rung: Rung) -> datetime | None:
    """Drafts that have been complete since before this time are named by a step of a day."""
    if not is_of_day(rung):
        return None
    ladder = next(one for one in campaign.pack.ladders if one.name == rung.ladder)
    day = date.fromisoformat(rung.step.removeprefix(_SINCE))
    return datetime.combine(workdays_from(day, 1 - (ladder.since_complete or 1)), time(), campaign.zone)


def wanted(campaign: Campaign, rungs: Sequence[Rung]) -> Wanted:
    """The drafts that these steps are about."""
    times = [before for rung in rungs if (before := complete_before(campaign, rung)) is not None]
    steps = [rung for rung in rungs if complete_before(campaign, rung) is None]
    codes = {rung.union_code for rung in rungs}
    return Wanted(
        version=campaign.version,
        incomplete=any("draft" in rung.duties for rung in steps),
        complete=any("complete" in rung.duties for rung in steps),
        complete_before=max(times, default=None),
        unions=None if None in codes else frozenset(code for code in codes if code is not None),
    )


def add_drafts(
    letters: Letters,
    campaign: Campaign,
    rungs: Sequence[Rung],
    drafts: Sequence[DraftDuty],
    *,
    apart: Collection[str],
) -> None:
    """Write into the letters what people have not handed in yet, all drafts of one person together.

    Drafts that name a union in `apart` are left to the steps of that union's own deadline.
    """
    theirs: dict[int, list[DraftDuty]] = {}
    for draft in drafts:
        theirs.setdefault(draft.person_id, []).append(draft)
    for person_id, owed in theirs.items():
        reasons = [
            reason
            for rung in rungs
            for reason in draft_reasons(campaign, rung, person_id, _meant(rung, owed, apart))
        ]
        if reasons:
            letter = letters.setdefault(person_id, Letter(person_id))
            letter.reasons += reasons
            letter.drafts = owed


def _meant(rung: Rung, drafts: Sequence[DraftDuty], apart: Collection[str]) -> list[DraftDuty]:
    """The drafts that a step is about; a step of a day counts from no deadline, so it is about all."""
    if is_of_day(rung):
        return list(drafts)
    if rung.union_code is not None:
        return [draft for draft in drafts if draft.union_code == rung.union_code]
    return [draft for draft in drafts if draft.union_code not in apart]


def draft_reasons(
    campaign: Campaign, rung: Rung, person_id: int, drafts: Sequence[DraftDuty]
) -> list[Reason]:
    """Why a step tells a person of their drafts; empty if it is not about any of them."""
    name, before = campaign.pack.name, complete_before(campaign, rung)
    complete = [draft for draft in drafts if not draft.lacks]
    if before is not None:
        return [
            Reason(rung.ladder, rung.step, f"{name}:{rung.ladder}:since:{draft.id}", drafts_detail([draft]))
            for draft in complete
            if draft.changed_at < before
        ]
    meant = [draft for draft in drafts if ("draft" if draft.lacks else "complete") in rung.duties]
    if not meant:
        return []
    key = f"{name}:{rung.ladder}:{rung.step}:person-{person_id}"
    return [Reason(rung.ladder, rung.step, key, drafts_detail(meant))]
