"""The outbox: who claims what, in which order, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage import desks, outbox
from storage.db import Database
from storage.outbox import Ending, OutboxRow
from tests.processes import Processes
from tests.storage.rows import MINUTE, NOON, add_person, log_row, outbox_row, take_messages


@pytest.fixture
def person(database: Database) -> int:
    with database.writing() as session:
        return add_person(session)


def add(database: Database, *rows: OutboxRow) -> None:
    with database.writing() as session:
        outbox.add(session, rows)


def claim(
    database: Database, now: datetime = NOON, *, most: int = 10, channel: str = "test"
) -> list[tuple[str, int]]:
    """Text and number of the attempt of what is claimed."""
    with database.writing() as session:
        rows = outbox.claim_due(session, channels=[channel], now=now, lease=MINUTE, most=most)
        return [(row.text, row.attempts) for row in rows]


def settle(
    database: Database, row_id: int, attempts: int, state: str, *, due_at: datetime | None = None
) -> None:
    error = None if state == "sent" else "45047"
    with database.writing() as session:
        outbox.settle(session, [Ending(row_id, attempts, state, error, due_at)], now=NOON)


def rows(database: Database) -> list[tuple[str, str, str | None]]:
    with database.reading() as session:
        found = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.text, row.state, row.error) for row in found]


def hear(database: Database, person: int, key: str, at: datetime, **changes: str) -> None:
    """Let a person write something."""
    with database.writing() as session:
        desk = desks.open_desk(session, "test", "zhangwei", key)
        assert desk is not None
        desks.close_desk(session, desk, log_row(person, key, received_at=at, **changes), now=at)


def test_key_is_there_once(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    with pytest.raises(IntegrityError):
        add(database, outbox_row(person, "one"))


def test_what_is_due_is_claimed_once(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    assert (claim(database), claim(database)) == ([("one", 1)], [])


def test_what_is_due_later_waits(database: Database, person: int) -> None:
    add(database, outbox_row(person, "later", due_at=NOON + MINUTE))
    assert (claim(database), claim(database, NOON + MINUTE)) == ([], [("later", 1)])


def test_other_channels_are_left_alone(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one", channel="official_account"))
    assert claim(database) == []
    assert claim(database, channel="official_account") == [("one", 1)]


def test_claim_of_a_worker_that_died_ends_with_its_lease(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    assert claim(database) == [("one", 1)]
    assert claim(database, NOON + MINUTE) == []
    assert claim(database, NOON + MINUTE + timedelta(seconds=1)) == [("one", 2)]


def test_no_more_than_asked_for_the_longest_due_first(database: Database, person: int) -> None:
    add(
        database,
        outbox_row(person, "third", address="a"),
        outbox_row(person, "first", address="b", due_at=NOON - 2 * MINUTE),
        outbox_row(person, "second", address="c", due_at=NOON - MINUTE),
    )
    assert sorted(claim(database, most=2)) == [("first", 1), ("second", 1)]
    assert claim(database, most=2) == [("third", 1)]


def test_parts_go_to_an_address_one_by_one(database: Database, person: int) -> None:
    add(database, outbox_row(person, "1"), outbox_row(person, "2"), outbox_row(person, "x", address="b"))
    assert claim(database) == [("1", 1), ("x", 1)]
    assert claim(database) == []
    settle(database, 1, 1, "sent")
    assert claim(database) == [("2", 1)]


@pytest.mark.parametrize("state", ["new", "parked"])
def test_part_that_waits_holds_up_the_next(database: Database, person: int, state: str) -> None:
    add(database, outbox_row(person, "1"), outbox_row(person, "2"))
    claim(database)
    settle(database, 1, 1, state, due_at=NOON + MINUTE)
    assert claim(database) == []


def test_what_is_meant_for_later_holds_up_nothing(database: Database, person: int) -> None:
    """A greeting or a paced message that waits for its time does not delay an answer until then."""
    add(database, outbox_row(person, "later", due_at=NOON + MINUTE), outbox_row(person, "answer"))
    assert claim(database) == [("answer", 1)]
    assert claim(database, NOON + MINUTE) == [("later", 1)]


def test_what_falls_due_together_stays_in_order(database: Database, person: int) -> None:
    later = NOON + MINUTE
    add(database, *(outbox_row(person, name, due_at=later) for name in ("1", "2")))
    assert (claim(database, later), claim(database, later)) == ([("1", 1)], [])


@pytest.mark.parametrize("state", ["sent", "failed"])
def test_part_that_is_over_lets_the_next_go(database: Database, person: int, state: str) -> None:
    add(database, outbox_row(person, "1"), outbox_row(person, "2"))
    claim(database)
    settle(database, 1, 1, state)
    assert claim(database) == [("2", 1)]


def test_two_processes_take_each_message_once_and_each_address_in_order(
    database: Database, database_url: str, person: int, processes: Processes
) -> None:
    texts = [f"{address}{part}" for part in range(4) for address in "abcdefghij"]
    add(database, *(outbox_row(person, text, address=text[0]) for text in texts))
    taken = processes.together(take_messages, (database_url,), (database_url,))
    late = take_messages(database_url)
    assert sorted([*taken[0], *taken[1], *late]) == sorted(texts)
    for share in taken:
        of_address = [[text for text in share if text[0] == address] for address in "abcdefghij"]
        assert of_address == [sorted(texts) for texts in of_address]
    assert {state for _, state, _ in rows(database)} == {"sent"}


def test_late_failure_does_not_undo_what_another_sent(database: Database, person: int) -> None:
    """The first worker was held up for longer than its lease; the second has sent the message."""
    add(database, outbox_row(person, "one"))
    claim(database)
    claim(database, NOON + 2 * MINUTE)
    settle(database, 1, 2, "sent")
    settle(database, 1, 1, "new", due_at=NOON)
    assert rows(database) == [("one", "sent", None)]


def test_late_failure_does_not_take_the_lease_of_another(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    claim(database)
    claim(database, NOON + 2 * MINUTE)
    settle(database, 1, 1, "new", due_at=NOON)
    assert claim(database, NOON + 2 * MINUTE) == []


def test_late_success_is_a_success(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    claim(database)
    claim(database, NOON + 2 * MINUTE)
    settle(database, 1, 1, "sent")
    settle(database, 1, 2, "new", due_at=NOON)
    assert rows(database) == [("one", "sent", None)]


def park(database: Database, person: int, *texts: str) -> None:
    """Messages that were parked at noon."""
    add(database, *(outbox_row(person, text, state="parked", error="window closed") for text in texts))


def wake(database: Database, now: datetime = NOON + MINUTE) -> list[int]:
    with database.writing() as session:
        return list(outbox.wake_parked(session, now=now))


def test_parked_waits_for_a_word_of_its_person(database: Database, person: int) -> None:
    park(database, person, "one")
    hear(database, person, "before", NOON)
    assert wake(database) == []
    hear(database, person, "after", NOON + timedelta(seconds=1))
    assert (wake(database), wake(database)) == ([1], [])
    assert rows(database) == [("one", "new", None)]
    assert claim(database, NOON + MINUTE) == [("one", 1)]


def test_parked_does_not_wake_for_others_or_elsewhere(database: Database, person: int) -> None:
    with database.writing() as session:
        other = add_person(session, "lina")
    park(database, person, "one")
    hear(database, other, "k1", NOON + MINUTE)
    hear(database, person, "k2", NOON + MINUTE, channel="simulator")
    assert wake(database) == []


def join(database: Database, *row_ids: int, most: int = 30) -> None:
    with database.writing() as session:
        for row_id in row_ids:
            outbox.join_waiting(session, row_id, most=most)


def test_what_waits_is_told_in_one_message(database: Database, person: int) -> None:
    add(database, *(outbox_row(person, text) for text in ("甲", "乙", "丙丙丙丙丙丙丙")))
    add(database, outbox_row(person, "丁", address="b"))
    join(database, 1)
    assert rows(database) == [
        ("甲\n\n乙", "new", None),
        ("乙", "joined", None),
        ("丙丙丙丙丙丙丙", "new", None),
        ("丁", "new", None),
    ]


def test_joined_message_takes_no_other_with_it(database: Database, person: int) -> None:
    """Two were parked and woken together: what the first has taken would never be sent."""
    add(database, *(outbox_row(person, text) for text in ("甲", "乙", "丙丙丙丙丙丙丙")))
    join(database, 1, 2)
    assert [text for text, state, _ in rows(database) if state == "new"] == ["甲\n\n乙", "丙丙丙丙丙丙丙"]


def test_parts_of_one_reply_stay_apart(database: Database, person: int) -> None:
    keys = ("reply:test:zhangwei:k1:0", "reply:test:zhangwei:k1:1", "reply:test:zhangwei:k2:0")
    add(database, *(outbox_row(person, key, text=key[-4:]) for key in keys))
    join(database, 1)
    join(database, 2)
    assert [text for text, _, _ in rows(database)] == ["k1:0", "k1:1\n\nk2:0", "k2:0"]


def test_quota_counts_what_was_sent_to_each_person(database: Database, person: int) -> None:
    with database.writing() as session:
        lina = add_person(session, "lina")
    add(
        database,
        outbox_row(person, "before", state="sent", sent_at=NOON - MINUTE),
        outbox_row(person, "at", state="sent", sent_at=NOON),
        outbox_row(person, "after", state="sent", sent_at=NOON + MINUTE),
        outbox_row(lina, "other", state="sent", sent_at=NOON, address="lina"),
        outbox_row(person, "elsewhere", state="sent", sent_at=NOON, channel="simulator"),
        outbox_row(person, "waits"),
    )
    with database.reading() as session:
        both = outbox.sent_to_people(session, "test", [person, lina], since=NOON)
        assert sorted(both) == [(person, NOON), (person, NOON + MINUTE), (lina, NOON)]
        assert outbox.sent_to_people(session, "test", [lina], since=NOON + MINUTE) == []


def test_pace_counts_what_was_sent_to_each_group(database: Database, person: int) -> None:
    group = {"chat": "group", "state": "sent"}
    add(
        database,
        outbox_row(None, "2", address="g1", sent_at=NOON + MINUTE, **group),
        outbox_row(None, "1", address="g1", sent_at=NOON, **group),
        outbox_row(None, "3", address="g2", sent_at=NOON, **group),
        outbox_row(None, "4", address="g1", sent_at=NOON - MINUTE, **group),
        outbox_row(person, "5", address="g1", sent_at=NOON, state="sent"),
    )
    with database.reading() as session:
        assert outbox.sent_to_groups(session, "test", ["g1"], since=NOON) == [
            ("g1", NOON),
            ("g1", NOON + MINUTE),
        ]


@pytest.mark.parametrize(
    ("state", "left"), [("sent", ""), ("failed", ""), ("new", "密码"), ("parked", "密码")]
)
def test_secret_is_blanked_once_it_is_over(database: Database, person: int, state: str, left: str) -> None:
    add(database, outbox_row(person, "密码", kind="secret"))
    claim(database)
    settle(database, 1, 1, state, due_at=NOON)
    assert [(text, state) for text, state, _ in rows(database)] == [(left, state)]


def test_secret_never_lies_ready_for_a_group(database: Database, person: int) -> None:
    with pytest.raises(IntegrityError):
        add(database, outbox_row(None, "密码", kind="secret", chat="group"))


def test_row_that_a_worker_left_says_so(database: Database, person: int) -> None:
    add(database, outbox_row(person, "one"))
    with database.writing() as session:
        (first,) = outbox.claim_due(session, channels=["test"], now=NOON, lease=MINUTE, most=1)
    with database.writing() as session:
        (second,) = outbox.claim_due(session, channels=["test"], now=NOON + 2 * MINUTE, lease=MINUTE, most=1)
    assert (first.was_left, second.was_left) == (False, True)


def test_many_are_settled_together(database: Database, person: int) -> None:
    names = ("a", "b", "c", "d")
    add(database, *(outbox_row(person, name, address=name) for name in names))
    claim(database)
    endings = [
        Ending(1, 1, "sent"),
        Ending(2, 1, "sent"),
        Ending(3, 1, "failed", "40003"),
        Ending(4, 1, "new", "-1", NOON + MINUTE),
    ]
    with database.writing() as session:
        outbox.settle(session, endings, now=NOON)
    assert rows(database) == [
        ("a", "sent", None),
        ("b", "sent", None),
        ("c", "failed", "40003"),
        ("d", "new", "-1"),
    ]
    assert claim(database, NOON + MINUTE) == [("d", 2)]


def test_picture_and_secret_are_not_joined(database: Database, person: int) -> None:
    add(database, outbox_row(person, "甲"), outbox_row(person, "图", paper="t"), outbox_row(person, "乙"))
    add(database, outbox_row(person, "密", kind="secret", address="b"), outbox_row(person, "丙", address="b"))
    add(database, outbox_row(person, "丁", address="c"), outbox_row(person, "码", kind="secret", address="c"))
    join(database, 1, 2, 4, 6)
    assert [state for _, state, _ in rows(database)] == ["new"] * 7


def test_what_is_held_up_is_counted_by_reason(database: Database, person: int) -> None:
    add(
        database,
        outbox_row(person, "1", error="45047"),
        outbox_row(person, "2", error="45047", address="b"),
        outbox_row(person, "3", error="40001"),
        outbox_row(person, "4"),
        outbox_row(person, "5", state="failed", error="40003"),
    )
    with database.reading() as session:
        assert outbox.count_held_up(session) == [("test", "40001", 1), ("test", "45047", 2)]


def test_unsent_is_taken_back_unless_somebody_sends_it(database: Database, person: int) -> None:
    add(
        database,
        outbox_row(person, "burst:a:1"),
        outbox_row(person, "burst:a:2", lease_until=NOON + MINUTE),
        outbox_row(person, "burst:a:3", lease_until=NOON - MINUTE),
        outbox_row(person, "burst:a:4", state="sent"),
        outbox_row(person, "burst%a:5"),
        outbox_row(person, "burst:b:6"),
    )
    with database.writing() as session:
        assert outbox.take_unsent(session, "burst:a:", now=NOON) == ["burst:a:1", "burst:a:3"]
    assert [text for text, _, _ in rows(database)] == ["burst:a:2", "burst:a:4", "burst%a:5", "burst:b:6"]


def test_prefix_is_no_pattern(database: Database, person: int) -> None:
    add(database, outbox_row(person, "burst:abc:1"))
    with database.writing() as session:
        assert outbox.take_unsent(session, "burst:a%", now=NOON) == []
        assert outbox.take_unsent(session, "burst:a_c", now=NOON) == []
