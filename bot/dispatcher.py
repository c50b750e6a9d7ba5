"""Outbox rows go out: claimed in one transaction, sent outside it by many at once, settled in another."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from functools import partial

import structlog

from bot.channels.base import Channel, ChannelError, Outgoing, Send
from handlers.deliveries import (
    Claim,
    Delivery,
    Settlement,
    Terms,
    claim,
    give_back,
    is_risky,
    settle,
    text_for,
    wake,
)
from storage.db import Database

log = structlog.get_logger(__name__)

# Begun with, and at most. Each message that was taken allows two more, so that a platform that
# refuses all of them is not asked hundreds of times. More at once would be faster and leave callbacks waiting.
AT_FIRST = 8
AT_ONCE = 160
# Taken beforehand, so that the next begins when one ends and not with the next look at the outbox.
AHEAD = 80
# So many that have ended, or all that end within this time, are settled together with one flush to the disk.
TOGETHER = 64
WITHIN = 0.02
STOPPED_FOR = timedelta(minutes=10)
LONGEST_REASON = 300
PICTURES_KEPT = 8

Draw = Callable[[str], bytes | None]
Ended = list[tuple[Delivery, Settlement]]


def _draws_nothing(_: str) -> None:
    return None


class Dispatcher:
    """Delivers what is due on the channels that are connected.

    `draw` makes the picture of a paper's token, None for one that is no more. `public_phones`
    are the numbers that the notice publishes: a group may see them.
    """

    def __init__(
        self,
        database: Database,
        channels: Mapping[str, Channel],
        *,
        draw: Draw = _draws_nothing,
        public_phones: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self.database = database
        self.channels = channels
        self.draw = draw
        self.public_phones = public_phones
        self._terms = {
            name: Terms(channel.windows, channel.pace, channel.repeats_are_safe)
            for name, channel in channels.items()
        }
        # Until when a channel is left alone, and why.
        self._stopped: dict[str, tuple[datetime, str]] = {}

    def deliver(
        self,
        now: Callable[[], datetime],
        *,
        only: str | None = None,
        enough: Callable[[], bool] = lambda: False,
    ) -> int:
        """Send all that is due, or what was begun before `enough`; how many went out.

        Not to be called on an event loop: it runs one of its own.
        """
        with self.database.writing() as session:
            wake(session, now=now())
        first = self.claim([], AT_FIRST, now(), only)
        if first.is_all:
            return 0
        return asyncio.run(_Run(self, now, only, enough).until_all_is_sent(first))

    def claim(self, ended: Ended, most: int, now: datetime, only: str | None) -> Claim:
        """Settle what has ended, then take due rows of channels that no platform has stopped."""
        names = [only] if only is not None else list(self.channels)
        terms = {name: self._terms[name] for name in names if self.stop_of(name, now) is None}
        with self.database.writing() as session:
            settle(session, ended, now=now)
            return claim(session, terms, now=now, most=most) if most else Claim([], is_all=True)

    def judge(self, delivery: Delivery, error: ChannelError, now: datetime) -> Settlement:
        """What becomes of a message that a platform refused, and of the channel."""
        if error.action in ("stop", "wait"):
            self._stop(delivery.channel, error, now)
        if error.unsure and is_risky(delivery, self._terms[delivery.channel]):
            return Settlement("unsure", error.reason[:LONGEST_REASON])
        action = "fail" if error.permanent and error.action == "retry" else error.action
        return give_back(delivery, action, error.reason, now=now, wait=error.retry_after)

    def stop_of(self, channel: str, now: datetime) -> tuple[datetime, str] | None:
        """Until when a channel is left alone, and why."""
        stop = self._stopped.get(channel)
        return stop if stop is not None and stop[0] > now else None

    def _stop(self, channel: str, error: ChannelError, now: datetime) -> None:
        """Leave a channel alone for a while: what was refused is refused to every message."""
        pause = STOPPED_FOR if error.retry_after is None else timedelta(seconds=error.retry_after)
        is_news = self.stop_of(channel, now) is None
        self._stopped[channel] = (now + pause, error.reason)
        if is_news:
            alarm = log.error if error.action == "stop" else log.warning
            alarm("channel_stopped", channel=channel, reason=error.reason, until=(now + pause).isoformat())


class _Run:
    """One call of `deliver`: an event loop, connections for its time, and what is in flight."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        now: Callable[[], datetime],
        only: str | None,
        enough: Callable[[], bool],
    ) -> None:
        self._dispatcher = dispatcher
        self._now = now
        self._only = only
        self._enough = enough
        self._in_flight: dict[int, asyncio.Task[None]] = {}
        self._waiting: deque[Delivery] = deque()
        self._ended: Ended = []
        self._some_ended = asyncio.Event()
        self._many_ended = asyncio.Event()
        self._width = AT_FIRST
        self._sent = 0
        self._sends: dict[str, Send] = {}
        self._pictures: dict[str, asyncio.Future[bytes | None]] = {}

    async def until_all_is_sent(self, claim: Claim) -> int:
        """Keep as many in flight as may be; what was begun is settled, whatever happens."""
        async with AsyncExitStack() as stack:
            books = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="outbox"))
            self._sends = {
                name: await stack.enter_async_context(channel.sending())
                for name, channel in self._dispatcher.channels.items()
                if self._only in (None, name)
            }
            try:
                await self._keep_sending(claim, books)
            finally:
                await self._finish(books)
        return self._sent

    async def _keep_sending(self, claim: Claim, books: ThreadPoolExecutor) -> None:
        while True:
            self._waiting += claim.taken
            self._begin()
            if self._in_flight:
                await self._wait()
            elif claim.is_all and not self._ended:
                return
            claim = await self._turn(books, self._room())

    def _begin(self) -> None:
        """Send what was taken, as far as there is room."""
        while self._waiting and len(self._in_flight) < self._width and not self._enough():
            delivery = self._waiting.popleft()
            self._in_flight[delivery.id] = asyncio.create_task(self._send(delivery))

    def _room(self) -> int:
        """How many may be taken; none, and what was not begun is let go, once it is enough."""
        if self._enough():
            self._let_go()
            return 0
        ahead = min(AHEAD, self._width // 2)
        return max(0, self._width + ahead - len(self._in_flight) - len(self._waiting))

    def _let_go(self) -> None:
        self._ended += [(delivery, Settlement("new")) for delivery in self._waiting]
        self._waiting.clear()

    async def _wait(self) -> None:
        """Until something has ended, and a moment longer for what ends with it."""
        await self._some_ended.wait()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._many_ended.wait(), WITHIN)
        self._some_ended.clear()
        self._many_ended.clear()

    async def _turn(self, books: ThreadPoolExecutor, most: int) -> Claim:
        """Settle what has ended and take as many as there is room for, beside the sending."""
        ended, self._ended = self._ended, []
        turn = partial(self._dispatcher.claim, ended, most, self._now(), self._only)
        try:
            return await asyncio.get_running_loop().run_in_executor(books, turn)
        except Exception:
            self._ended = ended + self._ended
            raise

    async def _finish(self, books: ThreadPoolExecutor) -> None:
        """Let what is in flight end, and say how it went."""
        self._let_go()
        if self._in_flight:
            await asyncio.wait(list(self._in_flight.values()))
        if self._ended:
            await self._turn(books, 0)

    async def _send(self, delivery: Delivery) -> None:
        settlement = await self._attempt(delivery)
        if settlement.state == "sent":
            self._sent += 1
            self._width = min(AT_ONCE, self._width + 2)
        # Here and not by a callback of the task, which runs later: nobody must wait for what has ended.
        del self._in_flight[delivery.id]
        self._ended.append((delivery, settlement))
        self._begin()
        self._some_ended.set()
        if len(self._ended) >= min(TOGETHER, len(self._in_flight)):
            self._many_ended.set()

    async def _attempt(self, delivery: Delivery) -> Settlement:
        dispatcher, now = self._dispatcher, self._now()
        stop = dispatcher.stop_of(delivery.channel, now)
        if stop is not None:
            until, reason = stop
            return Settlement("new", reason, until)
        text = text_for(delivery, public_phones=dispatcher.public_phones)
        if text is None:
            return Settlement("failed", "private")
        try:
            picture = await self._picture(delivery)
        except Exception:
            log.exception("picture_not_drawn", outbox=delivery.id)
            return give_back(delivery, "retry", "the picture could not be drawn", now=now, wait=None)
        if picture is None and delivery.paper and not dispatcher.channels[delivery.channel].opens_papers:
            return Settlement("failed", "the picture is no more")
        try:
            await self._sends[delivery.channel](_outgoing(delivery, text, picture))
        except ChannelError as error:
            log.warning("delivery_refused", outbox=delivery.id, code=error.code, action=error.action)
            return dispatcher.judge(delivery, error, self._now())
        except Exception:
            log.exception("delivery_failed", outbox=delivery.id)
            fault = ChannelError("unexpected failure, see the log", permanent=False, unsure=True)
            return dispatcher.judge(delivery, fault, self._now())
        return Settlement("sent")

    async def _picture(self, delivery: Delivery) -> bytes | None:
        """The drawn paper, drawn once for all who get the same."""
        token = delivery.paper
        if not token or self._dispatcher.channels[delivery.channel].opens_papers:
            return None
        if token not in self._pictures:
            if len(self._pictures) >= PICTURES_KEPT:
                self._pictures.pop(next(iter(self._pictures)))
            drawn = asyncio.to_thread(self._dispatcher.draw, token)
            self._pictures[token] = asyncio.ensure_future(drawn)
        return await self._pictures[token]


def _outgoing(delivery: Delivery, text: str, picture: bytes | None) -> Outgoing:
    return Outgoing(
        address=delivery.address,
        text=text,
        picture=picture,
        paper=delivery.paper,
        key=delivery.dedupe_key,
        chat=delivery.chat,
    )
