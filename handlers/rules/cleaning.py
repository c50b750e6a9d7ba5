"""Text as it is kept: invisible signs go, line ends and Word's leftovers are set right (R84)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from handlers.messages import Line, say

# Controls, zero-width and bidirectional signs, lone surrogates: never part of what is meant.
_INVISIBLE = re.compile(
    "[\\x00-\\x08\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\xad\\u061c\\u180e\\u200b-\\u200f\\u202a-\\u202e\\u2060-\\u206f"
    "\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]"
)
_LINE_ENDS = re.compile("\\r\\n?|[\\x0b\\x0c\\x85\\u2028\\u2029]")
_SPACES = re.compile("[\\xa0\\u1680\\u2000-\\u200a\\u202f\\u205f\\u3000]")
_TABS = re.compile(r"[ ]*\t[ \t]*")
# Word and WPS keep their bullets in a private area that no phone can show.
_BULLETS = re.compile("[\\uf000-\\uf0ff]")
_TRAILING = re.compile(r"[ ]+(?=\n)")
_GAPS = re.compile(r"\n{3,}")
_DIRTY = re.compile(
    "[^\\n\\x20-\\x7e\\xa1-\\xac\\xae-\\u061b\\u061d-\\u167f\\u1681-\\u180d\\u180f-\\u1fff\\u2010-\\u2027"
    "\\u2030-\\u205e\\u2070-\\u2fff\\u3001-\\ud7ff\\ue000-\\uefff\\uf100-\\ufefe\\uff00-\\ufff8\\ufffc-\\U0010ffff]"
    "|\\n{3}| \\n"
)


_UNSTORABLE = re.compile("[\\x00\\ud800-\\udfff]")


def storable(text: str) -> str:
    """The text without what no database takes: NUL and halves of surrogate pairs."""
    return _UNSTORABLE.sub("", text)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The text, and what its writer should know about the cleaning."""

    text: str
    notes: tuple[Line, ...] = ()


def clean(raw: str) -> Cleaned:
    """Clean a message; a second time changes nothing, and what is clean is kept as it is."""
    if _DIRTY.search(raw) is None:
        return Cleaned(raw.strip())
    text = _LINE_ENDS.sub("\n", raw)
    text = _INVISIBLE.sub("", text)
    text = _SPACES.sub(" ", text)
    text = text.strip(" \n\t")
    notes = (say("fields/table_flattened"),) if "\t" in text else ()
    text = _BULLETS.sub("·", _TABS.sub("  ", text))
    text = _GAPS.sub("\n\n", _TRAILING.sub("", text))
    return Cleaned(text.strip(), notes)
