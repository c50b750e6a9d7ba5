"""The WeChat official account (服务号): callbacks in, replies and customer-service messages out.

wechatpy is imported in this package alone, and every known defect of it is countered here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType

from bot.channels.base import Callback, CallbackRefused, ChannelError, Fetched, Outgoing
from bot.channels.official_account.api import Api
from bot.channels.official_account.envelope import Envelope
from bot.channels.official_account.faults import MEDIA_GONE, TOO_LONG
from bot.channels.official_account.parsing import read_fields, text_of, understand
from bot.channels.official_account.rendering import legible, passive_reply
from bot.channels.official_account.tokens import Pause, TokenStore
from bot.channels.official_account.transport import Transport
from bot.channels.splitting import split_by_bytes
from bot.media.sniffing import format_of
from handlers.deliveries import Window

LARGEST_BODY = 1024 * 1024
# The platform takes 2048 bytes by its pages, one less by experience.
TEXT_BYTES = 2000
SHORTEST_PART = 100
LARGEST_FILE = 30 * 1024 * 1024
LARGEST_IMAGE = 2 * 1024 * 1024
ACCEPTED = b"success"
_IMAGES = {
    "jpeg": ("image.jpg", "image/jpeg"),
    "png": ("image.png", "image/png"),
    "gif": ("image.gif", "image/gif"),
}
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

    Raises ValueError for an empty token or app id and for a key that is none. Nothing secret
    shows in its text.
    """

    name = "official_account"

    app_id: str
    app_secret: str
    token: str
    encoding_aes_key: str = ""
    api_base_url: str = "https://api.weixin.qq.com"
    tokens: TokenStore
    wall: Callable[[], datetime]
    pause: Pause = time.sleep

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

    def send(self, message: Outgoing) -> None:
        """Send a customer-service message: text with its link below, then the picture.

        A text that the platform finds too long goes out in halves. Raises ChannelError; after
        a network error it is not known whether the platform had taken the message.
        """
        picture = _picture(message.image) if message.image else None
        media_id = self._api.upload_image(picture) if picture else None
        text = "\n".join(part for part in (message.text, message.link) if part)
        for part in self.split(text):
            self._send_text(message.address, part)
        if picture and media_id:
            self._send_image(message.address, media_id, picture)

    def fetch(self, media_id: str, *, most: int = LARGEST_FILE) -> Fetched:
        """Bring a person's file of at most `most` bytes, within three days. Raises ChannelError."""
        return self._api.fetch(media_id, most)

    def _send_text(self, person: str, text: str) -> None:
        try:
            self._api.message.send_text(person, text)
            return
        except ChannelError as error:
            size = len(text.encode())
            if error.code != TOO_LONG or size < 2 * SHORTEST_PART:
                raise
        for part in split_by_bytes(text, (size + 1) // 2):
            self._send_text(person, part)

    def _send_image(self, person: str, media_id: str, picture: tuple[str, bytes, str]) -> None:
        try:
            self._api.message.send_image(person, media_id)
            return
        except ChannelError as error:
            if error.code != MEDIA_GONE:
                raise
        self._api.message.send_image(person, self._api.upload_image(picture))


def _picture(path: str) -> tuple[str, bytes, str]:
    """An ASCII name, the bytes and the type of a picture that the platform takes (2 MB)."""
    try:
        content = Path(path).read_bytes()
    except OSError:
        raise ChannelError("the picture cannot be read", permanent=True) from None
    known = _IMAGES.get(format_of(content))
    if known is None or len(content) > LARGEST_IMAGE:
        raise ChannelError("the picture is not a JPEG, PNG or GIF of at most 2 MB", permanent=True)
    return known[0], content, known[1]
