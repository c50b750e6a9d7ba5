"""The addresses on this server of what a message in the simulator shows: picture, file, link."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

# Chromium and WeChat draw these; another picture is shown as a file.
PICTURES = ("jpeg", "png", "gif", "webp", "bmp")
PAPERS = "/p/"


def with_addresses(message: dict[str, Any], public_url: str) -> dict[str, Any]:
    """The message as INTERFACES has it: `image_url` of its picture, `link` of ours in its text."""
    shown = {name: value for name, value in message.items() if name != "paper"}
    paper, file = message["paper"], message["file"]
    shown |= {"image_url": PAPERS + paper if paper else None, "link": link_in(message["text"], public_url)}
    if file is None or "sha256" not in file:
        return shown
    address = f"/simulator/files/{message['id']}"
    is_picture = message["kind"] == "image" and file["format"] in PICTURES
    kept = {name: file[name] for name in ("name", "size", "kind")}
    return {**shown, "file": {**kept, "url": address}, "image_url": address if is_picture else None}


def link_in(text: str, public_url: str) -> str | None:
    """The first address of our own in a text; None if there is none."""
    found = _ours(public_url).search(text) if public_url else None
    return None if found is None else found.group().rstrip(".,:?!")


@lru_cache
def _ours(public_url: str) -> re.Pattern[str]:
    """A path behind our name, or the name alone; another host that only begins alike is none."""
    return re.compile(rf"{re.escape(public_url)}(?:[/?#][\w/.~:?#&=%+,!-]*|(?![\w.:-]))", re.ASCII)
