"""What waits for its time in several tables: messages, jobs, broadcasts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from storage.broadcasts import Broadcast, BroadcastRecipient
from storage.jobs import Job
from storage.outbox import OutboxRow


def next_waiting(session: Session, *, after: datetime, until: datetime) -> datetime | None:
    """The earliest time in the span, without its beginning, at which a message or a job waits."""
    times = [
        session.scalar(
            select(func.min(row.due_at)).where(row.state == "new", row.due_at > after, row.due_at <= until)
        )
        for row in (OutboxRow, Job)
    ]
    return min((time for time in times if time is not None), default=None)


def list_messages(session: Session, *, until: datetime) -> Sequence[OutboxRow]:
    """Messages that are to be sent, or to be tried again, by then."""
    query = select(OutboxRow).where(OutboxRow.state == "new", OutboxRow.due_at <= until)
    return session.scalars(query.order_by(OutboxRow.due_at, OutboxRow.id)).all()


def list_broadcast(session: Session, campaign: str, *, until: datetime) -> list[tuple[Broadcast, int | None]]:
    """Scheduled broadcasts with each person (None: the group) who is still to be told."""
    rows = session.execute(
        select(Broadcast, BroadcastRecipient.person_id)
        .join(BroadcastRecipient, BroadcastRecipient.broadcast_id == Broadcast.id)
        .where(Broadcast.campaign == campaign, Broadcast.state.in_(("scheduled", "sending")))
        .where(Broadcast.due_at <= until, BroadcastRecipient.state == "waiting")
        .order_by(Broadcast.due_at, BroadcastRecipient.id)
    )
    return [(broadcast, person_id) for broadcast, person_id in rows]
