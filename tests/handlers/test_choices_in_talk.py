"""Unions, categories, yes or no, industries: numbers and names are taken, slips are asked about."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.filing import fill
from tests.talk import Talk, campaign

PACK = campaign().pack
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@SQLITE
@pytest.mark.parametrize("field", ["union", "category"])
def test_every_option_by_number_name_and_initials(talk: Talk, field: str) -> None:
    """R2, R12, R52, R54: the order is the notice's; initials are asked about."""
    fill(talk, until=field)
    order = PACK.spec(field).order
    options = (
        [(one.code, one.full_name, one.initials) for one in PACK.unions]
        if field == "union"
        else [(one.value, one.value, one.initials) for one in PACK.spec(field).choices]
    )
    taken = []
    for place, (_, name, initials) in enumerate(options, 1):
        for said in (str(place), name):
            talk.says(f"修改{order}")
            assert talk.says(said).outcome is Outcome.ACCEPTED
            taken.append(talk.answers()[field])
        talk.says(f"修改{order}")
        assert talk.says(initials.split()[0]).outcome in (Outcome.NEEDS_CONFIRMATION, Outcome.ACCEPTED)
        assert talk.answers()[field] == taken[-1]
    assert taken == [value for value, _, _ in options for _ in range(2)]


@SQLITE
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("南 京", "nanjing"), ("南京市", "nanjing"), ("南京市总工会", "nanjing"), ("江苏省总工会-苏州市总工会", "suzhou"),
        ("江苏省总工会 南通", "nantong"), ("省电力", "dianli"), ("电力工会", "dianli"), ("江苏省水利工会", "shuili"), ("２４", "njtl"),
    ],
)  # fmt: skip
def test_a_union_by_alias(talk: Talk, said: str, code: str) -> None:
    """R37."""
    fill(talk, until="union")
    assert talk.says(said).outcome is Outcome.ACCEPTED
    assert talk.answers()["union"] == code


@SQLITE
@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("nj", "nanjing"), ("杨州", "yangzhou"), ("昆山", "suzhou"), ("国网", "dianli"), ("供电公司", "dianli"),
        ("我是南京的", "nanjing"), ("南京市江宁区总工会", "nanjing"), ("苏州工业园区", "suzhou"), ("移动公司", "yidong"),
    ],
)  # fmt: skip
def test_a_union_that_is_only_suggested_is_asked_about(talk: Talk, said: str, code: str) -> None:
    fill(talk, until="union")
    assert talk.says(said).outcome is Outcome.NEEDS_CONFIRMATION
    assert "union" not in talk.answers()
    talk.says("是")
    assert talk.answers()["union"] == code


@SQLITE
def test_a_text_that_names_two_unions_asks_which(talk: Talk) -> None:
    fill(talk, until="union")
    heard = talk.says("苏州供电公司")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION
    assert "1. 苏州市总工会\n2. 省电力工会" in heard.text
    talk.says("2")
    assert talk.answers()["union"] == "dianli"


@SQLITE
def test_the_first_level_alone_is_explained(talk: Talk) -> None:
    """R52."""
    fill(talk, until="union")
    heard = talk.says("江苏省总工会")
    assert heard.outcome is Outcome.REJECTED and "下一级" in heard.text and "24. 南京铁路工会" in heard.text


@SQLITE
@pytest.mark.parametrize("said", ["6", "0", "五小", "小创造和小革新", "不清楚"])
def test_a_sixth_category_is_refused_with_the_list(talk: Talk, said: str) -> None:
    """R2."""
    fill(talk, until="category")
    heard = talk.says(said)
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "category")
    listed = "1. 小发明\n2. 小创造\n3. 小革新\n4. 小建议\n5. 小设计"
    assert listed in heard.text and "附件4第6项" in heard.text


@SQLITE
@pytest.mark.parametrize(
    ("said", "value"),
    [("是", True), ("1", True), ("属于", True), ("否", False), ("２", False), ("不", False), ("不属于", False),
     ("不确定", None), ("3", None), ("说不准", None)],
)  # fmt: skip
def test_yes_no_and_unsure(talk: Talk, said: str, value: bool | None) -> None:
    """R80."""
    fill(talk, until="new_productive_forces")
    assert talk.says(said).outcome is Outcome.ACCEPTED
    assert talk.answers()["new_productive_forces"] is value


@SQLITE
def test_what_sounds_like_yes_is_asked_about(talk: Talk) -> None:
    fill(talk, until="new_productive_forces")
    for said in ("shi", "应该是"):
        assert talk.says(said).outcome is Outcome.NEEDS_CONFIRMATION
    assert "new_productive_forces" not in talk.answers()


@SQLITE
def test_unsure_is_owed_until_the_recommendation(talk: Talk) -> None:
    """R80: it does not block the submission."""
    fill(talk, until="new_productive_forces")
    heard = talk.says("不确定")
    assert "材料已齐" in heard.text and "新质生产力（发“修改19”）" in heard.text
    assert "【需办】推荐到省之前还需补" in talk.says("提交").text


@SQLITE
@pytest.mark.parametrize(
    ("word", "division"),
    [("起重机", "34"), ("快递", "60"), ("幼儿园", "83"), ("电力供应", "44"), ("炼油", "25")],
)
def test_a_word_finds_its_industry(talk: Talk, word: str, division: str) -> None:
    """R61: names of 中类 and 小类 and everyday words, never taken without asking."""
    fill(talk, until="industry")
    assert talk.says(word).outcome is Outcome.NEEDS_CONFIRMATION
    assert "industry" not in talk.answers()
    talk.says("1")
    assert talk.answers()["industry"]["division"] == division


@SQLITE
def test_a_lone_digit_is_no_industry(talk: Talk) -> None:
    fill(talk, until="industry")
    assert talk.says("3").outcome is Outcome.REJECTED
