"""Rows for storage tests, and what another process does with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import jobs, leases, outbox, people, platform_tokens, submissions
from storage.db import Database
from storage.jobs import Job
from storage.outbox import Ending, OutboxRow
from storage.submissions import NumberCounter

NOON = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CAMPAIGN = "jiangsu-2024"


def add_person(session: Session, address: str = "zhangwei", channel: str = "test") -> int:
    return people.add(session, channel, address, now=NOON)


def add_draft(session: Session, person_id: int, **changes: Any) -> int:
    """A draft of a person; any column may be named."""
    columns = {
        "person_id": person_id, "campaign": CAMPAIGN, "pack_version": "v1", "state": "draft",
        "route": "self", "skipped": [], "created_at": NOON, "changed_at": NOON,
    }  # fmt: skip
    return submissions.add(session, {**columns, **changes})


def outbox_row(person_id: int | None, key: str, **changes: Any) -> OutboxRow:
    """A message that is due at noon; its text is its key."""
    columns = {
        "channel": "test", "address": "zhangwei", "person_id": person_id, "dedupe_key": key, "text": key,
        "due_at": NOON, "created_at": NOON,
    }  # fmt: skip
    return OutboxRow(**{**columns, **changes})


def job_row(key: str, **changes: Any) -> Job:
    columns = {"kind": "fetch", "dedupe_key": key, "detail": {"key": key}, "due_at": NOON, "created_at": NOON}
    return Job(**{**columns, **changes})


def log_row(person_id: int, key: str, **changes: Any) -> dict[str, Any]:
    """What the log keeps of a text, as `desks.close_desk` takes it."""
    columns = {
        "channel": "test", "sender": "zhangwei", "key": key, "person_id": person_id, "chat": "private",
        "kind": "text", "text": "张伟", "detail": None, "outcome": "accepted", "asked": "phone",
        "reply": "已收到。", "received_at": NOON,
    }  # fmt: skip
    return {**columns, **changes}


# What follows runs in processes of its own.


def count_up(url: str, times: int) -> None:
    """Read a counter and write it one further, again and again, in transactions of their own."""
    database = Database(url)
    for _ in range(times):
        with database.writing() as session:
            last = session.scalar(select(NumberCounter.last))
            assert last is not None
            session.execute(update(NumberCounter).values(last=last + 1))
    database.close()


def number_submissions(url: str, union_code: str, times: int) -> list[int]:
    database = Database(url)
    given = []
    while len(given) < times:
        try:
            with database.writing() as session:
                number = submissions.next_in_union(session, CAMPAIGN, union_code)
        except IntegrityError:
            continue
        given.append(number)
    database.close()
    return given


def take_messages(url: str) -> list[str]:
    """Claim and send whatever is due until nothing is left."""
    database = Database(url)
    taken: list[str] = []
    while True:
        with database.writing() as session:
            rows = outbox.claim_due(session, channels=["test"], now=NOON, lease=MINUTE, most=3)
            found = [(row.id, row.text, row.attempts) for row in rows]
        if not found:
            break
        taken += [text for _, text, _ in found]
        with database.writing() as session:
            outbox.settle(
                session, [Ending(row_id, attempts, "sent") for row_id, _, attempts in found], now=NOON
            )
    database.close()
    return taken


def take_jobs(url: str) -> list[str]:
    database = Database(url)
    taken: list[str] = []
    while True:
        with database.writing() as session:
            rows = jobs.claim_due(session, now=NOON, lease=MINUTE, most=1)
            taken += [row.dedupe_key for row in rows]
        if not rows:
            break
    database.close()
    return taken


def meet(url: str, address: str) -> bool:
    """Add a person of this address; False if another process was first."""
    database = Database(url)
    try:
        with database.writing() as session:
            add_person(session, address)
    except IntegrityError:
        return False
    finally:
        database.close()
    return True


def lead(url: str, owner: str) -> bool:
    database = Database(url)
    try:
        with database.writing() as session:
            return leases.take(session, "worker", owner, now=NOON, term=MINUTE)
    except IntegrityError:
        return False
    finally:
        database.close()


def lease_token(url: str, owner: str) -> bool:
    database = Database(url)
    try:
        with database.writing() as session:
            return platform_tokens.take_lease(session, "wx", owner, now=NOON, term=MINUTE)
    finally:
        database.close()
