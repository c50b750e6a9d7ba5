"""Leases: rows by which several processes agree on the one that does a thing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime


class Lease(Base):
    """Who holds a named duty, and until when unless renewed."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    owner: Mapped[str] = mapped_column(String(100))
    until: Mapped[datetime] = mapped_column(UtcDateTime)


def take(session: Session, name: str, owner: str, *, now: datetime, term: timedelta) -> bool:
    """Take or renew a lease; False while another owner holds it.

    Two takers of a name that never existed: one gets IntegrityError, which means False.
    """
    taken = session.execute(
        update(Lease)
        .where(Lease.name == name, or_(Lease.owner == owner, Lease.until < now))
        .values(owner=owner, until=now + term)
    )
    if taken.rowcount:  # type: ignore[attr-defined]
        return True
    if session.scalar(select(Lease.name).where(Lease.name == name)) is not None:
        return False
    session.add(Lease(name=name, owner=owner, until=now + term))
    session.flush()
    return True


def give_back(session: Session, name: str, owner: str) -> None:
    """End a lease before its time; another owner's stays."""
    session.execute(delete(Lease).where(Lease.name == name, Lease.owner == owner))


def find(session: Session, name: str) -> Lease | None:
    return session.get(Lease, name)
