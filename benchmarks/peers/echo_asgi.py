"""The same echo as an ASGI application, through a2wsgi."""

from __future__ import annotations

from typing import Any

from a2wsgi import WSGIMiddleware

from benchmarks.peers.echo import app


def create() -> Any:
    pages = WSGIMiddleware(app, workers=16)

    async def front(scope: Any, receive: Any, send: Any) -> None:
        async def call() -> Any:
            # granian's awaitable is no coroutine, which a2wsgi's threads insist on.
            return await receive()

        await pages(scope, call, send)

    return front
