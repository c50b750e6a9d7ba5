"""Craftsmen among the completers: asked about once, texts and videos of each (R44–R47, A20, A21)."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.corpus_files import make
from tests.filing import fill
from tests.talk import Talk

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
TEXT = "张伟，电力行业，电焊工，班长，江苏工匠（省级）、全国技术能手"


def test_they_are_asked_about_with_the_completers_and_do_not_stop_the_form(talk: Talk) -> None:
    """R44."""
    talk.says("我要申报")
    heard = talk.says("张伟、李娜")
    assert "工匠" in heard.text and "修改工匠资料" in heard.text
    assert heard.asked == "first_completer_bio"
    talk.says("修改1")
    assert "修改工匠资料" not in talk.says("张伟、李娜、王芳").text


@SQLITE
def test_texts_of_several_and_their_videos(talk: Talk) -> None:
    """R45–R47: a video of any length, named 完成人-类别."""
    fill(talk, until="work_unit")
    assert talk.says("修改工匠资料").asked == "craftsmen"
    heard = talk.says(TEXT)
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "craftsmen") and "还差2个" in heard.text
    talk.gives(make("mp4", "VID_1.mp4", 1, None), "VID_1.mp4")
    named = talk.says("张伟-个人宣传类")
    assert (named.outcome, named.asked) == (Outcome.ACCEPTED, "craftsmen")
    assert talk.says("李娜 通信行业，线务员，组长，市级工匠").outcome is Outcome.ACCEPTED
    assert talk.answers()["craftsmen"] == [
        {"name": "张伟", "text": TEXT.removeprefix("张伟，")},
        {"name": "李娜", "text": "通信行业，线务员，组长，市级工匠"},
    ]
    assert [file["caption"] for file in talk.files("craftsmen")] == ["张伟-个人宣传类"]
    assert talk.says("完成").asked == "work_unit"


@SQLITE
def test_their_videos_are_owed_and_block_nothing(talk: Talk) -> None:
    """A21."""
    fill(talk)
    talk.says("修改工匠资料")
    talk.says(TEXT)
    assert "工匠资料" in talk.says("还差什么").text and talk.missing() == []
    for seed, name in enumerate(("张伟-个人宣传类.mp4", "张伟-技能技法类.mp4")):
        talk.gives(make("mp4", name, seed, None), name)
    assert "工匠资料" not in talk.says("还差什么").text.split("接着请")[0]
    assert "张伟-个人宣传类、张伟-技能技法类" in talk.says("预览").text


@SQLITE
def test_there_may_be_none(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("修改工匠资料")
    assert talk.says("没有").asked == "work_unit"
    assert talk.answers()["craftsmen"] == []


@SQLITE
def test_somebody_who_is_no_completer_is_asked_about(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("修改工匠资料")
    assert talk.says("王芳 焊工，班长，江苏工匠").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("一会儿再说").outcome is Outcome.REJECTED


@SQLITE
def test_a_photo_is_no_craftsmans_video(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("修改工匠资料")
    talk.gives(make("jpeg", "照片.jpg", 1, None), "照片.jpg")
    assert talk.files("craftsmen") == []


@SQLITE
def test_a_video_of_theirs_may_be_named_anew_and_removed(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("修改工匠资料")
    talk.says(TEXT)
    talk.gives(make("mp4", "VID_1.mp4", 1, None), "VID_1.mp4")
    talk.says("改名1 张伟-技能技法类")
    assert [file["caption"] for file in talk.files("craftsmen")] == ["张伟-技能技法类"]
    talk.says("删除1")
    talk.says("是")
    assert talk.files("craftsmen") == [] and talk.answers()["craftsmen"][0]["name"] == "张伟"
