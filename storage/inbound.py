"""The log of all that came in, with what was answered: what makes a repeat harmless."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime

# A file that was fetched after its message came; no act of the person.
FETCHED = "fetched"
EVENT = "event"


class InboundRow(Base):
    """One message and its passive reply.

    `identity` is channel, sender and the provider's time and id in one column (L5): of a batch
    of messages all are looked up at once, which SQLite can do by an index for one column only.
    """

    __tablename__ = "inbound_messages"
    __table_args__ = (UniqueConstraint("identity"), Index(None, "person_id", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    identity: Mapped[str] = mapped_column(String(560))
    channel: Mapped[str] = mapped_column(String(40))
    sender: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(300))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    chat: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    detail: Mapped[Any | None] = mapped_column(JsonValue)
    outcome: Mapped[str] = mapped_column(String(20))
    asked: Mapped[str | None] = mapped_column(String(40))
    reply: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


def latest_message(session: Session, channel: str, person_id: int) -> datetime | None:
    """When a person last wrote or sent something on a channel."""
    return session.scalar(
        select(InboundRow.received_at)
        .where(InboundRow.person_id == person_id, InboundRow.channel == channel)
        .where(InboundRow.kind.not_in((EVENT, FETCHED)))
        .order_by(InboundRow.id.desc())
        .limit(1)
    )


def list_events(
    session: Session, channel: str, person_id: int, *, since: datetime
) -> list[tuple[str, datetime]]:
    """The names and times of what a person did beside writing, newest first."""
    rows = session.execute(
        select(InboundRow.detail, InboundRow.received_at)
        .where(InboundRow.person_id == person_id, InboundRow.channel == channel)
        .where(InboundRow.kind == EVENT, InboundRow.received_at >= since)
        .order_by(InboundRow.id.desc())
    )
    return [(detail["event"], received_at) for detail, received_at in rows]


def list_of_person(session: Session, person_id: int) -> Sequence[InboundRow]:
    return session.scalars(
        select(InboundRow).where(InboundRow.person_id == person_id).order_by(InboundRow.id)
    ).all()
