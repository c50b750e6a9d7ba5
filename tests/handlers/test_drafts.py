"""Drafts live for ever, several per person, and nothing that a person says loses one (L3, R102, R106)."""

from __future__ import annotations

from handlers.campaigns import Campaign, with_dates
from handlers.messages import Outcome
from handlers.packs import Limits
from tests.filing import fill
from tests.talk import Talk


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
