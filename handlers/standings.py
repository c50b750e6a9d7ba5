"""How the unions of each group stand beside each other, and how far they came since the last half-month (R42)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from handlers.access import Actor, require_admin, require_union
from handlers.campaigns import Campaign
from handlers.packs import Union
from handlers.rules.periods import last_before
from handlers.rules.ranking import percent, ranks
from storage import audit, submissions

# In the order of 附件3.
GROUPS = ("city", "industry")


@dataclass(frozen=True, slots=True)
class Standing:
    """One union in its group of `of` unions; `before` is how many counted for it when the period began."""

    union: Union
    rank: int
    of: int
    counted: int
    before: int

    @property
    def change(self) -> int:
        return self.counted - self.before

    @property
    def percent(self) -> int:
        return percent(self.counted, self.union.minimum)


@dataclass(frozen=True)
class Table:
    """All unions, each group by rank and within a rank in the order of 附件3.

    Changes are counted from the end of `since`, or from the beginning of the campaign's first day.
    """

    since: date
    groups: Mapping[str, Sequence[Standing]]

    @cached_property
    def by_code(self) -> dict[str, Standing]:
        return {row.union.code: row for rows in self.groups.values() for row in rows}

    def begun(self, kind: str) -> list[Standing]:
        """Those of a group for which anything counts."""
        return [row for row in self.groups[kind] if row.counted]

    def not_begun(self, kind: str) -> list[Standing]:
        return [row for row in self.groups[kind] if not row.counted]


def table(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> Table:
    """Both groups; HandlerError unless an admin asks."""
    require_admin(actor)
    return _table(session, campaign, now=now)


def of_union(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> tuple[Standing, date]:
    """One union's own standing, and since when its change is counted; HandlerError unless the actor may see it."""
    require_union(actor, union_code)
    found = _table(session, campaign, now=now)
    return found.by_code[union_code], found.since


def _table(session: Session, campaign: Campaign, *, now: datetime) -> Table:
    pack = campaign.pack
    since, instant = _period(campaign, now=now)
    counted = submissions.count_by_union(session, pack.name, [pack.counts])
    before = audit.count_by_union_before(session, pack.name, pack.counts, instant=instant)
    groups = {
        kind: _ranked([union for union in pack.unions if union.kind == kind], counted, before)
        for kind in GROUPS
    }
    return Table(since, groups)


def _period(campaign: Campaign, *, now: datetime) -> tuple[date, datetime]:
    """The day after which changes are counted, and the instant at which that begins."""
    day = last_before(campaign.circular_days, now.astimezone(campaign.zone).date())
    if day is None:
        return campaign.dates.opens_on, campaign.opens_at
    return day, datetime.combine(day + timedelta(days=1), time(), campaign.zone)


def _ranked(
    unions: Sequence[Union], counted: Mapping[str, int], before: Mapping[str, int]
) -> Sequence[Standing]:
    places = ranks({union.code: (counted.get(union.code, 0), union.minimum) for union in unions})
    rows = [
        Standing(
            union, places[union.code], len(unions), counted.get(union.code, 0), before.get(union.code, 0)
        )
        for union in unions
    ]
    return tuple(sorted(rows, key=lambda row: row.rank))


def add_to_json(board: dict[str, Any], found: Table) -> dict[str, Any]:
    """The board of `status --json` with `rank` and `change` in each row, and since when changes are counted."""
    rows = [
        {**row, "rank": found.by_code[row["code"]].rank, "change": found.by_code[row["code"]].change}
        for row in board["unions"]
    ]
    return {**board, "unions": rows, "change_since": found.since.isoformat()}
