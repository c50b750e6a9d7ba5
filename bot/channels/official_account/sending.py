"""A message on its way: cut into parts, halved where the platform wants it, its picture brought once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from bot.channels.base import ChannelError, Outgoing
from bot.channels.official_account.api import Api
from bot.channels.official_account.calls import MessageCall
from bot.channels.official_account.faults import MEDIA_GONE, TOO_LONG
from bot.channels.splitting import split_by_bytes
from bot.media.sniffing import format_of

SHORTEST_PART = 100
LARGEST_IMAGE = 2 * 1024 * 1024
PICTURES_KEPT = 32
_IMAGES = {
    "jpeg": ("image.jpg", "image/jpeg"),
    "png": ("image.png", "image/png"),
    "gif": ("image.gif", "image/gif"),
}

# An ASCII name, the bytes and the type.
Picture = tuple[str, bytes, str]
Part = Callable[[], Awaitable[None]]


class MessageSender:
    """Sends one message when called, many at once if wanted. Raises ChannelError."""

    def __init__(self, call: MessageCall, api: Api, split: Callable[[str], list[str]]) -> None:
        self._call = call
        self._api = api
        self._split = split
        self._uploads: dict[bytes, asyncio.Future[str]] = {}

    async def __call__(self, message: Outgoing) -> None:
        """Text with its link below, then the picture."""
        picture = _picture(message.picture) if message.picture is not None else None
        media_id = await self._upload(picture) if picture else ""
        text = "\n".join(part for part in (message.text, message.link) if part)
        parts: list[Part] = [partial(self._send_text, message.address, part) for part in self._split(text)]
        if picture:
            parts.append(partial(self._send_image, message.address, media_id, picture))
        await _one_by_one(parts)

    async def _send_text(self, person: str, text: str) -> None:
        try:
            await self._call.post({"touser": person, "msgtype": "text", "text": {"content": text}})
            return
        except ChannelError as error:
            size = len(text.encode())
            if error.code != TOO_LONG or size < 2 * SHORTEST_PART:
                raise
        halves = split_by_bytes(text, (size + 1) // 2)
        await _one_by_one([partial(self._send_text, person, half) for half in halves])

    async def _send_image(self, person: str, media_id: str, picture: Picture) -> None:
        try:
            await self._post_image(person, media_id)
            return
        except ChannelError as error:
            if error.code != MEDIA_GONE:
                raise
        await self._post_image(person, await self._upload(picture, instead_of=media_id))

    async def _post_image(self, person: str, media_id: str) -> None:
        await self._call.post({"touser": person, "msgtype": "image", "image": {"media_id": media_id}})

    async def _upload(self, picture: Picture, *, instead_of: str = "") -> str:
        """The media id of a picture, which is brought once for all who get the same."""
        digest = hashlib.sha256(picture[1]).digest()
        upload = self._uploads.get(digest)
        if upload is None or _is_over(upload, instead_of):
            if len(self._uploads) >= PICTURES_KEPT:
                self._uploads.pop(next(iter(self._uploads)))
            upload = asyncio.ensure_future(asyncio.to_thread(self._api.upload_image, picture))
            self._uploads[digest] = upload
        return await upload


def _is_over(upload: asyncio.Future[str], forgotten: str) -> bool:
    """Whether an upload failed, or brought a media id that the platform has forgotten."""
    if not upload.done():
        return False
    return upload.cancelled() or upload.exception() is not None or upload.result() == forgotten


async def _one_by_one(parts: Sequence[Part]) -> None:
    """Send the parts of one message. If a later one fails, the message is there in part: unsure."""
    for place, part in enumerate(parts):
        try:
            await part()
        except ChannelError as error:
            if place == 0:
                raise
            raise ChannelError(
                f"after {place} of {len(parts)} parts: {error.reason}",
                permanent=error.permanent,
                action=error.action,
                code=error.code,
                retry_after=error.retry_after,
                unsure=True,
            ) from error


def _picture(content: bytes) -> Picture:
    """A picture that the platform takes (2 MB)."""
    known = _IMAGES.get(format_of(content))
    if known is None or len(content) > LARGEST_IMAGE:
        raise ChannelError("the picture is not a JPEG, PNG or GIF of at most 2 MB", permanent=True)
    return known[0], content, known[1]
