"""The one door to the conversation: messages queue here and share commits.

One writer thread in each process waits for its turn to write, takes what has queued by then,
answers it in one transaction and releases all replies once the commit is on disk. That is what
makes a durable answer cheap: statements and flush are shared, by the more the longer the turn was
waited for, and one sender's messages keep their order (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from handlers.campaigns import Campaign
from handlers.conversation import Answered, expect, receive
from handlers.messages import InboundMessage, Render
from storage.db import Database

log = structlog.get_logger(__name__)

BATCH = 64
PATIENCE = 1.0

Also = Callable[[Session, Answered], None]


class OverloadedError(Exception):
    """More messages wait than can be answered in time; nothing was done with this one."""


@dataclass(slots=True, eq=False)
class Work:
    """A message on its way through; `also` runs in the same transaction after the answer."""

    message: InboundMessage
    now: datetime
    render: Render
    passive: bool = True
    also: Also | None = None
    future: Future[Answered] | asyncio.Future[Answered] = field(default_factory=Future)
    queued_at: float = field(default_factory=time.monotonic)


class Inbox:
    """Hands messages to the writer thread. `campaign` is asked for each batch, so it may change."""

    def __init__(self, database: Database, campaign: Callable[[], Campaign]) -> None:
        self._database = database
        self._campaign = campaign
        self._queue: queue.SimpleQueue[Work | None] = queue.SimpleQueue()
        self._oldest = 0.0
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Answer what has queued, then end."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    @property
    def is_overloaded(self) -> bool:
        """Whether a message that came now could wait longer than a platform does."""
        oldest = self._oldest
        return bool(oldest) and time.monotonic() - oldest > PATIENCE

    async def answer(self, message: InboundMessage, *, now: datetime, render: Render) -> Answered:
        """Answer from an event loop. Raises OverloadedError, or what the handler raised."""
        if self.is_overloaded:
            raise OverloadedError
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._queue.put(Work(message, now, render, future=future))
        return await future

    def answer_now(self, work: Work, *, timeout: float = 30.0) -> Answered:
        """Answer from a thread, waiting for it."""
        if not isinstance(work.future, Future):
            raise TypeError("a thread waits on a thread's future")
        self._queue.put(work)
        return work.future.result(timeout)

    def _run(self) -> None:
        while (work := self._queue.get()) is not None:
            self._oldest = work.queued_at
            _release(self._answer_all([work]))
            self._oldest = 0.0

    def _answer_all(self, works: list[Work]) -> list[tuple[Work, Answered | BaseException]]:
        """All in one transaction; if one fails, each again in its own, so that no other suffers."""
        try:
            return self._answer_together(works)
        except Exception:
            if len(works) > 1:
                log.warning("batch_split", messages=len(works), exc_info=True)
            return [(work, self._answer_alone(work)) for work in works]

    def _answer_together(self, works: list[Work]) -> list[tuple[Work, Answered | BaseException]]:
        """`works` grows by what has queued while it waited for its turn to write."""
        campaign = self._campaign()
        with self._database.writing() as session:
            self._take(works)
            waiting = [work for work in works if not _is_late(work)]
            expect(session, [work.message for work in waiting])
            done: list[tuple[Work, Answered | BaseException]] = [
                (work, OverloadedError()) for work in works if work not in waiting
            ]
            return [*done, *((work, _answer(session, campaign, work)) for work in waiting)]

    def _take(self, works: list[Work]) -> None:
        """Move what has queued to `works`, at most until they are a batch; the order to end stays queued."""
        while len(works) < BATCH:
            try:
                work = self._queue.get_nowait()
            except queue.Empty:
                return
            if work is None:
                self._queue.put(None)
                return
            works.append(work)

    def _answer_alone(self, work: Work) -> Answered | BaseException:
        if _is_late(work):
            return OverloadedError()
        try:
            with self._database.writing() as session:
                return _answer(session, self._campaign(), work)
        except Exception as error:
            log.exception("message_failed", channel=work.message.channel, key=work.message.key)
            return error


def _answer(session: Session, campaign: Campaign, work: Work) -> Answered:
    answered = receive(
        session, campaign, work.message, now=work.now, render=work.render, passive=work.passive
    )
    if work.also is not None and not answered.repeated:
        work.also(session, answered)
    return answered


def _is_late(work: Work) -> bool:
    """Whether the platform may have given up waiting; a thread of our own waits for ever."""
    return isinstance(work.future, asyncio.Future) and time.monotonic() - work.queued_at > PATIENCE


def _release(done: Sequence[tuple[Work, Answered | BaseException]]) -> None:
    """Give every waiting caller its answer; callers of one event loop are woken together."""
    loops: dict[
        asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Answered], Answered | BaseException]]
    ] = {}
    for work, result in done:
        if isinstance(work.future, Future):
            _settle(work.future, result)
        else:
            loops.setdefault(work.future.get_loop(), []).append((work.future, result))
    for loop, settled in loops.items():
        try:
            loop.call_soon_threadsafe(_settle_all, settled)
        except RuntimeError:
            # The server is going down; the platform will ask again and find the stored reply.
            log.info("loop_closed", replies=len(settled))


def _settle_all(settled: Sequence[tuple[asyncio.Future[Answered], Answered | BaseException]]) -> None:
    for future, result in settled:
        _settle(future, result)


def _settle(future: Future[Answered] | asyncio.Future[Answered], result: Answered | BaseException) -> None:
    if future.done():
        return
    if isinstance(result, BaseException):
        future.set_exception(result)
    else:
        future.set_result(result)
