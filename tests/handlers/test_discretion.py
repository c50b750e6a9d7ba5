"""Before the group every phone number is masked but the notice's own (R93)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.rules.discretion import for_group

PUBLIC = ("025-83536240", "18118991940")


def masked(text: str) -> str:
    return for_group(text, public_phones=PUBLIC)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("13800138000", "138****8000"), ("请拨打13800138000。", "请拨打138****8000。"), ("138 0013 8000", "138****8000"),
        ("138-0013-8000", "138****8000"), ("138—0013—8000", "138****8000"), ("１３８００１３８０００", "138****8000"),
        ("１３８　００１３　８０００", "138****8000"), ("+86 138 0013 8000", "+86 138****8000"),
        ("0086-13800138000", "0086-138****8000"), ("8613800138000", "86138****8000"), ("＋８６13800138000", "＋８６138****8000"),
        ("1 3 8 0 0 1 3 8 0 0 0", "138****8000"), ("138\n0013\n8000", "138****8000"), ("138\u200b00138000", "138****8000"),
        ("(138)00138000", "(138****8000"), ("电话19912345678转", "电话199****5678转"), ("١٣٨٠٠١٣٨٠٠٠", "138****8000"),
        ("02583536241", "025-****6241"), ("025-83536241", "025-****6241"), ("（025）8353 6241", "（025-****6241"),
        ("０２５－８３５３６２４１", "025-****6241"), ("0512-65220000", "0512-****0000"), ("0512 6522000", "0512-****2000"),
        ("010-66221234", "010-****1234"),
    ],
)  # fmt: skip
def test_every_usual_form_is_masked(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    "said",
    [
        "025-83536240", "02583536240", "（025）8353 6240", "０２５－８３５３６２４０", "18118991940", "181 1899 1940", "+86 18118991940",
    ],
)  # fmt: skip
def test_the_notices_own_numbers_stay_as_they_are_written(said: str) -> None:
    assert masked(f"咨询电话：{said}。") == f"咨询电话：{said}。"


@pytest.mark.parametrize(
    "said",
    [
        "", "4月12日（周五）前", "截至2024-06-11 09:00", "已报 121 项，最低 120 项", "南京 2024-0001 号", "编号 20240410093000123",
        "1380013800", "138001380000", "12345678901", "jsldjs@126.com", "http://127.0.0.1:8000/p/abc", "𝐀 😀 张伟",
    ],
)  # fmt: skip
def test_what_is_no_phone_number_is_left_untouched(said: str) -> None:
    assert masked(said) == said


def test_all_of_several_are_masked_and_the_public_one_is_not() -> None:
    said = "张伟 13800138000、李娜 139-0013-9000，固话0512-65220000，咨询 025-83536240"
    assert masked(said) == "张伟 138****8000、李娜 139****9000，固话0512-****0000，咨询 025-83536240"


def test_two_numbers_with_only_a_space_between_are_both_masked() -> None:
    assert masked("13800138000 13900139000") == "138****8000 139****9000"


def test_without_public_numbers_none_is_shown() -> None:
    assert for_group("025-83536240", public_phones=()) == "025-****6240"


@given(
    before=st.text(alphabet="张伟，：。 电话\n", max_size=5),
    rest=st.text("0123456789", min_size=9, max_size=9),
)
def test_no_mobile_number_survives(before: str, rest: str) -> None:
    number = f"13{rest}"
    assert number not in for_group(f"{before}{number}。", public_phones=())
