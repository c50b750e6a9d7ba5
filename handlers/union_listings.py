"""What a union sees of its submissions: those handed in, a page at a time (R89)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers.access import Actor, require_union
from handlers.campaigns import Campaign
from storage import submissions

PAGE = 50


@dataclass(frozen=True, slots=True)
class Listed:
    """A submission as its union sees it. `submitter` is the first completer; "" where nobody is named."""

    number: str
    title: str
    state: str
    submitter: str
    submitted_at: datetime


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a union's submissions, newest first; pages count from 1."""

    rows: tuple[Listed, ...]
    count: int
    page: int
    pages: int


def list_submitted(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, page: int
) -> Listing:
    """What was handed in to the union, with what was taken back since; a draft is its owner's alone.

    A page beyond the last is the last. HandlerError unless the actor may see the union.
    """
    require_union(actor, union_code)
    name = campaign.pack.name
    count = submissions.count_numbered(session, name, union_code)
    pages = max(1, -(-count // PAGE))
    page = min(max(1, page), pages)
    rows = submissions.list_numbered(session, name, union_code, skip=(page - 1) * PAGE, most=PAGE)
    return Listing(tuple(_listed(campaign, row) for row in rows), count, page, pages)


def _listed(campaign: Campaign, row: submissions.Numbered) -> Listed:
    completers = row.completers if isinstance(row.completers, list) else []
    return Listed(
        row.number, row.title or "", row.state, completers[0] if completers else "",
        row.submitted_at.astimezone(campaign.zone),
    )  # fmt: skip
