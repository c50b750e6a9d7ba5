"""Half-months: when the province circulates how far every union has come (R17, A3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from handlers.rules.workdays import workday_on_or_before


def half_month_ends(first: date, last: date) -> tuple[date, ...]:
    """The ends of the half-months from `first` on, up to the first one that is not before `last`.

    The 15th and the last day of each month, moved back to a working day (A3): of 2024-04-10 to
    06-11 these are 4/15, 4/30, 5/15, 5/31 and 6/14.
    """
    ends, found = _ends(first), list[date]()
    while not found or found[-1] < last:
        day = workday_on_or_before(next(ends))
        if day >= first:
            found.append(day)
    return tuple(found)


def _ends(first: date) -> Iterator[date]:
    month = first.replace(day=1)
    while True:
        following = (month + timedelta(days=31)).replace(day=1)
        yield month.replace(day=15)
        yield following - timedelta(days=1)
        month = following


def last_before(days: Sequence[date], today: date) -> date | None:
    """The latest of these days that is over; None if none is."""
    return max((day for day in days if day < today), default=None)
