"""Transactions of both kinds on both databases: what is durable, what waits, what an error may say."""

from __future__ import annotations

import threading
import traceback
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, StatementError

from storage.db import Database, connection_of
from storage.jobs import Job
from storage.people import Address, Person
from storage.submissions import NumberCounter
from tests.processes import Processes
from tests.storage import rows
from tests.storage.rows import CAMPAIGN, NOON, add_person, count_up, job_row

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


def people_of(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(Address.address).order_by(Address.id)))


@ON_SQLITE
def test_sqlite_is_durable_and_checks_references(database: Database) -> None:
    with database.reading() as session:
        asked = {
            name: session.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10000}


def test_references_are_checked(database: Database) -> None:
    with pytest.raises(IntegrityError), database.writing() as session:
        rows.add_draft(session, 4711)


@ON_POSTGRESQL
def test_postgresql_is_spoken_to_through_psycopg_3(database: Database) -> None:
    assert database.engine.url.drivername == "postgresql+psycopg"
    assert not database.is_sqlite


def test_written_is_kept(database: Database) -> None:
    with database.writing() as session:
        add_person(session)
    assert people_of(database) == ["zhangwei"]


def test_error_takes_everything_back(database: Database) -> None:
    def fail() -> None:
        with database.writing() as session:
            add_person(session)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert people_of(database) == []


def test_reading_keeps_nothing(database: Database) -> None:
    with database.reading() as session:
        session.add(Person(created_at=NOON))
        session.flush()
    with database.reading() as session:
        assert session.scalar(select(Person.id)) is None


def test_time_without_a_zone_is_refused(database: Database) -> None:
    refused = pytest.raises(StatementError, match="a time without a zone cannot be stored")
    with refused, database.writing() as session:
        session.add(Person(created_at=NOON.replace(tzinfo=None)))


def test_time_comes_back_as_the_same_instant_in_utc(database: Database) -> None:
    told = datetime(2024, 4, 15, 12, 0, 0, 123456, timezone(timedelta(hours=8)))
    with database.writing() as session:
        session.add(job_row("one", due_at=told))
    with database.reading() as session:
        job = session.scalars(select(Job)).one()
        assert (job.due_at, job.due_at.tzinfo, job.lease_until) == (told, UTC, None)


def test_values_of_any_shape_come_back(database: Database) -> None:
    detail = {"完成人": ["张伟", "𠮷田"], "n": 1.5, "yes": True, "none": None, "deep": [[], {}]}
    with database.writing() as session:
        session.add(job_row("one", detail=detail))
    with database.reading() as session:
        assert session.scalars(select(Job.detail)).one() == detail


@ON_SQLITE
def test_chinese_is_kept_legible(database: Database) -> None:
    """Whoever looks into the file with other tools reads characters and no escapes."""
    with database.writing() as session:
        session.add(job_row("one", detail={"姓名": "张伟"}))
    with database.reading() as session:
        assert session.scalar(text("SELECT detail FROM jobs")) == '{"姓名":"张伟"}'


def test_error_says_nothing_of_what_people_wrote(database: Database) -> None:
    """Neither parameters nor the server's own hint at the row reach the log."""
    address = f"o{4711}"
    with database.writing() as session:
        add_person(session, address)
    with pytest.raises(IntegrityError) as raised, database.writing() as session:
        add_person(session, address)
    said = "".join(traceback.format_exception(raised.value))
    assert ("addresses" in said, address in said) == (True, False)


@ON_SQLITE
def test_one_writer_at_a_time_in_threads_and_processes(
    database: Database, database_url: str, processes: Processes
) -> None:
    """Each reads, then writes: with two writers at once a step would be lost or refused."""
    with database.writing() as session:
        session.add(NumberCounter(campaign=CAMPAIGN, union_code="nanjing", last=0))
    threads = [threading.Thread(target=count_up, args=(database_url, 40)) for _ in range(3)]
    for thread in threads:
        thread.start()
    processes.together(count_up, (database_url, 100), (database_url, 100))
    for thread in threads:
        thread.join()
    with database.reading() as session:
        assert session.scalar(select(NumberCounter.last)) == 320


@ON_SQLITE
def test_second_writer_waits_for_the_first(database: Database) -> None:
    order: list[str] = []

    def write() -> None:
        with database.writing():
            order.append("second")

    second = threading.Thread(target=write)
    with database.writing():
        second.start()
        second.join(0.2)
        order.append("first")
    second.join()
    assert order == ["first", "second"]


@ON_SQLITE
def test_failed_writer_lets_the_next_one_in(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing():
        raise ZeroDivisionError
    with database.writing() as session:
        add_person(session)
    assert people_of(database) == ["zhangwei"]


def test_reading_does_not_wait_for_a_writer(database: Database) -> None:
    with database.writing() as session:
        add_person(session)
        assert people_of(database) == []
    assert people_of(database) == ["zhangwei"]


def test_core_finds_what_the_orm_still_holds(database: Database) -> None:
    with database.writing() as session:
        session.add(job_row("one"))
        found = connection_of(session).execute(select(Job.dedupe_key)).scalars().all()
    assert found == ["one"]


def test_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{(tmp_path / 'a' / 'b' / 'bot.db').as_posix()}")
    database.close()
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["bot.db.lock"]


@ON_POSTGRESQL
def test_connection_that_the_server_closed_costs_nothing(database: Database) -> None:
    with database.reading() as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    other = Database(database.engine.url.render_as_string(hide_password=False))
    with other.writing() as session:
        session.execute(text("SELECT pg_terminate_backend(:backend, 5000)"), {"backend": backend})
    other.close()
    assert people_of(database) == []
