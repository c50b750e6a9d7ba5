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


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    """The portal at noon of a day within the campaign, on https and with the simulator on."""
    file = tmp_path / "config.toml"
    file.write_text(
        f"""[server]
public_url = "https://wx.example.org"
secret_key = "only-for-tests-only-for-tests-only-for-tests"
[storage]
database_url = "{database_url}"
files_url = "{(tmp_path / "files").as_uri()}"
[channels.simulator]
enabled = true
password = "only-for-tests"
""",
        encoding="utf-8",
    )
    config = load_config(file, {})
    prepare(config)
    application = wire(config)
    yield Portal(application)
    application.close()


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """Makes the product's pages on the test's database; `password` and `host` as configured."""
    running: list[Application] = []

    def make(password: str = "", host: str = "127.0.0.1") -> FlaskClient:
        file = tmp_path / "config.toml"
        file.write_text(
            f"""[server]
host = "{host}"
secret_key = "only-for-tests-only-for-tests-only-for-tests"
[storage]
database_url = "{database_url}"
files_url = "{(tmp_path / "files").as_uri()}"
[channels.simulator]
enabled = true
password = "{password}"
""",
            encoding="utf-8",
        )
        config = load_config(file, {})
        prepare(config)
        running.append(wire(config))
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
