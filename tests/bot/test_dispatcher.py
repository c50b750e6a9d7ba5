"""How a message leaves: delivered, refused for good, tried again, parked, or held back with its channel."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.base import ChannelError, Outgoing, Send
from bot.dispatcher import AT_FIRST, AT_ONCE, STOPPED_FOR, Dispatcher
from handlers.deliveries import Claim, Window
from storage import people
from storage.db import Database
from tests.bot.post import DAY, SECOND, Post, deliver, put, rows, writes
from tests.storage.rows import NOON


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


def test_a_message_carries_what_its_channel_needs(database: Database) -> None:
    put(database, "one", paper="token")
    post = Post(opens_papers=True)
    deliver(database, post)
    assert post.outgoing == [Outgoing("zhangwei", "one", None, None, "token", "one", "private")]


def test_what_is_refused_for_all_is_not_asked_for_each(database: Database) -> None:
    """A day's quota is used up: of hundreds that are due a few find out."""
    for number in range(300):
        put(database, f"k{number}", address=f"a{number}")
    post = Post(fault=ChannelError("45009", permanent=False, action="wait", retry_after=3600.0))
    deliver(database, post)
    assert post.tried <= AT_FIRST
    post.fault = None
    assert deliver(database, post, now=NOON + 2 * timedelta(hours=1)) == 300


def test_a_delivery_that_has_had_enough_leaves_the_rest(database: Database) -> None:
    for number in range(50):
        put(database, f"k{number}", address=f"a{number}")
    post = Post()
    dispatcher = Dispatcher(database, {"test": post})
    sent = dispatcher.deliver(lambda: NOON, enough=lambda: bool(post.taken))
    assert (sent, [state for state, _, _ in rows(database)].count("new")) == (AT_FIRST, 50 - AT_FIRST)
    assert dispatcher.deliver(lambda: NOON) == 50 - AT_FIRST
    assert len(set(post.taken)) == len(post.taken) == 50


def test_parked_messages_do_not_hold_up_what_may_go(database: Database) -> None:
    """Hundreds whose window is closed stand before one whose is open."""
    for number in range(300):
        put(database, f"k{number}", address=f"a{number}", person=f"p{number}", due_at=NOON - SECOND)
    put(database, "open")
    writes(database, NOON - SECOND)
    post = Post(windows={"message": Window(5, 2 * DAY)})
    assert (deliver(database, post, now=NOON + SECOND), post.taken) == (1, [("zhangwei", "open")])


def test_what_was_begun_is_settled_though_the_books_fail_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        put(database, f"k{number}", address=f"a{number}")
    post, dispatcher = Post(), None
    dispatcher = Dispatcher(database, {"test": post})
    claim, calls = dispatcher.claim, []

    def fails_once(*arguments: Any) -> Claim:
        calls.append(1)
        if len(calls) == 2:
            raise OSError("the disk is away")
        return claim(*arguments)

    monkeypatch.setattr(dispatcher, "claim", fails_once)
    with pytest.raises(OSError, match="away"):
        dispatcher.deliver(lambda: NOON)
    assert [state for state, _, _ in rows(database)].count("sent") == len(post.taken) > 0


def test_what_ends_at_the_same_moment_is_not_waited_for(database: Database) -> None:
    """Everything that was in flight ends in one step of the loop, and nothing ends after it."""
    for number in range(AT_FIRST):
        put(database, f"k{number}", address=f"a{number}")

    class Instant(Post):
        @asynccontextmanager
        async def sending(self) -> AsyncIterator[Send]:  # type: ignore[override]
            async def send(message: Outgoing) -> None:
                self.send(message)

            yield send

    assert deliver(database, Instant()) == AT_FIRST


def test_no_more_are_in_flight_than_may_be(database: Database) -> None:
    for number in range(AT_ONCE * 3):
        put(database, f"k{number}", address=f"a{number}")
    flying, most = 0, 0

    class Slow(Post):
        @asynccontextmanager
        async def sending(self) -> AsyncIterator[Send]:  # type: ignore[override]
            async def send(message: Outgoing) -> None:
                nonlocal flying, most
                flying += 1
                most = max(most, flying)
                await asyncio.sleep(0.01)
                flying -= 1

            yield send

    assert (deliver(database, Slow()), most) == (AT_ONCE * 3, AT_ONCE)
