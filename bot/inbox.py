"""The one door to the conversation: messages queue here and share commits.

A writer thread takes what has queued, answers it in one transaction and releases all replies
once the commit is on disk. On SQLite that is what makes a durable answer cheap: the flush is
shared (docs/performance.md). On PostgreSQL there are several writers; the messages of one
sender always go to the same one, so that they keep their order.
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
from handlers.conversation import Answered, Render, expect, receive
from handlers.messages import InboundMessage
from storage.db import Database

log = structlog.get_logger(__name__)

BATCH = 64
PATIENCE = 2.5

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
    """Hands messages to writer threads. `campaign` is asked for each batch, so it may change."""

    def __init__(
        self, database: Database, campaign: Callable[[], Campaign], *, writers: int | None = None
    ) -> None:
        self._database = database
        self._campaign = campaign
        count = writers or (1 if database.is_sqlite else 4)
        self._lanes: list[queue.SimpleQueue[Work | None]] = [queue.SimpleQueue() for _ in range(count)]
        self._oldest = [0.0] * count
        self._threads = [
            threading.Thread(target=self._run, args=(place,), name=f"inbox-{place}", daemon=True)
            for place in range(count)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Answer what has queued, then end."""
        for lane in self._lanes:
            lane.put(None)
        for thread in self._threads:
            thread.join(timeout=10)

    @property
    def is_overloaded(self) -> bool:
        """Whether a message that came now could wait longer than a platform does."""
        now = time.monotonic()
        return any(oldest and now - oldest > PATIENCE for oldest in self._oldest)

    async def answer(self, message: InboundMessage, *, now: datetime, render: Render) -> Answered:
        """Answer from an event loop. Raises OverloadedError, or what the handler raised."""
        if self.is_overloaded:
            raise OverloadedError
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._enqueue(Work(message, now, render, future=future))
        return await future

    def answer_now(self, work: Work, *, timeout: float = 30.0) -> Answered:
        """Answer from a thread, waiting for it."""
        if not isinstance(work.future, Future):
            raise TypeError("a thread waits on a thread's future")
        self._enqueue(work)
        return work.future.result(timeout)

    def _enqueue(self, work: Work) -> None:
        message = work.message
        self._lanes[hash((message.channel, message.sender)) % len(self._lanes)].put(work)

    def _run(self, place: int) -> None:
        lane = self._lanes[place]
        while True:
            batch = _take(lane)
            works = [work for work in batch if work is not None]
            if works:
                self._oldest[place] = works[0].queued_at
                _release(self._answer_all(works))
                self._oldest[place] = 0.0
            if len(works) < len(batch):
                return

    def _answer_all(self, works: Sequence[Work]) -> list[tuple[Work, Answered | BaseException]]:
        """All in one transaction; if one fails, each again in its own, so that no other suffers."""
        late = time.monotonic() - PATIENCE
        waiting = [work for work in works if work.queued_at >= late or isinstance(work.future, Future)]
        refused = [(work, OverloadedError()) for work in works if work not in waiting]
        try:
            done = self._answer_together(waiting)
        except Exception:
            if len(waiting) > 1:
                log.warning("batch_split", messages=len(waiting), exc_info=True)
            done = [(work, self._answer_alone(work)) for work in waiting]
        return [*done, *refused]

    def _answer_together(self, works: Sequence[Work]) -> list[tuple[Work, Answered | BaseException]]:
        campaign = self._campaign()
        with self._database.writing() as session:
            expect(session, [work.message for work in works])
            return [(work, _answer(session, campaign, work)) for work in works]

    def _answer_alone(self, work: Work) -> Answered | BaseException:
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


def _take(lane: queue.SimpleQueue[Work | None]) -> list[Work | None]:
    """What has queued, at least one, at most a batch."""
    batch = [lane.get()]
    while len(batch) < BATCH and batch[-1] is not None:
        try:
            batch.append(lane.get_nowait())
        except queue.Empty:
            break
    return batch


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
