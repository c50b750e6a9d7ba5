"""Being called by name in a group: whether a text does, and what it says without the call (R93)."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from pathlib import Path

_NAMES = Path(__file__).parent.parent / "templates" / "chat" / "calls.toml"


def take_call(text: str) -> tuple[bool, str]:
    """Whether the bot is called somewhere in `text`, and the text without any such call."""
    rest, calls = _call().subn(" ", text)
    return (True, rest.strip()) if calls else (False, text)


@lru_cache
def _call() -> re.Pattern[str]:
    """A platform puts a space of its own behind a name, so any kind of space goes with it.

    What looks like an e-mail address is no call.
    """
    names = tomllib.loads(_NAMES.read_text(encoding="utf-8"))["names"]
    forms = "|".join(re.escape(name) + (r"(?![a-z0-9])" if name.isascii() else "") for name in names)
    return re.compile(rf"(?<![a-z0-9._-])[@＠](?:{forms})\s*", re.IGNORECASE)
