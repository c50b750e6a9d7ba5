"""`recover`: what may have arrived, and what a person decides about it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checking import Finding, findings
from bot.config import load_config
from bot.starting import prepare
from storage.db import Database
from tests.bot.post import put, rows
from tests.bot.test_cli import bot
from tests.storage.rows import outbox_row

WHY = "network: ServerDisconnectedError"
PHONE = "13800138000"


@pytest.fixture
def place(config_file: Path, database: Database) -> Path:
    """An installation with three messages in doubt, one that waits and one that was sent."""
    prepare(load_config(config_file, {}))
    doubtful = {"state": "unsure", "error": WHY, "channel": "official_account"}
    put(database, "1", kind="duty", text=f"李娜 {PHONE}", address="oEXAMPLE0001", **doubtful)
    put(database, "2", kind="notice", address="oEXAMPLE0002", **doubtful)
    with database.writing() as session:
        session.add(outbox_row(None, "3", kind="duty", chat="group", address="the-group", **doubtful))
    put(database, "4")
    put(database, "5", state="sent")
    return config_file


def recover(place: Path, *words: str) -> tuple[int, str]:
    code, said, refused = bot("recover", *words, "--config", place)
    return code, said + refused


def states(database: Database) -> list[str]:
    return [state for state, _, _ in rows(database)]


def test_what_is_in_doubt_is_listed_without_text_or_address(place: Path) -> None:
    assert recover(place) == (
        0,
        f"1  official_account  duty  …0001  2024-04-15 12:00  {WHY}\n"
        f"2  official_account  notice  …0002  2024-04-15 12:00  {WHY}\n"
        f"3  official_account  duty  group  2024-04-15 12:00  {WHY}\n",
    )


def test_named_ones_are_sent_again(place: Path, database: Database) -> None:
    assert recover(place, "--send-again", "1", "3") == (0, "will be sent again: 2\n")
    assert states(database) == ["new", "unsure", "new", "new", "sent"]


def test_all_are_given_up_and_say_so(place: Path, database: Database) -> None:
    assert recover(place, "--give-up", "--all") == (0, "given up: 3\n")
    assert [(state, error) for state, error, _ in rows(database)][:3] == [
        ("failed", f"given up by hand; {WHY}")
    ] * 3
    assert recover(place) == (0, "")
    assert recover(place, "--give-up", "--all") == (0, "given up: 0\n")


@pytest.mark.parametrize("number", ["4", "5", "99"])
def test_only_what_is_in_doubt_is_decided(place: Path, database: Database, number: str) -> None:
    said = f"Error: ID: no message in doubt has the number {number}; run: recover\n"
    assert recover(place, "--send-again", "1", number) == (1, said)
    assert states(database) == ["unsure"] * 3 + ["new", "sent"]


@pytest.mark.parametrize(
    "words",
    [
        ["--send-again"], ["--give-up"], ["1"], ["--all"], ["--send-again", "--give-up", "1"],
        ["--send-again", "--all", "1"], ["--send-again", "0"], ["--send-again", "one"], ["--unknown"],
    ],
)  # fmt: skip
def test_what_is_unclear_is_wrong_use(place: Path, database: Database, words: list[str]) -> None:
    assert recover(place, *words)[0] == 2
    assert states(database) == ["unsure"] * 3 + ["new", "sent"]


def test_check_mentions_them(place: Path) -> None:
    said = "messages that may have arrived: 3; look at them and decide with: recover"
    assert Finding("channels.official_account", False, said) in list(findings(load_config(place, {})))
