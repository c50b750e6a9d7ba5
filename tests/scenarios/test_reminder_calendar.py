"""Every reminder from 4/9 to 6/12 of a populated campaign, and that nothing on the way adds or loses one (L7).

What is right stands in reminders.golden.txt, one message a line: time, to whom, the steps, what was owed.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date

import pytest

from storage.db import Database
from tests import processes
from tests.processes import Processes
from tests.province import at, sent
from tests.scenarios import reminder_world as world
from tests.scenarios.reminder_world import golden
from tests.serving import ROOT

KILLS = 5


@pytest.fixture
def populated(database: Database) -> Database:
    with database.writing() as session:
        world.populate(session)
    return database


@pytest.fixture(scope="module")
def two() -> Iterator[Processes]:
    with processes.running() as running:
        yield running


def test_every_message_is_on_the_list(populated: Database) -> None:
    world.walk(populated)
    assert sent(populated) == golden()


def test_a_second_walk_over_the_same_time_sends_nothing(populated: Database) -> None:
    world.walk(populated)
    for moment in (at("04-11"), at("06-11"), world.END):
        world.run_at(populated, moment)
    assert sent(populated) == golden()


def test_two_ticks_at_once_send_what_one_sends(
    populated: Database, database_url: str, two: Processes
) -> None:
    def run(now: object) -> None:
        two.together(world.run_in_process, *[(database_url, str(now))] * 2)

    world.walk(populated, run)
    assert sent(populated) == golden()


def test_a_process_killed_anywhere_loses_and_doubles_nothing(populated: Database, database_url: str) -> None:
    seed = random.randrange(1_000_000)
    chance = random.Random(seed)
    for _ in range(KILLS):
        walk_and_kill(database_url, chance)
    with walking(database_url) as walker:
        walker.communicate(timeout=120)
    assert (seed, walker.returncode, sent(populated)) == (seed, 0, golden())


def walking(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.scenarios.reminder_world", url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def walk_and_kill(url: str, chance: random.Random) -> None:
    """Let it take some steps, and kill it within the next."""
    with walking(url) as walker:
        assert walker.stdout is not None
        for _ in range(chance.randint(1, 12)):
            walker.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
        walker.kill()


def test_after_three_days_down_what_was_missed_comes_once_and_together(populated: Database) -> None:
    """Down from 6/4 to 6/7 10:00: the step of 6/5 is dropped, that of 6/7 an hour late."""
    world.walk(populated, pause=(at("06-04", "10:00"), at("06-07", "10:00")))
    missed = [line for line in golden() if not line.startswith("06-05")]
    assert sent(populated) == [re.sub(r"^06-07 09:00", "06-07 10:00", line) for line in missed]


def test_a_deadline_moved_by_three_days_moves_what_is_to_come(populated: Database) -> None:
    """From 6/11 to 6/14, known on 5/30: what was sent stays, no step is repeated, the rest moves."""
    world.walk(populated, until=at("05-30", "12:00"))
    world.walk(populated, of=world.moved_to(date(2024, 6, 14)), until=at("06-18", "23:00"))
    kept = [line for line in golden() if line < "05-30"]
    assert sent(populated) == [*kept, *golden("reminders_moved")]
