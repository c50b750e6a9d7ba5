"""The calendar of reminders with a union that asks for its results by 5/31 (A30): its own list, everybody else's unchanged.

What is right stands in reminders_own_deadline.golden.txt, in the form of reminders.golden.txt.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date

import pytest

from storage import plans
from storage.db import Database
from tests import processes
from tests.processes import Processes
from tests.province import at, sent
from tests.scenarios import reminder_world as world
from tests.scenarios.reminder_world import golden
from tests.scenarios.test_reminder_calendar import KILLS, walk_and_kill, walking
from tests.talk import campaign

OWN = date(2024, 5, 31)
# Who has to do with the union of the own deadline: its contact, and those whose drafts name it.
CONCERNED = ("刘洋", "吴刚", "郑爽")


def set_deadline(database: Database, day: date | None, *, now: str = "04-09") -> None:
    with database.writing() as session:
        plans.put_deadline(session, campaign().pack.name, "suzhou", day, by="contact:1", now=at(now, "08:00"))


@pytest.fixture
def populated(database: Database) -> Database:
    with database.writing() as session:
        world.populate(session)
    set_deadline(database, OWN)
    return database


@pytest.fixture(scope="module")
def two() -> Iterator[Processes]:
    with processes.running() as running:
        yield running


def test_every_message_is_on_the_list(populated: Database) -> None:
    world.walk(populated)
    assert sent(populated) == golden("reminders_own_deadline")


def test_nobody_else_hears_anything_else() -> None:
    """Neither the group, nor the province, nor another union notices."""
    others = [
        [line for line in golden(name) if not any(one in line for one in CONCERNED)]
        for name in ("reminders", "reminders_own_deadline")
    ]
    assert others[0] == others[1]


def test_two_ticks_at_once_and_then_once_more_send_what_one_sends(
    populated: Database, database_url: str, two: Processes
) -> None:
    def run(now: object) -> None:
        two.together(world.run_in_process, *[(database_url, str(now))] * 2)

    world.walk(populated, run)
    for moment in (at("05-31"), at("06-11"), world.END):
        world.run_at(populated, moment)
    assert sent(populated) == golden("reminders_own_deadline")


def test_a_process_killed_anywhere_loses_and_doubles_nothing(populated: Database, database_url: str) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    for _ in range(KILLS):
        walk_and_kill(database_url, chance)
    with walking(database_url) as walker:
        walker.communicate(timeout=120)
    assert (seed, walker.returncode, sent(populated)) == (seed, 0, golden("reminders_own_deadline"))


def test_a_deadline_taken_back_before_its_steps_leaves_the_provinces_list(populated: Database) -> None:
    world.walk(populated, until=at("05-01", "12:00"))
    set_deadline(populated, None, now="05-01")
    world.walk(populated)
    assert sent(populated) == golden("reminders")
