"""已办, 明天, 换人办 and 催办: what people answer to a reminder, and reminding by hand."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from handlers import contacts
from handlers.messages import Outcome
from storage import audit
from storage.db import Database
from storage.reminders import Reminder
from tests import province
from tests.province import at, run, sent
from tests.talk import Talk, campaign


@pytest.fixture
def two(database: Database) -> Database:
    """苏州 and 无锡 both owe, and have drafts of two people each; 苏州 has a backup."""
    with database.writing() as session:
        province.add_admin(session)
        province.bind_group(session)
        province.add_contact(session, "suzhou", "刘洋")
        province.add_contact(session, "suzhou", "陈静", role="B")
        province.add_contact(session, "wuxi", "李娜")
        for name, union in (("吴刚", "suzhou"), ("郑爽", "suzhou"), ("冯军", "wuxi"), ("褚明", "wuxi")):
            province.add_draft(session, name, union, lacks=("quiz",))
    return database


def who(database: Database, name: str, day: str = "05-20", clock: str = "10:00") -> Talk:
    return Talk(database, name=name, now=at(day, clock))


def told(database: Database, ladder: str) -> list[tuple[str | None, str]]:
    """Union and state of each reminder of a ladder."""
    with database.reading() as session:
        rows = session.scalars(select(Reminder).where(Reminder.ladder == ladder).order_by(Reminder.id))
        return [(row.union_code, row.state) for row in rows]


def mailed(database: Database, union: str) -> bool:
    with database.reading() as session:
        return contacts.form_states(session, campaign())[union].mailed_said


def test_done_keeps_the_word_about_the_mail_after_a_reminder_of_it(two: Database) -> None:
    run(two, at("04-10"))
    heard = who(two, "刘洋", "04-10").says("已办")
    assert (heard.outcome, mailed(two, "suzhou"), mailed(two, "wuxi")) == (Outcome.ACCEPTED, True, False)
    assert heard.text.startswith("已收到，已记下：附件5已发到邮箱jsldjs@126.com。")
    assert "苏州市总工会还有3件事请办理：\n1. 进群" in heard.text


def test_done_is_no_word_about_the_mail_otherwise(two: Database) -> None:
    assert (who(two, "刘洋").says("已办").outcome, mailed(two, "suzhou")) == (Outcome.ANSWERED, False)


def test_done_is_looked_up_and_thanked_for(two: Database) -> None:
    assert who(two, "吴刚").says("已办").text.startswith("已收到，谢谢。\n系统里看到还有下面的事没有办完")
    with two.writing() as session:
        province.add_contact(session, "nanjing", "张伟")
        province.join(session, "张伟")
        province.issue_account(session, "nanjing", until=None)
        province.add_submitted(session, "nanjing", 120)
    assert who(two, "张伟").says("已办").text == "已收到，您现在没有需要办的事了，谢谢您。"
    with two.reading() as session:
        assert [row.action for row in audit.list_of_subject(session, "union:nanjing")] == ["say_done"]


def test_tomorrow_is_the_next_working_day_at_the_hour(two: Database) -> None:
    heard = who(two, "吴刚", "05-24", "10:00").says("明天")
    assert heard.outcome is Outcome.ACCEPTED
    assert heard.text.startswith("好的，已记下：5月27日（周一）9点再提醒您。")
    who(two, "吴刚", "05-24", "10:05").says("明天")
    assert told(two, "tomorrow") == [(None, "snoozed")]


def test_what_was_put_off_comes_with_the_step_of_that_day_in_one_message(two: Database) -> None:
    run(two, at("05-24", "09:00"))
    who(two, "吴刚", "05-24", "10:00").says("明天")
    run(two, at("05-27"))
    assert [line for line in sent(two) if "吴刚" in line and "05-27" in line] == [
        "05-27 09:00  吴刚  [draft:10-before, tomorrow:2024-05-27]  lacks quiz"
    ]


def test_what_was_put_off_and_is_done_is_not_told(two: Database) -> None:
    who(two, "吴刚", "05-20").says("明天")
    with two.writing() as session:
        province.hand_in(session, 1, now=at("05-20", "15:00"))
    run(two, at("05-21"))
    assert (told(two, "tomorrow"), [line for line in sent(two) if "吴刚" in line]) == ([(None, "closed")], [])


def test_nothing_is_put_off_beyond_the_deadline(two: Database) -> None:
    heard = who(two, "吴刚", "06-11").says("明天")
    assert (heard.outcome, told(two, "tomorrow")) == (Outcome.REJECTED, [])
    assert heard.text.startswith("抱歉，下面的事等不到下一个工作日就截止了，请您今天办理。")


def test_who_owes_nothing_puts_nothing_off(two: Database) -> None:
    assert who(two, "somebody").says("明天").text.startswith("您现在没有需要办的事")


def test_somebody_else_is_the_backup_who_is_told_after_a_yes(two: Database) -> None:
    liu = who(two, "刘洋")
    asked = liu.says("换人办")
    assert asked.outcome is Outcome.NEEDS_CONFIRMATION
    assert asked.text.startswith("苏州市总工会的另一位联系人是陈静，电话：13800138000。")
    assert liu.says("是").outcome is Outcome.ACCEPTED
    assert sent(two) == ["05-20 10:00  陈静  [passed_on:2024-05-20]  suzhou: group account minimum 0/120"]


def test_it_can_be_passed_back_the_same_day(two: Database) -> None:
    for name in ("刘洋", "陈静"):
        talk = who(two, name)
        talk.says("换人办")
        talk.says("是")
    with two.writing() as session:
        session.execute(
            update(Reminder).where(Reminder.state == "snoozed").values(due_at=at("05-20", "10:10"))
        )
    run(two, at("05-20", "10:10"))
    assert [line.split("  ")[1] for line in sent(two) if "passed_on" in line] == ["陈静", "刘洋"]


def test_a_no_tells_nobody(two: Database) -> None:
    liu = who(two, "刘洋")
    liu.says("换人办")
    assert (liu.says("否").text, sent(two)) == ("好的，没有发送。", [])


def test_without_a_backup_the_hand_over_is_explained(two: Database) -> None:
    assert who(two, "李娜").says("换人办").text.startswith("无锡市总工会还没有备份联系人。")
    assert who(two, "吴刚").says("换人办").text.startswith("您的申报由您本人填写和提交")


def test_a_contact_nudges_the_own_union_once_a_day(two: Database) -> None:
    liu = who(two, "刘洋")
    assert liu.says("催办").text.splitlines()[0] == (
        "贵单位有2位申报人的2份申报还没有提交，要现在提醒吗？每人收到一条，写明还差什么。"
    )
    assert liu.says("是").outcome is Outcome.ACCEPTED
    assert sent(two) == [
        "05-20 10:00  吴刚  [nudge:2024-05-20]  lacks quiz",
        "05-20 10:00  郑爽  [nudge:2024-05-20]  lacks quiz",
    ]
    again = who(two, "陈静", clock="15:00").says("催办")
    assert again.text == "今天已经提醒过了（2人），每人每天最多提醒一次，请明天再发“催办”。"
    assert who(two, "刘洋", "05-21").says("催办").outcome is Outcome.NEEDS_CONFIRMATION


def test_who_writes_meanwhile_is_nudged_ten_minutes_later(two: Database) -> None:
    with two.writing() as session:
        province.wrote(session, "吴刚", now=at("05-20", "09:55"))
    liu = who(two, "刘洋")
    liu.says("催办")
    liu.says("是")
    run(two, at("05-20", "10:05"))
    assert [line for line in sent(two) if "nudge" in line] == [
        "05-20 10:00  郑爽  [nudge:2024-05-20]  lacks quiz",
        "05-20 10:05  吴刚  [nudge:2024-05-20]  lacks quiz",
    ]


def test_a_nudge_at_night_waits_for_the_morning(two: Database) -> None:
    liu = who(two, "刘洋", clock="22:00")
    liu.says("催办")
    assert liu.says("是").text.startswith("现在是休息时间，已记下，5月21日（周二）8点发给2人。")
    run(two, at("05-20", "23:00"))
    assert sent(two) == []
    run(two, at("05-21", "08:00"))
    assert [line for line in sent(two) if "nudge" in line] == [
        "05-21 08:00  吴刚  [nudge:2024-05-20]  lacks quiz",
        "05-21 08:00  郑爽  [nudge:2024-05-20]  lacks quiz",
    ]


def test_an_admin_nudges_the_unions_that_owe(two: Database) -> None:
    qian = who(two, "钱敏")
    lines = qian.says("催办").text.splitlines()
    assert lines[0] == "要提醒2家单位的联系人吗？无锡、苏州。"
    assert lines[1].startswith("没有可以联系上的联系人，请打电话：南京、徐州、")
    qian.says("是")
    assert [line.split("  ")[1] for line in sent(two)] == ["刘洋", "李娜"]


def test_others_nudge_nobody(two: Database) -> None:
    heard = who(two, "吴刚").says("催办")
    assert (heard.outcome, sent(two)) == (Outcome.REJECTED, [])


def test_an_open_question_stays_open_when_a_reminder_comes(two: Database) -> None:
    """The person is in the middle of the form; the reminder touches nothing of it."""
    wu = who(two, "卫红", "05-27", "08:30")
    wu.says("我要申报")
    before = wu.desk()
    run(two, at("05-27"))
    after = wu.desk()
    assert (after.asked, after.pending, after.submission_id) == (
        before.asked,
        before.pending,
        before.submission_id,
    )
    assert [line.split("  ")[2] for line in sent(two) if "卫红" in line or "private" in line] == [
        "[draft:10-before]"
    ]
