"""Short answers to the bot's own questions: yes, no, a number of a list."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from handlers.choices import Candidate, fold, match, whole_number

LONGEST_SLIGHT = 8

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


def is_small_talk(text: str) -> bool:
    """A greeting or thanks: said to the bot and never meant for the form."""
    return len(text) <= LONGEST_SLIGHT and fold(text).rstrip("?") in _folded("small_talk")


def is_slight(text: str) -> bool:
    """A yes, a no, a number, 没有 or a single character: more likely said to the bot than for the form."""
    if len(text) > LONGEST_SLIGHT:
        return False
    said = fold(text)
    if len(said) < 2 or whole_number(said) is not None or said in _folded("nothing"):
        return True
    return consent(text) is not None


@lru_cache
def _folded(key: str) -> frozenset[str]:
    return frozenset(fold(word) for word in _words()[key])


def pick(text: str, labels: Sequence[str]) -> int | None:
    """Which entry of a numbered list was chosen, counted from 0; None if none surely was."""
    return match(text, [Candidate(value=label, names=(label,), initials="") for label in labels]).certain
