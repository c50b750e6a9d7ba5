"""What people see in the simulator: its own memory, as a phone keeps its chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime


class SimulatedMessage(Base):
    """One bubble. `sender` is "bot" or an address; `person_id` is whose private chat it is in, or who spoke.

    `kind` is the message's kind, so that a voice still looks like one after a reload. `key` names
    a pushed message, so that the same one appears once; `paper` is the token of a picture in it.
    `chat_id` tells groups apart, where `chat` is "group".
    """

    __tablename__ = "simulated_messages"
    __table_args__ = (Index(None, "person_id", "id"), Index(None, "chat", "id"), UniqueConstraint("key"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    key: Mapped[str | None] = mapped_column(String(200))
    paper: Mapped[str | None] = mapped_column(String(64))
    chat: Mapped[str] = mapped_column(String(20))
    chat_id: Mapped[str | None] = mapped_column(String(200))
    sender: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    file: Mapped[Any | None] = mapped_column(JsonValue)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


def add(session: Session, message: SimulatedMessage) -> None:
    session.add(message)
    session.flush()


def has_key(session: Session, key: str) -> bool:
    """Whether a message of that key is on the screen already."""
    return session.scalar(select(SimulatedMessage.id).where(SimulatedMessage.key == key)) is not None


def list_keyed(session: Session, prefix: str) -> Sequence[SimulatedMessage]:
    """The messages whose keys begin with `prefix`, oldest first."""
    query = select(SimulatedMessage).where(SimulatedMessage.key.startswith(prefix, autoescape=True))
    return session.scalars(query.order_by(SimulatedMessage.id)).all()


def find(session: Session, message_id: int) -> SimulatedMessage | None:
    return session.get(SimulatedMessage, message_id)


def list_seen_by(session: Session, person_id: int, *, after: int) -> Sequence[SimulatedMessage]:
    """All that a person can see with an id above `after`: the own private chat and the group."""
    query = select(SimulatedMessage).where(
        SimulatedMessage.id > after,
        or_(SimulatedMessage.person_id == person_id, SimulatedMessage.chat == "group"),
    )
    return session.scalars(query.order_by(SimulatedMessage.id)).all()


def last_id(session: Session) -> int:
    return session.scalar(select(SimulatedMessage.id).order_by(SimulatedMessage.id.desc()).limit(1)) or 0
