"""The printed words of papers: each kind has its file, and each word in it is printed."""

from __future__ import annotations

import re

from bot.papers.labels import PAPERS, labels
from tests.source import ROOT

# A list of cells and one of pictures have no words of their own.
KINDS = ("board", "contact_form", "poster")


def test_every_file_belongs_to_a_kind() -> None:
    assert sorted(path.stem for path in PAPERS.iterdir()) == list(KINDS)


def test_every_word_is_used_and_every_used_one_is_there() -> None:
    for kind in KINDS:
        source = (ROOT / f"bot/papers/{kind}.py").read_text(encoding="utf-8")
        used = set(re.findall(r'(?:said|labels\("\w+"\))\["(\w+)"\]', source))
        composed = {"union_action", "union_hint", "group_action", "group_hint", "missing", "above"}
        composed |= {"valid_until", "valid_until_time"}
        assert (kind, used - set(labels(kind))) == (kind, set())
        assert (kind, set(labels(kind)) - used - composed) == (kind, set())
