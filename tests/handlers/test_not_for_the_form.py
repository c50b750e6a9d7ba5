"""Greetings, bare numbers and slips are not taken for answers (L1, L4, R105)."""

from __future__ import annotations

import pytest

from handlers.messages import MessageKind, Outcome
from tests.corpus_files import make
from tests.filing import fill
from tests.talk import Talk, campaign

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PACK = campaign().pack


@SQLITE
@pytest.mark.parametrize("field", ["completers", "first_completer_bio", "phone", "title", "photos"])
@pytest.mark.parametrize("said", ["你好", "在吗？", "谢谢", "收到"])
def test_small_talk_is_answered_and_the_question_asked_again(talk: Talk, field: str, said: str) -> None:
    fill(talk, until=field)
    before = talk.answers()
    heard = talk.says(said)
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, field)
    assert PACK.spec(field).label in heard.text and talk.answers() == before


@SQLITE
@pytest.mark.parametrize("said", ["1", "好的", "是", "否", "3", "嗯", "刀", "第二项", "没有", "暂无。"])
def test_what_is_hardly_content_is_asked_about(talk: Talk, said: str) -> None:
    fill(talk, until="title")
    heard = talk.says(said)
    assert (heard.outcome, heard.asked) == (Outcome.NEEDS_CONFIRMATION, "title")
    assert talk.says("否").asked == "title" and "title" not in talk.answers()
    talk.says(said)
    assert talk.says("是").outcome is Outcome.ACCEPTED
    assert talk.answers()["title"] == said


@SQLITE
def test_a_correction_of_one_character_does_not_replace_a_text(talk: Talk) -> None:
    """L4: a stray 否 must not erase what is there."""
    fill(talk, until="phone")
    before = talk.answers()
    talk.says("修改3")
    assert talk.says("否").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.answers() == before


@SQLITE
@pytest.mark.parametrize(("said", "meant"), [("bz", "帮助"), ("提叫", "提交"), ("修该4", "修改联系电话")])
def test_a_nearly_said_command_in_a_text_field_is_asked_about(talk: Talk, said: str, meant: str) -> None:
    fill(talk, until="summary")
    heard = talk.says(said)
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and meant in heard.text
    assert talk.says("2").outcome is Outcome.ACCEPTED
    assert talk.answers()["summary"] == said


@SQLITE
def test_a_nearly_said_command_with_a_number_goes_where_it_meant(talk: Talk) -> None:
    fill(talk, until="summary")
    talk.says("修该4")
    assert talk.says("1").asked == "phone"


@SQLITE
def test_a_number_that_a_list_does_not_have_keeps_the_question(talk: Talk) -> None:
    fill(talk, until="industry")
    first = talk.says("电力供应")
    heard = talk.says("9")
    assert (heard.outcome, heard.asked) == (Outcome.NEEDS_CONFIRMATION, "industry")
    assert "“9”" in heard.text and "1. 电力、热力" in heard.text and "1. 电力、热力" in first.text
    assert talk.says("1").outcome is Outcome.ACCEPTED


@SQLITE
def test_a_code_of_the_classification_is_no_wrong_number(talk: Talk) -> None:
    fill(talk, until="industry")
    talk.says("电力供应")
    talk.says("35")
    assert talk.answers()["industry"]["division"] == "35"


@SQLITE
@pytest.mark.parametrize(
    "lead",
    [
        ["13800138000、13800138001"], ["修该4"], ["重新开始"], ["撤回"], ["bz"], ["新建", "王芳", "修改4", "切换"],
    ],
)  # fmt: skip
def test_every_list_is_shown_again_after_a_wrong_number(talk: Talk, lead: list[str]) -> None:
    fill(talk, until="phone")
    for text in lead:
        asked = talk.says(text)
    pending = talk.desk().pending
    heard = talk.says("17")
    assert (asked.outcome, heard.outcome, talk.desk().pending) == (
        Outcome.NEEDS_CONFIRMATION, Outcome.NEEDS_CONFIRMATION, pending,
    )  # fmt: skip
    assert "1. " in heard.text


@SQLITE
def test_a_wrong_number_after_everything_is_complete(talk: Talk) -> None:
    fill(talk)
    assert talk.says("5").outcome is Outcome.NEEDS_CONFIRMATION
    talk.says("1")
    assert talk.desk().state == "submitted"
    for command in ("撤回", "修改4"):
        talk.says(command)
        assert talk.says("8").outcome is Outcome.NEEDS_CONFIRMATION
        talk.says("否")
    assert talk.desk().state == "submitted"


@SQLITE
def test_thanks_are_no_name_for_a_photo(talk: Talk) -> None:
    fill(talk, until="photos")
    talk.gives(make("jpeg", "IMG_1.jpg", 1, None), "IMG_1.jpg")
    assert talk.says("谢谢").outcome is Outcome.ANSWERED
    assert talk.says("好的").outcome is Outcome.NEEDS_CONFIRMATION
    talk.says("否")
    assert [file["caption"] for file in talk.files("photos")] == [None]


@SQLITE
def test_a_spoken_book_is_refused(talk: Talk) -> None:
    fill(talk, until="title")
    assert talk.says("长" * 6000, kind=MessageKind.VOICE).outcome is Outcome.REJECTED
