"""How a message leaves: delivered, refused for good, tried again, parked, or held back with its channel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.channels.base import ChannelError, Outgoing
from bot.dispatcher import STOPPED_FOR, Dispatcher
from handlers.deliveries import Window
from storage import desks, outbox, people
from storage.db import Database
from storage.outbox import OutboxRow
from tests.storage.rows import NOON, add_person, log_row, outbox_row

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass
class Post:
    """A platform's edge: takes messages, or refuses each with `fault`."""

    name: str = "test"
    windows: Mapping[str, Window] = field(default_factory=dict)
    fault: Exception | None = None
    taken: list[tuple[str, str]] = field(default_factory=list)

    def split(self, text: str) -> list[str]:
        return [text]

    def send(self, message: Outgoing) -> None:
        if self.fault is not None:
            raise self.fault
        self.taken.append((message.address, message.text))


def put(database: Database, *keys: str, **changes: Any) -> None:
    with database.writing() as session:
        found = people.find_address(session, "test", "zhangwei")
        person = add_person(session) if found is None else found.person_id
        outbox.add(session, [outbox_row(person, key, **changes) for key in keys])


def rows(database: Database) -> list[tuple[str, str | None, timedelta]]:
    """State, reason, and how long after noon the row is due."""
    with database.reading() as session:
        found = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.state, row.error, row.due_at - NOON) for row in found]


def writes(database: Database, at: datetime) -> None:
    """The person's own next message."""
    with database.writing() as session:
        address = people.find_address(session, "test", "zhangwei")
        assert address is not None
        desk = desks.new_desk(session, "test", "zhangwei", address.person_id)
        desks.close_desk(session, desk, log_row(address.person_id, "k", received_at=at), now=at)


def deliver(database: Database, post: Post, *, now: datetime = NOON) -> int:
    with capture_logs():
        return Dispatcher(database, {"test": post}).deliver(lambda: now)


def test_what_is_due_goes_out_once_and_in_its_order(database: Database) -> None:
    put(database, "one", "two")
    put(database, "later", due_at=NOON + SECOND)
    post = Post()
    assert (deliver(database, post), deliver(database, post)) == (2, 0)
    assert post.taken == [("zhangwei", "one"), ("zhangwei", "two")]
    assert [state for state, _, _ in rows(database)] == ["sent", "sent", "new"]
    assert deliver(database, post, now=NOON + SECOND) == 1


def test_a_permanent_refusal_is_given_up(database: Database) -> None:
    put(database, "one", "two")
    post = Post(fault=ChannelError("text refused", permanent=True, code=45047))
    assert (deliver(database, post), deliver(database, post, now=NOON + DAY)) == (0, 0)
    assert rows(database) == [("failed", "text refused", timedelta())] * 2


def test_an_address_that_is_gone_is_marked(database: Database) -> None:
    put(database, "one")
    deliver(database, Post(fault=ChannelError("not a follower", permanent=True, action="drop")))
    with database.reading() as session:
        address = people.find_address(session, "test", "zhangwei")
    assert address is not None and address.reachable is False
    assert rows(database) == [("failed", "not a follower", timedelta())]


def test_a_passing_fault_is_tried_again_after_longer_and_longer_waits(database: Database) -> None:
    put(database, "one")
    post, now, waits = Post(fault=ChannelError("no answer", permanent=False)), NOON, []
    for _ in range(4):
        deliver(database, post, now=now)
        [(state, error, due)] = rows(database)
        assert (state, error) == ("new", "no answer")
        waits.append((NOON + due - now).total_seconds())
        now = NOON + due
    assert waits == [2.0, 4.0, 8.0, 16.0]
    assert deliver(database, Post(), now=now - SECOND) == 0
    assert deliver(database, Post(), now=now) == 1


def test_a_fault_that_nobody_foresaw_is_tried_again_and_logged(database: Database) -> None:
    put(database, "one")
    with capture_logs() as logs:
        assert Dispatcher(database, {"test": Post(fault=ZeroDivisionError())}).deliver(lambda: NOON) == 0
    assert rows(database) == [("new", "unexpected failure, see the log", 2 * SECOND)]
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("delivery_failed", "error")]


def test_a_message_that_must_wait_for_the_person_is_parked(database: Database) -> None:
    """What comes behind it waits too, and both go out after the person's next message."""
    put(database, "one", "two")
    post = Post(fault=ChannelError("window closed", permanent=False, action="park"))
    assert deliver(database, post) == 0
    assert rows(database) == [("parked", "window closed", timedelta()), ("new", None, timedelta())]
    assert deliver(database, Post(), now=NOON + DAY) == 0
    writes(database, NOON + DAY)
    heard = Post()
    assert (deliver(database, heard, now=NOON + DAY + SECOND), heard.taken) == (
        1,
        [("zhangwei", "one\n\ntwo")],
    )


def test_without_a_word_from_the_person_a_window_is_closed(database: Database) -> None:
    put(database, "one")
    post = Post(windows={"message": Window(5, 2 * DAY), "subscribe": Window(3, timedelta(minutes=1))})
    assert (deliver(database, post, now=NOON + SECOND), post.taken) == (0, [])
    assert [(state, error) for state, error, _ in rows(database)] == [("parked", "window closed")]


@pytest.mark.parametrize(
    ("action", "wait", "until", "level"),
    [("stop", None, STOPPED_FOR, "error"), ("wait", 3600.0, timedelta(hours=1), "warning")],
)
def test_a_channel_that_is_refused_as_a_whole_is_left_alone(
    database: Database, action: str, wait: float | None, until: timedelta, level: str
) -> None:
    put(database, "one")
    fault = ChannelError("secret is wrong", permanent=False, action=action, retry_after=wait)
    post = Post(fault=fault)
    dispatcher = Dispatcher(database, {"test": post})
    with capture_logs() as logs:
        dispatcher.deliver(lambda: NOON)
    assert [(one["event"], one["log_level"]) for one in logs][-1:] == [("channel_stopped", level)]
    post.fault = None
    put(database, "two", address="lina")
    assert dispatcher.deliver(lambda: NOON + until - SECOND) == 0
    assert dispatcher.deliver(lambda: NOON + until) == 2


def test_a_channel_that_is_not_connected_keeps_its_messages(database: Database) -> None:
    put(database, "one", channel="another")
    assert (deliver(database, Post()), rows(database)) == (0, [("new", None, timedelta())])


def test_only_one_channel_may_be_served(database: Database) -> None:
    put(database, "one")
    put(database, "two", channel="another")
    here, there = Post(), Post(name="another")
    dispatcher = Dispatcher(database, {"test": here, "another": there})
    assert dispatcher.deliver(lambda: NOON, only="another") == 1
    assert (here.taken, there.taken) == ([], [("zhangwei", "two")])
