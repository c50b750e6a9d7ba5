"""Bringing a database to the newest schema."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bot.config import ConfigError
from storage.db import Database

MIGRATIONS = Path(__file__).parent.parent / "storage" / "migrations"


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade(database: Database) -> None:
    """Migrate to head; a database that is there already is left as it is.

    Processes that start at the same moment do it one after the other. SQLite is put into WAL
    mode first, once and for all: two processes that tried it later would fail at once with
    "database is locked". Raises ConfigError for the schema of a newer program.
    """
    config = _alembic()
    with database.alone():
        if database.is_sqlite:
            with database.engine.connect() as connection:
                connection.exec_driver_sql("ROLLBACK")
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                connection.exec_driver_sql("BEGIN")
        with database.engine.begin() as connection:
            _require_known(config, connection)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


def _require_known(config: AlembicConfig, connection: Connection) -> None:
    current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in ScriptDirectory.from_config(config).walk_revisions()}
    if current is not None and current not in known:
        raise ConfigError(
            f"[storage] database_url: the schema {current} is of a newer version of this program; "
            "install that version"
        )


def is_current(database: Database) -> bool:
    """Whether the database's schema is the newest that this code knows."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() == head
