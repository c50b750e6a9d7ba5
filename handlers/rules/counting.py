"""How long a Chinese text is: all characters but spaces (A23), and what Word would say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# Not characters of their own: spaces, combining marks, joiners, variation selectors, skin tones.
_UNCOUNTED = re.compile(
    "[\\s\\u0300-\\u036f\\u20d0-\\u20ff\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufe00-\\ufe0f\\ufeff"
    "\\U0001f3fb-\\U0001f3ff\\U000e0100-\\U000e01ef]"
)
_WIDE = (
    "\\u2018-\\u201d\\u2026\\u2014\\u2e80-\\u2fff\\u3001-\\u303f\\u3040-\\u9fff"
    "\\uf900-\\ufaff\\ufe30-\\ufe4f\\uff00-\\uff60\\U00020000-\\U0003ffff"
)
_WORDS = re.compile(f"[{_WIDE}]|[^\\s{_WIDE}]+")
_PUNCTUATION = re.compile(r"[\W_]+")
SHOWN = 10
EXCERPT = 24


@dataclass(frozen=True, slots=True)
class Length:
    """Both counts of a text: `count` is ours and decides, `word` is what Word shows as 字数."""

    count: int
    word: int

    @staticmethod
    @lru_cache(maxsize=64)
    def of(text: str) -> Length:
        """Remembered for a while, since one answer is measured several times in a turn."""
        return Length(count(text), word_count(text))


def count(text: str) -> int:
    """All characters that are not spaces, punctuation included; a mark on a character is none."""
    return len(_UNCOUNTED.sub("", text))


def word_count(text: str) -> int:
    """字数 as Microsoft Word counts: a Chinese character or mark is 1, a run of others is 1."""
    return len(_WORDS.findall(text))


def cut_point(text: str, limit: int) -> str:
    """The last few characters that still fit into `limit`, to show where it falls."""
    left = limit
    for place, character in enumerate(text):
        if _UNCOUNTED.match(character):
            continue
        if left == 0:
            return text[max(0, place - SHOWN) : place].strip()
        left -= 1
    return text[-SHOWN:].strip()


def excerpt(text: str, most: int = EXCERPT) -> str:
    """The beginning of a text for quoting it back; what is short enough is quoted whole."""
    return text if len(text) <= most else f"{text[:most]}……"


def title_key(title: str) -> str:
    """A title for comparison: no spaces, no punctuation, small letters (R58)."""
    return _PUNCTUATION.sub("", title).casefold()
