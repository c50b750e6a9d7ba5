"""Outbox rows go out: claimed in one transaction, sent outside it, settled in another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import structlog

from bot.channels.base import Channel, ChannelError, Outgoing
from handlers.deliveries import Delivery, Settlement, claim, give_back, settle
from storage.db import Database

log = structlog.get_logger(__name__)

AT_ONCE = 8
ROUNDS = 200
STOPPED_FOR = timedelta(minutes=10)


class Dispatcher:
    """Delivers what is due on the channels that are connected."""

    def __init__(self, database: Database, channels: Mapping[str, Channel]) -> None:
        self._database = database
        self._channels = channels
        # Until when a channel is left alone, and why.
        self._stopped: dict[str, tuple[datetime, str]] = {}

    def deliver(self, now: Callable[[], datetime], *, only: str | None = None) -> int:
        """Send all that is due, in rounds so that parts keep their order; how many went out."""
        sent = 0
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="deliver") as pool:
            for _ in range(ROUNDS):
                batch = self._claim(now(), only)
                if not batch:
                    break
                settlements = list(pool.map(lambda delivery: self._send(delivery, now()), batch))
                with self._database.writing() as session:
                    for delivery, settlement in zip(batch, settlements, strict=True):
                        settle(session, delivery, settlement, now=now())
                sent += sum(settlement.state == "sent" for settlement in settlements)
        return sent

    def _claim(self, now: datetime, only: str | None) -> list[Delivery]:
        """Due rows of channels that are connected and not stopped by their platform."""
        names = [only] if only is not None else list(self._channels)
        open_now = [name for name in names if self._stop_of(name, now) is None]
        windows = {name: self._channels[name].windows for name in open_now}
        with self._database.writing() as session:
            return claim(session, windows, now=now)

    def _send(self, delivery: Delivery, now: datetime) -> Settlement:
        channel = self._channels[delivery.channel]
        stop = self._stop_of(delivery.channel, now)
        if stop is not None:
            until, reason = stop
            return Settlement("new", reason, until)
        try:
            channel.send(Outgoing(address=delivery.address, text=delivery.text))
        except ChannelError as error:
            log.warning("delivery_refused", outbox=delivery.id, code=error.code, action=error.action)
            if error.action in ("stop", "wait"):
                self._stop(delivery.channel, error, now)
            action = "fail" if error.permanent and error.action == "retry" else error.action
            return give_back(delivery, action, error.reason, now=now, wait=error.retry_after)
        except Exception:
            log.exception("delivery_failed", outbox=delivery.id)
            return give_back(delivery, "retry", "unexpected failure, see the log", now=now, wait=None)
        return Settlement("sent")

    def _stop_of(self, channel: str, now: datetime) -> tuple[datetime, str] | None:
        stop = self._stopped.get(channel)
        return stop if stop is not None and stop[0] > now else None

    def _stop(self, channel: str, error: ChannelError, now: datetime) -> None:
        """Leave a channel alone for a while: what was refused is refused to every message."""
        pause = STOPPED_FOR if error.retry_after is None else timedelta(seconds=error.retry_after)
        self._stopped[channel] = (now + pause, error.reason)
        alarm = log.error if error.action == "stop" else log.warning
        alarm("channel_stopped", channel=channel, reason=error.reason, until=(now + pause).isoformat())
