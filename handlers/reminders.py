"""Reminders: each step once, each person what is owed at that moment, in one message (R113–R115).

Who is told what is in `handlers.recipients`, the sentences in `handlers.letters`, what would come in
`handlers.forecasts`, what people answer in `handlers.dialogs.reminders`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from handlers import groups, lacking, recipients, schedules
from handlers.campaigns import Campaign
from handlers.letters import Letter, Planned, Reason, drafts_detail, owed_detail, planned_of, reply_of
from handlers.messages import Render
from handlers.recipients import GROUP, Letters, Offices
from handlers.rules.ladders import ReminderSettings, Rung, is_allowed, without_stale
from handlers.schedules import Schedule
from handlers.telling import Message, tell, tell_group
from storage import contacts, duties, reminders
from storage.reminders import Reminder, ReminderStep

__all__ = ["Ran", "ReminderSettings", "due_now", "is_due", "owed_by", "put_down", "run_due"]

# Whoever writes just now is not interrupted; what is owed is looked at again after that time.
WRITING = timedelta(minutes=10)
# So many people in one transaction; the rest of a long list follows in the next.
MOST = 500
_OF_DRAFTS = frozenset({"draft", "complete"})


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run did: steps begun and steps dropped as stale, by ladder and step, and messages.

    `put_off` are those whose reader was writing just then.
    """

    steps: tuple[tuple[str, str], ...] = ()
    dropped: tuple[tuple[str, str], ...] = ()
    told: tuple[Planned, ...] = ()
    put_off: int = 0


def run_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime, render: Render
) -> Ran:
    """Do what is due: a step is run once, by one process; what was missed is told together (R114).

    Nobody is written to in quiet hours or on days off, but for the last day (R115).
    """
    over = reminders.list_steps(session, campaign.pack.name)
    schedule = schedules.of_campaign(session, campaign)
    kept, stale = due_now(schedule, settings, over.keys(), now=now)
    running = [step for step in over.values() if step.state == "running"]
    goes_on = _may_go_on(schedule, settings, running, now=now)
    snoozed = _is_snoozed_due(session, campaign, settings, now=now)
    if not (kept or stale or snoozed or goes_on):
        return Ran()
    dropped = [rung for rung in stale if _claim(session, campaign, rung, "dropped", now=now)]
    begun = _begin(session, campaign, kept, is_busy=bool(running), now=now)
    letters: Letters = {}
    held = recipients.offices(session, campaign, now=now)
    recipients.add_unions(session, letters, held, (rung for rung in begun if _is_unions(rung)))
    if goes_on or any(_is_drafts(rung) for rung in begun):
        _go_through_drafts(session, schedule, settings, letters, now=now)
    if snoozed:
        _take_up_again(session, campaign, held, letters, now=now)
    told, put_off = put_down(session, campaign, letters, now=now, render=render)
    return Ran(tuple(rung.key for rung in begun), tuple(rung.key for rung in dropped), told, put_off)


def due_now(
    schedule: Schedule, settings: ReminderSettings, over: Iterable[tuple[str, str]], *, now: datetime
) -> tuple[list[Rung], list[Rung]]:
    """Steps to run now and steps to drop, of those that are not `over`."""
    campaign = schedule.campaign
    done, zone = set(over), campaign.zone
    today = now.astimezone(zone).date()
    is_quiet = not is_allowed(now, settings, zone)

    def is_due(rung: Rung) -> bool:
        return rung.at <= now and rung.key not in done and (not is_quiet or _is_last_day(rung, today))

    kept, stale = without_stale([rung for rung in schedule.rungs(settings) if is_due(rung)], now=now)
    return kept + [rung for rung in recipients.sweep(campaign, settings, today) if is_due(rung)], stale


def _is_last_day(rung: Rung, today: date) -> bool:
    return rung.is_last_day and rung.at.date() == today


def is_due(session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime) -> bool:
    """Whether `run_due` would find anything, for who does not want to open a writing transaction in vain."""
    over = reminders.list_steps(session, campaign.pack.name)
    schedule = schedules.of_campaign(session, campaign)
    kept, stale = due_now(schedule, settings, over.keys(), now=now)
    running = [step for step in over.values() if step.state == "running"]
    return bool(
        kept
        or stale
        or _may_go_on(schedule, settings, running, now=now)
        or _is_snoozed_due(session, campaign, settings, now=now)
    )


def _may_go_on(
    schedule: Schedule, settings: ReminderSettings, running: Sequence[ReminderStep], *, now: datetime
) -> bool:
    """Whether the rest of a long list may be told now."""
    campaign = schedule.campaign
    if not running or is_allowed(now, settings, campaign.zone):
        return bool(running)
    today = now.astimezone(campaign.zone).date()
    rungs = (_rung_of(schedule, settings, step) for step in running)
    return any(rung is not None and _is_last_day(rung, today) for rung in rungs)


def _is_snoozed_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime
) -> bool:
    first = reminders.next_snoozed(session, campaign.pack.name)
    return first is not None and first <= now and is_allowed(now, settings, campaign.zone)


def _is_unions(rung: Rung) -> bool:
    return not _OF_DRAFTS.issuperset(rung.duties)


def _is_drafts(rung: Rung) -> bool:
    return not _OF_DRAFTS.isdisjoint(rung.duties)


def _begin(
    session: Session, campaign: Campaign, due: Sequence[Rung], *, is_busy: bool, now: datetime
) -> list[Rung]:
    """Take the steps that nobody else has taken; drafts wait until the steps before them are through."""
    ready = sorted((rung for rung in due if not (is_busy and _is_drafts(rung))), key=lambda rung: rung.key)
    states = ((rung, "running" if _is_drafts(rung) else "done") for rung in ready)
    return [rung for rung, state in states if _claim(session, campaign, rung, state, now=now)]


def _claim(session: Session, campaign: Campaign, rung: Rung, state: str, *, now: datetime) -> bool:
    step = {
        "campaign": campaign.pack.name, "ladder": rung.ladder, "step": rung.step, "state": state, "reached": 0,
        "planned_at": rung.at, "ran_at": now,
    }  # fmt: skip
    return reminders.claim_step(session, step)


def _go_through_drafts(
    session: Session, schedule: Schedule, settings: ReminderSettings, letters: Letters, *, now: datetime
) -> None:
    """Look at the next people with open drafts; a step is over when there are no more."""
    campaign = schedule.campaign
    held = list(reminders.hold_running(session, campaign.pack.name))
    rungs = [rung for step in held if (rung := _rung_of(schedule, settings, step)) and now < rung.ends_at]
    reached = max((step.reached for step in held), default=0)
    people = []
    if rungs:
        wanted = recipients.wanted(campaign, rungs)
        people = duties.list_owing_people(session, campaign.pack.name, wanted, after=reached, most=MOST)
        readers = [person_id for person_id in letters if person_id is not None]
        rows = duties.list_drafts(session, campaign.pack.name, campaign.version, sorted({*people, *readers}))
        drafts = lacking.of_drafts(session, campaign, rows, now=now)
        unknown = {row.id for row in rows if row.short is None}
        counted = {draft.id: len(draft.lacks) for draft in drafts if draft.id in unknown}
        duties.keep_short(session, counted, campaign.version)
        recipients.add_drafts(letters, campaign, rungs, drafts, apart=schedule.apart(now))
    for step in held:
        step.reached = people[-1] if people else reached
        if len(people) < MOST:
            step.state = "done"
    session.flush()


def _rung_of(schedule: Schedule, settings: ReminderSettings, step: ReminderStep) -> Rung | None:
    """The step as pack and unions have it now; None if they have it no more."""
    day = step.planned_at.astimezone(schedule.campaign.zone).date()
    of_day = recipients.sweep(schedule.campaign, settings, day)
    key = (step.ladder, step.step)
    return next((rung for rung in of_day if rung.key == key), None) or schedule.find(key, settings)


def _take_up_again(
    session: Session, campaign: Campaign, held: Offices, letters: Letters, *, now: datetime
) -> None:
    """What was put off is looked at anew; where nothing is owed any more it is closed in silence."""
    rows = reminders.hold_snoozed(session, campaign.pack.name, now=now, most=MOST)
    owed: dict[int, Letter] = {}
    for row in rows:
        if row.person_id is None:
            continue
        if row.person_id not in owed:
            owed[row.person_id] = owed_by(session, campaign, row.person_id, held=held, now=now)
        letter = owed[row.person_id]
        if letter.is_owed:
            letter.again.append(row)
        else:
            row.state = "closed"
    for person_id, letter in owed.items():
        if letter.again:
            _merge(letters, person_id, letter)


def _merge(letters: Letters, person_id: int, letter: Letter) -> None:
    """Put what was put off into the letter that the person gets anyway."""
    known = letters.setdefault(person_id, letter)
    if known is not letter:
        known.again += letter.again
        known.row = known.row or letter.row
        known.name = known.name or letter.name
        known.drafts = known.drafts or letter.drafts


def owed_by(
    session: Session, campaign: Campaign, person_id: int, *, now: datetime, held: Offices | None = None
) -> Letter:
    """All that one person owes now: of the union whose contact they are, and of their own drafts."""
    letter = Letter(person_id)
    contact = contacts.find_active(session, campaign.pack.name, person_id)
    if contact is not None:
        held = held or recipients.offices(session, campaign, now=now)
        row = held.board.by_code[contact.union_code]
        letter.name = contact.name
        letter.row = row if row.owed else None
    if now < campaign.closes_at:
        rows = duties.list_drafts(session, campaign.pack.name, campaign.version, [person_id])
        letter.drafts = lacking.of_drafts(session, campaign, rows, now=now)
    return letter


def put_down(
    session: Session,
    campaign: Campaign,
    letters: Letters,
    *,
    now: datetime,
    render: Render,
    not_before: datetime | None = None,
) -> tuple[tuple[Planned, ...], int]:
    """Put the letters down as messages, or off while their reader is writing; those, and how many of these.

    What a recipient was told before is left out. Before `not_before` nothing is sent.
    """
    _forget_known(session, letters)
    people = [person_id for person_id in letters if person_id is not None]
    writing = reminders.list_writing(session, people, since=now - WRITING)
    told: list[Planned] = []
    put_off = 0
    for letter in letters.values():
        wrote_at = None if letter.calls else writing.get(letter.person_id or 0)
        until = max((at for at in (wrote_at and wrote_at + WRITING, not_before) if at), default=now)
        if until > now:
            _put_off(session, campaign, letter, until=until, now=now)
            put_off += 1
        elif _send(session, campaign, letter, now=now, render=render):
            told.append(planned_of(campaign, letter, at=now))
    session.flush()
    return tuple(told), put_off


def _forget_known(session: Session, letters: Letters) -> None:
    """Leave out what a recipient was told before, and letters that say nothing else."""
    keys = [reason.key for letter in letters.values() for reason in letter.reasons]
    known = {
        key
        for start in range(0, len(keys), MOST)
        for key in reminders.known_keys(session, keys[start : start + MOST])
    }
    for person_id, letter in list(letters.items()):
        letter.reasons = [reason for reason in letter.reasons if reason.key not in known]
        if not letter.reasons and not letter.again:
            del letters[person_id]


def _put_off(session: Session, campaign: Campaign, letter: Letter, *, until: datetime, now: datetime) -> None:
    for row in letter.again:
        row.due_at = until
    rows = [_row(campaign, letter, reason, "snoozed", due_at=until, now=now) for reason in letter.reasons]
    reminders.add(session, rows)


def _send(session: Session, campaign: Campaign, letter: Letter, *, now: datetime, render: Render) -> bool:
    """Put one letter down as a message, and keep what it was about; False if nobody can be reached."""
    first = (
        letter.reasons[0].key if letter.reasons else f"{letter.again[0].dedupe_key}:again-{now.isoformat()}"
    )
    key = f"reminder:{first}"
    rows = [_row(campaign, letter, reason, "sent", due_at=now, now=now) for reason in letter.reasons]
    reminders.add(session, rows)
    message = Message(reply_of(campaign, letter, now=now), "duty", key)
    if letter.person_id is GROUP:
        group = groups.bound(session, campaign)
        is_told = group is not None
        if group is not None:
            tell_group(session, group, message, render=render, now=now)
    else:
        is_told = tell(session, letter.person_id, message, render=render, now=now)
    for row in (*rows, *letter.again):
        row.state, row.outbox_key, row.due_at = ("sent" if is_told else "closed"), key, now
        row.detail = _detail(letter, row)
    session.flush()
    return is_told


def _detail(letter: Letter, row: Reminder) -> object:
    """What was put off is kept as what was owed when it was told."""
    if row not in letter.again:
        return row.detail
    told = owed_detail(letter.row) if letter.row is not None else {}
    return {**told, **(drafts_detail(letter.drafts) if letter.drafts else {})}


def _row(
    campaign: Campaign, letter: Letter, reason: Reason, state: str, *, due_at: datetime, now: datetime
) -> Reminder:
    return Reminder(
        campaign=campaign.pack.name, dedupe_key=reason.key, ladder=reason.ladder, step=reason.step,
        person_id=letter.person_id, union_code=reason.union_code, detail=reason.detail, state=state,
        due_at=due_at, created_at=now,
    )  # fmt: skip
