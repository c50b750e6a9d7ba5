"""The worker's clockwork: one process leads, and a failing turn does not end it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.config import load_config
from bot.dispatcher import AT_FIRST
from bot.scheduler import Scheduler, run_due
from bot.starting import prepare
from bot.wiring import Application, wire
from handlers import leadership, simulation
from storage import outbox
from storage.db import Database
from storage.leases import Lease
from storage.outbox import OutboxRow
from storage.simulated import SimulatedMessage
from tests.storage.rows import outbox_row

OTHER = "another:1"


@pytest.fixture
def application(config_file: Path) -> Iterator[Application]:
    config = load_config(config_file, {"BOT_CHANNELS__SIMULATOR__ENABLED": "true"})
    prepare(config)
    application = wire(config)
    yield application
    application.close()


def put(application: Application, text: str) -> None:
    """A message to somebody on the simulator that is due."""
    now = application.clock.wall()
    with application.database.writing() as session:
        address = simulation.add_person(session, "张伟", now=now)
        person = simulation.person_id_of(session, address)
        row = outbox_row(person, text, channel="simulator", address=address, due_at=now, created_at=now)
        outbox.add(session, [row])


def shown(database: Database) -> list[str]:
    with database.reading() as session:
        return [row.text for row in session.scalars(select(SimulatedMessage).order_by(SimulatedMessage.id))]


def states(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(OutboxRow.state).order_by(OutboxRow.id)))


def owner(database: Database) -> str:
    with database.reading() as session:
        return session.scalars(select(Lease)).one().owner


def lease(database: Database) -> datetime:
    with database.reading() as session:
        return session.scalars(select(Lease)).one().until


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_the_first_turn_does_what_is_due(application: Application) -> None:
    put(application, "您好")
    scheduler = Scheduler(application)
    scheduler.start()
    wait_until(lambda: states(application.database) == ["sent"])
    scheduler.stop()
    assert shown(application.database) == ["您好"]


def test_a_turn_that_takes_long_neither_keeps_the_start_nor_loses_the_lead(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease is renewed while it works; without that another would take over."""
    monkeypatch.setattr("bot.scheduler.RENEWED_EVERY_SECONDS", 0.01)
    begun, go_on = Event(), Event()

    def work(now: object) -> int:
        begun.set()
        assert go_on.wait(60)
        return 0

    monkeypatch.setattr(application.worker, "work", work)
    scheduler = Scheduler(application)
    scheduler.start()
    assert begun.wait(60)
    before = lease(application.database)
    wait_until(lambda: lease(application.database) > before)
    go_on.set()
    scheduler.stop()


def test_a_delivery_begins_nothing_more_once_it_is_told_to_stop(application: Application) -> None:
    for number in range(100):
        put(application, f"第{number}条")
    scheduler, sent = Scheduler(application), []
    deliver = application.channels["simulator"].send  # type: ignore[attr-defined]

    def send(message: object) -> None:
        sent.append(message)
        scheduler._stopping.set()
        deliver(message)

    application.channels["simulator"].send = send  # type: ignore[attr-defined]
    scheduler._tick()
    assert (len(sent), states(application.database).count("sent")) == (AT_FIRST, AT_FIRST)
    assert states(application.database).count("new") == 100 - AT_FIRST


def test_who_stops_lets_another_lead_at_once(application: Application) -> None:
    """A worker that was started again need not wait until the lease of the old one runs out."""
    old, new = Scheduler(application), Scheduler(application)
    new._owner = OTHER
    old.start()
    assert owner(application.database) == old._owner
    old.stop()
    put(application, "您好")
    new._tick()
    assert (states(application.database), owner(application.database)) == (["sent"], OTHER)


def test_who_stands_by_takes_no_lead_away_when_it_stops(application: Application) -> None:
    first, second = Scheduler(application), Scheduler(application)
    second._owner = OTHER
    first._tick()
    second.start()
    second.stop()
    assert owner(application.database) == first._owner


def test_a_second_one_stands_by(application: Application) -> None:
    """It does nothing while the first leads, and takes over when that is gone."""
    first, second = Scheduler(application), Scheduler(application)
    second._owner = OTHER
    first._tick()
    put(application, "您好")
    second._tick()
    assert (states(application.database), owner(application.database)) == (["new"], first._owner)
    with application.database.writing() as session:
        leadership.resign(session, first._owner)
    second._tick()
    assert (states(application.database), owner(application.database)) == (["sent"], OTHER)
    first._tick()
    assert owner(application.database) == OTHER


def test_a_failing_turn_is_logged_and_the_next_goes_on(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(application, "您好")
    scheduler = Scheduler(application)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(application.worker, "work", lambda now: 1 / 0)
        scheduler._tick()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("tick_failed", "error")]
    assert states(application.database) == ["new"]
    scheduler._tick()
    assert states(application.database) == ["sent"]


def test_it_goes_on_by_itself_until_it_is_stopped(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[int] = []
    third = Event()

    def work(now: object) -> int:
        turns.append(1)
        if len(turns) == 3:
            third.set()
        return 1 // (len(turns) - 1)

    monkeypatch.setattr("bot.scheduler.EVERY_SECONDS", 0.01)
    monkeypatch.setattr(application.worker, "work", work)
    with capture_logs() as logs:
        scheduler = Scheduler(application)
        scheduler.start()
        assert third.wait(60)
        scheduler.stop()
    assert [entry["event"] for entry in logs] == ["tick_failed"]


def test_everything_due_once(application: Application) -> None:
    put(application, "一")
    put(application, "二")
    run_due(application)
    run_due(application)
    assert (sorted(shown(application.database)), states(application.database)) == (["一", "二"], ["sent"] * 2)
