"""进度, 谁还没报, 名单, 二维码: the own union for a contact, all of them for an admin, the own draft for anybody else."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from handlers.messages import Outcome
from storage.db import Database
from storage.outbox import OutboxRow
from storage.papers import Paper
from tests import province
from tests.province import at
from tests.talk import Talk, campaign

NOW = at("04-15", "12:00")
WORDS = ("进度", "名单", "二维码", "谁还没报", "催办", "已办")
# What only 无锡 may see: its contact, its submitter's title, its numbers.
OF_WUXI = ("无锡", "李娜", "冯军", "13800138000")


@pytest.fixture
def two(database: Database) -> Database:
    """Both unions hold contacts, drafts and submissions; 南京 has one more than it must."""
    with database.writing() as session:
        province.add_admin(session)
        province.bind_group(session)
        province.add_contact(session, "nanjing", "张伟")
        province.join(session, "张伟")
        province.issue_account(session, "nanjing", until=None)
        province.add_submitted(session, "nanjing", 121)
        province.add_draft(session, "吴刚", "nanjing", lacks=("quiz",))
        province.add_contact(session, "wuxi", "李娜")
        province.add_submitted(session, "wuxi", 7)
        province.add_draft(session, "冯军", "wuxi")
    return database


def who(database: Database, name: str) -> Talk:
    return Talk(database, name=name, now=NOW)


def test_a_contact_hears_the_own_numbers_and_praise(two: Database) -> None:
    heard = who(two, "张伟").says("进度")
    assert heard.outcome is Outcome.ANSWERED
    assert heard.text == (
        "南京市总工会，4月15日（周一）的情况：\n"
        "· 联系人信息表（附件5）：已登记\n"
        "· 征集群：已加入\n"
        "· 账号：已登录\n"
        "· 项目：已提交121项，还在填写1份\n"
        "· 最少推荐数量（附件3）：121/120，已超出1项，感谢；数量不封顶，欢迎继续报\n"
        "· 排名（按完成比例）：13家设区市总工会中第1，4月10日（周三）以来0项\n\n"
        "需要办的都办好了，谢谢您。"
    )


def test_a_union_with_nothing_handed_in_hears_of_no_rank(two: Database) -> None:
    with two.writing() as session:
        province.add_contact(session, "xuzhou", "赵敏")
    assert ["排名" in who(two, name).says("进度").text for name in ("李娜", "赵敏")] == [True, False]


def test_a_contact_hears_what_is_owed_and_when_the_next_reminder_comes(two: Database) -> None:
    text = who(two, "李娜").says("我的任务").text
    assert "【需办】\n1. 进群" in text
    assert "还差113项" in text
    assert text.endswith("下次提醒：4月15日（周一，今天）12点。")


@pytest.mark.parametrize("word", WORDS)
def test_a_contact_hears_nothing_of_another_union(two: Database, word: str) -> None:
    zhang = who(two, "张伟")
    zhang.says(word)
    told = "".join([zhang.says(word).text, *province.texts_to(two, "张伟")])
    assert [name for name in OF_WUXI if name in told] == []


def test_somebody_else_hears_of_the_own_draft(two: Database) -> None:
    assert who(two, "吴刚").says("进度").text == who(two, "吴刚").says("还差什么").text


@pytest.mark.parametrize("word", WORDS)
def test_a_stranger_hears_of_no_union(two: Database, word: str) -> None:
    told = who(two, "stranger").says(word).text
    assert [name for name in (*OF_WUXI, "张伟", "121") if name in told] == []


def test_an_admin_hears_the_sums_and_what_else_to_send_and_gets_the_picture(two: Database) -> None:
    heard = who(two, "钱敏").says("进度")
    assert "· 13家设区市总工会：已登记联系人2家，进群1家，已登录1家；已提交128项" in heard.text
    assert heard.text.splitlines()[-1] == "各单位的数字见图。看欠办单位请发“谁还没报”，看排名请发“排名”。"
    assert "无锡" not in heard.text
    with two.reading() as session:
        paper = session.scalars(select(Paper)).one()
        picture = session.scalars(select(OutboxRow).where(OutboxRow.paper.is_not(None))).one()
        assert (paper.kind, picture.paper, len(paper.facts["rows"])) == ("board", paper.token, 24)


def test_an_admin_hears_who_owes_by_duty(two: Database) -> None:
    lines = who(two, "钱敏").says("谁还没报").text.splitlines()
    assert [line.split("，")[0] for line in lines if line[:1].isdigit()] == [
        "1. 还没有报联系人",
        "2. 还没有进群（附件6）",
        "3. 还没有登录账号",
        "4. 还没有达到最少数量（附件3）",
    ]
    assert "无锡7/120" in lines[-3]
    assert lines[-1] == "要提醒这些单位，请发“催办”；要看联系人电话，请发“名单”。"


def test_the_list_is_the_unions_own(two: Database) -> None:
    assert who(two, "李娜").says("名单").text.splitlines()[0] == "无锡市总工会：已提交7项，还在填写1份。"
    assert "8. 《冯军的成果1》（填写中）" in who(two, "李娜").says("名单").text


def test_a_long_list_says_how_many_more_there_are(two: Database) -> None:
    lines = who(two, "张伟").says("名单").text.splitlines()
    assert lines[41] == "另有82份，请登录网页查看。"


def test_an_admin_gets_the_contacts_of_all_unions(two: Database) -> None:
    lines = who(two, "钱敏").says("名单").text.splitlines()
    assert lines[:3] == [
        "各单位联系人：",
        "1. 南京：张伟 13800138000",
        "2. 无锡：李娜 13800138000",
    ]
    without = [union.name for union in campaign().pack.unions[2:]]
    assert lines[3:] == [f"还没有登记（22家）：{'、'.join(without)}。"]


def test_the_qr_code_is_that_of_the_own_union(two: Database) -> None:
    who(two, "张伟").says("二维码")
    with two.reading() as session:
        paper = session.scalars(select(Paper)).one()
        assert (paper.kind, paper.facts["scene"], paper.facts["union"]) == (
            "poster",
            "union-nanjing",
            "南京市总工会",
        )
        owner = province.person(session, "张伟")
        assert paper.person_id == owner
