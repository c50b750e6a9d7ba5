"""All that falls due by itself, beside files and deliveries: reminders, news of falls, broadcasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from handlers import broadcasts, falls, forecasts, reminders
from handlers.campaigns import Campaign
from handlers.letters import Planned
from handlers.messages import Render
from handlers.reminders import Ran
from handlers.rules.ladders import ReminderSettings
from storage import agenda

_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Done:
    """What one run wrote: of reminders, to unions of their falls, and how many messages of broadcasts."""

    reminders: Ran
    falls: tuple[Planned, ...]
    broadcast: int

    @property
    def told(self) -> tuple[Planned, ...]:
        """What people heard of their duties."""
        return self.reminders.told + self.falls

    @property
    def is_something(self) -> bool:
        return bool(self.reminders != Ran() or self.falls or self.broadcast)


def run_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime, render: Render
) -> Done:
    """Write what is due into the outbox, once; a long list goes on in the next run."""
    ran = reminders.run_due(session, campaign, settings, now=now, render=render)
    fallen = falls.run_due(session, campaign, settings, now=now, render=render)
    return Done(ran, fallen, broadcasts.run_due(session, campaign, now=now, render=render))


def forecast(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, until: datetime, now: datetime
) -> list[Planned]:
    """What would be sent from `now` to `until`, in order, if everything stayed as it is; nothing is written."""
    planned = forecasts.forecast(session, campaign, settings, until=until, now=now)
    planned += falls.forecast(session, campaign, settings, until=until, now=now)
    for row in agenda.list_messages(session, until=until):
        to = f"person-{row.person_id}" if row.person_id is not None else row.chat
        at = max(row.due_at, now).astimezone(campaign.zone)
        planned.append(Planned(at, row.kind, to, f"outbox:{row.id}", ""))
    for broadcast, person_id in agenda.list_broadcast(session, campaign.pack.name, until=until):
        at = max(broadcast.due_at or now, now).astimezone(campaign.zone)
        to = "group" if person_id is None else f"person-{person_id}"
        planned.append(Planned(at, broadcast.kind, to, f"broadcast:{broadcast.id}", "broadcast/message"))
    return sorted(planned, key=lambda one: one.at)


def is_due(session: Session, campaign: Campaign, settings: ReminderSettings, *, now: datetime) -> bool:
    """Whether `run_due` would find anything, for who does not want to open a writing transaction in vain."""
    if reminders.is_due(session, campaign, settings, now=now):
        return True
    if falls.is_due(session, campaign, settings, now=now):
        return True
    return broadcasts.next_due(session, campaign, after=_EVER, until=now) is not None


def next_due(
    session: Session, campaign: Campaign, settings: ReminderSettings, *, after: datetime, until: datetime
) -> datetime | None:
    """The earliest time in the span, without its beginning, at which anything falls due; None if nothing does."""
    waiting = agenda.next_waiting(session, after=after, until=until)
    step = forecasts.next_step(session, campaign, settings, after=after, until=until)
    fall = falls.next_due(session, campaign, settings, after=after, until=until)
    told = broadcasts.next_due(session, campaign, after=after, until=until)
    return min((at for at in (waiting, step, fall, told) if at is not None), default=None)
