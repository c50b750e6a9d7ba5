"""Short answers to the bot's own questions: yes, no, a number of a list."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from handlers.choices import Candidate, match

_WORDS = Path(__file__).parent.parent / "templates" / "chat" / "consent.toml"


@lru_cache
def _words() -> dict[str, tuple[str, ...]]:
    return {key: tuple(words) for key, words in tomllib.loads(_WORDS.read_text(encoding="utf-8")).items()}


@lru_cache
def _pair(first: str, second: str) -> tuple[Candidate, ...]:
    return tuple(Candidate(value=key, names=_words()[key], initials="") for key in (first, second))


def consent(text: str) -> bool | None:
    """True for yes (or 1), False for no (or 2), None for anything else."""
    found = match(text, _pair("yes", "no")).certain
    return None if found is None else found == 0


def command_or_content(text: str) -> str | None:
    """Which of the two a person meant: "command" (or 1), "content" (or 2), None if neither."""
    found = match(text, _pair("command", "content")).certain
    return None if found is None else ("command", "content")[found]


def is_same_paper(text: str) -> bool:
    """Whether a person says that the paper is in the file sent before (R32)."""
    return text.strip("。.！! ") in _words()["same_paper"]


def pick(text: str, labels: Sequence[str]) -> int | None:
    """Which entry of a numbered list was chosen, counted from 0; None if none surely was."""
    return match(text, [Candidate(value=label, names=(label,), initials="") for label in labels]).certain
