"""Cutting a long reply into messages that a platform takes, where a reader would pause."""

from __future__ import annotations

# Where a cut may fall, best first: between paragraphs, lines, sentences, clauses.
_PAUSES = ("\n\n", "\n", "。", "；", "，", " ")


def split_by_bytes(text: str, most: int) -> list[str]:
    """Parts of at most `most` bytes in UTF-8, together the whole text; [] for an empty one.

    A part is cut inside a sentence only where there is no pause in its second half, and never
    inside a character. Line breaks at a cut are dropped, nothing else is.
    """
    parts = []
    rest = text
    while len(rest.encode()) > most:
        head = rest.encode()[:most].decode(errors="ignore")
        cut = _pause_in(head)
        parts.append(rest[:cut].rstrip("\n"))
        rest = rest[cut:].lstrip("\n")
    if rest:
        parts.append(rest)
    return parts


def _pause_in(head: str) -> int:
    for pause in _PAUSES:
        found = head.rfind(pause)
        if found >= len(head) // 2:
            return found + len(pause)
    return len(head)
