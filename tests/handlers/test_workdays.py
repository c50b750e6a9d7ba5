"""Working days of the Chinese calendar as it was announced for 2024, 调休 included (R113)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from handlers.rules.workdays import is_workday, workday_on_or_after, workday_on_or_before, workdays_from


def day(text: str) -> date:
    return date.fromisoformat(f"2024-{text}")


def off(first: str, last: str) -> list[str]:
    """Days without work in a span."""
    days = [day(first) + timedelta(days=count) for count in range((day(last) - day(first)).days + 1)]
    return [f"{one:%m-%d}" for one in days if not is_workday(one)]


def test_april_to_june_of_2024() -> None:
    """Qingming, the first of May with its two Sundays at work, and the dragon boats."""
    assert off("04-04", "04-14") == ["04-04", "04-05", "04-06", "04-13", "04-14"]
    assert off("04-27", "05-12") == ["04-27", "05-01", "05-02", "05-03", "05-04", "05-05", "05-12"]
    assert off("06-07", "06-12") == ["06-08", "06-09", "06-10"]


@pytest.mark.parametrize(
    ("start", "count", "expected"),
    [
        ("06-11", -1, "06-07"),
        ("06-11", -3, "06-05"),
        ("06-11", -20, "05-13"),
        ("06-11", 1, "06-12"),
        ("04-12", 1, "04-15"),
        ("04-27", 1, "04-28"),
        ("05-12", -1, "05-11"),
        ("06-09", 0, "06-09"),
        ("06-09", 1, "06-11"),
        ("06-09", -1, "06-07"),
    ],
)
def test_so_many_working_days_away(start: str, count: int, expected: str) -> None:
    assert workdays_from(day(start), count) == day(expected)


def test_the_nearest_working_day() -> None:
    assert [workday_on_or_before(day(one)) for one in ("06-10", "06-11")] == [day("06-07"), day("06-11")]
    assert [workday_on_or_after(day(one)) for one in ("06-08", "06-07")] == [day("06-11"), day("06-07")]


def test_a_year_that_is_not_announced_yet_still_has_weekends() -> None:
    assert [is_workday(date(2031, 3, number)) for number in (7, 8, 9, 10)] == [True, False, False, True]
