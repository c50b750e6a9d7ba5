"""Leases and platform tokens: of several processes one holds the right, and gives it up in the end."""

from __future__ import annotations

from datetime import datetime, timedelta

from handlers import leadership
from storage import leases, platform_tokens
from storage.db import Database
from tests.processes import Processes
from tests.storage.rows import MINUTE, NOON, lead, lease_token

LATER = NOON + MINUTE


def take(database: Database, owner: str, now: datetime = NOON) -> bool:
    with database.writing() as session:
        return leases.take(session, "worker", owner, now=now, term=MINUTE)


def test_one_owner_at_a_time(database: Database) -> None:
    assert [take(database, owner) for owner in ("a", "b", "a")] == [True, False, True]
    assert take(database, "b", LATER) is False
    assert take(database, "b", LATER + timedelta(microseconds=1)) is True
    assert take(database, "a", LATER + timedelta(seconds=1)) is False


def test_renewal_lasts_from_the_moment_of_renewal(database: Database) -> None:
    take(database, "a")
    take(database, "a", NOON + timedelta(seconds=40))
    with database.reading() as session:
        lease = leases.find(session, "worker")
        assert lease is not None
        assert (lease.owner, lease.until) == ("a", NOON + timedelta(seconds=100))


def test_two_processes_want_the_first_lease(
    database: Database, database_url: str, processes: Processes
) -> None:
    taken = processes.together(lead, (database_url, "a"), (database_url, "b"))
    assert sorted(taken) == [False, True]


def test_given_back_is_free_at_once_and_only_by_its_owner(database: Database) -> None:
    take(database, "a")
    with database.writing() as session:
        leases.give_back(session, "worker", "b")
    assert take(database, "b") is False
    with database.writing() as session:
        leases.give_back(session, "worker", "a")
    assert take(database, "b") is True


def test_lead_is_held_until_its_term_is_over(database: Database) -> None:
    with database.writing() as session:
        held = [leadership.is_held(session, now=NOON), leadership.lead(session, "a", now=NOON)]
        held += [leadership.is_held(session, now=NOON + leadership.TERM * part) for part in (0.9, 1)]
    assert held == [False, True, True, False]


def token(database: Database) -> tuple[str | None, datetime | None] | None:
    with database.reading() as session:
        row = platform_tokens.find(session, "wx")
        return None if row is None else (row.value, row.expires_at)


def take_lease(database: Database, owner: str, now: datetime = NOON, term: timedelta = MINUTE) -> bool:
    with database.writing() as session:
        return platform_tokens.take_lease(session, "wx", owner, now=now, term=term)


def put(database: Database, owner: str, value: str = "t1") -> bool:
    with database.writing() as session:
        return platform_tokens.put(session, "wx", value=value, expires_at=LATER, owner=owner)


def drop(database: Database, value: str) -> bool:
    with database.writing() as session:
        return platform_tokens.drop(session, "wx", value)


def test_who_holds_the_lease_keeps_the_token(database: Database) -> None:
    assert (token(database), put(database, "a")) == (None, False)
    assert take_lease(database, "a")
    assert (token(database), put(database, "b"), put(database, "a")) == ((None, None), False, True)
    assert token(database) == ("t1", LATER)


def test_lease_of_a_token_ends_by_time_or_by_being_given_back(database: Database) -> None:
    assert [take_lease(database, owner) for owner in ("a", "b", "a")] == [True, False, True]
    assert take_lease(database, "b", LATER)
    assert not take_lease(database, "a", LATER)
    assert take_lease(database, "b", LATER, timedelta(0))
    assert take_lease(database, "a", LATER)
    assert not put(database, "b")


def test_two_processes_want_the_first_lease_of_a_token(
    database: Database, database_url: str, processes: Processes
) -> None:
    taken = processes.together(lease_token, (database_url, "a"), (database_url, "b"))
    assert sorted(taken) == [False, True]
    assert token(database) == (None, None)


def test_only_the_refused_token_is_dropped(database: Database) -> None:
    take_lease(database, "a")
    put(database, "a", "new")
    assert (drop(database, "old"), token(database)) == (False, ("new", LATER))
    assert (drop(database, "new"), token(database)) == (True, (None, None))
    assert not take_lease(database, "b")


def test_token_is_read_as_it_is_now(database: Database) -> None:
    """The session has seen the row before another process put a token into it."""
    take_lease(database, "a")
    with database.writing() as session:
        before = platform_tokens.find(session, "wx")
        assert before is not None and before.value is None
        platform_tokens.put(session, "wx", value="t1", expires_at=LATER, owner="a")
        after = platform_tokens.find(session, "wx")
        assert after is not None and after.value == "t1"
