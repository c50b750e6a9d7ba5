"""What falls due by itself is written into the outbox: reminders, news of falls, broadcasts, in short transactions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.wiring import Application
from handlers import agenda
from handlers.letters import Planned
from handlers.messages import Render, Reply

log = structlog.get_logger(__name__)

# Any list ends within so many transactions; what would not is gone on with a second later.
MOST_RUNS = 1000


def write_due(application: Application, *, now: datetime | None = None) -> Sequence[Planned]:
    """Write all that is due by `now` (None: the clock's), and say what people were told of their duties."""
    told: list[Planned] = []
    for _ in range(MOST_RUNS):
        done = _write_some(application, now or application.clock.now())
        if done is None or not done.is_something:
            break
        told += done.told
    return told


def _write_some(application: Application, now: datetime) -> agenda.Done | None:
    """A part of it in a transaction of its own; None, and no lock taken, if nothing is due."""
    campaign = application.campaign()
    with application.database.reading() as session:
        if not agenda.is_due(session, campaign, campaign.reminders, now=now):
            return None
    render = _rendering(application)
    with application.database.writing() as session:
        done = agenda.run_due(session, campaign, campaign.reminders, now=now, render=render)
    _log(done)
    return done


def _rendering(application: Application) -> Render:
    """Parts that every channel can carry: whom they go to decides the channel."""

    def render(reply: Reply) -> list[str]:
        parts = [application.wording.text(reply)]
        for channel in application.channels.values():
            parts = [piece for part in parts for piece in channel.split(part)]
        return parts

    return render


def _log(done: agenda.Done) -> None:
    ran = done.reminders
    for ladder, step in ran.steps:
        log.info("reminder_step_begun", ladder=ladder, step=step)
    for ladder, step in ran.dropped:
        log.warning("reminder_step_dropped", ladder=ladder, step=step, reason="stale")
    if ran.told or ran.put_off:
        log.info("reminders_written", told=len(ran.told), put_off=ran.put_off)
    if done.falls:
        log.info("falls_written", told=len(done.falls))
    if done.broadcast:
        log.info("broadcast_written", messages=done.broadcast)
