"""What must be sent: rows written with the change that caused them, delivered later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime
from storage.inbound import InboundRow


class OutboxRow(Base):
    """One message to one address: a person's, or with `chat` "group" the group's own.

    `kind`: "reply", "secret" (a reply that must never reach a group), "duty" or "notice".
    `state`: "new" (due at `due_at`), "parked" (waits for the person's next contact), "sent",
    "joined" (its text went into an earlier row's), "failed" (given up, `error` says why),
    "unsure" (it may have arrived; a person decides whether it is sent again).
    `lease_until` is set while a worker holds the row. `paper` is the token of a picture that
    goes with it.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index(None, "state", "due_at"),
        Index(None, "person_id", "id"),
        CheckConstraint("kind <> 'secret' OR chat = 'private'", name="secrets_are_private"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(200))
    chat: Mapped[str] = mapped_column(String(10), default="private")
    kind: Mapped[str] = mapped_column(String(10), default="reply")
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    dedupe_key: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    paper: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10), default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def add(session: Session, rows: Sequence[OutboxRow]) -> None:
    session.add_all(rows)
    session.flush()


def claim_due(
    session: Session, *, channels: Sequence[str], now: datetime, lease: timedelta, most: int
) -> Sequence[OutboxRow]:
    """Take up to `most` due rows of these channels for `lease`; what another holds is passed over.

    Of one address only the oldest row that is left is taken, and none while that is parked, so
    that parts arrive in their order.
    """
    older = (
        select(func.min(OutboxRow.id))
        .where(OutboxRow.state.in_(("new", "parked")))
        .group_by(OutboxRow.channel, OutboxRow.address)
    )
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < now)
    ids = session.scalars(
        select(OutboxRow.id)
        .where(OutboxRow.state == "new", OutboxRow.due_at <= now, free)
        .where(OutboxRow.channel.in_(channels), OutboxRow.id.in_(older))
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).all()
    if not ids:
        return []
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(ids), OutboxRow.state == "new", free)
        .values(lease_until=now + lease, attempts=OutboxRow.attempts + 1)
    )
    return session.scalars(select(OutboxRow).where(OutboxRow.id.in_(ids)).order_by(OutboxRow.id)).all()


def settle(
    session: Session,
    row_id: int,
    attempts: int,
    *,
    state: str,
    error: str | None,
    due_at: datetime | None,
    now: datetime,
) -> None:
    """Record how the attempt of that count ended and let the row go; `due_at` only for another attempt.

    Nothing changes if the lease ran out and somebody else has claimed the row since, except
    that what was sent is sent, whoever sent it.
    """
    values: dict[str, object] = {"state": state, "error": error, "lease_until": None}
    if due_at is not None:
        values["due_at"] = due_at
    ours = update(OutboxRow).where(OutboxRow.id == row_id)
    if state == "sent":
        values["sent_at"] = now
    else:
        ours = ours.where(OutboxRow.attempts == attempts, OutboxRow.state == "new")
    session.execute(ours.values(**values))


def wake_parked(session: Session, *, now: datetime) -> Sequence[int]:
    """Make parked rows due again whose person has written since they were parked; their ids in order.

    A parked row's `due_at` is the moment at which it was parked.
    """
    written_since = (
        select(InboundRow.id)
        .where(
            InboundRow.person_id == OutboxRow.person_id,
            InboundRow.channel == OutboxRow.channel,
            InboundRow.received_at > OutboxRow.due_at,
        )
        .exists()
    )
    parked = update(OutboxRow).where(OutboxRow.state == "parked", written_since)
    woken = session.scalars(parked.values(state="new", error=None, due_at=now).returning(OutboxRow.id))
    return sorted(woken)


def join_waiting(session: Session, row_id: int, *, most: int) -> None:
    """Add to a row what waits behind it for the same address, up to `most` bytes in UTF-8.

    Every message counts against the platform's quota. Parts of one reply stay apart, since
    they were cut to fill a message each. A row that went into another itself takes nothing.
    """
    row = session.get_one(OutboxRow, row_id)
    if row.state != "new":
        return
    waiting = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.channel == row.channel, OutboxRow.address == row.address)
        .where(OutboxRow.state == "new", OutboxRow.id > row.id)
        .order_by(OutboxRow.id)
    )
    for other in waiting:
        text = f"{row.text}\n\n{other.text}"
        if len(text.encode()) > most or _reply_of(other) == _reply_of(row) != "":
            break
        row.text, other.state = text, "joined"
    session.flush()


def _reply_of(row: OutboxRow) -> str:
    """What the parts of one long reply have in common; "" for any other message."""
    return row.dedupe_key.rpartition(":")[0] if row.dedupe_key.startswith("reply:") else ""


def count_sent_since(session: Session, channel: str, address: str, since: datetime) -> int:
    """How many messages went to an address since then: what the platform's quota counts."""
    return (
        session.scalar(
            select(func.count())
            .select_from(OutboxRow)
            .where(OutboxRow.channel == channel, OutboxRow.address == address, OutboxRow.sent_at >= since)
        )
        or 0
    )


def count_held_up(session: Session) -> list[tuple[str, str, int]]:
    """Channel, reason and number of messages that were tried and are to be tried again."""
    rows = session.execute(
        select(OutboxRow.channel, OutboxRow.error, func.count())
        .where(OutboxRow.state == "new", OutboxRow.error.is_not(None))
        .group_by(OutboxRow.channel, OutboxRow.error)
        .order_by(OutboxRow.channel, OutboxRow.error)
    )
    return [(channel, reason or "", count) for channel, reason, count in rows]


def take_unsent(session: Session, prefix: str, *, now: datetime) -> list[str]:
    """Take back rows whose key begins with `prefix` and that nobody is sending; their texts, in order."""
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < now)
    waiting = select(OutboxRow).where(
        OutboxRow.state == "new", free, OutboxRow.dedupe_key.startswith(prefix, autoescape=True)
    )
    rows = session.scalars(waiting.order_by(OutboxRow.id).with_for_update(skip_locked=True)).all()
    for row in rows:
        session.delete(row)
    session.flush()
    return [row.text for row in rows]


def list_sent_to(session: Session, person_id: int) -> Sequence[OutboxRow]:
    query = select(OutboxRow).where(OutboxRow.person_id == person_id, OutboxRow.state == "sent")
    return session.scalars(query.order_by(OutboxRow.id)).all()
