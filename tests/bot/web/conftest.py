"""The simulator's pages over the whole product, on the test's database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from bot.app import create_app
from bot.config import load_config
from bot.starting import prepare
from bot.wiring import Application, wire
from tests.bot.web.portal_pages import Portal
from tests.bot.web.simulator_client import add, move

Start = Callable[..., FlaskClient]


def wired(
    database_url: str, folder: Path, *, server: str = "", password: str = "", more: str = ""
) -> Application:
    """The product on the test's database, with the simulator on; `server` and `more` are lines of TOML."""
    file = folder / "config.toml"
    file.write_text(
        f"""[server]
{server}
secret_key = "only-for-tests-only-for-tests-only-for-tests"
[storage]
database_url = "{database_url}"
files_url = "{(folder / "files").as_uri()}"
[channels.simulator]
enabled = true
password = "{password}"
{more}
""",
        encoding="utf-8",
    )
    config = load_config(file, {})
    prepare(config)
    return wire(config)


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    """The portal at noon of a day within the campaign, on https and with the simulator on."""
    address = 'public_url = "https://wx.example.org"'
    application = wired(database_url, tmp_path, server=address, password="only-for-tests")
    yield Portal(application)
    application.close()


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Makes the product's pages on the test's database; `password`, `host` and `more` as configured."""
    running: list[Application] = []

    def make(password: str = "", host: str = "127.0.0.1", more: str = "") -> FlaskClient:
        server = f'host = "{host}"'
        running.append(wired(database_url, tmp_path, server=server, password=password, more=more))
        return create_app(running[-1]).test_client()

    yield make
    for application in running:
        application.close()


@pytest.fixture
def client(start: Start) -> FlaskClient:
    """On the campaign's first morning."""
    client = start()
    move(client, "2024-04-10T09:00:00+08:00")
    return client


@pytest.fixture
def zhang(client: FlaskClient) -> str:
    return add(client, "张伟")
