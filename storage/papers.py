"""Papers: pictures and documents that are drawn from facts when somebody opens their address."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime


class Paper(Base):
    """`token` is the unguessable end of its address, `kind` says how `facts` are drawn.

    `person_id` is who was given it (None: the group). It opens until `expires_at`, unless
    revoked before.
    """

    __tablename__ = "papers"
    __table_args__ = (UniqueConstraint("token"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(200))
    facts: Mapped[Any] = mapped_column(JsonValue)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def add(session: Session, paper: Paper) -> None:
    session.add(paper)
    session.flush()


def find(session: Session, token: str) -> Paper | None:
    return session.scalar(select(Paper).where(Paper.token == token))


def revoke_of(session: Session, person_id: int, *, now: datetime) -> None:
    """End the addresses that a person was given."""
    theirs = update(Paper).where(Paper.person_id == person_id, Paper.revoked_at.is_(None))
    session.execute(theirs.values(revoked_at=now))
