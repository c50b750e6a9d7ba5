"""Pasting from Word and WPS: what is invisible goes, what is meant stays (R84)."""

from __future__ import annotations

import pytest

from handlers.messages import say
from handlers.rules.cleaning import Cleaned, clean, storable


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  前后空格\r\n", "前后空格"),
        ("一行\r\n二行\r三行\u2028四行", "一行\n二行\n三行\n四行"),
        ("行尾空格  \n下一行", "行尾空格\n下一行"),
        ("空行\n\n\n\n太多", "空行\n\n太多"),
        ("全角\u3000空格\xa0不断行", "全角 空格 不断行"),
        ("零\u200b宽\ufeff与\u202e倒\u2066写\u00ad", "零宽与倒写"),
        ("\uf0b7第一点\n\uf0d8第二点", "·第一点\n·第二点"),
        ("“弯引号”——破折号……保留", "“弯引号”——破折号……保留"),
        ("NUL\0与半个\ud83d表情", "NUL与半个表情"),
        ("家庭👨\u200d👩\u200d👧", "家庭👨👩👧"),
    ],
)
def test_what_word_leaves_behind(raw: str, kept: str) -> None:
    assert clean(raw) == Cleaned(kept)
    assert clean(kept) == Cleaned(kept)


def test_a_table_becomes_lines_and_its_writer_is_told() -> None:
    assert clean("指标\t数值\n扭矩\t850Nm") == Cleaned(
        "指标  数值\n扭矩  850Nm", (say("fields/table_flattened"),)
    )


def test_what_no_database_takes() -> None:
    assert storable("a\0b\ud800c\u202e") == "abc\u202e"
