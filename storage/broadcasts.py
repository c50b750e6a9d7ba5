"""Broadcasts: what an admin tells many people, who gets it and what became of each message (R116)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, String, Text, delete, func, literal, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime
from storage.outbox import OutboxRow
from storage.people import Address, Person
from storage.submissions import Answer, Submission


class Broadcast(Base):
    """`kind` is "duty" or "notice"; only notices can be opted out of.

    `state`: "draft", "scheduled" (due at `due_at`), "sending", "sent" or "cancelled".
    `audience` says whom as data; `pace` is messages a minute (None: as fast as the channels
    take them). `admin_id` is whose it is, `picture` the SHA-256 of a stored picture, `paper` the
    address at which it can be seen from `started_at` on, when the first message was written.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (Index(None, "campaign", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(String(64))
    paper: Mapped[str | None] = mapped_column(String(64))
    audience: Mapped[Any] = mapped_column(JsonValue)
    excluded: Mapped[Any] = mapped_column(JsonValue)
    pace: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10))
    admin_id: Mapped[int] = mapped_column(ForeignKey("admins.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BroadcastRecipient(Base):
    """One person, once, whatever lists they are on (L8); `person_id` None stands for the group.

    `place` counts from 1 and sets the pace. `state`: "waiting", "told" (an outbox row of
    `outbox_key` was written and knows how the delivery went) or "skipped" for a `reason`.
    """

    __tablename__ = "broadcast_recipients"
    __table_args__ = (
        Index("uq_broadcast_recipients_person", "broadcast_id", "person_id", unique=True),
        Index(None, "person_id", "id"),
        Index(None, "outbox_key"),
        Index(None, "broadcast_id", "state", "place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(200))
    union_code: Mapped[str | None] = mapped_column(String(20))
    outbox_key: Mapped[str] = mapped_column(String(200))
    place: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    reason: Mapped[str | None] = mapped_column(String(20))
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OptOut(Base):
    """A person who wants no notices; duties still come."""

    __tablename__ = "opt_outs"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def add(session: Session, broadcast: Broadcast) -> Broadcast:
    session.add(broadcast)
    session.flush()
    return broadcast


def find(session: Session, broadcast_id: int) -> Broadcast | None:
    return session.get(Broadcast, broadcast_id, populate_existing=True)


def find_draft(session: Session, campaign: str, admin_id: int) -> Broadcast | None:
    """The newest draft of an admin; None if there is none."""
    query = select(Broadcast).where(
        Broadcast.campaign == campaign, Broadcast.state == "draft", Broadcast.admin_id == admin_id
    )
    return session.scalar(query.order_by(Broadcast.id.desc()).limit(1))


def list_latest(session: Session, campaign: str, *, most: int) -> Sequence[Broadcast]:
    """Newest first."""
    query = select(Broadcast).where(Broadcast.campaign == campaign)
    return session.scalars(query.order_by(Broadcast.id.desc()).limit(most)).all()


def list_scheduled(session: Session, campaign: str, *, until: datetime) -> Sequence[Broadcast]:
    """What waits for its time up to `until`, or is being sent, by time."""
    query = select(Broadcast).where(
        Broadcast.campaign == campaign,
        Broadcast.state.in_(("scheduled", "sending")),
        Broadcast.due_at <= until,
    )
    return session.scalars(query.order_by(Broadcast.due_at, Broadcast.id)).all()


def move(session: Session, broadcast_id: int, before: Collection[str], after: str, **values: Any) -> bool:
    """Change the state if it is one of `before`; False, and nothing done, if somebody was first."""
    session.flush()
    ours = update(Broadcast).where(Broadcast.id == broadcast_id, Broadcast.state.in_(before))
    return bool(session.execute(ours.values(state=after, **values)).rowcount)  # type: ignore[attr-defined]


def change_draft(session: Session, broadcast_id: int, **values: Any) -> bool:
    """Set columns of a draft; False for what is none any more."""
    return move(session, broadcast_id, ("draft",), "draft", **values)


def put_recipients(session: Session, rows: Sequence[BroadcastRecipient]) -> None:
    session.add_all(rows)
    session.flush()


def drop_recipients(session: Session, broadcast_id: int) -> None:
    session.execute(delete(BroadcastRecipient).where(BroadcastRecipient.broadcast_id == broadcast_id))


def list_recipients(session: Session, broadcast_id: int) -> Sequence[BroadcastRecipient]:
    """In the order in which they are told."""
    query = select(BroadcastRecipient).where(BroadcastRecipient.broadcast_id == broadcast_id)
    return session.scalars(query.order_by(BroadcastRecipient.place)).all()


def count_recipients(session: Session, broadcast_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(BroadcastRecipient.broadcast_id, func.count())
        .where(BroadcastRecipient.broadcast_id.in_(broadcast_ids))
        .group_by(BroadcastRecipient.broadcast_id)
    )
    return {row[0]: row[1] for row in rows}


def claim_waiting(
    session: Session, broadcast_id: int, *, places: int | None, most: int
) -> Sequence[BroadcastRecipient]:
    """Up to `most` who were not told yet, of the first `places` (None: all).

    What another worker holds is passed over.
    """
    query = _waiting_of(broadcast_id).order_by(BroadcastRecipient.place).limit(most)
    if places is not None:
        query = query.where(BroadcastRecipient.place <= places)
    return session.scalars(query.with_for_update(skip_locked=True)).all()


def first_waiting(session: Session, broadcast_id: int) -> int | None:
    """The place of the next who is to be told; None if nobody is left."""
    found = session.scalar(_waiting_of(broadcast_id).order_by(BroadcastRecipient.place).limit(1))
    return None if found is None else found.place


def _waiting_of(broadcast_id: int) -> Select[BroadcastRecipient]:
    return select(BroadcastRecipient).where(
        BroadcastRecipient.broadcast_id == broadcast_id, BroadcastRecipient.state == "waiting"
    )


def skip_waiting(session: Session, broadcast_id: int, reason: str) -> None:
    """Nobody who was not told yet will be."""
    theirs = update(BroadcastRecipient).where(
        BroadcastRecipient.broadcast_id == broadcast_id, BroadcastRecipient.state == "waiting"
    )
    session.execute(theirs.values(state="skipped", reason=reason))


def list_messages(session: Session, broadcast_id: int) -> Sequence[OutboxRow]:
    """The outbox rows of a broadcast, text before picture for each person."""
    return session.scalars(select(OutboxRow).where(_of(broadcast_id)).order_by(OutboxRow.id)).all()


def _of(broadcast_id: int) -> Any:
    return OutboxRow.dedupe_key.startswith(f"broadcast:{broadcast_id}:", autoescape=True)


def has_late_messages(session: Session, broadcast_id: int, *, before: datetime) -> bool:
    """Whether one that was due before then was not even tried."""
    query = select(OutboxRow.id).where(
        _of(broadcast_id), OutboxRow.state == "new", OutboxRow.attempts == 0, OutboxRow.due_at < before
    )
    return session.scalar(query.limit(1)) is not None


def send_again(session: Session, row: OutboxRow, *, channel: str, address: str, now: datetime) -> bool:
    """Put a failed message down again under the same key; False if somebody did so before."""
    failed = update(OutboxRow).where(OutboxRow.id == row.id, OutboxRow.state == "failed")
    again = failed.values(
        state="new", error=None, due_at=now, lease_until=None, channel=channel, address=address
    )
    return bool(session.execute(again).rowcount)  # type: ignore[attr-defined]


def take_back(session: Session, broadcast_id: int, *, now: datetime) -> None:
    """Remove the messages of a broadcast that wait and that nobody is sending."""
    free = or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until < now)
    waiting = select(OutboxRow).where(_of(broadcast_id), OutboxRow.state.in_(("new", "parked")), free)
    for row in session.scalars(waiting.with_for_update(skip_locked=True)):
        session.delete(row)
    session.flush()


def mark_received(session: Session, person_id: int, *, since: datetime, now: datetime) -> bool:
    """Note 收到 on the newest broadcast that reached a person since then.

    False if none did, or if that was noted before.
    """
    query = (
        select(BroadcastRecipient)
        .join(OutboxRow, OutboxRow.dedupe_key == BroadcastRecipient.outbox_key)
        .where(BroadcastRecipient.person_id == person_id, OutboxRow.created_at >= since)
        .where(OutboxRow.state.in_(("sent", "joined", "unsure")))
    )
    newest = session.scalar(query.order_by(BroadcastRecipient.id.desc()).limit(1))
    if newest is None:
        return False
    ours = update(BroadcastRecipient).where(
        BroadcastRecipient.id == newest.id, BroadcastRecipient.received_at.is_(None)
    )
    return bool(session.execute(ours.values(received_at=now)).rowcount)  # type: ignore[attr-defined]


def opted_out(session: Session, person_ids: Collection[int]) -> set[int]:
    """Which of these people want no notices."""
    return set(session.scalars(select(OptOut.person_id).where(OptOut.person_id.in_(person_ids))))


def reachable(session: Session, person_ids: Collection[int]) -> set[int]:
    """Which of these people have an address that takes messages."""
    query = select(Address.person_id).where(Address.person_id.in_(person_ids), Address.reachable.is_(True))
    return set(session.scalars(query))


def opt_out(session: Session, person_id: int, *, now: datetime) -> bool:
    """False if the person had opted out before."""
    if session.get(OptOut, person_id) is not None:
        return False
    session.add(OptOut(person_id=person_id, at=now))
    session.flush()
    return True


def opt_in(session: Session, person_id: int) -> bool:
    """False if the person had not opted out."""
    gone = session.execute(delete(OptOut).where(OptOut.person_id == person_id))
    return bool(gone.rowcount)  # type: ignore[attr-defined]


def list_drafters(session: Session, campaign: str, union_code: str) -> list[tuple[int, str | None]]:
    """Id and name of everybody with an open draft that names this union."""
    rows = session.execute(
        select(Person.id, Person.name)
        .join(Submission, Submission.person_id == Person.id)
        .join(Answer, Answer.submission_id == Submission.id)
        .where(Submission.campaign == campaign, Submission.state == "draft")
        .where(Answer.field == "union", Answer.value == literal(union_code, JsonValue))
        .distinct()
        .order_by(Person.id)
    )
    return [(row.id, row.name) for row in rows]


def list_named(session: Session, name: str) -> Sequence[int]:
    """The ids of people who go by exactly that name in their chats."""
    return session.scalars(select(Person.id).where(Person.name == name).order_by(Person.id)).all()
