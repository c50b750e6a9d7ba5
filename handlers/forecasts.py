"""What would be sent until some time, if everything stayed as it is (INTERFACES, due)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers import lacking, recipients, schedules
from handlers.campaigns import Campaign
from handlers.lacking import DraftDuty
from handlers.letters import Letter, Planned, planned_of
from handlers.recipients import Letters
from handlers.rules.ladders import ReminderSettings, Rung, allowed_from, without_stale
from handlers.schedules import Schedule
from storage import duties, reminders
from storage.duties import Wanted


def next_step(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, after: datetime, until: datetime
) -> datetime | None:
    """The earliest time in the span, without its beginning, at which a reminder falls due."""
    over = set(reminders.list_steps(session, campaign.pack.name))
    zone, schedule = campaign.zone, schedules.of_campaign(session, campaign)
    steps = (*schedule.rungs(settings), *_sweeps(campaign, settings, after=after, until=until))
    times = [
        rung.at if rung.at > after else allowed_from(after, settings, zone)
        for rung in steps
        if rung.key not in over
    ]
    snoozed = reminders.next_snoozed(session, campaign.pack.name, after=after)
    waiting = reminders.next_snoozed(session, campaign.pack.name)
    if snoozed is not None:
        times.append(allowed_from(snoozed, settings, zone))
    if waiting is not None:
        times.append(allowed_from(max(waiting, after), settings, zone))
    return min((at for at in times if after < at <= until), default=None)


def forecast(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, until: datetime, now: datetime
) -> list[Planned]:
    """Reminders that would be sent from `now` to `until`, in order; nothing is written."""
    held = recipients.offices(session, campaign, now=now)
    drafts = _open_drafts(session, campaign, now=now)
    schedule = schedules.of_campaign(session, campaign)
    told: set[str] = set()
    planned = []
    for at, rungs in _instants(session, schedule, settings, now=now, until=until):
        letters: Letters = {}
        recipients.add_unions(session, letters, held, rungs)
        ahead = [rung for rung in rungs if at < rung.ends_at]
        recipients.add_drafts(letters, campaign, ahead, drafts, apart=schedule.apart(at))
        keys = [reason.key for letter in letters.values() for reason in letter.reasons]
        told |= _known(session, [key for key in keys if key not in told])
        planned += [one for letter in letters.values() for one in _planned(campaign, letter, at, told)]
        told.update(keys)
    for row in reminders.list_snoozed(session, campaign.pack.name, until=until):
        at = allowed_from(max(row.due_at, now), settings, campaign.zone)
        to = row.union_code or f"person-{row.person_id}"
        planned.append(Planned(at, "duty", to, f"{row.ladder}:{row.step}", "reminder/replies"))
    return sorted(planned, key=lambda one: one.at)


def _known(session: Session, keys: Sequence[str]) -> set[str]:
    return {
        key
        for start in range(0, len(keys), 500)
        for key in reminders.known_keys(session, keys[start : start + 500])
    }


def _planned(campaign: Campaign, letter: Letter, at: datetime, told: set[str]) -> Iterator[Planned]:
    letter.reasons = [reason for reason in letter.reasons if reason.key not in told]
    if letter.reasons:
        yield planned_of(campaign, letter, at=at)


def _instants(
    session: Session, schedule: Schedule, settings: ReminderSettings, *, now: datetime, until: datetime
) -> list[tuple[datetime, list[Rung]]]:
    """The times at which something falls due, each with the steps that would be run then."""
    campaign = schedule.campaign
    over = set(reminders.list_steps(session, campaign.pack.name))
    due: dict[datetime, list[Rung]] = {}
    for rung in (*schedule.rungs(settings), *_sweeps(campaign, settings, after=now, until=until)):
        at = rung.at if rung.at > now or rung.is_last_day else allowed_from(now, settings, campaign.zone)
        if rung.key not in over and at <= until:
            due.setdefault(max(at, now), []).append(rung)
    return [(at, _kept(due[at], now=at)) for at in sorted(due)]


def _kept(rungs: Sequence[Rung], *, now: datetime) -> list[Rung]:
    """Those that would be run, in that order: the stale dropped, the steps of a day beside those of a ladder."""
    days = [rung for rung in rungs if recipients.is_of_day(rung)]
    kept, _ = without_stale([rung for rung in rungs if rung not in days], now=now)
    return sorted(kept + days, key=lambda rung: rung.key)


def _sweeps(
    campaign: Campaign, settings: ReminderSettings, *, after: datetime, until: datetime
) -> Iterator[Rung]:
    """The steps of all days in the span, today's included."""
    day = after.astimezone(campaign.zone).date()
    last = min(until, campaign.closes_at).astimezone(campaign.zone).date()
    while day <= last:
        yield from recipients.sweep(campaign, settings, day)
        day += timedelta(days=1)


def _open_drafts(session: Session, campaign: Campaign, *, now: datetime) -> list[DraftDuty]:
    """All open drafts with what they lack."""
    every = Wanted(campaign.version, incomplete=True, complete=True)
    people = duties.list_owing_people(session, campaign.pack.name, every, after=0)
    found: list[DraftDuty] = []
    for start in range(0, len(people), 500):
        rows = duties.list_drafts(session, campaign.pack.name, campaign.version, people[start : start + 500])
        found += lacking.of_drafts(session, campaign, rows, now=now)
    return found
