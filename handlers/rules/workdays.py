"""The working days of the Chinese calendar, 调休 included: which days they are and how far apart (R113)."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

_DAY = timedelta(days=1)


@lru_cache(maxsize=1)
def _calendar() -> Any:
    # Here and not above: what never counts days starts without it.
    import holidays

    return holidays.country_holidays("CN")


@lru_cache(maxsize=4096)
def is_workday(day: date) -> bool:
    """Whether offices work that day; of a year whose 调休 is not announced yet only the rest is known."""
    return bool(_calendar().is_working_day(day))


def workday_on_or_before(day: date) -> date:
    """The day itself if it is one."""
    while not is_workday(day):
        day -= _DAY
    return day


def workday_on_or_after(day: date) -> date:
    """The day itself if it is one."""
    while not is_workday(day):
        day += _DAY
    return day


@lru_cache(maxsize=1024)
def workdays_from(day: date, count: int) -> date:
    """The working day that lies `count` of them after `day` (negative: before); 0 is the day itself.

    Whether `day` is one makes no difference: one before Tuesday 2024-06-11 is Friday 2024-06-07.
    """
    step = _DAY if count > 0 else -_DAY
    for _ in range(abs(count)):
        day += step
        while not is_workday(day):
            day += step
    return day
