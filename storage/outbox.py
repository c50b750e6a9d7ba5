"""What must be sent: rows written with the change that caused them, delivered later."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from storage.db import Base, UtcDateTime, connection_of
from storage.inbound import InboundRow

# Written out, since a database uses a partial index only for a condition that it can read.
_WAITS = "state IN ('new', 'parked')"
_OF_A_GROUP = "chat = 'group'"


class OutboxRow(Base):
    """One message to one address: a person's, or with `chat` "group" the group's own.

    `kind`: "reply", "secret" (a reply that must never reach a group), "duty" or "notice".
    `state`: "new" (due at `due_at`), "parked" (waits for the person's next contact), "sent",
    "joined" (its text went into an earlier row's), "failed" (given up, `error` says why),
    "unsure" (it may have arrived; a person decides whether it is sent again).
    `lease_until` is set while a worker holds the row. `paper` is the token of a picture that
    goes with it. The text of a "secret" is blanked once it is over.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index(None, "state", "due_at"),
        Index(None, "person_id", "id"),
        Index(
            "ix_outbox_waiting", "channel", "address", "id",
            sqlite_where=text(_WAITS), postgresql_where=text(_WAITS),
        ),
        Index(
            "ix_outbox_of_groups", "address", "sent_at",
            sqlite_where=text(_OF_A_GROUP), postgresql_where=text(_OF_A_GROUP),
        ),
        CheckConstraint("kind <> 'secret' OR chat = 'private'", name="secrets_are_private"),
    )  # fmt: skip

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


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that was taken, free of the session. `attempts` counts this one.

    `was_left` says that a worker held it before and never said how it went.
    """

    id: int
    channel: str
    address: str
    chat: str
    kind: str
    person_id: int | None
    dedupe_key: str
    text: str
    paper: str | None
    attempts: int
    created_at: datetime
    was_left: bool


@dataclass(frozen=True, slots=True)
class Ending:
    """How the attempt `attempts` of a row ended; `due_at` only for another attempt, or for a parked row."""

    id: int
    attempts: int
    state: str
    error: str | None = None
    due_at: datetime | None = None


_OLDER = aliased(OutboxRow, name="older")
_IS_FIRST = ~(
    select(_OLDER.id)
    .where(_OLDER.channel == OutboxRow.channel, _OLDER.address == OutboxRow.address)
    .where(_OLDER.id < OutboxRow.id, text(f"older.{_WAITS}"))
    # What is meant for a later time, and was never begun, holds up nothing that is due before it.
    .where(or_(_OLDER.attempts > 0, _OLDER.due_at <= OutboxRow.due_at))
    .exists()
)
_NOW = bindparam("now", type_=UtcDateTime)
_DUE = (
    select(
        OutboxRow.id, OutboxRow.channel, OutboxRow.address, OutboxRow.chat, OutboxRow.kind, OutboxRow.person_id,
        OutboxRow.dedupe_key, OutboxRow.text, OutboxRow.paper, OutboxRow.attempts + 1, OutboxRow.created_at,
        OutboxRow.lease_until.is_not(None),
    )
    .where(OutboxRow.state == "new", OutboxRow.due_at <= _NOW)
    .where(or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < _NOW))
    .where(OutboxRow.channel.in_(bindparam("channels", expanding=True)), _IS_FIRST)
    .order_by(OutboxRow.due_at, OutboxRow.id)
    .limit(bindparam("most"))
    .with_for_update(of=OutboxRow, skip_locked=True)
)  # fmt: skip
_THESE = OutboxRow.id.in_(bindparam("ids", expanding=True))
_TAKE = (
    update(OutboxRow)
    .where(_THESE)
    .values(lease_until=bindparam("until", type_=UtcDateTime), attempts=OutboxRow.attempts + 1)
)
_IS_SECRET = OutboxRow.kind == "secret"
_SENT = (
    update(OutboxRow)
    .where(_THESE)
    .values(
        state="sent", error=None, lease_until=None, sent_at=bindparam("at", type_=UtcDateTime),
        text=case((_IS_SECRET, ""), else_=OutboxRow.text),
    )
)  # fmt: skip
_STATE = bindparam("ending", type_=String)
_ENDED = (
    update(OutboxRow)
    .where(OutboxRow.id == bindparam("row_id"), OutboxRow.attempts == bindparam("tried"))
    .where(OutboxRow.state == "new")
    .values(
        state=_STATE, error=bindparam("reason", type_=Text), lease_until=None,
        due_at=func.coalesce(bindparam("again_at", type_=UtcDateTime), OutboxRow.due_at),
        text=case((and_(_IS_SECRET, _STATE == "failed"), ""), else_=OutboxRow.text),
    )
)  # fmt: skip


def add(session: Session, rows: Sequence[OutboxRow]) -> None:
    session.add_all(rows)
    session.flush()


def claim_due(
    session: Session, *, channels: Sequence[str], now: datetime, lease: timedelta, most: int
) -> list[Claimed]:
    """Take up to `most` due rows of these channels for `lease`, the longest due first.

    What another holds is passed over. Of one address only the oldest row that is left is taken,
    and none while that is parked, so that parts arrive in their order; a row that was never
    tried and is meant for a later time is not counted among the older ones.
    """
    connection = connection_of(session)
    rows = connection.execute(_DUE, {"channels": channels, "now": now, "most": most}).all()
    if rows:
        connection.execute(_TAKE, {"ids": [row[0] for row in rows], "until": now + lease})
    return [Claimed(*tuple(row)) for row in rows]


def settle(session: Session, endings: Collection[Ending], *, now: datetime) -> None:
    """Record how attempts ended and let their rows go.

    Nothing changes in a row whose lease ran out and that somebody else has claimed since, except
    that what was sent is sent, whoever sent it.
    """
    connection = connection_of(session)
    sent = [ending.id for ending in endings if ending.state == "sent"]
    if sent:
        connection.execute(_SENT, {"ids": sent, "at": now})
    others = [
        {"row_id": one.id, "tried": one.attempts, "ending": one.state, "reason": one.error, "again_at": one.due_at}
        for one in endings
        if one.state != "sent"
    ]  # fmt: skip
    if others:
        connection.execute(_ENDED, others)


def wake_parked(session: Session, *, now: datetime) -> Sequence[int]:
    """Make parked rows due again whose person has written since they were parked; their ids in order.

    A parked row's `due_at` is the moment at which it was parked.
    """
    # Only the last is looked at: thousands may be parked, and this is asked every second.
    last = (
        select(InboundRow.received_at)
        .where(InboundRow.person_id == OutboxRow.person_id, InboundRow.channel == OutboxRow.channel)
        .order_by(InboundRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    parked = update(OutboxRow).where(OutboxRow.state == "parked", last > OutboxRow.due_at)
    woken = session.scalars(parked.values(state="new", error=None, due_at=now).returning(OutboxRow.id))
    return sorted(woken)


def join_waiting(session: Session, row_id: int, *, most: int) -> None:
    """Add to a row what waits behind it for the same address, up to `most` bytes in UTF-8.

    Every message counts against the platform's quota. Parts of one reply stay apart, since
    they were cut to fill a message each, and so do pictures and secrets. A row that went into
    another itself takes nothing.
    """
    row = session.get_one(OutboxRow, row_id)
    if row.state != "new" or _stands_alone(row):
        return
    waiting = session.scalars(
        select(OutboxRow)
        .where(OutboxRow.channel == row.channel, OutboxRow.address == row.address)
        .where(OutboxRow.state == "new", OutboxRow.id > row.id)
        .order_by(OutboxRow.id)
    )
    for other in waiting:
        both = f"{row.text}\n\n{other.text}"
        if len(both.encode()) > most or _stands_alone(other) or _reply_of(other) == _reply_of(row) != "":
            break
        row.text, other.state = both, "joined"
    session.flush()


def _stands_alone(row: OutboxRow) -> bool:
    return row.paper is not None or row.kind == "secret"


def _reply_of(row: OutboxRow) -> str:
    """What the parts of one long reply have in common; "" for any other message."""
    return row.dedupe_key.rpartition(":")[0] if row.dedupe_key.startswith("reply:") else ""


def sent_to_people(
    session: Session, channel: str, person_ids: Collection[int], *, since: datetime
) -> list[tuple[int, datetime]]:
    """Whom a message went to since then, and when: what the platform's quotas count."""
    rows = connection_of(session).execute(
        select(OutboxRow.person_id, OutboxRow.sent_at)
        .where(OutboxRow.person_id.in_(person_ids), OutboxRow.channel == channel)
        .where(OutboxRow.chat == "private", OutboxRow.sent_at >= since)
    )
    return [(row.person_id, row.sent_at) for row in rows]


def sent_to_groups(
    session: Session, channel: str, addresses: Collection[str], *, since: datetime
) -> list[tuple[str, datetime]]:
    """The groups that a message went to since then, and when, in order."""
    rows = connection_of(session).execute(
        select(OutboxRow.address, OutboxRow.sent_at)
        .where(text(f"outbox.{_OF_A_GROUP}"), OutboxRow.address.in_(addresses))
        .where(OutboxRow.channel == channel, OutboxRow.sent_at >= since)
        .order_by(OutboxRow.sent_at)
    )
    return [(row.address, row.sent_at) for row in rows]


def count_held_up(session: Session) -> list[tuple[str, str, int]]:
    """Channel, reason and number of messages that were tried and are to be tried again."""
    rows = session.execute(
        select(OutboxRow.channel, OutboxRow.error, func.count())
        .where(OutboxRow.state == "new", OutboxRow.error.is_not(None))
        .group_by(OutboxRow.channel, OutboxRow.error)
        .order_by(OutboxRow.channel, OutboxRow.error)
    )
    return [(channel, reason or "", count) for channel, reason, count in rows]


def count_troubled(session: Session) -> list[tuple[str, str, int]]:
    """Channel, state and number of messages that did not go out or may not have: failed, unsure, parked."""
    rows = session.execute(
        select(OutboxRow.channel, OutboxRow.state, func.count())
        .where(OutboxRow.state.in_(("failed", "unsure", "parked")))
        .group_by(OutboxRow.channel, OutboxRow.state)
        .order_by(OutboxRow.channel, OutboxRow.state)
    )
    return [(channel, state, count) for channel, state, count in rows]


def list_unsure(session: Session) -> Sequence[OutboxRow]:
    """Messages of which nobody knows whether they arrived, the oldest first."""
    query = select(OutboxRow).where(OutboxRow.state == "unsure").order_by(OutboxRow.id)
    return session.scalars(query.with_for_update()).all()


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
