"""The one call that is made thousands of times: hundreds in flight at once on one event loop.

wechatpy makes one at a time and knows no limit of time; here aiohttp makes it, with the same token,
table of faults and one renewal as every other call (`Api`).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from yarl import URL

from bot.channels.base import ChannelError
from bot.channels.official_account import transport
from bot.channels.official_account.api import FIRST_PAUSE, TRIES_WHEN_BUSY
from bot.channels.official_account.faults import BUSY, TOKEN_REFUSED, refusal
from bot.channels.official_account.tokens import AccessTokens, Rest
from bot.channels.official_account.transport import parse_object, refuse_failure

SEND = "/cgi-bin/message/custom/send"
# Another process may replace the token: so long an old one is used, and then replaced once.
TOKEN_KNOWN_FOR = timedelta(seconds=5)
# Escaped characters (\u4e2d) would be shown to the person as they are.
_ENCODER = json.JSONEncoder(ensure_ascii=False)
_HEADERS = {"Content-Type": "application/json"}
# The request never left, so that trying again cannot double it.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


@asynccontextmanager
async def connected() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections for the time of a block; how many is the dispatcher's affair."""
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(total=transport.READ_TIMEOUT, connect=transport.CONNECT_TIMEOUT),
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        yield session


class MessageCall:
    """Posts customer-service messages. Raises ChannelError, whose text holds nothing secret."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        tokens: AccessTokens,
        *,
        base_url: str,
        wall: Callable[[], datetime],
        rest: Rest,
    ) -> None:
        self._session = session
        self._tokens = tokens
        self._address = base_url.rstrip("/") + SEND
        self._wall = wall
        self._rest = rest
        self._renewing = asyncio.Lock()
        # The token at hand with its address, which is costly to build, and until when it is believed.
        self._pass: tuple[str, URL] = ("", URL(self._address))
        self._until: datetime | None = None

    async def post(self, body: Mapping[str, Any]) -> None:
        """One call with the token at hand; if that is refused, once more with another."""
        content = _ENCODER.encode(body).encode()
        if self._is_old():
            await self._look_up()
        token, address = self._pass
        try:
            await self._patiently(address, content)
            return
        except ChannelError as error:
            if error.code not in TOKEN_REFUSED:
                raise
        await self._replace(token)
        await self._patiently(self._pass[1], content)

    def _is_old(self) -> bool:
        return self._until is None or self._wall() >= self._until

    async def _look_up(self) -> None:
        async with self._renewing:
            if self._is_old():
                self._keep(await asyncio.to_thread(self._tokens.current))

    async def _replace(self, refused: str) -> None:
        """One of those that were refused fetches another token; the rest find it."""
        async with self._renewing:
            if self._pass[0] == refused:
                self._keep(await asyncio.to_thread(self._tokens.replace, refused))

    def _keep(self, token: str) -> None:
        self._pass = (token, URL(f"{self._address}?access_token={token}", encoded=True))
        self._until = self._wall() + TOKEN_KNOWN_FOR

    async def _patiently(self, address: URL, content: bytes) -> None:
        """Try again a little later while the platform says that it is busy."""
        for tried in range(TRIES_WHEN_BUSY):
            answer = await self._ask(address, content)
            if not answer.get("errcode"):
                return
            error = refusal(answer, now=self._wall())
            if error.code != BUSY or tried == TRIES_WHEN_BUSY - 1:
                raise error
            await self._rest(FIRST_PAUSE * 3**tried * random.uniform(0.5, 1.5))  # noqa: S311

    async def _ask(self, address: URL, content: bytes) -> dict[str, Any]:
        """The platform's answer. A redirect is a fault, since it would carry the token elsewhere."""
        try:
            async with self._session.post(
                address, data=content, headers=_HEADERS, allow_redirects=False
            ) as response:
                refuse_failure(response.status)
                body = await _read(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            failure, is_sent = type(error).__name__, not isinstance(error, _NOT_SENT)
        else:
            return _understood(body)
        # Raised out here, because the library's errors hold the address and with it the token.
        raise ChannelError(f"network: {failure}", permanent=False, unsure=is_sent)


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The body, as far as a reasonable answer goes."""
    if response.content_length is not None and response.content_length <= transport.LONGEST_ANSWER:
        return await response.read()
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > transport.LONGEST_ANSWER:
            break
    return bytes(body)


def _understood(body: bytes) -> dict[str, Any]:
    """A JSON object. Whatever else came does not say whether the message was taken."""
    try:
        return parse_object(body[: transport.LONGEST_ANSWER])
    except ChannelError as error:
        error.unsure = True
        raise
