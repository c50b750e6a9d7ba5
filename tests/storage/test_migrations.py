"""Migrations: from nothing to the newest schema and back, equal to the models, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from bot.upgrading import MIGRATIONS, is_current, upgrade
from storage.db import Database
from storage.schema import TABLES, metadata

Move = Callable[[Database, str], None]


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Database]:
    database = Database(empty_database_url)
    yield database
    database.close()


def move(database: Database, step: Callable[..., Any], revision: str) -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    with database.engine.begin() as connection:
        config.attributes["connection"] = connection
        step(config, revision)


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_empty_database_gets_every_table(empty: Database) -> None:
    assert not is_current(empty)
    upgrade(empty)
    assert is_current(empty)
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_every_module_with_a_table_is_in_the_schema() -> None:
    defined = {mapper.class_.__module__ for mapper in TABLES[0].Account.registry.mappers}
    assert defined == {module.__name__ for module in TABLES}


def test_models_equal_migrations(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_down_to_nothing_and_up_again(empty: Database) -> None:
    upgrade(empty)
    move(empty, command.downgrade, "base")
    assert tables(empty) == {"alembic_version"}
    upgrade(empty)
    assert tables(empty) == {*metadata.tables, "alembic_version"}


def test_upgrading_again_changes_nothing(database: Database) -> None:
    with database.writing() as session:
        session.execute(text('INSERT INTO simulated_clock (id, "offset") VALUES (1, 2.5)'))
    upgrade(database)
    with database.reading() as session:
        assert session.scalar(text('SELECT "offset" FROM simulated_clock')) == 2.5


def test_history_is_one_line() -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert (len(script.get_heads()), len(script.get_bases())) == (1, 1)
    assert [revision.doc for revision in script.walk_revisions() if not revision.doc] == []


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_upgrade_puts_sqlite_into_wal_mode_for_good(empty: Database, empty_database_url: str) -> None:
    upgrade(empty)
    empty.close()
    again = Database(empty_database_url)
    with again.reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
    again.close()
