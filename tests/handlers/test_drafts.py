"""Drafts live for ever, several per person, and nothing that a person says loses one (L3, R102, R106)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from handlers.campaigns import Campaign, with_dates
from handlers.fields import MEDIA
from handlers.messages import Outcome
from handlers.packs import Limits
from storage.inbound import InboundRow
from tests.filing import TEXTS, fill
from tests.talk import Talk, campaign

# Another right value for every field that is answered in words.
OTHER = TEXTS | {
    "completers": "张伟、王芳",
    "first_completer_bio": "张伟，焊工高级技师，从事管道焊接二十一年。",
    "work_unit": "南京第三机床厂",
    "phone": "025-83536240",
    "union": "苏州",
    "category": "小发明",
    "title": "管道焊口自动旋转与夹紧装置的研制",
    "summary": TEXTS["summary"] + "已推广。",
    "industry": "C35",
    "background": TEXTS["background"] + "急需改进。",
    "objective": TEXTS["objective"] + "连续使用300台无故障。",
    "innovation": TEXTS["innovation"] + "已获专利。",
    "benefits": TEXTS["benefits"] + "已推广到三家企业。",
    "new_productive_forces": "否",
}


def test_pausing_and_going_on_after_months(talk: Talk) -> None:
    fill(talk, until="title")
    assert talk.says("修改4").asked == "phone"
    assert talk.says("暂停").asked is None
    talk.later(days=40)
    heard = talk.says("继续")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "title")


def test_an_answer_after_days_of_silence_is_simply_taken(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.later(days=20)
    assert talk.says("13800138000").outcome is Outcome.ACCEPTED


def test_small_talk_while_paused_names_the_draft(talk: Talk) -> None:
    fill(talk, until="summary")
    talk.says("修改4")
    talk.says("暂停")
    heard = talk.says("在吗")
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, None)
    assert "《管道焊口自动旋转夹具的研制与应用》" in heard.text and "继续" in heard.text


def test_starting_again_goes_on_with_the_open_draft(talk: Talk) -> None:
    fill(talk, until="phone")
    heard = talk.says("我要申报")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "phone")
    assert set(talk.answers()) == {"completers", "first_completer_bio", "work_unit"}


def test_a_second_draft_and_switching_between_them(talk: Talk) -> None:
    fill(talk, until="phone")
    assert talk.says("新建").asked == "completers"
    assert talk.answers() == {}
    talk.says("王芳")
    assert talk.says("修改4").asked == "phone"
    assert talk.says("切换").outcome is Outcome.NEEDS_CONFIRMATION
    heard = talk.says("1")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "phone")
    assert talk.answers()["completers"] == ["张伟", "李娜"]
    talk.says("切换2")
    assert talk.answers() == {"completers": ["王芳"]}


def test_an_empty_draft_is_used_again(talk: Talk) -> None:
    talk.says("我要申报")
    first = talk.desk().submission_id
    talk.says("新建")
    assert talk.desk().submission_id == first


def test_several_open_drafts_are_offered(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.says("新建")
    talk.says("王芳")
    talk.says("修改4")
    talk.says("暂停")
    assert talk.says("我要申报").outcome is Outcome.NEEDS_CONFIRMATION


def test_many_drafts_are_remarked_on_and_allowed(talk: Talk) -> None:
    """A27."""
    talk.says("我要申报")
    for _ in range(5):
        talk.says("张伟")
        talk.says("修改4")
        heard = talk.says("新建")
    assert heard.outcome is Outcome.MOVED and "已有5份" in heard.text


def test_restarting_loses_nothing(talk: Talk) -> None:
    fill(talk, until="phone")
    before = talk.answers()
    assert talk.says("重新开始").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("1").asked == "completers"
    assert talk.answers() == before
    talk.says("重新开始")
    assert talk.says("2").asked == "completers"
    assert talk.answers() == {}
    assert talk.says("切换1").asked == "phone"
    talk.says("重新开始")
    assert (talk.says("3").asked, talk.answers()) == ("phone", before)


def test_people_do_not_see_each_other(talk: Talk) -> None:
    fill(talk, until="phone")
    other = Talk(talk.database, name="lina")
    assert "还没有申报" in other.says("看全部").text
    other.says("我要申报")
    assert other.answers() == {}


def test_a_new_version_of_the_rules_is_shown_and_answers_stay(talk: Talk) -> None:
    fill(talk, until="phone")
    before = talk.answers()
    talk.campaign = _stricter(talk.campaign, talk)
    heard = talk.says("看全部")
    assert "要求有更新" in heard.text and "第9项成果简介" in heard.text
    assert talk.answers() == before
    assert "要求有更新" not in talk.says("看全部").text


def _stricter(campaign: Campaign, talk: Talk) -> Campaign:
    from handlers import campaigns

    fields = tuple(
        spec.model_copy(update={"limits": Limits(hard_max=400), "requirement": "400字以内"})
        if spec.key == "summary"
        else spec
        for spec in campaign.pack.fields
    )
    pack = campaign.pack.model_copy(update={"fields": fields})
    pack = type(pack).model_validate(pack.model_dump())
    with talk.database.writing() as session:
        campaigns.put_in_force(session, campaign.pack, now=talk.now)
        campaigns.put_in_force(session, pack, now=talk.now)
    return with_dates(pack, {})


@pytest.mark.parametrize("field", [spec.key for spec in campaign().pack.asked if spec.kind not in MEDIA])
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_changing_one_field_changes_no_other(talk: Talk, field: str) -> None:
    """R104."""
    fill(talk)
    before, files = talk.answers(), talk.desk().files
    spec = talk.campaign.pack.spec(field)
    talk.says(f"修改{spec.order}")
    assert talk.says(OTHER[field]).outcome is Outcome.ACCEPTED
    after = talk.answers()
    assert {key for key in after if after[key] != before.get(key)} == {field}
    assert {key: [file.sha256 for file in kept] for key, kept in talk.desk().files.items()} == {
        key: [file.sha256 for file in kept] for key, kept in files.items()
    }


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_coming_back_names_the_project_the_field_and_how_much_is_left(talk: Talk) -> None:
    """R102, L3."""
    fill(talk, until="background")
    talk.says("修改4")
    talk.later(days=60)
    for words in ("继续", "我要申报"):
        text = talk.says(words).text
        assert "《管道焊口自动旋转夹具的研制与应用》" in text or words == "继续"
        assert "第4项／共19项，已填10项" in text
    talk.says("暂停")
    text = talk.says("继续").text
    assert "19项已填10项，提交前还差7项" in text and "第11项／共19项" in text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_messages_in_the_same_second_are_both_kept(talk: Talk) -> None:
    """Section 6 test 12: they are answered one after the other, whichever comes first."""
    talk.says("我要申报")
    barrier = threading.Barrier(2)

    def say(text: str) -> None:
        barrier.wait()
        talk.says(text)

    threads = [
        threading.Thread(target=say, args=(text,)) for text in ("张伟、李娜", "张伟是高级技师、焊工班长")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(talk.answers()) == 1 or set(talk.answers()) == {"completers", "first_completer_bio"}
    with talk.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(InboundRow)) == 3


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_several_units_are_one_text(talk: Talk) -> None:
    """A28: the main unit first, then the others."""
    fill(talk, until="work_unit")
    talk.says("南京机电安装有限公司、苏州起重机厂")
    assert talk.answers()["work_unit"] == "南京机电安装有限公司、苏州起重机厂"
