"""The log of what came in: a message is there once, and says when somebody last wrote."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from storage import desks, inbound
from storage.db import Database
from tests.storage.rows import MINUTE, NOON, add_person, log_row


@pytest.fixture
def person(database: Database) -> int:
    with database.writing() as session:
        return add_person(session)


def hear(database: Database, person: int, key: str, at: datetime = NOON, **changes: Any) -> None:
    row = log_row(person, key, received_at=at, **changes)
    with database.writing() as session:
        desk = desks.new_desk(session, row["channel"], row["sender"], person)
        desks.close_desk(session, desk, row, now=at)


def test_message_is_logged_once(database: Database, person: int) -> None:
    hear(database, person, "1713153600:23")
    with pytest.raises(IntegrityError):
        hear(database, person, "1713153600:23")


@pytest.mark.parametrize("other", [{"sender": "lina"}, {"channel": "simulator"}, {"key": "1713153601:23"}])
def test_same_id_elsewhere_is_another_message(database: Database, person: int, other: dict[str, str]) -> None:
    """Ids of the platform collide: sender, channel and second make the difference (L5)."""
    hear(database, person, "1713153600:23")
    hear(database, person, **{"key": "1713153600:23", **other})
    with database.reading() as session:
        assert len(inbound.list_of_person(session, person)) == 2


def test_everything_that_was_said_is_kept(database: Database, person: int) -> None:
    hear(database, person, "k1", detail={"name": "主视图.jpg"}, outcome="rejected", asked=None, kind="image")
    with database.reading() as session:
        (row,) = inbound.list_of_person(session, person)
        kept = {name: getattr(row, name) for name in log_row(person, "k1")}
    assert kept == log_row(
        person, "k1", detail={"name": "主视图.jpg"}, outcome="rejected", asked=None, kind="image"
    )


def test_last_message_is_no_event_and_no_fetched_file(database: Database, person: int) -> None:
    with database.reading() as session:
        assert inbound.latest_messages(session, "test", [person]) == {}
    hear(database, person, "k1")
    hear(database, person, "k2", NOON + MINUTE, kind="event", detail={"event": "subscribe"})
    hear(database, person, "k3", NOON + 2 * MINUTE, kind="fetched")
    hear(database, person, "k4", NOON + 3 * MINUTE, channel="simulator")
    with database.reading() as session:
        assert inbound.latest_messages(session, "test", [person]) == {person: NOON}


def test_events_newest_first_since_a_moment(database: Database, person: int) -> None:
    for number, name in enumerate(("subscribe", "scan", "click")):
        at = NOON + number * MINUTE
        hear(database, person, name, at, kind="event", detail={"event": name, "scene": None})
    hear(database, person, "text", NOON + MINUTE)
    with database.reading() as session:
        listed = inbound.list_events(session, "test", [person], since=NOON + MINUTE)
        assert inbound.list_events(session, "simulator", [person], since=NOON) == []
    assert listed == [(person, "click", NOON + 2 * MINUTE), (person, "scan", NOON + MINUTE)]


def test_each_of_many_people_has_a_last_message_of_their_own(database: Database, person: int) -> None:
    with database.writing() as session:
        others = [add_person(session, name) for name in ("lina", "wangfang")]
    hear(database, person, "k1")
    hear(database, others[0], "k2", NOON + MINUTE, sender="lina")
    hear(database, person, "k3", NOON + 2 * MINUTE)
    with database.reading() as session:
        found = inbound.latest_messages(session, "test", [person, *others])
        assert inbound.latest_messages(session, "test", others[1:]) == {}
    assert found == {person: NOON + 2 * MINUTE, others[0]: NOON + MINUTE}
