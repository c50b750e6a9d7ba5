"""The province's admins, and the one-time codes that bind an admin or the group to a chat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, select, update
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


def find(session: Session, admin_id: int) -> Admin | None:
    return session.get(Admin, admin_id)


def find_of_person(session: Session, person_id: int) -> Admin | None:
    """The admin whose chat this is; None if nobody's or revoked."""
    query = select(Admin).where(Admin.person_id == person_id, Admin.revoked_at.is_(None))
    return session.scalar(query)


def find_named(session: Session, name: str) -> Admin | None:
    """The oldest admin of that name, revoked or not."""
    return session.scalar(select(Admin).where(Admin.name == name).order_by(Admin.id).limit(1))


def add(session: Session, name: str, *, now: datetime) -> Admin:
    admin = Admin(name=name, created_at=now)
    session.add(admin)
    session.flush()
    return admin


def list_active(session: Session) -> Sequence[Admin]:
    """Oldest first; those whose chat is not bound yet are among them."""
    return session.scalars(select(Admin).where(Admin.revoked_at.is_(None)).order_by(Admin.id)).all()


def give_chat(session: Session, admin: Admin, person_id: int) -> None:
    """Bind an admin to the chat of a person; a revoked admin's claim on it ends."""
    session.execute(
        update(Admin).where(Admin.person_id == person_id, Admin.id != admin.id).values(person_id=None)
    )
    admin.person_id = person_id
    session.flush()


def add_code(session: Session, code: BindingCode) -> None:
    """Keep a new code; an unused older one for the same purpose is worth nothing from now on."""
    same_admin = (
        BindingCode.admin_id.is_(None) if code.admin_id is None else BindingCode.admin_id == code.admin_id
    )
    older = update(BindingCode).where(
        BindingCode.kind == code.kind, BindingCode.used_at.is_(None), same_admin
    )
    session.execute(older.values(used_at=code.created_at))
    session.add(code)
    session.flush()


def use_code(session: Session, kind: str, digest: str, *, now: datetime) -> BindingCode | None:
    """Use a code up; None if there is none, or it was used, or has run out.

    Of two who come with the same code at the same moment one gets it.
    """
    mine = update(BindingCode).where(
        BindingCode.kind == kind,
        BindingCode.digest == digest,
        BindingCode.used_at.is_(None),
        BindingCode.expires_at > now,
    )
    found = session.scalar(mine.values(used_at=now).returning(BindingCode.id))
    return None if found is None else session.get_one(BindingCode, found)


def has_code(session: Session, digest: str) -> bool:
    """Whether that code was ever given out."""
    return session.scalar(select(BindingCode.id).where(BindingCode.digest == digest)) is not None
