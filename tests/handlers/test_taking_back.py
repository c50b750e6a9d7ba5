"""撤回 in a draft takes back the last answer or file, after asking (R110, R104)."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.corpus_files import make
from tests.filing import TEXTS, fill
from tests.talk import Talk


def test_the_last_answer_goes_after_a_yes_and_no_other(talk: Talk) -> None:
    fill(talk, until="union")
    heard = talk.says("撤回")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and TEXTS["phone"] in heard.text
    before = talk.answers()
    assert (talk.says("否").asked, talk.answers()) == ("union", before)
    talk.says("撤回")
    heard = talk.says("是")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "phone")
    assert talk.answers() == {key: value for key, value in before.items() if key != "phone"}


def test_the_newest_is_meant_and_not_the_one_with_the_highest_number(talk: Talk) -> None:
    fill(talk, until="union")
    talk.later(minutes=1)
    talk.says("修改1")
    talk.says("张伟、王芳")
    assert "完成人" in talk.says("撤回").text


def test_the_last_file_goes_after_a_yes(talk: Talk) -> None:
    fill(talk, until="photos")
    for seed, name in enumerate(("主视图.jpg", "俯视图.jpg")):
        talk.later(seconds=1)
        talk.gives(make("jpeg", name, seed, None), name)
    assert "俯视图" in talk.says("撤回").text
    talk.says("是")
    assert [file["name"] for file in talk.files("photos")] == ["主视图.jpg"]


def test_a_title_that_was_taken_back_is_free_again(talk: Talk) -> None:
    fill(talk, until="summary")
    talk.says("撤回")
    talk.says("1")
    talk.says("是")
    other = Talk(talk.database, name="lina")
    fill(other, until="title")
    assert "已有相同名称" not in other.says(TEXTS["title"]).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nothing_was_said_yet(talk: Talk) -> None:
    talk.says("我要申报")
    assert talk.says("撤回").outcome is Outcome.ANSWERED
