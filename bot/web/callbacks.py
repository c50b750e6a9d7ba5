"""Platform callbacks, answered on the event loop without Flask: they are the busiest path.

Raw bytes, query and time go to the channel; what comes back goes out. One edge where every
error ends: the platform gets an answer or a plain refusal, never a stack trace.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

import structlog
from sqlalchemy.exc import OperationalError

from bot.channels.base import Callback, CallbackRefused
from bot.clock import Clock
from bot.inbox import Inbox, OverloadedError
from bot.wording import Wording
from handlers.messages import Outcome, Reply, say

log = structlog.get_logger(__name__)

LARGEST_BODY = 1024 * 1024
BODY_TIMEOUT = 4.0
# The platform hangs up after five seconds; what is answered later finds its way by the repeat.
ANSWERED_WITHIN = 4.5
ALLOWED = "GET, HEAD, POST"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class CallbackChannel(Protocol):
    """What a channel offers to the platform that calls it."""

    name: str

    def verify_url(self, query: dict[str, str], now: Any) -> bytes: ...

    def open(self, query: dict[str, str], body: bytes, now: Any) -> Callback: ...

    def split(self, text: str) -> list[str]: ...


class CallbackEdge:
    """One channel's callback address as an ASGI application."""

    def __init__(self, channel: CallbackChannel, *, inbox: Inbox, wording: Wording, clock: Clock) -> None:
        self._channel = channel
        self._inbox = inbox
        self._wording = wording
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        try:
            status, content_type, body = await self._answer(scope["method"], query, receive)
        except CallbackRefused as refused:
            log.info(
                "callback_refused", channel=self._channel.name, status=refused.status, reason=refused.reason
            )
            status, content_type, body = refused.status, "text/plain", b""
        except Exception:
            log.exception("callback_failed", channel=self._channel.name)
            status, content_type, body = 503, "text/plain", b""
        await _respond(send, status, content_type, body)

    async def _answer(self, method: str, query: dict[str, str], receive: Receive) -> tuple[int, str, bytes]:
        if method in ("GET", "HEAD"):
            return 200, "text/plain", self._channel.verify_url(query, self._clock.wall())
        if method != "POST":
            return 405, "text/plain", b""
        if self._inbox.is_overloaded:
            return 503, "text/plain", b""
        until = asyncio.get_running_loop().time() + ANSWERED_WITHIN
        callback = self._channel.open(query, await _read(receive), self._clock.wall())
        try:
            async with asyncio.timeout_at(until):
                text = await self._converse(callback)
        except (OverloadedError, OperationalError, TimeoutError):
            # The platform's own repeat is the right second try: either nothing was stored, or
            # the reply is kept for it.
            return 503, "text/plain", b""
        return 200, callback.content_type, callback.answer(text)

    async def _converse(self, callback: Callback) -> str:
        try:
            answered = await self._inbox.answer(callback.message, now=self._clock.now(), render=self._parts)
        except (OverloadedError, OperationalError):
            raise
        except Exception:
            # The inbox has logged it with the message's ids; the person is told nothing was kept.
            return self._wording.text(Reply(Outcome.REJECTED, (say("message/trouble"),)))
        return answered.text

    def _parts(self, reply: Reply) -> list[str]:
        return self._channel.split(self._wording.text(reply))


async def _read(receive: Receive) -> bytes:
    """The body, up to the cap and within the time a platform takes; CallbackRefused beyond."""
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while True:
                event = await receive()
                if event["type"] != "http.request":
                    raise CallbackRefused(400, "the caller left")
                chunks.append(event.get("body", b""))
                size += len(chunks[-1])
                if size > LARGEST_BODY:
                    raise CallbackRefused(413, "body too large")
                if not event.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        raise CallbackRefused(408, "body too slow") from None


async def _respond(send: Send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    if status == 405:
        headers.append((b"allow", ALLOWED.encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
