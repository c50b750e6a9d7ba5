"""Which worker process does the timed work: a lease that the leader keeps renewing."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import leases

NAME = "worker"
TERM = timedelta(seconds=15)


def lead(session: Session, owner: str, *, now: datetime) -> bool:
    """Take or renew the lead; False while another process holds it."""
    return leases.take(session, NAME, owner, now=now, term=TERM)


def resign(session: Session, owner: str) -> None:
    """Give the lead back, so that another process need not wait for the lease to run out."""
    leases.give_back(session, NAME, owner)


def is_held(session: Session, *, now: datetime) -> bool:
    lease = leases.find(session, NAME)
    return lease is not None and lease.until > now
