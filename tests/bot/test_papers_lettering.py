"""Lines of Chinese on pictures: nothing lost, nothing too wide, no comma at the beginning of a line."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bot.papers.lettering import SANS, SERIF, as_png, broken, fit, letters, plain, write

FONT = letters(SANS, 20)
WIDTH = 200
TEXTS = st.text(st.sampled_from("五小创新成果，。（）“”、AB12 -/𬭎😀"), max_size=60)


@given(TEXTS)
@example("（" * 30)
@example("，" * 30)
@example("A" * 200)
def test_nothing_is_lost_and_nothing_too_wide(text: str) -> None:
    lines = list(broken(text, FONT, WIDTH))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert [line for line in lines if FONT.getlength(line) > WIDTH] == []


def test_marks_stay_with_their_words() -> None:
    lines = list(broken("江苏省部属企事业单位，工会江苏省部属（单位）工会", FONT, WIDTH))
    assert lines == ["江苏省部属企事业单", "位，工会江苏省部属", "（单位）工会"]


def test_words_and_numbers_are_not_parted() -> None:
    assert list(broken("咨询电话请拨打025-83536240", FONT, WIDTH)) == ["咨询电话请拨打", "025-83536240"]


def test_the_largest_size_that_fits() -> None:
    sizes = [fit("五小创新" * 3, SANS, (40, 30, 10), width=WIDTH, most=most) for most in (1, 2, 3)]
    assert [(found.font.size, len(found.lines)) for found in sizes] == [(10, 1), (30, 2), (40, 3)]


def test_lines_are_about_as_long_as_each_other() -> None:
    assert fit("一二三四五六七八九十一", SANS, (20,), width=WIDTH, most=1).lines == (
        "一二三四五六",
        "七八九十一",
    )


def test_the_smallest_takes_as_many_lines_as_it_needs() -> None:
    found = fit("成果" * 50, SANS, (20,), width=WIDTH, most=1)
    assert ("".join(found.lines), len(found.lines)) == ("成果" * 50, 10)


@pytest.mark.parametrize("face", [SANS, SERIF])
def test_rare_characters_have_letters_of_their_own(face: str) -> None:
    """Of a sign without a letter only a box is drawn, as for this one, which nobody has assigned."""
    font = letters(face, 40)
    box = bytes(font.getmask("\U000f0000"))
    assert [sign for sign in "𬭎㑇龘镕堃喆" if bytes(font.getmask(sign)) == box] == []
    assert bytes(font.getmask("😀")) == box


def test_text_is_made_one_line_that_can_be_seen() -> None:
    assert plain(" 南京\n市\x00\u202e总\u200b工会\ufe0f\t1 ") == "南京 市总工会 1"
    assert (plain(None), plain(120)) == ("", "120")


def test_writing_goes_down_line_by_line() -> None:
    picture = Image.new("RGB", (WIDTH, 100), "white")
    lines = fit("成果" * 8, SANS, (20,), width=WIDTH, most=2)
    assert write(ImageDraw.Draw(picture), lines, (100, 10), fill="black") == 10 + 2 * lines.step
    ink = Image.eval(picture.convert("L"), lambda value: 255 - value).getbbox()
    assert ink is not None
    assert (ink[0] > 0, ink[1] > 10, ink[2] < WIDTH, ink[3] < 10 + 2 * lines.step) == (True,) * 4
    assert as_png(picture).startswith(b"\x89PNG")
