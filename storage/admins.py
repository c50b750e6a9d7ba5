"""The province's admins, and the one-time codes that bind an admin or the group to a chat."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime


class Admin(Base):
    """Somebody of 省总 who may decide, broadcast and bind (R18); `person_id` once a chat is bound."""

    __tablename__ = "admins"
    __table_args__ = (UniqueConstraint("person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class BindingCode(Base):
    """A code that works once. Only its SHA-256 is kept; `kind` is "admin" or "group"."""

    __tablename__ = "binding_codes"
    __table_args__ = (UniqueConstraint("digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(64))
    admin_id: Mapped[int | None] = mapped_column(ForeignKey("admins.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def find_of_person(session: Session, person_id: int) -> Admin | None:
    """The admin whose chat this is; None if nobody's or revoked."""
    query = select(Admin).where(Admin.person_id == person_id, Admin.revoked_at.is_(None))
    return session.scalar(query)
