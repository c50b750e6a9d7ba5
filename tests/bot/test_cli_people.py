"""add-admin and bind-code from outside: what they print opens chat and pages, and nothing of it is kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.demo import FIRST_DAY, lay_out, prepare_demo
from handlers import admins, passwords
from storage import accounts, people
from storage.accounts import Account
from storage.admins import Admin, BindingCode
from storage.db import Database
from storage.schema import metadata
from tests.bot.conftest import write_config
from tests.bot.test_cli import NEWEST, bot

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CODE = re.compile(r"绑定(?:管理员)? (\d{8})（(\S+ \S+) 前有效，只能用一次）")


@pytest.fixture
def place(config_file: Path) -> Path:
    """The configuration of an installation that is ready, with an address of its own."""
    content = config_file.read_text(encoding="utf-8")
    config_file.write_text(
        content.replace("[server]", '[server]\npublic_url = "https://bot.example"'), encoding="utf-8"
    )
    assert bot("upgrade-db", "--config", config_file)[0] == 0
    return config_file


def printed(place: Path, *command: str) -> list[str]:
    """The lines of a command that succeeds."""
    code, out, err = bot(*command, "--config", place)
    assert (code, err) == (0, "")
    return out.splitlines()


def code_in(line: str) -> str:
    found = CODE.search(line)
    assert found is not None, line
    return found[1]


def value_in(line: str) -> str:
    """What stands behind the colon."""
    return line.split("：")[1].split("（")[0]


def test_a_new_admin_gets_a_code_and_a_sign_in(place: Path, database: Database) -> None:
    code, address, login, password = printed(place, "add-admin", " 钱德乾 ")
    assert (code.startswith("私聊发给助手：绑定管理员 "), address) == (
        True,
        "网页登录：https://bot.example/portal/sign-in",
    )
    with database.writing() as session:
        now = admins.list_active(session)[0].created_at
        zhang = people.add(session, "test", "zhangwei", now=now)
        assert admins.bind(session, code_in(code), zhang, now=now).name == "钱德乾"
        account = accounts.find_by_login(session, value_in(login))
    assert account is not None and account.admin_id == 1
    assert passwords.holds(account.password_hash, value_in(password))


def test_a_known_admin_gets_a_new_code_and_a_new_password(place: Path, database: Database) -> None:
    """The same admin, and what was printed before is worth nothing."""
    first, second = (printed(place, "add-admin", "钱德乾") for _ in range(2))
    assert (first[2], first[3] == second[3]) == (second[2], False)
    with database.reading() as session:
        counted = [session.scalar(select(func.count()).select_from(table)) for table in (Admin, Account)]
        usable = session.scalars(select(BindingCode.id).where(BindingCode.used_at.is_(None))).all()
    assert (counted, usable) == ([1, 1], [2])


def test_a_code_for_the_group(place: Path, database: Database) -> None:
    [line] = printed(place, "bind-code")
    assert line.startswith("在征集群里说：绑定 ")
    assert code_in(line) != code_in(printed(place, "bind-code")[0])


@pytest.mark.parametrize("name", ["", "  ", "长" * 41])
@ON_SQLITE
def test_a_name_that_is_none_is_refused(place: Path, name: str) -> None:
    said = "Error: NAME: write the admin's name, 1 to 40 characters\n"
    assert bot("add-admin", name, "--config", place) == (1, "", said)


@pytest.mark.parametrize("command", [["add-admin", "钱德乾"], ["bind-code"]], ids=" ".join)
def test_an_old_schema_is_refused(command: list[str], empty_database_url: str, tmp_path: Path) -> None:
    assert bot(*command, "--config", write_config(tmp_path, empty_database_url)) == (1, "", NEWEST)


@pytest.mark.parametrize(
    "command", [["add-admin"], ["add-admin", "钱德乾", "more"], ["bind-code", "more"]], ids=" ".join
)
def test_wrong_use_ends_with_2(command: list[str]) -> None:
    code, out, err = bot(*command)
    assert (code, out, err.splitlines()[0].startswith("Usage: bot ")) == (2, "", True)


def test_a_code_counts_by_the_clock_of_the_demonstration(tmp_path: Path) -> None:
    """There the bot lives in April 2024, and so does the end of the code."""
    config, file = lay_out(tmp_path / "demo", port=8000, fresh=False)
    prepare_demo(config)
    [line] = printed(file, "bind-code")
    found = CODE.search(line)
    assert found is not None and found[2].startswith(f"{FIRST_DAY.year}-04-11 09:0")


@pytest.mark.parametrize("command", [["add-admin", "钱德乾"], ["bind-code"]], ids=" ".join)
def test_what_is_printed_is_kept_nowhere(place: Path, database: Database, command: list[str]) -> None:
    """Neither code nor password is in any row of any table."""
    lines = printed(place, *command)
    secrets = [code_in(lines[0]), *(value_in(line) for line in lines[3:])]
    with database.reading() as session:
        kept = "\n".join(
            str(row) for table in metadata.sorted_tables for row in session.execute(select(table))
        )
    assert "钱德乾" in kept or len(lines) == 1
    assert [secret for secret in secrets if secret in kept] == []
