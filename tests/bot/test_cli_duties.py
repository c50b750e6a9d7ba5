"""status, due and tick from outside: what they print, and that a tick does everything once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from storage.db import Database
from tests import province
from tests.bot.conftest import write_config
from tests.bot.test_cli import ON_SQLITE, Said, bot
from tests.processes import Processes
from tests.province import at, sent
from tests.talk import Talk

pytestmark = ON_SQLITE
SIMULATOR = "[channels.simulator]\nenabled = true\n"
FIRST = "2024-04-09T09:00"


@pytest.fixture
def place(database: Database, database_url: str, tmp_path: Path) -> Path:
    """An installation in which 苏州 owes, and everybody else has nobody who speaks for them."""
    file = write_config(tmp_path, database_url, SIMULATOR)
    assert bot("upgrade-db", "--config", file)[0] == 0
    with database.writing() as session:
        province.add_contact(session, "suzhou", "刘洋")
        province.add_draft(session, "吴刚", "suzhou", lacks=("quiz",))
        province.add_submitted(session, "suzhou", 3)
    return file


def answered(said: Said) -> Any:
    assert said[0] == 0, said[2]
    return json.loads(said[1])


def test_status_is_the_board_of_24_rows(place: Path) -> None:
    board = answered(bot("status", "--json", "--config", place))
    assert [len(board["unions"]), board["total"]["unions"], board["total"]["counted"]] == [24, 24, 3]
    suzhou = next(row for row in board["unions"] if row["code"] == "suzhou")
    assert (suzhou["form"], suzhou["drafted"], suzhou["submitted"], suzhou["minimum"]) == (
        "registered",
        1,
        3,
        120,
    )


def test_status_says_the_rank_and_the_change_since_the_last_half_month(
    place: Path, database: Database
) -> None:
    """The wall's time is long after the campaign: what was handed in then is no change, what comes now is one."""
    with database.writing() as session:
        province.add_submitted(session, "dianxin", 1, now=datetime.now(UTC))
    board = answered(bot("status", "--json", "--config", place))
    ranks = {row["code"]: (row["rank"], row["change"]) for row in board["unions"]}
    assert [ranks[code] for code in ("suzhou", "nanjing", "dianxin", "yidong")] == [
        (1, 0),
        (2, 0),
        (1, 1),
        (2, 0),
    ]
    assert board["change_since"] == "2024-06-14"
    lines = bot("status", "--config", place)[1].splitlines()
    assert [lines[place].split()[7:9] for place in (0, 1, 5, 22)] == [
        ["rank", "change"],
        ["-", "0"],
        ["1", "0"],
        ["1", "+1"],
    ]


def test_status_for_people_has_a_line_for_each(place: Path) -> None:
    code, out, _ = bot("status", "--config", place)
    lines = out.splitlines()
    assert (code, len(lines)) == (0, 26)
    assert lines[5].split()[:3] == ["suzhou", "registered", "no"]
    assert lines[-1].split() == ["total", "1", "3", "1850"]


def test_a_tick_says_what_it_told_and_does_it_once(place: Path, database: Database) -> None:
    expected = [
        {
            "at": "2024-04-09T09:00:00+08:00", "kind": "duty", "to": "suzhou", "reason": "contacts:2-before",
            "template": "reminder/union",
        }
    ]  # fmt: skip
    dry = answered(bot("tick", "--now", FIRST, "--dry-run", "--json", "--config", place))
    assert (dry, sent(database)) == (expected, [])
    told = answered(bot("tick", "--now", FIRST, "--json", "--config", place))
    assert told == expected
    assert answered(bot("tick", "--now", FIRST, "--json", "--config", place)) == []
    assert sent(database) == ["04-09 09:00  刘洋  [contacts:2-before]  suzhou: account minimum 3/120"]


def test_due_lists_what_would_be_sent(place: Path, database: Database) -> None:
    """The wall's time is long after the campaign, so all that is left is the climb; it is put off to working hours."""
    planned = answered(bot("due", "--until", "2099-01-01", "--json", "--config", place))
    assert {(one["to"], one["template"]) for one in planned} == {("suzhou", "reminder/union")}
    assert sent(database) == []


def test_a_tick_tells_unions_of_what_was_taken_back(place: Path, database: Database) -> None:
    with database.writing() as session:
        province.add_draft(session, "冯军", "suzhou")
    talk = Talk(database, name="冯军", now=at("04-17", "12:00"))
    for said in ("我要申报", "提交", "撤回", "是"):
        talk.says(said)
    told = answered(bot("tick", "--now", "2024-04-17T17:00", "--json", "--config", place))
    assert [(one["at"], one["to"]) for one in told if one["template"] == "duty/fallen"] == [
        ("2024-04-17T17:00:00+08:00", "suzhou")
    ]
    again = answered(bot("tick", "--now", "2024-04-17T17:00", "--json", "--config", place))
    assert [one for one in again if one["template"] == "duty/fallen"] == []


@pytest.mark.parametrize(("command", "option"), [("tick", "--now"), ("due", "--until")])
def test_what_is_no_time_is_refused(place: Path, command: str, option: str) -> None:
    said = f"Error: {option}: 'noon' is no time; write one as 2024-06-12T09:00\n"
    assert bot(command, option, "noon", "--config", place) == (1, "", said)


def tick(place: str) -> str:
    return str(bot("tick", "--now", FIRST, "--config", place)[0])


def test_two_ticks_at_once_tell_once(place: Path, database: Database, processes: Processes) -> None:
    assert processes.together(tick, (str(place),), (str(place),)) == ["0", "0"]
    assert len(sent(database)) == 1


def test_a_time_of_another_zone_is_taken_as_it_is(place: Path, database: Database) -> None:
    assert bot("tick", "--now", "2024-04-09T01:00:00+00:00", "--config", place)[0] == 0
    assert [line[:11] for line in sent(database)] == ["04-09 09:00"]
