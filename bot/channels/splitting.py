"""Cutting a long reply into messages that a platform takes, where a reader would pause."""

from __future__ import annotations

import unicodedata

# Where a cut may fall, best first: between paragraphs, lines, sentences, clauses; and how
# much of a part must be full there, since every part counts against the platform's quota.
_PAUSES = (("\n\n", 0.5), ("\n", 0.25), ("。", 0.5), ("；", 0.5), ("，", 0.5), (" ", 0.5))
_JOINER = "\u200d"
# What people see as one character seldom has more parts; behind so many a cut is forced.
_LONGEST_CLUSTER = 32


def split_by_bytes(text: str, most: int) -> list[str]:
    """Parts of at most `most` bytes in UTF-8, together the whole text; [] for an empty one.

    A part ends inside a line only if that line would leave three quarters of it empty, inside
    a sentence only if there is no pause in its second half, and never inside what a reader
    sees as one character. Line breaks at a cut are dropped, nothing else is.
    """
    parts = []
    rest = text
    while len(rest.encode()) > most:
        cut = _cut_of(rest, len(rest.encode()[:most].decode(errors="ignore")))
        parts.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:].lstrip("\n")
    if rest:
        parts.append(rest)
    return parts


def _cut_of(text: str, size: int) -> int:
    """Where to cut so that at most `size` letters stand before it."""
    for pause, least in _PAUSES:
        found = text.rfind(pause, 0, size)
        if found >= size * least:
            return found + len(pause)
    for cut in range(size, max(0, size - _LONGEST_CLUSTER), -1):
        if not _is_inside(text, cut):
            return cut
    return size


def _is_inside(text: str, cut: int) -> bool:
    """Whether letters on both sides of a cut show as one: marks, skin tones, families, flags."""
    behind = text[cut]
    if unicodedata.category(behind).startswith("M") or behind == _JOINER or text[cut - 1] == _JOINER:
        return True
    if "\U0001f3fb" <= behind <= "\U0001f3ff" or "\U000e0020" <= behind <= "\U000e007f":
        return True
    return _is_flag(behind) and _flags_before(text, cut) % 2 == 1


def _is_flag(letter: str) -> bool:
    return "\U0001f1e6" <= letter <= "\U0001f1ff"


def _flags_before(text: str, cut: int) -> int:
    """How many halves of flags stand in a row before a cut."""
    count = 0
    while count < cut and _is_flag(text[cut - 1 - count]):
        count += 1
    return count
