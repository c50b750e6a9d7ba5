"""The WeChat official account (服务号): callbacks in, replies and customer-service messages out.

wechatpy is imported in this package alone, and every known defect of it is countered here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from bot.channels.base import Callback, CallbackRefused, Fetched, Send
from bot.channels.official_account.api import Api
from bot.channels.official_account.envelope import Envelope
from bot.channels.official_account.parsing import read_fields, text_of, understand
from bot.channels.official_account.rendering import legible, passive_reply
from bot.channels.official_account.tokens import Pause, Rest, TokenStore
from bot.channels.official_account.transport import Transport
from bot.channels.splitting import split_by_bytes
from handlers.deliveries import Window

LARGEST_BODY = 1024 * 1024
# The platform takes 2048 bytes by its pages, one less by experience.
TEXT_BYTES = 2000
LARGEST_FILE = 30 * 1024 * 1024
ACCEPTED = b"success"
_AFTER_AN_ACT = Window(3, timedelta(minutes=1))
_WINDOWS = MappingProxyType(
    {
        "message": Window(5, timedelta(hours=48)),
        "subscribe": _AFTER_AN_ACT,
        "scan": _AFTER_AN_ACT,
        "click": _AFTER_AN_ACT,
        "scancode_push": _AFTER_AN_ACT,
        "scancode_waitmsg": _AFTER_AN_ACT,
    }
)


@dataclass(kw_only=True, repr=False, eq=False)
class OfficialAccount:
    """One account. `tokens` keeps its access token for all processes, `wall` is the real time.

    `pause` and `rest` wait, the one in a thread, the other on an event loop. Raises ValueError for
    an empty token or app id and for a key that is none. Nothing secret shows in its text.
    """

    name = "official_account"
    # The platform shows a message as often as it takes it, and takes no address in a picture's place.
    repeats_are_safe = False
    opens_papers = False
    # It has no groups.
    pace: Window | None = None

    app_id: str
    app_secret: str
    token: str
    encoding_aes_key: str = ""
    api_base_url: str = "https://api.weixin.qq.com"
    tokens: TokenStore
    wall: Callable[[], datetime]
    pause: Pause = time.sleep
    rest: Rest = asyncio.sleep

    def __post_init__(self) -> None:
        self._envelope = Envelope(
            token=self.token, app_id=self.app_id, encoding_aes_key=self.encoding_aes_key
        )
        self._transport = Transport(self.api_base_url)
        self._api = Api(
            self._transport,
            app_id=self.app_id,
            app_secret=self.app_secret,
            tokens=self.tokens,
            wall=self.wall,
            pause=self.pause,
        )

    @property
    def windows(self) -> Mapping[str, Window]:
        """Five customer-service messages in 48 h after a message, three in a minute after an act.

        Other events, as a link that was opened or a place that was reported, open none.
        """
        return _WINDOWS

    def close(self) -> None:
        """Let go of idle connections."""
        self._transport.close()

    def verify_url(self, query: Mapping[str, str], now: datetime) -> bytes:
        """What proves to the platform that the address is ours. Raises CallbackRefused (403)."""
        self._envelope.check(query, now)
        return query.get("echostr", "").encode(errors="replace")

    def open(self, query: Mapping[str, str], body: bytes, now: datetime) -> Callback:
        """Check and understand a callback, plain or encrypted by its query.

        Raises CallbackRefused: 403 not signed by the platform or stale, 400 unreadable, 413 too large.
        """
        if len(body) > LARGEST_BODY:
            raise CallbackRefused(413, "body too large")
        self._envelope.check(query, now)
        sealed = self._envelope.is_sealed(query)
        if sealed:
            encrypted = text_of(read_fields(body), "Encrypt")
            self._envelope.check_sealed(query, encrypted)
            body = self._envelope.unseal(encrypted)
        parcel = understand(body, self.name)

        def answer(text: str) -> bytes:
            if not text:
                return ACCEPTED
            reply = passive_reply(text, account=parcel.account, person=parcel.message.sender, now=now)
            return (self._envelope.seal(reply, now) if sealed else reply).encode()

        return Callback(parcel.message, answer)

    def split(self, text: str) -> list[str]:
        """Parts of at most 2000 bytes in UTF-8, cut where a reader would pause."""
        return [part for part in split_by_bytes(legible(text), TEXT_BYTES) if part.strip()]

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[Send]:
        """Customer-service messages: text with its link below, then the picture.

        A text that the platform finds too long goes out in halves. After a network error it is not
        known whether the platform had taken the message (`ChannelError.unsure`).
        """
        # Here and not above: web processes never send, and do without its client.
        from bot.channels.official_account.calls import MessageCall, connected
        from bot.channels.official_account.sending import MessageSender

        async with connected() as session:
            call = MessageCall(
                session, self._api.tokens, base_url=self.api_base_url, wall=self.wall, rest=self.rest
            )
            yield MessageSender(call, self._api, self.split)

    def fetch(self, media_id: str, *, most: int = LARGEST_FILE) -> Fetched:
        """Bring a person's file of at most `most` bytes, within three days. Raises ChannelError."""
        return self._api.fetch(media_id, most)
