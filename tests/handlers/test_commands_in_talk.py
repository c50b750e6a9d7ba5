"""Commands: whole messages only, asked about where they may be content, never guessed (L1, R103, R105)."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.filing import TEXTS, fill
from tests.talk import Talk

WORDS = (
    "返回",
    "帮助",
    "跳过",
    "示例",
    "提交",
    "暂停",
    "撤回",
    "预览",
    "看全部",
    "还差什么",
    "重新开始",
    "转人工",
)
TEXT_FIELDS = (
    "first_completer_bio", "work_unit", "title", "summary", "background", "objective", "innovation", "benefits",
)  # fmt: skip


@pytest.mark.parametrize("field", TEXT_FIELDS)
def test_a_command_word_in_a_text_field_is_asked_about(talk: Talk, field: str) -> None:
    fill(talk, until=field)
    for word in WORDS:
        heard = talk.says(word)
        assert (heard.outcome, heard.asked) == (Outcome.NEEDS_CONFIRMATION, field), word
    assert field not in talk.answers()


def test_the_word_as_content(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("返回")
    heard = talk.says("2")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION  # R50: an unusual name for a unit is asked about
    talk.says("1")
    assert talk.answers()["work_unit"] == "返回"


def test_the_word_as_command(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("返回")
    assert talk.says("1").asked == "first_completer_bio"


def test_the_word_said_twice_is_a_command(talk: Talk) -> None:
    """Who only repeats it has answered the question; asking a third time would go in circles."""
    fill(talk, until="work_unit")
    talk.says("返回")
    assert talk.says("返回。").asked == "first_completer_bio"
    assert "work_unit" not in talk.answers()


def test_a_bare_yes_does_not_choose_between_command_and_content(talk: Talk) -> None:
    fill(talk, until="title")
    talk.says("提交")
    assert talk.says("是").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("2").outcome is not Outcome.MOVED


def test_a_title_with_command_words_inside_is_just_a_title(talk: Talk) -> None:
    fill(talk, until="title")
    assert talk.says("客车一键返回与取消报站帮助装置").outcome is Outcome.ACCEPTED


def test_a_command_with_a_number_is_no_content(talk: Talk) -> None:
    fill(talk, until="title")
    heard = talk.says("修改 ３")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "work_unit")


@pytest.mark.parametrize("said", ["bz", "帮组"])
def test_initials_and_a_wrong_character_are_asked_about(talk: Talk, said: str) -> None:
    heard = talk.says(said)
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and "帮助" in heard.text
    assert talk.says("是").outcome is Outcome.ANSWERED


def test_a_declined_guess_changes_nothing(talk: Talk) -> None:
    talk.says("我要申报")
    talk.says("张伟")
    asked = talk.desk().asked
    talk.says("修改4")
    talk.says("bz")
    assert talk.says("否").asked == "phone"
    assert asked == "first_completer_bio" and talk.answers() == {"completers": ["张伟"]}


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("示例", "没有给“联系电话”举例"), ("？", "通知对这一项没有其他限制"), ("帮助", "修改3"), ("附件3", "南  京"),
        ("附件六", "征集群"), ("授权书", "授权人"), ("联系人", "18118991940"), ("转人工", "钱德乾"), ("手册", "附件1"),
        ("还差什么", "修改4"), ("看全部", "张伟、李娜"), ("预览", "南京机电安装有限公司"),
    ],
)  # fmt: skip
def test_answering_a_question_leaves_the_field_open(talk: Talk, said: str, part: str) -> None:
    fill(talk, until="phone")
    heard = talk.says(said)
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, "phone")
    assert part.replace(" ", "") in heard.text.replace(" ", "")
    assert talk.says("13800138000").outcome is Outcome.ACCEPTED


def test_back_is_a_cursor_and_erases_nothing(talk: Talk) -> None:
    fill(talk, until="category")
    before = talk.answers()
    assert [talk.says("返回").asked for _ in range(2)] == ["union", "phone"]
    assert talk.answers() == before
    assert talk.says("跳过").asked == "category"


def test_back_at_the_first_field_says_so(talk: Talk) -> None:
    talk.says("我要申报")
    heard = talk.says("返回")
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, "completers")


def test_edit_by_name(talk: Talk) -> None:
    fill(talk, until="phone")
    assert talk.says("修改完成单位").asked == "work_unit"


def test_edit_without_a_field_lists_them(talk: Talk) -> None:
    fill(talk, until="phone")
    heard = talk.says("修改")
    assert heard.outcome is Outcome.ANSWERED and "8. 成果名称" in heard.text


def test_a_rejected_correction_keeps_the_old_value_and_says_so(talk: Talk) -> None:
    """L4."""
    fill(talk, until="union")
    talk.says("修改4")
    heard = talk.says("12345")
    assert heard.outcome is Outcome.REJECTED and TEXTS["phone"] in heard.text
    assert talk.answers()["phone"] == TEXTS["phone"]


def test_a_value_waiting_for_a_yes_survives_a_command(talk: Talk) -> None:
    fill(talk, until="work_unit")
    assert talk.says("南京机电").outcome is Outcome.NEEDS_CONFIRMATION
    talk.says("帮助")
    assert talk.says("1").outcome is Outcome.ANSWERED
    talk.says("是")
    assert talk.answers()["work_unit"] == "南京机电"


def test_leaving_an_unconfirmed_value_behind_is_said(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("南京机电")
    heard = talk.says("修改1")
    assert heard.outcome is Outcome.MOVED and "没有保存" in heard.text
    assert "work_unit" not in talk.answers()


def test_commands_without_a_draft_point_to_the_beginning(talk: Talk) -> None:
    for word in ("还差什么", "看全部", "预览", "提交", "暂停", "切换", "修改3"):
        heard = talk.says(word)
        assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, None), word
        assert "我要申报" in heard.text, word
