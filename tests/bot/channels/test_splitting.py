"""Long replies are cut where a reader would pause, and never through what looks like one character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.splitting import split_by_bytes


def test_what_fits_is_not_cut() -> None:
    assert split_by_bytes("一" * 20, 60) == ["一" * 20]
    assert split_by_bytes("一" * 21, 60) == ["一" * 20, "一"]
    assert split_by_bytes("", 60) == []


LINES = [
    ("甲" * 11 + "\n\n" + "乙" * 4 + "\n" + "丙" * 10, ["甲" * 11, "乙" * 4 + "\n" + "丙" * 10]),
    ("甲" * 5 + "\n" + "乙" * 7 + "。" + "丙" * 9, ["甲" * 5, "乙" * 7 + "。" + "丙" * 9]),
    ("甲" * 4 + "\n" + "乙" * 8 + "。" + "丙" * 9, ["甲" * 4 + "\n" + "乙" * 8 + "。", "丙" * 9]),
    ("甲" * 12 + "；" + "乙" * 9, ["甲" * 12 + "；", "乙" * 9]),
    ("甲" * 12 + "，" + "乙" * 9, ["甲" * 12 + "，", "乙" * 9]),
    ("a" * 40 + " " + "b" * 30, ["a" * 40 + " ", "b" * 30]),
    ("甲" * 5 + "。" + "乙" * 18, ["甲" * 5 + "。" + "乙" * 14, "乙" * 4]),
]


@pytest.mark.parametrize(("text", "parts"), LINES)
def test_a_cut_falls_where_a_reader_pauses(text: str, parts: list[str]) -> None:
    """Between paragraphs, lines, sentences, clauses, words; but no part stays nearly empty."""
    assert split_by_bytes(text, 60) == parts


CLUSTERS = ["👨‍👩‍👧", "👍🏽", "❤️", "🇨🇳", "é", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "葛󠄀", "😀", "車"]


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_no_cut_goes_through_what_looks_like_one_character(cluster: str) -> None:
    parts = split_by_bytes(cluster * 30, 100)
    assert "".join(parts) == cluster * 30
    assert [part.replace(cluster, "") for part in parts] == [""] * len(parts)


def test_marks_without_end_are_cut_all_the_same() -> None:
    parts = split_by_bytes("a" + "\u0301" * 500, 100)
    assert "".join(parts) == "a" + "\u0301" * 500
    assert max(len(part.encode()) for part in parts) <= 100


@given(st.text(st.sampled_from("一a\n 。，\u0301\u200d🏽🇨👩"), max_size=200), st.integers(20, 90))
def test_parts_fit_and_only_line_breaks_are_dropped(text: str, most: int) -> None:
    parts = split_by_bytes(text, most)
    assert all(len(part.encode()) <= most for part in parts)
    assert "".join(parts).replace("\n", "") == text.replace("\n", "")
