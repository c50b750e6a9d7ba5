"""The database: one engine, two kinds of transaction, the same on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import (
    JSON,
    Connection,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    MetaData,
    create_engine,
    event,
    func,
    make_url,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

try:
    import fcntl
except ImportError:  # Windows has no flock; SQLite's own busy handler is all there is.
    fcntl = None  # type: ignore[assignment]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Any number will do, as long as nothing else on the server takes the same.
ALONE = 520_240_410


class Base(DeclarativeBase):
    """The parent of every table."""

    metadata = MetaData(naming_convention=NAMING)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC; a naive one is refused, since it cannot be placed."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


JsonValue = JSON(none_as_null=False).with_variant(JSONB(none_as_null=False), "postgresql")


def _dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class _Turnstile:
    """One writer at a time on one SQLite file, across threads and processes.

    SQLite's busy handler polls with growing sleeps, so two busy processes starve each other
    for tens of milliseconds; waiting in the kernel's queue for a lock file costs a few.
    """

    def __init__(self, path: Path | None) -> None:
        self._thread_lock = threading.Lock()
        self._file: BinaryIO | None = path.open("ab") if path is not None and fcntl is not None else None

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self._thread_lock:
            if self._file is not None:
                fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                if self._file is not None:
                    fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Database:
    """Hands out transactions; the outer ring opens them, nobody else commits."""

    def __init__(self, url: str, *, pool_size: int = 8) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        if not self.is_sqlite:
            parsed = parsed.set(drivername="postgresql+psycopg")
        # Answers and phone numbers are parameters: an error's text must not carry them to the log.
        options: dict[str, Any] = {"json_serializer": _dumps, "hide_parameters": True}
        options |= {"pool_size": pool_size, "max_overflow": 24}
        if not self.is_sqlite:
            # A connection that the server closed over night must not cost a message.
            options["pool_pre_ping"] = True
        self.engine: Engine = create_engine(parsed, **options)
        event.listen(self.engine, "handle_error", _forget_values)
        self._turnstile: _Turnstile | None = None
        if self.is_sqlite:
            path = Path(parsed.database or "")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._turnstile = _Turnstile(path.with_name(path.name + ".lock"))
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)
        self._writer = self.engine.execution_options(writes=True)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that may write: committed at the end, rolled back on any error."""
        if self._turnstile is None:
            with Session(self._writer, expire_on_commit=False) as session, session.begin():
                yield session
            return
        with self._turnstile(), Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads, never waiting for a writer; ended without a commit."""
        with Session(self.engine) as session:
            yield session

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other processes out that would prepare the database too; no `writing` inside."""
        if self._turnstile is not None:
            with self._turnstile():
                yield
            return
        with self.engine.connect() as connection:
            # The server lets go of it with the connection.
            connection.execute(select(func.pg_advisory_lock(ALONE)))
            try:
                yield
            finally:
                connection.execute(select(func.pg_advisory_unlock(ALONE)))

    def ping(self) -> None:
        """Raise SQLAlchemyError unless the database answers and is one."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA schema_version" if self.is_sqlite else "SELECT 1")

    def close(self) -> None:
        self.engine.dispose()
        if self._turnstile is not None:
            self._turnstile.close()


def connection_of(session: Session) -> Connection:
    """The session's connection for statements of Core that are built once; the ORM costs several times as much.

    What was gathered to be written together (`storage.desks`) and what the ORM holds is written first,
    so that it is found.
    """
    session.flush()
    write_out = session.info.get("write_out")
    if write_out is not None:
        write_out()
    return session.connection()


def _forget_values(context: ExceptionContext) -> None:
    """Cut an error down to its first sentence: PostgreSQL adds the values of the row that it refused."""
    reported = getattr(getattr(context.original_exception, "diag", None), "message_primary", None)
    if reported is None or context.sqlalchemy_exception is None:
        return
    context.original_exception.args = (reported,)
    context.sqlalchemy_exception.args = (reported,)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # SQLAlchemy's begin event starts transactions, so the driver must not start its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "synchronous=FULL", "busy_timeout=10000", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    # A transaction that reads first and writes later would fail with "database is locked"
    # if somebody wrote in between, so a writer takes the lock at once.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
