"""What may have arrived: sent again where that is harmless or better than silence, else left to a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import ChannelError
from handlers.deliveries import LEASE, LEFT, Terms, claim
from storage import outbox
from storage.db import Database
from storage.outbox import OutboxRow
from tests.bot.post import SECOND, Post, deliver, put, rows
from tests.storage.rows import NOON, outbox_row

BROKEN = ChannelError("network: ServerDisconnectedError", permanent=False, unsure=True)
GROUP = {"chat": "group", "address": "g1"}
DUTY, NOTICE, REPLY, SECRET = ({"kind": kind} for kind in ("duty", "notice", "reply", "secret"))
LATER = NOON + LEASE + SECOND
KINDS = [
    (DUTY, True),
    (NOTICE, True),
    (REPLY, False),
    (SECRET, False),
    ({**GROUP, **DUTY}, True),
    ({**GROUP, **REPLY}, True),
]


def put_one(database: Database, changes: dict[str, Any]) -> None:
    if "chat" not in changes:
        put(database, "one", **changes)
        return
    with database.writing() as session:
        session.add(outbox_row(None, "one", **changes))


def states(database: Database) -> list[tuple[str, str | None]]:
    return [(state, error) for state, error, _ in rows(database)]


@pytest.mark.parametrize(("changes", "is_risky"), KINDS)
def test_a_broken_connection(database: Database, changes: dict[str, Any], is_risky: bool) -> None:
    put_one(database, changes)
    deliver(database, Post(fault=BROKEN))
    assert states(database) == [("unsure" if is_risky else "new", BROKEN.reason)]
    assert deliver(database, Post(), now=NOON + timedelta(days=1)) == (0 if is_risky else 1)


@pytest.mark.parametrize(("changes", "is_risky"), KINDS)
def test_a_worker_that_was_killed(database: Database, changes: dict[str, Any], is_risky: bool) -> None:
    put_one(database, changes)
    with database.writing() as session:
        assert len(claim(session, {"test": Terms({})}, now=NOON, most=9).taken) == 1
    assert (deliver(database, Post()), states(database)) == (0, [("new", None)])
    assert deliver(database, Post(), now=LATER) == (0 if is_risky else 1)
    assert states(database) == [("unsure", LEFT) if is_risky else ("sent", None)]


@pytest.mark.parametrize(("changes", "is_risky"), KINDS)
def test_where_a_repeat_shows_once_it_is_sent_again(
    database: Database, changes: dict[str, Any], is_risky: bool
) -> None:
    put_one(database, changes)
    deliver(database, Post(fault=BROKEN, repeats_are_safe=True))
    with database.writing() as session:
        claim(session, {"test": Terms({})}, now=NOON + timedelta(hours=1), most=9)
    again = Post(repeats_are_safe=True)
    assert deliver(database, again, now=NOON + timedelta(hours=2)) == 1
    assert [message.key for message in again.outgoing] == ["one"]


@pytest.mark.parametrize("changes", [DUTY, REPLY])
def test_a_refusal_is_no_doubt(database: Database, changes: dict[str, Any]) -> None:
    put_one(database, changes)
    deliver(database, Post(fault=ChannelError("HTTP 502", permanent=False)))
    assert states(database) == [("new", "HTTP 502")]


def test_a_fault_that_nobody_foresaw_leaves_a_doubt(database: Database) -> None:
    put(database, "one", **DUTY)
    deliver(database, Post(fault=ZeroDivisionError()))
    assert states(database) == [("unsure", "unexpected failure, see the log")]


def test_doubt_about_one_does_not_hold_up_the_next(database: Database) -> None:
    put(database, "one", "two", **DUTY)
    deliver(database, Post(fault=BROKEN))
    put(database, "three", **DUTY)
    heard = Post()
    assert (deliver(database, heard, now=LATER), heard.taken) == (1, [("zhangwei", "three")])


def test_a_late_success_ends_the_doubt(database: Database) -> None:
    """The worker was slow, not dead."""
    put(database, "one", **DUTY)
    with database.writing() as session:
        (held,) = claim(session, {"test": Terms({})}, now=NOON, most=9).taken
    deliver(database, Post(), now=LATER)
    with database.writing() as session:
        outbox.settle(session, [outbox.Ending(held.id, held.attempts, "sent")], now=LATER)
    with database.reading() as session:
        row = session.get_one(OutboxRow, held.id)
        assert (row.state, row.error, row.sent_at) == ("sent", None, LATER)
