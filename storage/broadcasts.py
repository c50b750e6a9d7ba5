"""Broadcasts: what an admin tells many people, who gets it and what became of each message (R116)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import Base, JsonValue, UtcDateTime


class Broadcast(Base):
    """`kind` is "duty" or "notice"; only notices can be opted out of.

    `state`: "draft", "scheduled" (due at `due_at`), "sending", "sent" or "cancelled".
    `audience` says whom as data; `pace` is messages a minute (None: as fast as the channels
    take them). `admin_id` is whose it is, `picture` the SHA-256 of a stored picture.
    """

    __tablename__ = "broadcasts"
    __table_args__ = (Index(None, "campaign", "state", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    picture: Mapped[str | None] = mapped_column(String(64))
    audience: Mapped[Any] = mapped_column(JsonValue)
    excluded: Mapped[Any] = mapped_column(JsonValue)
    pace: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10))
    admin_id: Mapped[int] = mapped_column(ForeignKey("admins.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BroadcastRecipient(Base):
    """One person, once, whatever lists they are on (L8); `person_id` None stands for the group.

    `outbox_key` is the dedupe key of the outbox row, which knows how the delivery went.
    """

    __tablename__ = "broadcast_recipients"
    __table_args__ = (
        Index("uq_broadcast_recipients_person", "broadcast_id", "person_id", unique=True),
        Index(None, "person_id", "id"),
        Index(None, "outbox_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(200))
    union_code: Mapped[str | None] = mapped_column(String(20))
    outbox_key: Mapped[str] = mapped_column(String(200))
    received_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class OptOut(Base):
    """A person who wants no notices; duties still come."""

    __tablename__ = "opt_outs"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
