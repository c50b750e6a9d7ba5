"""Files that people sent: streamed, capped, and never taken for what they are not."""

from __future__ import annotations

from email.message import Message
from pathlib import PurePosixPath
from typing import Any

import requests

from bot.channels.base import ChannelError, Fetched
from bot.channels.official_account.transport import LONGEST_ANSWER, chunks, parse_object

DOWNLOAD_SECONDS = 120.0
LONGEST_FILE_NAME = 200


def read_media(response: requests.Response, media_id: str, most: int) -> Fetched | dict[str, Any]:
    """The file, or what the platform says instead of it: an error or a video's address.

    A picture, a recording or a video never begins like an object in JSON, and is never
    called text; what is called so must be such an object, else the fault may pass.
    """
    declared = response.headers.get("Content-Length", "")
    if declared.isdigit() and int(declared) > most:
        raise _too_large(most)
    body = bytearray()
    for chunk in chunks(response, seconds=DOWNLOAD_SECONDS):
        body += chunk
        if len(body) > most:
            raise _too_large(most)
    if not body:
        raise ChannelError("the file came empty", permanent=False)
    content = bytes(body)
    if _is_words(response, content):
        return parse_object(content)
    return Fetched(content, _name(response, media_id))


def _is_words(response: requests.Response, content: bytes) -> bool:
    kind = response.headers.get("Content-Type", "").lower()
    if kind.startswith("text/") or "json" in kind:
        return True
    return content.lstrip()[:1] == b"{" and len(content) <= LONGEST_ANSWER


def _too_large(most: int) -> ChannelError:
    return ChannelError(f"the file has more than {most} bytes", permanent=True)


def video_address(answer: dict[str, Any]) -> str:
    """Where the platform keeps a video, which it does not give directly."""
    address = answer.get("video_url")
    if not isinstance(address, str):
        raise ChannelError("the platform gave neither a file nor a reason", permanent=False)
    return address


def _name(response: requests.Response, media_id: str) -> str | None:
    """The name in the headers, without folders; None if it is only the platform's id."""
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    given = header.get_filename() or ""
    name = PurePosixPath(given.replace("\\", "/")).name
    name = "".join(letter for letter in name if letter.isprintable())
    if not name or PurePosixPath(name).stem == media_id:
        return None
    return name[-LONGEST_FILE_NAME:]
