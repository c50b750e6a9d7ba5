"""The log of all that came in, with what was answered: what makes a repeat harmless."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime, connection_of
from storage.people import Person

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


def latest_messages(session: Session, channel: str, person_ids: Collection[int]) -> dict[int, datetime]:
    """When each person last wrote or sent something on a channel; who never did is left out."""
    latest = (
        select(InboundRow.received_at)
        .where(InboundRow.person_id == Person.id, InboundRow.channel == channel)
        .where(InboundRow.kind.not_in((EVENT, FETCHED)))
        .order_by(InboundRow.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(Person.id, latest.label("wrote_at")).where(Person.id.in_(person_ids), latest.is_not(None))
    rows = connection_of(session).execute(query)
    return {row.id: row.wrote_at for row in rows}


def list_events(
    session: Session, channel: str, person_ids: Collection[int], *, since: datetime
) -> list[tuple[int, str, datetime]]:
    """Who did what beside writing, and when, newest first."""
    rows = connection_of(session).execute(
        select(InboundRow.person_id, InboundRow.detail, InboundRow.received_at)
        .where(InboundRow.person_id.in_(person_ids), InboundRow.channel == channel)
        .where(InboundRow.kind == EVENT, InboundRow.received_at >= since)
        .order_by(InboundRow.id.desc())
    )
    return [(person_id, detail["event"], at) for person_id, detail, at in rows]


def list_of_person(session: Session, person_id: int) -> Sequence[InboundRow]:
    return session.scalars(
        select(InboundRow).where(InboundRow.person_id == person_id).order_by(InboundRow.id)
    ).all()
