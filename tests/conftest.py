"""What every test may use: databases of both kinds, and the parts that this machine can run."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import hypothesis
import psycopg
import pytest

import run
from bot.upgrading import upgrade
from storage.db import Database
from tests import postgres

pytest_plugins = ["tests.fixtures"]

PARTS = {"postgresql": "BOT_TEST_POSTGRES", "browser": "BOT_TEST_BROWSER"}
KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))
_numbers = itertools.count(1)

# How long an example takes says more about the machine than about the product.
hypothesis.settings.register_profile("project", deadline=None, print_blob=True)
hypothesis.settings.load_profile("project")


@cache
def why_off(part: str) -> str | None:
    """Why a part is left out: run.py decides by environment; else what this machine has decides."""
    switch = os.environ.get(PARTS[part])
    if switch is not None:
        return None if switch == "1" else f"switched off ({PARTS[part]}={switch})"
    if part == "postgresql":
        return postgres.why_not()
    return None if run.find_browser() else "there is no browser; install one with: python3 run.py test"


def pytest_configure() -> None:
    """Nobody's own settings reach the tests."""
    for name in list(os.environ):
        if name.startswith("BOT_") and name not in PARTS.values():
            del os.environ[name]


@pytest.fixture(autouse=True)
def _environment_left_alone() -> Iterator[None]:
    """A setting that one test left behind would reach every server started after it."""
    before = _settings()
    yield
    assert _settings() == before


def _settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("BOT_")}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what cannot run here; the summary says so, and run.py makes it a failure."""
    for item in items:
        if item.path.parent.name == "browser":
            item.add_marker("browser")
    off = [
        item
        for item in items
        if any(mark.name in PARTS and why_off(mark.name) for mark in item.iter_markers())
    ]
    if off:
        config.hook.pytest_deselected(items=off)
        items[:] = [item for item in items if item not in set(off)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for part in PARTS:
        if reason := why_off(part):
            terminalreporter.write_line(f"not run: {part} tests: {reason}")


def migrate(url: str) -> None:
    """Bring an empty database to the newest schema."""
    database = Database(url)
    try:
        upgrade(database)
    finally:
        database.close()


@pytest.fixture(scope="session")
def postgres_address() -> Iterator[str]:
    """The address of this process's own server, with %s for the database's name."""
    with postgres.server() as address:
        yield address


@pytest.fixture(scope="session")
def migrated_postgres(postgres_address: str) -> str:
    """The name of a migrated database that others are copied from."""
    with psycopg.connect(postgres_address % "postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    migrate(postgres_address % "migrated")
    return "migrated"


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database file that others are copied from."""
    path = tmp_path_factory.mktemp("migrated") / "bot.db"
    migrate(f"sqlite:///{path.as_posix()}")
    return path


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables, once for SQLite and once for PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{(tmp_path / 'empty.db').as_posix()}"
    else:
        yield from _postgres_database(request.getfixturevalue("postgres_address"), "template0")


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database of the test's own, on SQLite and on PostgreSQL.

    A test for which one is enough: `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite"), tmp_path / "bot.db")
        yield f"sqlite:///{(tmp_path / 'bot.db').as_posix()}"
    else:
        template = request.getfixturevalue("migrated_postgres")
        yield from _postgres_database(request.getfixturevalue("postgres_address"), template)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def _postgres_database(address: str, template: str) -> Iterator[str]:
    name = f"test{next(_numbers)}"
    with psycopg.connect(address % "postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        yield address % name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
