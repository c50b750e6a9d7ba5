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
        self._stopped_until: dict[str, datetime] = {}

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
        open_now = [name for name in names if self._stopped_until.get(name, now) <= now]
        windows = {name: self._channels[name].windows for name in open_now}
        with self._database.writing() as session:
            return claim(session, windows, now=now)

    def _send(self, delivery: Delivery, now: datetime) -> Settlement:
        channel = self._channels[delivery.channel]
        try:
            channel.send(Outgoing(address=delivery.address, text=delivery.text))
        except ChannelError as error:
            log.warning("delivery_refused", outbox=delivery.id, code=error.code, action=error.action)
            if error.action == "stop":
                self._stopped_until[delivery.channel] = now + STOPPED_FOR
            action = "fail" if error.permanent and error.action == "retry" else error.action
            return give_back(delivery, action, error.reason, now=now, wait=error.retry_after)
        except Exception:
            log.exception("delivery_failed", outbox=delivery.id)
            return give_back(delivery, "retry", "unexpected failure, see the log", now=now, wait=None)
        return Settlement("sent")
