"""A picture that somebody sent and that is passed on as it is.

Facts: "sha256". Not drawn: the file is in the blob store.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.media.sniffing import format_of
from bot.papers import Drawn
from storage.blobs import BlobStore

# What a browser and the platforms draw; anything else is a file to be saved.
SHOWN = ("jpeg", "png", "gif", "webp", "bmp")


def fetched(blobs: BlobStore, facts: Mapping[str, Any]) -> Drawn:
    """FileNotFoundError where the store has lost it; ValueError for what is no hash."""
    content = blobs.get(str(facts["sha256"]))
    found = format_of(content)
    if found not in SHOWN:
        return Drawn(content, "application/octet-stream", "" if found in ("unknown", "empty") else found)
    return Drawn(content, f"image/{found}", "jpg" if found == "jpeg" else found)
