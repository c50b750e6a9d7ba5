"""Many people before one server, and what they do in the same instant."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import requests
from sqlalchemy import func, select

from storage.db import Database
from storage.submissions import Submission
from tests.fakes.wechat_api import WechatApi, running
from tests.platform import Platform
from tests.scenarios.phones import WechatPhone, follower
from tests.serving import Server

Result = TypeVar("Result")


@dataclass
class Crowd:
    """A server with its database; `seen` submissions were there before the test."""

    server: Server
    api: WechatApi
    database: Database
    seen: int = 0

    def joins(self, count: int, mode: str = "plain") -> list[WechatPhone]:
        return [follower(self.server, self.api, mode) for _ in range(count)]

    def look(self) -> None:
        with self.database.reading() as session:
            self.seen = session.scalar(select(func.count()).select_from(Submission)) or 0

    def submissions(self) -> list[dict[str, Any]]:
        """What has been opened since `look`, as the export has it."""
        entries: list[dict[str, Any]] = self.server.export()["submissions"][self.seen :]
        return entries

    def drafts(self) -> list[dict[str, Any]]:
        """Answers and acts of each."""
        return [
            {"answers": entry["answers"], "acts": [act["action"] for act in entry["history"]]}
            for entry in self.submissions()
        ]


@contextmanager
def crowd_before(folder: Path, database_url: str, processes: int) -> Iterator[Crowd]:
    """One process with everything in it, or so many web processes and a worker apart."""
    with running() as api:
        server = Server(folder, database_url, api.url, command="web" if processes > 1 else "serve")
        server.configure()
        prepared = server.run("upgrade-db")
        assert prepared.returncode == 0, prepared.stderr
        worker = Server(folder, database_url, command="worker")
        database = Database(database_url)
        try:
            if processes > 1:
                worker.launch()
            server.start(*(("--workers", str(processes)) if processes > 1 else ()))
            yield Crowd(server, api, database)
        finally:
            server.kill()
            worker.kill()
            database.close()


def together(acts: Sequence[Callable[[], Result]]) -> list[Result]:
    """Do all of it in the same instant, each in a thread of its own."""
    gate = threading.Barrier(len(acts))

    def act(one: Callable[[], Result]) -> Result:
        gate.wait()
        return one()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(act, acts))


def push_at_once(platform: Platform, messages: Sequence[str]) -> list[str]:
    """Push messages together, each over a connection of its own; the replies in their order."""

    def push(xml: str) -> str:
        with requests.Session() as session:
            return Platform(platform.url, platform.mode, session).deliver(xml)

    return together([lambda xml=xml: push(xml) for xml in messages])  # type: ignore[misc]
