"""A first draft of 成果简介 out of fields 10 to 14, confirmed by a human (R60, A13)."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.filing import TEXTS, answer, fill
from tests.talk import Talk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def without_summary(talk: Talk) -> None:
    """Everything up to the photos but 成果简介."""
    fill(talk, until="summary")
    talk.says("跳过")
    talk.says("1")
    while (asked := talk.desk().asked) not in (None, "photos"):
        answer(talk, asked or "")


def test_it_is_offered_once_the_fields_are_there(talk: Talk) -> None:
    heard = fill(talk, until="summary")
    assert heard is not None and "已填的其他各项" not in heard.text
    other = Talk(talk.database, name="lina")
    without_summary(other)
    assert "已填的其他各项" in other.says("修改9").text


def test_it_is_saved_after_a_yes(talk: Talk) -> None:
    without_summary(talk)
    talk.says("修改9")
    heard = talk.says("汇总")
    assert (heard.outcome, heard.asked) == (Outcome.NEEDS_CONFIRMATION, "summary")
    assert "summary" not in talk.answers()
    assert talk.says("1").outcome is Outcome.ACCEPTED
    assert talk.answers()["summary"].splitlines() == [
        "1.行业分类：制造业-通用设备制造业",
        f"2.成果目标：{TEXTS['objective']}",
        "3.创新点：" + TEXTS["innovation"].replace("\n", ""),
        "4.经济社会效益：" + TEXTS["benefits"].replace("\n", ""),
        f"5.成果背景：{TEXTS['background']}",
    ]


def test_what_is_too_long_is_shown_whole_and_not_saved(talk: Talk) -> None:
    without_summary(talk)
    talk.says("修改13")
    talk.says("1.创新：" + "新" * 480)
    talk.says("修改9")
    heard = talk.says("汇总")
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, "summary")
    assert "新" * 480 in heard.text and TEXTS["background"] in heard.text and "还没有保存" in heard.text
    assert "summary" not in talk.answers()


def test_what_it_still_needs_is_named(talk: Talk) -> None:
    fill(talk, until="photos")
    talk.says("撤回")
    talk.says("1")
    talk.says("修改9")
    assert talk.says("汇总").outcome is Outcome.NEEDS_CONFIRMATION
    heard = talk.says("1")
    assert heard.outcome is Outcome.ANSWERED and "第14项经济社会效益。" in heard.text


def test_what_was_handed_in_is_not_changed(talk: Talk) -> None:
    fill(talk)
    talk.says("提交")
    assert talk.says("汇总").outcome is Outcome.ANSWERED
    assert talk.desk().pending is None


def test_without_a_draft(talk: Talk) -> None:
    assert "我要申报" in talk.says("汇总").text
