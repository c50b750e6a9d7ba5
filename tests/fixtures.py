"""Fixtures that most tests share: people who talk, on every kind of database."""

from __future__ import annotations

import pytest

from storage.db import Database
from tests.talk import NOON, Talk


@pytest.fixture
def talk(database: Database, request: pytest.FixtureRequest) -> Talk:
    """Somebody who has never written before; a module with TALKS_AT has its own hour of the campaign."""
    return Talk(database, now=getattr(request.module, "TALKS_AT", NOON))


@pytest.fixture
def database_of_talks(database: Database) -> list[Talk]:
    """Four people on one database."""
    return [Talk(database, name=name) for name in ("zhangwei", "lina", "sunli", "wangfang")]
