"""Access tokens of platforms as channels use them: read, leased, kept and dropped."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import platform_tokens


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token and its end, free of the session; its text never shows the value."""

    value: str = field(repr=False)
    expires_at: datetime


def current(session: Session, name: str) -> StoredToken | None:
    """The token kept under a name, expired or not; None before the first and after a drop."""
    row = platform_tokens.find(session, name)
    if row is None or row.value is None or row.expires_at is None:
        return None
    return StoredToken(row.value, row.expires_at)


def lease(session: Session, name: str, owner: str, *, seconds: float, now: datetime) -> bool:
    """Take the sole right to fetch for so long; False while another holds it. 0 gives it back."""
    return platform_tokens.take_lease(session, name, owner, now=now, term=timedelta(seconds=seconds))


def keep(session: Session, name: str, value: str, *, expires_at: datetime, owner: str) -> bool:
    """Keep a fetched token; False, and nothing kept, if the lease went to another meanwhile."""
    return platform_tokens.put(session, name, value=value, expires_at=expires_at, owner=owner)


def drop(session: Session, name: str, value: str) -> bool:
    """Forget a token that the platform refused; one that has replaced it stays."""
    return platform_tokens.drop(session, name, value)
