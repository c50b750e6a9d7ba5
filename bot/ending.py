"""Ending on a signal: what only waits for its sender is given up, so that the server can go."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, MutableMapping
from types import FrameType
from typing import Any

Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]

# A page's body that brings no byte for so long is given up: it holds one of the page threads.
BODY_PATIENCE = 60.0
# What was on its way when the signal came still arrives.
LAST_PATIENCE = 1.0
_GONE: Event = {"type": "http.disconnect"}


class Ending:
    """Knows whether the process was told to end.

    The server answers every request that it has begun before it ends. A request whose body
    stopped half-way would keep it for ever, so after the signal such a body counts as broken off.
    """

    def __init__(self) -> None:
        self._told = asyncio.Event()

    def listen(self) -> None:
        """Learn of the signals, beside the server that listens to them; on the loop's main thread."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._beside(signal.getsignal(number), loop))

    def _beside(
        self, before: Any, loop: asyncio.AbstractEventLoop
    ) -> Callable[[int, FrameType | None], None]:
        def told(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._told.set)
            if callable(before):
                before(number, frame)

        return told

    def patient(self, receive: Receive) -> Receive:
        """`receive` for one request: a disconnect once the process ends or the sender falls silent.

        A coroutine function, which a2wsgi's threads insist on.
        """

        async def call() -> Event:
            event = asyncio.ensure_future(_event(receive))
            told = asyncio.ensure_future(self._told.wait())
            try:
                await asyncio.wait((event, told), timeout=BODY_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
                if told.done():
                    await asyncio.wait((event,), timeout=LAST_PATIENCE)
                return event.result() if event.done() else dict(_GONE)
            finally:
                event.cancel()
                told.cancel()

        return call


async def _event(receive: Receive) -> Event:
    return await receive()
