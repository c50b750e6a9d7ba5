"""The half-months of the circulars (A3), the place in a group, and the pack's own days."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from handlers.campaigns import with_dates
from handlers.pack_loading import load_pack
from handlers.rules.periods import half_month_ends, last_before
from handlers.rules.ranking import percent, ranks
from tests.talk import campaign

DAYS = tuple(date(2024, month, day) for month, day in ((4, 15), (4, 30), (5, 15), (5, 31), (6, 14)))
SMALL = Path(__file__).parents[1] / "packs" / "jiangsu-2025"


def test_the_half_months_of_the_notice() -> None:
    assert half_month_ends(date(2024, 4, 10), date(2024, 6, 11)) == DAYS
    assert campaign().circular_days == DAYS


def test_a_pack_without_days_has_the_half_months_of_its_window() -> None:
    """15 June 2025 is no part of it; 30 April is a working day, 31 May a Saturday and a holiday."""
    found = with_dates(load_pack(SMALL), {}).circular_days
    assert found == tuple(date(2025, *day) for day in ((4, 15), (4, 30), (5, 15), (5, 30)))


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (date(2024, 6, 15), date(2024, 6, 20), (date(2024, 6, 28),)),
        (date(2024, 4, 15), date(2024, 4, 15), (date(2024, 4, 15),)),
        (date(2024, 12, 31), date(2025, 1, 10), (date(2024, 12, 31), date(2025, 1, 15))),
    ],
)
def test_an_end_that_is_moved_before_the_first_day_is_left_out(
    first: date, last: date, found: tuple[date, ...]
) -> None:
    assert half_month_ends(first, last) == found


@pytest.mark.parametrize(
    ("today", "last"),
    [
        (date(2024, 4, 15), None),
        (date(2024, 4, 16), date(2024, 4, 15)),
        (date(2024, 6, 14), date(2024, 5, 31)),
        (date(2025, 1, 1), date(2024, 6, 14)),
    ],
)
def test_the_last_one_is_over(today: date, last: date | None) -> None:
    assert last_before(DAYS, today) == last


def test_equal_shares_stand_on_one_place_and_the_next_is_left_free() -> None:
    done = {"a": (60, 120), "b": (15, 30), "c": (31, 30), "d": (0, 15), "e": (0, 120), "f": (59, 120)}
    assert ranks(done) == {"c": 1, "a": 2, "b": 2, "f": 4, "d": 5, "e": 5}


def test_who_is_asked_nothing_has_done_all() -> None:
    assert ranks({"a": (0, 0), "b": (9, 0), "c": (10, 10), "d": (9, 10)}) == {"a": 1, "b": 1, "c": 1, "d": 4}


@pytest.mark.parametrize(
    ("counted", "minimum", "said"),
    [(119, 120, 99), (120, 120, 100), (121, 120, 100), (0, 15, 0), (5, 0, 100)],
)
def test_a_percentage_is_cut_down(counted: int, minimum: int, said: int) -> None:
    assert percent(counted, minimum) == said
