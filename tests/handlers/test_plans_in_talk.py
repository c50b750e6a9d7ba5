"""A union's own deadline and its sub-units as its contact sets them in chat, and as its submitters hear of them (A30)."""

from __future__ import annotations

from datetime import date

import pytest

from handlers.messages import Outcome
from storage import plans
from storage.db import Database
from tests import province
from tests.handlers.plan_rows import NOW, populate
from tests.province import at
from tests.talk import Talk, campaign

END = date(2024, 5, 31)


@pytest.fixture
def two(database: Database) -> Database:
    with database.writing() as session:
        populate(session)
        province.add_draft(session, "吴刚", "nanjing", lacks=("quiz",))
    return database


def who(database: Database, name: str, now: str = "05-20") -> Talk:
    return Talk(database, name=name, now=at(now, "12:00"))


def deadlines(database: Database) -> dict[str, date]:
    with database.reading() as session:
        return {code: day for code, day, _ in plans.list_deadlines(session, campaign().pack.name)}


def units(database: Database, union: str = "nanjing") -> dict[str, int]:
    with database.reading() as session:
        rows = plans.list_sub_units(session, campaign().pack.name, union)
        return {row.name: row.minimum for row in rows}


def set_for(database: Database, union: str = "nanjing") -> None:
    with database.writing() as session:
        plans.put_deadline(session, campaign().pack.name, union, END, by="contact:1", now=NOW)


@pytest.mark.parametrize(
    "said",
    [
        "截止 5月31日",
        "截止5月31日",
        "截止日期：5月31日",
        "本级截止 5.31",
        "截止 5/31前",
        "截止 2024年5月31号",
        "截止 五月三十一日",
    ],
)
def test_a_deadline_is_asked_about_and_set(two: Database, said: str) -> None:
    talk = who(two, "张伟")
    asked = talk.says(said)
    assert asked.outcome is Outcome.NEEDS_CONFIRMATION
    assert "本级截止定为5月31日（周五）吗" in asked.text
    assert "6月11日（周二）不变" in asked.text
    assert deadlines(two) == {}
    told = talk.says("是")
    assert (told.outcome, deadlines(two)) == (Outcome.MOVED, {"nanjing": END})
    assert "下次按它提醒：5月24日（周五）9点" in told.text


def test_a_no_and_a_repeated_question_set_nothing(two: Database) -> None:
    talk = who(two, "张伟")
    talk.says("截止 5月31日")
    assert "1. 是，就这一天" in talk.says("3").text
    assert talk.says("否").text == "好的，没有改动。"
    assert deadlines(two) == {}


@pytest.mark.parametrize("said", ["截止 按通知", "截止按通知", "本级截止 取消", "截止 6月11日"])
def test_back_to_the_notice(two: Database, said: str) -> None:
    set_for(two)
    assert "按通知“征集时间”的6月11日（周二）24点截止" in who(two, "张伟").says(said).text
    assert deadlines(two) == {}


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("截止 6月12日", "晚于通知“征集时间”的截止日6月11日（周二）"),
        (
            "截止 5月19日",
            "已经过去了，本级截止请定在今天（5月20日）到通知“征集时间”的截止日6月11日（周二）之间",
        ),
        ("截止 快到了", "没看懂“快到了”是哪一天。请这样发：截止 5月31日"),
    ],
)
def test_a_day_that_cannot_be_is_explained(two: Database, said: str, told: str) -> None:
    assert told in who(two, "张伟").says(said).text
    assert deadlines(two) == {}


def test_what_is_set_is_shown(two: Database) -> None:
    assert "没有另定本级截止" in who(two, "张伟").says("本级截止").text
    set_for(two)
    assert "的本级截止是5月31日（周五）。" in who(two, "张伟").says("截止").text
    assert "已经过了，仍未提交的按通知的截止日提醒" in who(two, "张伟", "06-01").says("截止").text


def test_sub_units_are_added_changed_listed_and_removed(two: Database) -> None:
    talk = who(two, "张伟")
    assert "还没有列下级单位" in talk.says("下级单位").text
    talk.says("下级单位\n江宁区 10\n鼓楼区：８项")
    talk.says("下级单位 江宁区 12")
    assert units(two) == {"江宁区": 12, "鼓楼区": 8}
    listed = talk.says("下级单位").text
    assert "1. 江宁区 1/12\n2. 鼓楼区 1/8\n" in listed
    assert "合计要求20项，附件3对南京最少120项，两个数可以不一样。" in listed
    assert "另有1项没有归到下级单位" in listed
    assert "去掉“江宁区”吗" in talk.says("下级单位 江宁区 删除").text
    assert units(two) == {"江宁区": 12, "鼓楼区": 8}
    talk.says("是")
    assert units(two) == {"鼓楼区": 8}


def test_a_submission_is_put_under_by_its_number(two: Database) -> None:
    talk = who(two, "张伟")
    talk.says("下级单位 江宁区 10")
    assert "已把WX2024-NJ-0003归到江宁区。" in talk.says("归到 WX2024-NJ-0003 江宁区").text
    assert "1. 江宁区 2/10" in talk.says("下级单位").text
    assert "没有找到已提交的编号WX2024-WX-0001" in talk.says("归到 WX2024-WX-0001 江宁区").text
    assert "例如“归到 WX2024-NJ-0003 江宁区”" in talk.says("归到").text


def test_what_is_not_understood_says_how(two: Database) -> None:
    talk = who(two, "张伟")
    assert "没看懂“江宁区”。请这样发：下级单位 江宁区 10" in talk.says("下级单位 江宁区").text
    assert "没有对上“玄武区”。还没有列下级单位" in talk.says("下级单位 玄武区 删除").text
    assert units(two) == {}


def test_the_progress_names_both_in_a_line_each(two: Database) -> None:
    talk = who(two, "张伟")
    assert "本级截止" not in talk.says("进度").text
    set_for(two)
    talk.says("下级单位 江宁区 10")
    lines = talk.says("进度").text.splitlines()
    assert lines[-2:] == [
        "· 本级截止：5月31日（周五）（改期请发“截止 月日”）",
        "· 下级单位：1家，0家已完成，2项没有归到下级单位（请发“下级单位”看）",
    ]


def test_an_admin_names_the_union(two: Database) -> None:
    boss = who(two, "钱敏")
    assert "各工会都没有另定本级截止" in boss.says("截止").text
    boss.says("截止 无锡 5月31日")
    boss.says("是")
    assert "另定了本级截止的工会：无锡 5月31日（周五）" in boss.says("截止").text
    boss.says("下级单位 无锡 滨湖区 3")
    assert (units(two), units(two, "wuxi")) == ({}, {"滨湖区": 3})
    assert "请写明是哪家工会" in boss.says("下级单位 滨湖区 3").text
    assert "已把WX2024-WX-0001归到滨湖区" in boss.says("归到 WX2024-WX-0001 滨湖区").text


def test_a_submitter_hears_the_dates_and_sets_nothing(two: Database) -> None:
    set_for(two)
    talk = who(two, "吴刚")
    assert "4月10日（周三）至6月11日（周二），最后一天24点截止" in talk.says("截止时间").text
    for said in ("截止 5月30日", "下级单位", "归到 WX2024-NJ-0003 江宁区"):
        assert "由各工会的联系人安排" in talk.says(said).text
    assert (deadlines(two), units(two)) == ({"nanjing": END}, {})


def test_the_owner_of_a_draft_hears_of_it_where_it_helps(two: Database) -> None:
    told = "南京市总工会请您在5月31日（周五）前报送；通知的截止日是6月11日（周二）。"
    talk = who(two, "吴刚")
    talk.says("继续")
    talk.says("修改5")
    assert told not in talk.says("南京").text
    set_for(two)
    talk.says("修改5")
    assert told in talk.says("南京").text
    assert told in said_for_sure(talk, "还差什么")
    later = who(two, "吴刚", "06-01")
    assert told not in said_for_sure(later, "还差什么")


def said_for_sure(talk: Talk, word: str) -> str:
    """The answer to a word, also where it has to be said that no content is meant."""
    told = talk.says(word).text
    return talk.says("1").text if "1." in told and word in told else told


def test_after_the_own_deadline_results_are_taken_and_never_called_late(two: Database) -> None:
    set_for(two, "suzhou")
    with two.writing() as session:
        province.add_draft(session, "郑爽", "suzhou", now=at("05-20"))
    talk = who(two, "郑爽", "06-03")
    talk.says("继续")
    text = "\n".join(talk.says(said).text for said in ("跳过", "跳过", "提交"))
    assert "提交成功" in text
    assert [word for word in ("逾期", "超过", "迟", "晚于", "5月31日") if word in text] == []


def test_the_group_hears_nothing_of_it(two: Database) -> None:
    set_for(two)
    talk = who(two, "张伟")
    talk.says("下级单位 江宁区 10")
    words = (
        "本级截止",
        "下级单位",
        "截止 5月30日",
        "下级单位 江宁区 3",
        "归到 WX2024-NJ-0003 江宁区",
        "进度",
    )
    told = [talk.in_group(said, group="group-1").text for said in words]
    assert ["一对一" in text or "私" in text for text in told[:-1]] == [True] * 5
    assert [word for word in ("5月31日", "5月30日", "江宁区") if word in "".join(told)] == []
    assert (deadlines(two), units(two)) == ({"nanjing": END}, {"江宁区": 10})
