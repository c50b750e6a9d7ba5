"""Platform tokens in the database: every call is one short transaction of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock
from handlers import platform_tokens
from handlers.platform_tokens import StoredToken
from storage.db import Database


class DatabaseTokens:
    """The TokenStore of every process on this database; leases run by the real time."""

    def __init__(self, database: Database, wall: Callable[[], datetime] | None = None) -> None:
        self._database = database
        self._wall = wall or Clock().wall

    def get(self, name: str) -> StoredToken | None:
        with self._database.reading() as session:
            return platform_tokens.current(session, name)

    def lease(self, name: str, owner: str, seconds: float) -> bool:
        with self._database.writing() as session:
            return platform_tokens.lease(session, name, owner, seconds=seconds, now=self._wall())

    def put(self, name: str, value: str, expires_at: datetime, owner: str) -> bool:
        with self._database.writing() as session:
            return platform_tokens.keep(session, name, value, expires_at=expires_at, owner=owner)

    def drop(self, name: str, value: str) -> bool:
        with self._database.writing() as session:
            return platform_tokens.drop(session, name, value)
