"""An official account that talks to a fake platform, with its token in a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.channels.base import Outgoing
from bot.channels.official_account import OfficialAccount
from bot.token_store import DatabaseTokens
from storage.db import Database
from tests.fakes.wechat_api import WechatApi, running
from tests.platform import AES_KEY, TOKEN

Make = Callable[..., OfficialAccount]


class Wall:
    """A clock on the wall that is moved by hand."""

    def __init__(self) -> None:
        self.now = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


def send(channel: OfficialAccount, *messages: Outgoing) -> None:
    """Send one message after the other over connections of their own."""

    async def all_of_them() -> None:
        async with channel.sending() as deliver:
            for message in messages:
                await deliver(message)

    asyncio.run(all_of_them())


async def at_once(seconds: float) -> None:
    """A rest that takes no time."""


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def api() -> Iterator[WechatApi]:
    with running() as server:
        yield server


@pytest.fixture
def make(api: WechatApi, database: Database, wall: Wall) -> Iterator[Make]:
    """Makes accounts on one database, as several processes have them; pauses take no time."""
    made: list[OfficialAccount] = []

    def make_one(**changes: Any) -> OfficialAccount:
        settings: dict[str, Any] = {
            "app_id": api.app_id, "app_secret": api.app_secret, "token": TOKEN, "encoding_aes_key": AES_KEY,
            "api_base_url": api.url, "tokens": DatabaseTokens(database, wall), "wall": wall,
            "pause": lambda seconds: None, "rest": at_once,
        }  # fmt: skip
        made.append(OfficialAccount(**{**settings, **changes}))
        return made[-1]

    yield make_one
    for account in made:
        account.close()


@pytest.fixture
def channel(make: Make) -> OfficialAccount:
    return make()
