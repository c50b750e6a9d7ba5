"""A server of its own for a test, on SQLite or PostgreSQL, and the platform that it talks to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.fakes.wechat_api import WechatApi, running
from tests.scenarios.crowd import Crowd, crowd_before
from tests.serving import Server

MakeServer = Callable[..., Server]


@pytest.fixture
def wechat() -> Iterator[WechatApi]:
    with running() as api:
        yield api


@pytest.fixture
def make_server(database_url: str, tmp_path: Path, wechat: WechatApi) -> Iterator[MakeServer]:
    """Makes servers on the test's own database; what still runs is killed at the end."""
    made: list[Server] = []

    def make(**changes: Any) -> Server:
        settings: dict[str, Any] = {"database_url": database_url, "api_base_url": wechat.url}
        made.append(Server(tmp_path / f"server{len(made)}", **{**settings, **changes}))
        return made[-1]

    yield make
    for server in made:
        server.kill()


@pytest.fixture
def server(make_server: MakeServer) -> Iterator[Server]:
    """One process with web and worker, started; nothing may go wrong inside."""
    server = make_server()
    server.start()
    yield server
    assert "Traceback" not in server.log()


@pytest.fixture(
    scope="module",
    params=[("sqlite", 1), ("sqlite", 2), pytest.param(("postgresql", 2), marks=pytest.mark.postgresql)],
    ids=["sqlite, one process", "sqlite, two processes", "postgresql, two processes"],
)
def _crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    kind, processes = request.param
    folder = tmp_path_factory.mktemp("crowd")
    url = f"sqlite:///{folder.as_posix()}/bot.db"
    if kind == "postgresql":
        address = request.getfixturevalue("postgres_address")
        with psycopg.connect(address % "postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {folder.name}")
        url = address % folder.name
    with crowd_before(folder, url, processes) as crowd:
        yield crowd


@pytest.fixture
def crowd(_crowd: Crowd) -> Crowd:
    """A server that the tests of one file share; each test brings people of its own."""
    _crowd.look()
    return _crowd
