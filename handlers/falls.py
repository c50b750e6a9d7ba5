"""Falls: what a union hears of submissions that counted for it and do no more, once a day (A29).

Taking back, correcting and handing in again is the usual way to correct an answer, so nothing is
said at the act itself: what is still missing at the end of the day is told in one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from handlers import contacts, duties
from handlers.campaigns import Campaign
from handlers.letters import Planned
from handlers.messages import Line, Outcome, Render, Reply, say
from handlers.rules.ladders import ReminderSettings, allowed_from, at_hour
from handlers.telling import Message, tell
from storage import falls, reminders, submissions
from storage.contacts import Contact
from storage.reminders import Reminder
from storage.submissions import Submission

# So long somebody may take to correct an answer in the evening.
GRACE = timedelta(minutes=30)
MINUTE = timedelta(minutes=1)
# More than that is read on the page.
LISTED = 20


@dataclass(frozen=True, slots=True)
class Fall:
    """A submission as its union knew it when it was taken back; `submitter` is the first completer or ""."""

    number: str
    title: str
    submitter: str
    at: datetime


def note(session: Session, campaign: Campaign, submission: Submission, *, act_id: int, now: datetime) -> None:
    """Keep that a submission counts no more for its union, as the union knew it until now.

    Later its owner may change the title or send it to another union, which is not this one's to know.
    """
    if submission.union_code is None:
        return
    answers = {one.field: one.value for one in submissions.list_answers(session, [submission.id])}
    completers = answers.get("completers")
    detail = {
        "submission": submission.id,
        "number": submission.number or "",
        "title": answers.get("title") or "",
        "submitter": completers[0] if isinstance(completers, list) and completers else "",
    }
    row = {"detail": detail, "created_at": now, "due_at": told_at(campaign, now=now)}
    falls.add(session, campaign.pack.name, submission.union_code, act_id=act_id, row=row)


def told_at(campaign: Campaign, *, now: datetime) -> datetime:
    """When a union hears of a fall of `now`: that evening, half an hour later at least, before the quiet hours.

    In quiet hours and on days off it is the next hour at which people are written to; on the last
    day at once, since tomorrow nothing can be handed in again.
    """
    settings, zone = campaign.reminders, campaign.zone
    day = now.astimezone(zone).date()
    if day == campaign.dates.submission_deadline:
        return _first_allowed(campaign, settings, now)
    evening = datetime.combine(day, time(settings.evening_hour), zone)
    due = _first_allowed(campaign, settings, max(evening, now + GRACE))
    if due.astimezone(zone).date() > day and _first_allowed(campaign, settings, now) == now:
        return max(now, datetime.combine(day, settings.quiet_from, zone) - MINUTE)
    return due


def _first_allowed(campaign: Campaign, settings: ReminderSettings, at: datetime) -> datetime:
    """The first instant, `at` or later, at which a union may be told.

    The last day is one, be it a holiday, from the end of the quiet hours to midnight: a word in
    the evening can still help, one on the next morning cannot (R115).
    """
    zone, last = campaign.zone, campaign.dates.submission_deadline
    day = at.astimezone(zone).date()
    if day == last:
        awake = allowed_from(at, replace(settings, workdays_only=False), zone)
        return awake if awake.astimezone(zone).date() == last else at
    first = allowed_from(at, settings, zone)
    if day < last < first.astimezone(zone).date():
        return at_hour(last, zone, settings, is_last_day=True)
    return first


def is_due(session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime) -> bool:
    """Whether `run_due` would find anything, for who does not want to open a writing transaction in vain."""
    first = falls.next_waiting(session, campaign.pack.name)
    return first is not None and first <= now and _first_allowed(campaign, settings, now) == now


def run_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime, render: Render
) -> tuple[Planned, ...]:
    """Tell the unions whose time has come, each contact in one message; what was handed in again is let be."""
    if _first_allowed(campaign, settings, now) != now:
        return ()
    told = []
    for code, rows in _by_union(falls.hold_due(session, campaign.pack.name, now=now)).items():
        fallen = _still_fallen(session, campaign, code, rows)
        key = _tell(session, campaign, code, fallen, now=now, render=render) if fallen else None
        for row in rows:
            row.state, row.outbox_key = ("sent", key) if key and row in fallen else ("closed", None)
        if key:
            told.append(_planned(campaign, code, fallen, at=now))
    session.flush()
    return tuple(told)


def _by_union(rows: Sequence[Reminder]) -> dict[str, list[Reminder]]:
    found: dict[str, list[Reminder]] = {}
    for row in rows:
        found.setdefault(row.union_code or "", []).append(row)
    return found


def _still_fallen(
    session: Session, campaign: Campaign, code: str, rows: Sequence[Reminder]
) -> list[Reminder]:
    """The last fall of each submission that does not count for the union now."""
    last = {row.detail["submission"]: row for row in rows}
    counting = submissions.list_counting(session, list(last), campaign.pack.counts, code)
    return [row for submission_id, row in last.items() if submission_id not in counting]


def _tell(
    session: Session,
    campaign: Campaign,
    code: str,
    fallen: Sequence[Reminder],
    *,
    now: datetime,
    render: Render,
) -> str | None:
    """Write to each contact; the key of the first message, None if nobody can be reached."""
    keys = []
    for contact in contacts.of_union(session, campaign, code).values():
        reply = Reply(Outcome.ANSWERED, (_line(session, campaign, contact, fallen, now=now),))
        key = f"{falls.LADDER}:{fallen[0].id}:{contact.person_id}"
        if tell(session, contact.person_id, Message(reply, "duty", key), render=render, now=now):
            keys.append(key)
    return keys[0] if keys else None


def _line(
    session: Session, campaign: Campaign, contact: Contact, fallen: Sequence[Reminder], *, now: datetime
) -> Line:
    row = duties.of_union(session, campaign, duties.SYSTEM, contact.union_code, now=now)
    return say(
        "duty/fallen", name=contact.name, row=row, falls=[_fall(campaign, one) for one in fallen[:LISTED]],
        count=len(fallen), counts=campaign.pack.counts, deadline=campaign.dates.submission_deadline,
        today=now.astimezone(campaign.zone).date(), is_over=now >= campaign.closes_at,
        helpdesk=campaign.pack.helpdesk,
    )  # fmt: skip


def _fall(campaign: Campaign, row: Reminder) -> Fall:
    detail = row.detail
    at = row.created_at.astimezone(campaign.zone)
    return Fall(detail["number"], detail["title"], detail["submitter"], at)


def forecast(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, until: datetime, now: datetime
) -> list[Planned]:
    """What unions would hear from `now` to `until` if everything stayed as it is; nothing is written."""
    due: dict[tuple[datetime, str], list[Reminder]] = {}
    for row in falls.list_waiting(session, campaign.pack.name, until=until):
        at = _first_allowed(campaign, settings, max(row.due_at, now))
        if at <= until:
            due.setdefault((at, row.union_code or ""), []).append(row)
    planned = []
    for (at, code), rows in due.items():
        fallen = _still_fallen(session, campaign, code, rows)
        people = [one.person_id for one in contacts.of_union(session, campaign, code).values()]
        if fallen and reminders.list_reachable(session, people):
            planned.append(_planned(campaign, code, fallen, at=at))
    return planned


def _planned(campaign: Campaign, code: str, fallen: Sequence[Reminder], *, at: datetime) -> Planned:
    reason = ", ".join(f"{row.ladder}:{row.step}" for row in fallen)
    return Planned(at.astimezone(campaign.zone), "duty", code, reason, "duty/fallen")


def next_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, after: datetime, until: datetime
) -> datetime | None:
    """The earliest time in the span, without its beginning, at which a union is to be told."""
    name = campaign.pack.name
    waiting = (falls.next_waiting(session, name), falls.next_waiting(session, name, after=after))
    times = [_first_allowed(campaign, settings, max(at, after)) for at in waiting if at is not None]
    return min((at for at in times if after < at <= until), default=None)
