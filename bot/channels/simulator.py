"""The simulator's channel: WeChat's limits without WeChat; messages land on its screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bot.channels.base import ChannelError, Outgoing
from bot.channels.splitting import split_by_bytes
from handlers.deliveries import Window
from handlers.errors import HandlerError

PASSIVE_BYTES = 2000
Tell = Callable[[str, str, datetime], None]


class Simulator:
    """Acts as the official account does: short passive replies, the rest pushed afterwards."""

    name = "simulator"
    windows: Mapping[str, Window] = {}

    def __init__(self, tell: Tell, now: Callable[[], datetime]) -> None:
        self._tell = tell
        self._now = now

    def split(self, text: str) -> list[str]:
        return split_by_bytes(text, PASSIVE_BYTES)

    def send(self, message: Outgoing) -> None:
        """Put a pushed message on the person's screen."""
        try:
            self._tell(message.address, message.text, self._now())
        except HandlerError as error:
            raise ChannelError("nobody has this address", permanent=True, action="drop") from error
