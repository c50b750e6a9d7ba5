"""Access tokens of platforms, shared by all processes, and the right to fetch one."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, Text, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime


class PlatformToken(Base):
    """One token by name: no `value` before the first fetch and after a drop.

    `lease_owner` alone may fetch and put until `lease_until`.
    """

    __tablename__ = "platform_tokens"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_owner: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)


def find(session: Session, name: str) -> PlatformToken | None:
    """The row as it is in the database, whatever the session has seen before."""
    return session.get(PlatformToken, name, populate_existing=True)


def take_lease(session: Session, name: str, owner: str, *, now: datetime, term: timedelta) -> bool:
    """Take or renew the right to fetch; False while another owner holds it.

    A term of nothing gives it back. The value stays untouched.
    """
    free = or_(
        PlatformToken.lease_owner.is_(None),
        PlatformToken.lease_owner == owner,
        PlatformToken.lease_until <= now,
    )
    taken = (
        update(PlatformToken)
        .where(PlatformToken.name == name, free)
        .values(lease_owner=owner, lease_until=now + term)
        .execution_options(synchronize_session=False)
    )
    if session.execute(taken).rowcount:  # type: ignore[attr-defined]
        return True
    if session.scalar(select(PlatformToken.name).where(PlatformToken.name == name)) is not None:
        return False
    return _add_leased(session, name, owner, until=now + term)


def _add_leased(session: Session, name: str, owner: str, *, until: datetime) -> bool:
    """The first lease of a name; of two at once the later finds the other's row."""
    try:
        with session.begin_nested():
            session.add(PlatformToken(name=name, lease_owner=owner, lease_until=until))
    except IntegrityError:
        return False
    return True


def put(session: Session, name: str, *, value: str, expires_at: datetime, owner: str) -> bool:
    """Keep a token; False, and nothing changed, unless `owner` holds the lease."""
    kept = (
        update(PlatformToken)
        .where(PlatformToken.name == name, PlatformToken.lease_owner == owner)
        .values(value=value, expires_at=expires_at)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(kept).rowcount)  # type: ignore[attr-defined]


def drop(session: Session, name: str, value: str) -> bool:
    """Forget a token, only if it is still this one; the lease stays as it is."""
    dropped = (
        update(PlatformToken)
        .where(PlatformToken.name == name, PlatformToken.value == value)
        .values(value=None, expires_at=None)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(dropped).rowcount)  # type: ignore[attr-defined]
