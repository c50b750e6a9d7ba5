"""Steps of the pack's ladders as instants: working days, quiet hours, days off, and what is stale (R113–R115)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time

import pytest

from handlers.packs import Dates, Ladder, Step
from handlers.rules.ladders import (
    USUAL_REMINDERS,
    ReminderSettings,
    allowed_from,
    at_hour,
    next_hour,
    rungs,
    without_stale,
)
from tests.province import ZONE, at
from tests.talk import campaign

PACK = campaign().pack


def shown(
    ladders: tuple[Ladder, ...] = PACK.ladders,
    dates: Dates = PACK.dates,
    settings: ReminderSettings = USUAL_REMINDERS,
) -> list[str]:
    return [
        f"{one.at:%m-%d %H:%M} {one.ladder}:{one.step} {one.to}"
        for one in rungs(ladders, dates, ZONE, settings)
    ]


def test_the_steps_of_the_notice() -> None:
    """Twenty working days before 6/11 is 5/13, since two Sundays were worked; one before is Friday 6/7."""
    assert [line for line in shown() if "complete" not in line and "draft" not in line] == [
        "04-09 09:00 contacts:2-before contact",
        "04-10 09:00 contacts:1-before contact",
        "04-11 09:00 contacts:on-the-day contact",
        "04-15 09:00 contacts:1-after backup",
        "04-16 09:00 contacts:2-after admins",
        "05-13 09:00 minimum:20-before contact",
        "05-27 09:00 minimum:10-before contact",
        "06-03 09:00 minimum:5-before contact",
        "06-05 09:00 minimum:3-before contact",
        "06-07 09:00 minimum:1-before contact",
        "06-11 09:00 minimum:on-the-day contact",
        "06-12 09:00 minimum:1-after backup",
        "06-13 09:00 minimum:2-after admins",
    ]


def test_a_moved_deadline_moves_its_steps_alone() -> None:
    moved = PACK.dates.model_copy(update={"submission_deadline": date(2024, 6, 14)})
    lines = shown(dates=moved)
    assert [line for line in lines if "contacts" in line] == [line for line in shown() if "contacts" in line]
    assert [line for line in lines if "draft" in line] == [
        "05-30 09:00 draft:10-before contact",
        "06-06 09:00 draft:5-before contact",
        "06-11 09:00 draft:3-before contact",
        "06-13 09:00 draft:1-before contact",
        "06-14 09:00 draft:on-the-day contact",
    ]


def last_step(*, last_day: bool, **settings: object) -> list[str]:
    """The step of a deadline that falls on a holiday, Sunday 6/9."""
    ladder = Ladder(
        name="one", duties=("minimum",), deadline="submission_deadline",
        steps=(Step(workdays=0, last_day=last_day),),
    )  # fmt: skip
    dates = PACK.dates.model_copy(update={"submission_deadline": date(2024, 6, 9)})
    return shown((ladder,), dates, replace(USUAL_REMINDERS, **settings))  # type: ignore[arg-type]


def test_a_step_on_a_holiday_comes_on_the_working_day_before() -> None:
    assert last_step(last_day=False) == ["06-07 09:00 one:on-the-day contact"]
    assert last_step(last_day=False, workdays_only=False) == ["06-09 09:00 one:on-the-day contact"]


def test_the_last_day_is_kept_where_the_province_approved_it() -> None:
    assert last_step(last_day=True) == ["06-09 09:00 one:on-the-day contact"]
    assert last_step(last_day=True, hour=22) == ["06-09 22:00 one:on-the-day contact"]


@pytest.mark.parametrize(
    ("hour", "clock"), [(9, "09:00"), (7, "08:00"), (22, "08:00"), (21, "08:00"), (8, "08:00")]
)
def test_a_quiet_hour_becomes_the_end_of_the_quiet_ones(hour: int, clock: str) -> None:
    settings = replace(USUAL_REMINDERS, hour=hour)
    assert at_hour(date(2024, 6, 7), ZONE, settings) == at("06-07", clock)


def test_quiet_hours_within_one_day() -> None:
    settings = replace(USUAL_REMINDERS, hour=13, quiet_from=time(12), quiet_until=time(14))
    assert at_hour(date(2024, 6, 7), ZONE, settings) == at("06-07", "14:00")
    assert allowed_from(at("06-07", "11:59"), settings, ZONE) == at("06-07", "11:59")
    assert allowed_from(at("06-07", "12:00"), settings, ZONE) == at("06-07", "14:00")


@pytest.mark.parametrize(
    ("now", "then"),
    [
        (at("06-05", "08:00"), at("06-05", "08:00")),
        (at("06-05", "20:59"), at("06-05", "20:59")),
        (at("06-05", "21:00"), at("06-06", "08:00")),
        (at("06-05", "03:00"), at("06-05", "08:00")),
        (at("06-07", "23:00"), at("06-11", "09:00")),
        (at("06-08", "12:00"), at("06-11", "09:00")),
        (at("04-28", "12:00"), at("04-28", "12:00")),
    ],
)
def test_when_people_may_be_written_to(now: datetime, then: datetime) -> None:
    assert allowed_from(now, USUAL_REMINDERS, ZONE) == then


def test_tomorrow_is_the_next_working_day() -> None:
    assert next_hour(at("06-07", "15:00"), USUAL_REMINDERS, ZONE) == at("06-11")
    assert next_hour(at("06-05", "00:30"), USUAL_REMINDERS, ZONE) == at("06-06")
    every_day = replace(USUAL_REMINDERS, workdays_only=False)
    assert next_hour(at("06-07", "15:00"), every_day, ZONE) == at("06-08")


def stale(now: datetime, since: datetime) -> tuple[list[str], list[str]]:
    """What is run and what is dropped when everything since a time falls due at once."""
    due = [one for one in rungs(PACK.ladders, PACK.dates, ZONE, USUAL_REMINDERS) if since <= one.at <= now]
    kept, dropped = without_stale(due, now=now)
    return [f"{one.ladder}:{one.step}" for one in kept], [f"{one.ladder}:{one.step}" for one in dropped]


def test_of_steps_that_were_missed_the_last_one_is_run() -> None:
    assert stale(at("06-07", "10:00"), at("06-04")) == (
        ["minimum:1-before", "draft:1-before", "complete:1-before"],
        ["minimum:3-before", "draft:3-before", "complete:3-before"],
    )


def test_after_the_deadline_only_the_climb_is_left() -> None:
    """What went to the contact is over; the backup and the admins are told, each once."""
    assert stale(at("04-17", "10:00"), at("04-09")) == (
        ["contacts:1-after", "contacts:2-after"],
        ["contacts:2-before", "contacts:1-before", "contacts:on-the-day"],
    )
