"""A chat in the terminal, typed into a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bot.wording import Wording
from handlers.messages import Outcome, Reply, say
from tests.filing import TEXTS
from tests.serving import ROOT, Server

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
OPEN_DAYS = (
    "[campaign]\nopens_on = 2020-01-01\ncontact_deadline = 2020-01-01\nsubmission_deadline = 2099-12-31\n"
)
QUIET = '[log]\nlevel = "error"\n'


@pytest.fixture
def place(config_file: Path) -> Path:
    """An installation that is open today; the console prepares the rest."""
    with config_file.open("a", encoding="utf-8") as file:
        file.write(OPEN_DAYS + QUIET)
    return config_file


def chat(place: Path, *lines: str, person: str = "张伟", end: str = "\n") -> str:
    """Type lines, then end the input; what is answered. Nothing goes wrong on the way."""
    command = [sys.executable, "-m", "bot", "console", "--config", str(place), "--person", person]
    typed = "\n".join(lines) + end
    done = subprocess.run(command, cwd=ROOT, input=typed, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def drafts(place: Path) -> list[dict[str, Any]]:
    exported = Server(place.parent, "").export()
    return [
        {key: row["answers"].get(key) for key in ("completers", "work_unit")}
        for row in exported["submissions"]
    ]


def test_what_is_typed_is_answered_and_kept(place: Path) -> None:
    """And the same name goes on where it stopped."""
    chat(place, "我要申报", TEXTS["completers"])
    assert drafts(place) == [{"completers": ["张伟", "李娜"], "work_unit": None}]
    chat(place, TEXTS["first_completer_bio"], TEXTS["work_unit"])
    assert drafts(place) == [{"completers": ["张伟", "李娜"], "work_unit": TEXTS["work_unit"]}]


@ON_SQLITE
def test_another_name_is_another_person(place: Path) -> None:
    chat(place, "我要申报", TEXTS["completers"])
    chat(place, "我要申报", "孙丽", person="孙丽")
    assert [draft["completers"] for draft in drafts(place)] == [["张伟", "李娜"], ["孙丽"]]


@ON_SQLITE
def test_the_last_line_needs_no_end(place: Path) -> None:
    assert chat(place, "帮助", end="") == chat(place, "帮助") != ""


@ON_SQLITE
def test_nothing_is_read_behind_quit(place: Path) -> None:
    assert chat(place, "/quit", "我要申报") == ""
    assert drafts(place) == []


@ON_SQLITE
def test_a_file_is_sent_by_its_path(place: Path, tmp_path: Path) -> None:
    (tmp_path / "题库.txt").write_text("1. 夹具用几个卡盘？", encoding="utf-8")
    reply = Reply(Outcome.REJECTED, (say("file/no_draft"),))
    assert chat(place, f"/file {tmp_path / '题库.txt'}") == Wording().text(reply) + "\n\n"
    [kept] = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert kept.read_text(encoding="utf-8") == "1. 夹具用几个卡盘？"


@ON_SQLITE
def test_a_file_that_cannot_be_read_is_named_and_the_chat_goes_on(place: Path, tmp_path: Path) -> None:
    missing, folder = f"/file {tmp_path / 'none.pdf'}", f"/file {tmp_path}"
    said = f"{missing}: No such file or directory\n{folder}: Is a directory\n"
    assert chat(place, missing, folder, "帮助") == said + chat(place, "帮助")
