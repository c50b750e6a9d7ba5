"""Picking from a list: what is certain, what is only likely, what is nothing."""

from __future__ import annotations

import pytest

from handlers.choices import Candidate, Match, chinese_number, fold, match, whole_number

NAMES = [
    "南京",
    "无锡",
    "徐州",
    "常州",
    "苏州",
    "南通",
    "连云港",
    "淮安",
    "盐城",
    "扬州",
    "镇江",
    "泰州",
    "宿迁",
]
INITIALS = ["nj", "wx", "xz", "cz", "sz", "nt", "lyg", "ha", "yc", "yz", "zj", "tz", "sq"]
CITIES = [
    Candidate(
        name,
        (name, f"{name}市", f"{name}市总工会"),
        initials,
        hints=("杨州", "高邮") if name == "扬州" else (),
    )
    for name, initials in zip(NAMES, INITIALS, strict=True)
]


def picked(text: str) -> str | list[str]:
    """The certain name, or the likely ones."""
    found = match(text, CITIES)
    return [NAMES[place] for place in found.likely] if found.certain is None else NAMES[found.certain]


@pytest.mark.parametrize(
    "text",
    ["6", "６", "六", "⑥", "6.", "6、", "（6）", "(6)", "第6个", "第六项", "第 六 个", "选6", "我选第六个", "选第6个吧",
     "南通", "南 通", "　南通　", "南通。", "“南通”", "南通市", "南通市总工会", "我选南通", "6.南通", "6 南通市"],
)  # fmt: skip
def test_certain(text: str) -> None:
    assert picked(text) == "南通"


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        ("nt", ["南通"]),
        ("ＮＴ", ["南通"]),
        ("连运港", ["连云港"]),
        ("连云", ["连云港"]),
        ("云连港", ["连云港"]),
        ("连云港港", ["连云港"]),
        ("苏洲", ["苏州"]),
        ("杨州", ["扬州"]),
        ("高邮", ["扬州"]),
        ("6 南京", ["南京", "南通"]),
        ("南X市", ["南京", "南通"]),
    ],
)
def test_likely_is_never_certain(text: str, likely: list[str]) -> None:
    assert picked(text) == likely


@pytest.mark.parametrize(
    "text", ["", " ", "0", "14", "第十四个", "杭州", "南", "n", "？", "zz", "6个单位共同完成", "南通" * 30]
)
def test_nothing_of_the_list(text: str) -> None:
    assert match(text, CITIES) == Match()


def test_a_name_that_two_options_share_is_asked_about() -> None:
    twice = [Candidate(1, ("甲", "同名")), Candidate(2, ("乙", "同名"))]
    assert match("同名", twice) == Match(likely=(0, 1))


def test_options_without_a_number_are_not_counted() -> None:
    options = [
        Candidate("x", ("全部",), numbered=False),
        Candidate("y", ("第一",)),
        Candidate("z", ("第二名",)),
    ]
    assert match("1", options) == Match(certain=1)
    assert match("2", options) == Match(certain=2)
    assert match("3", options) == Match()


def test_a_normaliser_is_applied_to_both_sides() -> None:
    options = [Candidate("suzhou", ("苏州市总工会",), hints=("昆山",))]
    assert match("苏州", options) == Match()
    assert match("苏州", options, normalise=_short) == Match(certain=0)
    assert match("昆山市总工会", options, normalise=_short) == Match(likely=(0,))


def _short(name: str) -> str:
    return name.removesuffix("总工会").removesuffix("市")


@pytest.mark.parametrize(
    ("text", "number"),
    [("十", 10), ("十三", 13), ("二十", 20), ("二十四", 24), ("九十九", 99), ("〇", 0), ("两", 2),
     ("百", None), ("十百", None), ("", None)],
)  # fmt: skip
def test_chinese_numbers(text: str, number: int | None) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("第十二项", 12), ("3号", 3), ("12", 12), ("3.5", None), ("三个和尚", None)]
)
def test_whole_numbers(text: str, number: int | None) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ＡＢＣ　１２", "abc12"),
        ("帮 助！", "帮助"),
        ("？", "?"),
        ("。。", "。。"),
        ("a\u200bb\u202ec", "abc"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded
