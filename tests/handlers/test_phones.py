"""Phone numbers in every usual form become text in one form (R51, A11)."""

from __future__ import annotations

import pytest

from handlers.fields.base import Accepted, Asked, Options, Refused
from handlers.fields.phone import Phone
from tests.talk import campaign

PACK = campaign().pack
ASKED = Asked(spec=PACK.spec("phone"), pack=PACK, answers={})


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("13800138000", "13800138000"), ("138 0013 8000", "13800138000"), ("138-0013-8000", "13800138000"),
        ("+86 138 0013 8000", "13800138000"), ("0086-13800138000", "13800138000"), ("８６１３８００１３８０００", "13800138000"),
        ("１３８００１３８０００", "13800138000"), ("一三八零零一三八零零零", "13800138000"), ("幺三八〇〇一三八〇〇〇", "13800138000"),
        ("张伟 13800138000", "13800138000"), ("手机：13800138000。", "13800138000"),
        ("025-83536240", "025-83536240"), ("(025)83536240", "025-83536240"), ("（025）8353 6240", "025-83536240"),
        ("02583536240", "025-83536240"), ("025—83536240", "025-83536240"), ("０２５－８３５３６２４０", "025-83536240"),
        ("0512-65220000转801", "0512-65220000-801"), ("0512-65220000-801", "0512-65220000-801"),
        ("400-820-8820", "400-820-8820"),
    ],
)  # fmt: skip
def test_every_usual_form(said: str, kept: str) -> None:
    assert Phone().judge(said, ASKED) == Accepted(kept)


@pytest.mark.parametrize(
    ("said", "template", "part"),
    [
        ("没有", "fields/phone_none", {}),
        ("83536240", "fields/phone_no_area_code", {"said": "83536240"}),
        ("025-8353", "fields/phone_wrong", {"count": 7, "mobile": False}),
        ("1380013", "fields/phone_wrong", {"count": 7, "mobile": True}),
        ("1380013800", "fields/phone_wrong", {"count": 10, "mobile": True}),
        ("138001380000", "fields/phone_wrong", {"count": 12, "mobile": True}),
        ("025-99", "fields/phone_wrong", {"count": 5, "mobile": False}),
    ],
)
def test_what_is_wrong_is_said(said: str, template: str, part: dict[str, object]) -> None:
    judged = Phone().judge(said, ASKED)
    assert isinstance(judged, Refused)
    assert (judged.line.template, judged.line.context) == (template, {"spec": ASKED.spec, **part})


@pytest.mark.parametrize(
    "said", ["13800138000/13800138001", "13800138000 13800138001", "手机13800138000，另13800138001"]
)
def test_of_two_numbers_one_is_chosen(said: str) -> None:
    judged = Phone().judge(said, ASKED)
    assert isinstance(judged, Options)
    assert [value for value, _ in judged.options] == ["13800138000", "13800138001"]
