"""Papers that people are given an address of: pictures and documents, drawn when they are opened."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from storage import papers
from storage.papers import Paper

LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Issued:
    """A paper that may be opened: `kind` says how `bot.papers` draws `facts`, `name` is the file's."""

    kind: str
    name: str
    facts: Mapping[str, Any]


def issue(
    session: Session, issued: Issued, *, person_id: int | None, now: datetime, lasts: timedelta = LASTS
) -> str:
    """Give a paper an address; its token. `person_id` is whose it is (None: the group's).

    Nothing is drawn here. Who has the address can open the paper, so it is told to its owner
    alone and ends after `lasts`, or when the owner's office ends.
    """
    token = secrets.token_urlsafe(32)
    row = Paper(
        token=token, kind=issued.kind, name=issued.name, facts=dict(issued.facts), person_id=person_id,
        created_at=now, expires_at=now + lasts,
    )  # fmt: skip
    papers.add(session, row)
    return token


def find(session: Session, token: str, *, now: datetime) -> Issued | None:
    """The paper of a token; None for one that never was, has run out or was revoked."""
    row = papers.find(session, token)
    if row is None or row.revoked_at is not None or row.expires_at <= now:
        return None
    return Issued(row.kind, row.name, row.facts)
