"""Bringing a database to the newest schema: by two processes at once, and never by an older program."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from bot.config import Config, ConfigError, load_config
from bot.starting import opened, prepare, require_ready
from bot.upgrading import is_current, upgrade
from storage.db import Database
from tests.bot.conftest import write_config
from tests.bot.starts import start
from tests.processes import Processes

TOO_OLD = "[storage] database_url: the database is not at the newest schema; run: upgrade-db"


def test_two_processes_start_at_once(empty_config: Config, tmp_path: Path, processes: Processes) -> None:
    """Both find nothing, neither fails, and both are ready afterwards."""
    place = str(tmp_path / "config.toml")
    assert processes.together(start, (place,), (place,)) == ["", ""]
    require_ready(empty_config)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_processes_start_on_sqlite_again_and_again(
    database_url: str, tmp_path: Path, processes: Processes
) -> None:
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        place = str(write_config(folder, f"sqlite:///{folder.as_posix()}/bot.db"))
        assert processes.together(start, (place,), (place,)) == ["", ""]


def test_old_schema_is_refused(empty_config: Config) -> None:
    with pytest.raises(ConfigError) as refusal:
        require_ready(empty_config)
    assert str(refusal.value) == TOO_OLD


def test_no_pack_is_refused(config: Config) -> None:
    with pytest.raises(ConfigError) as refusal:
        require_ready(config)
    said = "[campaign] pack: jiangsu-2024 has not been loaded; run: load-pack jiangsu-2024"
    assert str(refusal.value) == said


def test_prepared_is_ready_and_preparing_again_changes_nothing(empty_config: Config) -> None:
    prepare(empty_config)
    prepare(empty_config)
    require_ready(empty_config)


def test_database_of_a_newer_program_is_left_alone(database: Database) -> None:
    with database.writing() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert not is_current(database)
    with pytest.raises(ConfigError) as refusal:
        upgrade(database)
    assert str(refusal.value) == (
        "[storage] database_url: the schema 9999 is of a newer version of this program; install that version"
    )


def test_dates_in_the_wrong_order_are_refused_at_the_start(config_file: Path, tmp_path: Path) -> None:
    """And not with every message that comes."""
    moved = load_config(config_file, {"BOT_CAMPAIGN__OPENS_ON": "2024-07-01"})
    with pytest.raises(Exception, match=r"\[campaign\] opens_on, contact_deadline, submission_deadline"):
        prepare(moved)


def test_database_is_closed_again(config: Config) -> None:
    with opened(config) as database:
        assert database.engine.pool.status() != ""
        engine = database.engine
    assert "Connections in pool: 0" in engine.pool.status()
