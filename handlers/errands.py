"""Jobs as the worker sees them: claimed one by one, finished or given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from storage import jobs

LEASE = timedelta(minutes=5)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Errand:
    """A claimed job, free of the session."""

    id: int
    kind: str
    detail: Mapping[str, Any]
    attempts: int


def claim(session: Session, *, now: datetime) -> Errand | None:
    """The next due job; one whose worker died is handed out again when its lease is over."""
    rows = jobs.claim_due(session, now=now, lease=LEASE, most=1)
    return Errand(rows[0].id, rows[0].kind, rows[0].detail, rows[0].attempts) if rows else None


def finish(session: Session, errand: Errand) -> None:
    jobs.settle(session, errand.id, errand.attempts, state="done", error=None)


def give_back(
    session: Session,
    errand: Errand,
    reason: str,
    *,
    permanent: bool,
    now: datetime,
    wait: float | None = None,
) -> bool:
    """Put a failed job back for later, or give it up; True if it was given up now.

    `wait` is for how many seconds the platform takes nothing at all; what waits for that is
    never given up.
    """
    if permanent or (wait is None and errand.attempts >= MOST_ATTEMPTS):
        return jobs.settle(session, errand.id, errand.attempts, state="failed", error=reason)
    pause = float(5 * 3**errand.attempts) if wait is None else wait
    due_at = now + timedelta(seconds=pause)
    jobs.settle(session, errand.id, errand.attempts, state="new", error=reason, due_at=due_at)
    return False
