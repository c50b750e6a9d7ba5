"""Slow work that a message asked for: rows claimed by a worker, done outside transactions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime

# Bringing a file from a platform.
FETCH = "fetch"
# Keeping a text as the bytes of a file that is entered already.
KEEP_TEXT = "keep_text"


class Job(Base):
    """`kind` names the work, `detail` its arguments; `state` is "new", "done" or "failed"."""

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("dedupe_key"), Index(None, "state", "due_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(400))
    detail: Mapped[Any] = mapped_column(JsonValue)
    state: Mapped[str] = mapped_column(String(10), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def add(session: Session, job: Job) -> None:
    session.add(job)
    session.flush()


def claim_due(session: Session, *, now: datetime, lease: timedelta, most: int) -> Sequence[Job]:
    """Take up to `most` due jobs for `lease`; a job whose worker died is taken again after it."""
    free = or_(Job.lease_until.is_(None), Job.lease_until < now)
    ids = session.scalars(
        select(Job.id)
        .where(Job.state == "new", Job.due_at <= now, free)
        .order_by(Job.due_at, Job.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    session.execute(
        update(Job).where(Job.id.in_(ids), free).values(lease_until=now + lease, attempts=Job.attempts + 1)
    )
    return session.scalars(select(Job).where(Job.id.in_(ids)).order_by(Job.id)).all()


def settle(
    session: Session,
    job_id: int,
    attempts: int,
    *,
    state: str,
    error: str | None,
    due_at: datetime | None = None,
) -> bool:
    """Record how the attempt of that count ended; `due_at` only for another attempt.

    False, and nothing changed, if the lease ran out and another worker has claimed the job
    since; but what was done is done, whoever did it.
    """
    values: dict[str, object] = {"state": state, "error": error, "lease_until": None}
    if due_at is not None:
        values["due_at"] = due_at
    ours = update(Job).where(Job.id == job_id)
    if state != "done":
        ours = ours.where(Job.attempts == attempts, Job.state == "new")
    return bool(session.execute(ours.values(**values)).rowcount)  # type: ignore[attr-defined]


def count_created(session: Session, kind: str, prefix: str, *, since: datetime, before: datetime) -> int:
    """How many jobs of a kind whose key begins with `prefix` were put down in that time, done or not."""
    query = select(Job.id).where(
        Job.kind == kind,
        Job.created_at >= since,
        Job.created_at < before,
        Job.dedupe_key.startswith(prefix, autoescape=True),
    )
    return len(session.scalars(query).all())


def count_open(session: Session, kind: str, prefix: str) -> int:
    """How many jobs of a kind whose key begins with `prefix` are still to be done."""
    query = select(Job.id).where(
        Job.kind == kind, Job.state == "new", Job.dedupe_key.startswith(prefix, autoescape=True)
    )
    return len(session.scalars(query).all())
