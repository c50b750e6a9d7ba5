"""What every channel offers, and the one error it raises when a platform refuses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from handlers.deliveries import Window
from handlers.messages import InboundMessage


class ChannelError(Exception):
    """A delivery or download that the platform refused.

    `permanent`: trying again cannot help. `code` is the platform's, `action` what the
    dispatcher should do: "retry", "park" (deliver at the person's next contact), "drop" (this
    address never); "wait" (the whole channel, for `retry_after` seconds) and "stop" (the whole
    channel, until an operator has helped). `unsure`: the message, or its first part, may have
    arrived. The text never holds a secret, a token or a URL.
    """

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool,
        action: str = "retry",
        code: int | None = None,
        retry_after: float | None = None,
        unsure: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.action = action
        self.code = code
        self.retry_after = retry_after
        self.unsure = unsure


class CallbackRefused(Exception):
    """A request that did not come from the platform or cannot be read: answered with `status`."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback that was checked and understood.

    `answer` turns the text of a passive reply into the body the platform expects ("" for
    "received, nothing to say"), signed and encrypted as the request was.
    """

    message: InboundMessage
    answer: Callable[[str], bytes]
    content_type: str = "application/xml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file brought from the platform: its bytes and the name it came with, if any."""

    content: bytes
    name: str | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message ready to be sent: text within the channel's limit, maybe with a link or a picture.

    `key` names the message for ever: who gets it twice can tell. `chat` is "private" or "group".
    `paper` is the token of the picture's address; `picture` its bytes, unless the channel opens papers.
    """

    address: str
    text: str
    link: str | None = None
    picture: bytes | None = None
    paper: str | None = None
    key: str = ""
    chat: str = "private"


Send = Callable[[Outgoing], Awaitable[None]]


class Channel(Protocol):
    """A way to people. `name` is the key under `[channels]` in the config."""

    name: str
    # Whether the same message sent twice (`Outgoing.key`) appears once.
    repeats_are_safe: bool
    # Whether a paper is shown by its address, so that nobody need draw it to send it.
    opens_papers: bool

    @property
    def windows(self) -> Mapping[str, Window]:
        """The platform's rules for writing first, by what opens them; empty: always allowed.

        What opens them is "message", or the name of an event as in `InboundMessage.event`.
        """
        ...

    @property
    def pace(self) -> Window | None:
        """How many messages a group takes in what time; None: as many as there are."""
        ...

    def split(self, text: str) -> list[str]:
        """Cut a long reply into parts that the platform takes, never inside a character."""
        ...

    def sending(self) -> AbstractAsyncContextManager[Send]:
        """Connections for the time of a block: what is yielded sends one message, outside any transaction.

        It may be awaited many times at once, and raises ChannelError.
        """
        ...


@asynccontextmanager
async def in_threads(send: Callable[[Outgoing], None], *, at_once: int = 8) -> AsyncIterator[Send]:
    """`Channel.sending` for a channel whose way of sending blocks."""
    with ThreadPoolExecutor(at_once, thread_name_prefix="send") as pool:

        async def call(message: Outgoing) -> None:
            await asyncio.get_running_loop().run_in_executor(pool, send, message)

        yield call
