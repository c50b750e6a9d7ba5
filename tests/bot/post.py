"""A platform's edge for tests of the dispatcher, and the outbox before and after it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from structlog.testing import capture_logs

from bot.channels.base import Outgoing, Send, in_threads
from bot.dispatcher import Dispatcher
from handlers.deliveries import Window
from storage import desks, outbox, people
from storage.db import Database
from storage.outbox import OutboxRow
from tests.storage.rows import NOON, add_person, log_row, outbox_row

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


@dataclass
class Post:
    """A platform's edge: takes messages, or refuses each with `fault`."""

    name: str = "test"
    windows: Mapping[str, Window] = field(default_factory=dict)
    fault: Exception | None = None
    tried: int = 0
    pace: Window | None = None
    repeats_are_safe: bool = False
    opens_papers: bool = False
    taken: list[tuple[str, str]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)

    def split(self, text: str) -> list[str]:
        return [text]

    def sending(self) -> AbstractAsyncContextManager[Send]:
        return in_threads(self.send)

    def send(self, message: Outgoing) -> None:
        self.tried += 1
        if self.fault is not None:
            raise self.fault
        self.outgoing.append(message)
        self.taken.append((message.address, message.text))


def put(database: Database, *keys: str, person: str = "zhangwei", **changes: Any) -> None:
    """Messages to a person who is known by that address, or that becomes known."""
    with database.writing() as session:
        found = people.find_address(session, "test", person)
        person_id = add_person(session, person) if found is None else found.person_id
        outbox.add(session, [outbox_row(person_id, key, **changes) for key in keys])


def rows(database: Database) -> list[tuple[str, str | None, timedelta]]:
    """State, reason, and how long after noon the row is due."""
    with database.reading() as session:
        found = session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.state, row.error, row.due_at - NOON) for row in found]


def writes(database: Database, at: datetime) -> None:
    """The person's own next message."""
    with database.writing() as session:
        address = people.find_address(session, "test", "zhangwei")
        assert address is not None
        desk = desks.new_desk(session, "test", "zhangwei", address.person_id)
        desks.close_desk(session, desk, log_row(address.person_id, "k", received_at=at), now=at)


def deliver(database: Database, post: Post, *, now: datetime = NOON, **how: Any) -> int:
    with capture_logs():
        return Dispatcher(database, {"test": post}, **how).deliver(lambda: now)
