"""The server's entry: callbacks on the event loop, everything else through Flask in threads."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import structlog
from a2wsgi import WSGIMiddleware

from bot.app import create_app
from bot.config import load_config
from bot.ending import Ending
from bot.logging import set_up_logging
from bot.scheduler import Scheduler
from bot.web.callbacks import CallbackEdge
from bot.wiring import Application, wire

log = structlog.get_logger(__name__)

WITH_WORKER = "BOT_WITH_WORKER"
PAGE_THREADS = 16

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Front:
    """The ASGI application of one process."""

    def __init__(self, application: Application, *, with_worker: bool) -> None:
        self._application = application
        self._scheduler = Scheduler(application) if with_worker else None
        self._pages = WSGIMiddleware(create_app(application), workers=PAGE_THREADS)  # type: ignore[arg-type]
        self._ending = Ending()
        self._callbacks: dict[str, CallbackEdge] = {}
        if application.official_account is not None:
            self._callbacks["/callback/official-account"] = CallbackEdge(
                application.official_account,
                inbox=application.inbox,
                wording=application.wording,
                clock=application.clock,
            )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        edge = self._callbacks.get(scope["path"])
        if edge is not None:
            await edge(scope, receive, send)
        else:
            await self._pages(scope, self._ending.patient(receive), send)  # type: ignore[arg-type]

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                self._ending.listen()
                if self._scheduler is not None:
                    self._scheduler.start()
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                if self._scheduler is not None:
                    self._scheduler.stop()
                self._application.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


def create() -> Front:
    """What the server calls in each process; the configuration's place comes by environment."""
    config = load_config(Path(os.environ["BOT_CONFIG"]), os.environ)
    set_up_logging(config.log)
    return Front(wire(config), with_worker=os.environ.get(WITH_WORKER) == "1")
