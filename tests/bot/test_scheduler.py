"""The worker's clockwork: one process leads, and a failing turn does not end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.config import load_config
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


def test_the_first_turn_does_what_is_due(application: Application) -> None:
    put(application, "您好")
    scheduler = Scheduler(application)
    scheduler.start()
    scheduler.stop()
    assert (shown(application.database), states(application.database)) == (["您好"], ["sent"])


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
