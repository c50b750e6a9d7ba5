"""How texts are counted (A23): all characters but spaces; Word's own count beside it."""

from __future__ import annotations

import pytest

from handlers.rules.counting import Length, count, cut_point, excerpt, title_key


@pytest.mark.parametrize(
    ("text", "ours", "word"),
    [
        ("", 0, 0),
        ("成果简介", 4, 4),
        ("成果，简介。", 6, 6),
        ("成 果\n简　介", 4, 4),
        ("提高20%", 5, 3),
        ("１２３", 3, 3),
        ("PLC control", 10, 2),
        ("采用PLC控制", 7, 5),
        ("≥1765次/min", 10, 3),
        ("好👍🏽", 2, 2),
        ("e\u0301", 1, 1),
    ],
)
def test_both_counts(text: str, ours: int, word: int) -> None:
    assert Length.of(text) == Length(ours, word)


def test_the_cut_falls_behind_the_last_character_that_fits() -> None:
    text = "一二三四五六七八九十甲乙丙丁"
    assert (cut_point(text, 12), count(text)) == ("三四五六七八九十甲乙", 14)
    assert cut_point("一 二 三 四", 3) == "一 二 三"


@pytest.mark.parametrize(
    ("text", "quoted"), [("短", "短"), ("长" * 24, "长" * 24), ("长" * 25, "长" * 24 + "……")]
)
def test_a_quotation_is_short(text: str, quoted: str) -> None:
    assert excerpt(text) == quoted


def test_titles_are_compared_without_marks_and_spaces() -> None:
    """R58."""
    assert (
        title_key("管道-焊口 自动（旋转）夹具PLC")
        == title_key("管道焊口自动旋转夹具plc")
        == "管道焊口自动旋转夹具plc"
    )
