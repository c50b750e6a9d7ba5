"""The simulator's channel: WeChat's limits without WeChat; messages land on its screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from bot.channels.base import ChannelError, Outgoing, Send, in_threads
from bot.channels.splitting import split_by_bytes
from handlers.deliveries import Window
from handlers.errors import HandlerError

PASSIVE_BYTES = 2000
Tell = Callable[[Outgoing], None]


class Simulator:
    """Acts as the official account does: short passive replies, the rest pushed afterwards.

    What is told twice under one key appears once, and a picture is shown by its address.
    """

    name = "simulator"
    repeats_are_safe = True
    opens_papers = True
    windows: Mapping[str, Window] = {}
    pace: Window | None = None

    def __init__(self, tell: Tell) -> None:
        self._tell = tell

    def split(self, text: str) -> list[str]:
        return split_by_bytes(text, PASSIVE_BYTES)

    def sending(self) -> AbstractAsyncContextManager[Send]:
        return in_threads(self.send)

    def send(self, message: Outgoing) -> None:
        """Put a pushed message on the person's screen, or into the group."""
        try:
            self._tell(message)
        except HandlerError as error:
            raise ChannelError("nobody has this address", permanent=True, action="drop") from error
