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
from sqlalchemy import MetaData, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from bot.upgrading import MIGRATIONS, is_current, upgrade
from storage.db import Database
from storage.schema import TABLES, metadata
from tests.storage.rows import NOON

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


# What an installation held before unions had plans: two people's submissions, one handed in to 南京.
FILLED: dict[str, list[dict[str, Any]]] = {
    "people": [{"id": one, "name": f"p{one}", "created_at": NOON} for one in (1, 2)],
    "submissions": [
        {
            "id": one, "person_id": one, "campaign": "jiangsu-2024", "pack_version": "v1", "state": state,
            "route": "self", "union_code": union, "skipped": [], "number": number, "created_at": NOON,
            "changed_at": NOON,
        }
        for one, state, union, number in ((1, "submitted", "nanjing", "WX2024-NJ-0001"), (2, "draft", None, None))
    ],
    "answers": [
        {"submission_id": one, "field": "title", "value": f"成果{one}", "person_id": one, "answered_at": NOON}
        for one in (1, 2)
    ],
    "files": [
        {
            "id": 1, "submission_id": 1, "field": "photos", "name": "1.jpg", "kind": "image", "size": 2_000_000,
            "sha256": "0" * 64, "status": "stored", "received_at": NOON,
        }
    ],
    "audit": [
        {"id": 1, "submission_id": 1, "person_id": 1, "at": NOON, "action": "open", "after": "draft"},
        {"id": 2, "submission_id": 1, "at": NOON, "action": "submit", "before": "draft", "after": "submitted"},
        {"id": 3, "submission_id": 2, "person_id": 2, "at": NOON, "action": "open", "after": "draft"},
        {"id": 4, "subject": "contact:1", "actor": "admin:1", "at": NOON, "action": "approve"},
    ],
}  # fmt: skip


@pytest.fixture
def filled(empty: Database) -> Database:
    """A database of the second schema with rows in every table that the third alters, and on those that lean on them."""
    move(empty, command.upgrade, "0002")
    there = MetaData()
    there.reflect(empty.engine)
    with empty.writing() as session:
        for name, rows in FILLED.items():
            for row in rows:
                session.execute(insert(there.tables[name]), row)
    return empty


def kept(database: Database) -> dict[str, list[dict[str, Any]]]:
    """Every row that was filled in, by its old columns."""
    found = {}
    with database.reading() as session:
        for name, rows in FILLED.items():
            table = metadata.tables[name]
            read = session.execute(select(table).order_by(*table.primary_key)).mappings().all()
            assert len(read) == len(rows), name
            found[name] = [{key: row[key] for key in wanted} for row, wanted in zip(read, rows, strict=True)]
    return found


def unions_in_audit(database: Database) -> list[str | None]:
    with database.reading() as session:
        return list(session.scalars(text("SELECT union_code FROM audit ORDER BY id")))


def test_upgrading_a_filled_database_loses_nothing(filled: Database) -> None:
    upgrade(filled)
    assert kept(filled) == FILLED
    test_models_equal_migrations(filled)


def test_old_acts_get_the_union_of_their_submission(filled: Database) -> None:
    upgrade(filled)
    assert unions_in_audit(filled) == ["nanjing", "nanjing", None, None]


def test_rows_lean_on_each_other_as_before(filled: Database) -> None:
    """Keys from outside still hold after the tables were altered; a dangling one is refused."""
    upgrade(filled)
    with filled.writing() as session, pytest.raises(IntegrityError):
        session.execute(text("DELETE FROM submissions WHERE id = 1"))
    with filled.writing() as session, pytest.raises(IntegrityError):
        session.execute(text("UPDATE submissions SET sub_unit_id = 7 WHERE id = 2"))
