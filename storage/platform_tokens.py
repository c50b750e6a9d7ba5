"""Access tokens of platforms, shared by all processes, and the lease of whoever renews one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime


class PlatformToken(Base):
    """A token by the name of its account; `value` is None until the first one was fetched."""

    __tablename__ = "platform_tokens"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


def find(session: Session, name: str) -> PlatformToken | None:
    return session.get(PlatformToken, name)


def lease(session: Session, name: str, owner: str, *, now: datetime, term: timedelta) -> bool:
    """Become the one who renews a token; False while another holds the lease.

    Two first callers at once: one gets IntegrityError, which means False.
    """
    free = or_(
        PlatformToken.lease_until.is_(None),
        PlatformToken.lease_until < now,
        PlatformToken.lease_owner == owner,
    )
    taken = session.execute(
        update(PlatformToken)
        .where(PlatformToken.name == name, free)
        .values(lease_owner=owner, lease_until=now + term)
    )
    if taken.rowcount:  # type: ignore[attr-defined]
        return True
    if session.scalar(select(PlatformToken.name).where(PlatformToken.name == name)) is not None:
        return False
    session.add(PlatformToken(name=name, lease_owner=owner, lease_until=now + term))
    session.flush()
    return True


def put(session: Session, name: str, value: str, *, expires_at: datetime, owner: str) -> bool:
    """Keep a fetched token and give the lease up; False if the lease was lost meanwhile."""
    kept = session.execute(
        update(PlatformToken)
        .where(PlatformToken.name == name, PlatformToken.lease_owner == owner)
        .values(value=value, expires_at=expires_at, lease_owner=None, lease_until=None)
    )
    return bool(kept.rowcount)  # type: ignore[attr-defined]


def drop(session: Session, name: str, value: str) -> None:
    """Forget a token that the platform refused, unless another has taken its place already."""
    session.execute(
        update(PlatformToken)
        .where(PlatformToken.name == name, PlatformToken.value == value)
        .values(value=None, expires_at=None)
    )
