"""Jobs: claimed one by one by whoever comes first, and settled by who holds them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from storage import jobs
from storage.db import Database
from storage.jobs import Job
from tests.processes import Processes
from tests.storage.rows import MINUTE, NOON, job_row, take_jobs


def add(database: Database, *rows: Job) -> None:
    with database.writing() as session:
        for row in rows:
            jobs.add(session, row)


def claim(database: Database, now: datetime = NOON, *, most: int = 1) -> list[tuple[str, int]]:
    with database.writing() as session:
        rows = jobs.claim_due(session, now=now, lease=MINUTE, most=most)
        return [(row.dedupe_key, row.attempts) for row in rows]


def settle(
    database: Database, attempts: int, state: str, *, error: str | None = None, due_at: datetime | None = None
) -> bool:
    """Settle the first job."""
    with database.writing() as session:
        return jobs.settle(session, 1, attempts, state=state, error=error, due_at=due_at)


def states(database: Database) -> list[tuple[str, str | None]]:
    with database.reading() as session:
        return [(job.state, job.error) for job in session.scalars(select(Job).order_by(Job.id))]


def test_same_work_is_put_down_once(database: Database) -> None:
    add(database, job_row("one"))
    with pytest.raises(IntegrityError):
        add(database, job_row("one"))


def test_claimed_in_the_order_in_which_they_are_due(database: Database) -> None:
    add(
        database, job_row("b"), job_row("a", due_at=NOON - MINUTE), job_row("later", due_at=NOON + MINUTE),
        job_row("done", state="done"), job_row("failed", state="failed"),
    )  # fmt: skip
    assert [claim(database), claim(database), claim(database)] == [[("a", 1)], [("b", 1)], []]


def test_job_of_a_worker_that_died_is_taken_again(database: Database) -> None:
    add(database, job_row("one"))
    assert claim(database) == [("one", 1)]
    assert claim(database, NOON + MINUTE) == []
    assert claim(database, NOON + MINUTE + timedelta(seconds=1)) == [("one", 2)]


def test_two_processes_take_each_job_once(
    database: Database, database_url: str, processes: Processes
) -> None:
    keys = [f"job{number:02}" for number in range(40)]
    add(database, *(job_row(key) for key in keys))
    taken = processes.together(take_jobs, (database_url,), (database_url,))
    assert sorted([*taken[0], *taken[1]]) == keys


def test_given_back_is_taken_again_when_it_is_due(database: Database) -> None:
    add(database, job_row("one"))
    claim(database)
    assert settle(database, 1, "new", error="timed out", due_at=NOON + MINUTE)
    assert states(database) == [("new", "timed out")]
    assert (claim(database), claim(database, NOON + MINUTE)) == ([], [("one", 2)])


@pytest.mark.parametrize("state", ["done", "failed"])
def test_what_is_over_is_not_taken_again(database: Database, state: str) -> None:
    add(database, job_row("one"))
    claim(database)
    assert settle(database, 1, state)
    assert claim(database, NOON + 60 * MINUTE) == []


@pytest.mark.parametrize("state", ["new", "failed"])
def test_worker_that_came_too_late_changes_nothing(database: Database, state: str) -> None:
    add(database, job_row("one"))
    claim(database)
    claim(database, NOON + 2 * MINUTE)
    assert not settle(database, 1, state, error="timed out", due_at=NOON)
    assert (states(database), claim(database, NOON + 2 * MINUTE)) == ([("new", None)], [])


def test_failure_does_not_undo_what_is_done(database: Database) -> None:
    add(database, job_row("one"))
    claim(database)
    claim(database, NOON + 2 * MINUTE)
    assert settle(database, 1, "done")
    assert not settle(database, 2, "failed", error="timed out")
    assert states(database) == [("done", None)]


def test_counting_by_key(database: Database) -> None:
    add(
        database, job_row("wx:zhang:1"), job_row("wx:zhang:2", state="done"),
        job_row("wx:zhang:3", created_at=NOON + MINUTE), job_row("wx:zhan%"), job_row("wx:li:1"),
        job_row("wx:zhang:4", kind="other"),
    )  # fmt: skip
    with database.reading() as session:
        assert jobs.count_open(session, "fetch", "wx:zhang:") == 2
        span = {"since": NOON, "before": NOON + MINUTE}
        assert jobs.count_created(session, "fetch", "wx:zhang:", **span) == 2
        assert jobs.count_created(session, "fetch", "wx:zhan%", **span) == 1
