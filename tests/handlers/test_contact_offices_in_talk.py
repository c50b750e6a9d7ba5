"""A registered contact in 1:1: hand-over, the own data, what waits, the word about the mail."""

from __future__ import annotations

import pytest

from handlers import contacts
from handlers.contacts import FormState
from handlers.messages import Outcome
from storage.db import Database
from tests.filing import TEXTS, fill
from tests.handlers.contact_people import (
    AT_ONCE,
    LI,
    NOON,
    WANG,
    bound_admin,
    form_offered,
    kept,
    kept_id,
    offices,
    outcomes,
    serve,
    serving,
    told,
)
from tests.talk import Talk, campaign

MOVED, ACCEPTED, ASKING = Outcome.MOVED, Outcome.ACCEPTED, Outcome.NEEDS_CONFIRMATION
REJECTED, ANSWERED = Outcome.REJECTED, Outcome.ANSWERED
TALKS_AT = NOON


def test_a_second_one_chooses_to_follow_or_to_be_the_backup(database: Database, talk: Talk) -> None:
    serving(database, talk)
    lina = Talk(database, name="lina", now=NOON)
    heard = lina.says("登记联系人 南京市总工会 李娜 13900139000")
    assert heard.outcome is ASKING and "张伟" not in heard.text and "138" not in heard.text
    assert outcomes(lina, "不知道", "2", "是") == [ASKING, ASKING, ACCEPTED]
    assert kept(lina) == [("nanjing", "B", "李娜", "13900139000", "waiting")]
    assert len(told(database, "zhangwei")) == 1


def test_hand_over_by_the_old_contacts_yes(database: Database, talk: Talk) -> None:
    serving(database, talk)
    lina = Talk(database, name="lina", now=NOON)
    outcomes(lina, "登记联系人 南京市总工会 李娜 13900139000", "接替", "是")
    number = kept_id(lina)
    fill(talk, until="title")
    heard = talk.says(f"同意交接 {number}")
    assert (heard.outcome, heard.asked) == (MOVED, "title")
    assert (kept(talk)[0][4], kept(lina)[0][4]) == ("ended", "active")
    assert "您已不再是南京市总工会的联系人" in talk.says("已邮件报送").text


@pytest.mark.parametrize(
    "word",
    ["进度", "名单", "领账号", "重置账号", "二维码", "催办", "谁还没报", "已邮件报送"],
)
def test_a_former_contact_hears_that_the_office_is_over(database: Database, talk: Talk, word: str) -> None:
    serving(database, talk)
    with database.writing() as session:
        held = contacts.list_active(session, campaign())[0]
        contacts.end(session, campaign(), held, actor_label="admin:1", now=NOON)
    heard = talk.says(word)
    assert (heard.outcome, "您已不再是南京市总工会的联系人" in heard.text) == (ANSWERED, True)
    assert "钱德乾，电话：025-83536240" in heard.text
    never = Talk(database, name="lina", now=NOON)
    assert "不再是" not in never.says(word).text


def test_a_former_contact_still_hears_of_the_own_draft(database: Database, talk: Talk) -> None:
    serving(database, talk)
    with database.writing() as session:
        held = contacts.list_active(session, campaign())[0]
        contacts.end(session, campaign(), held, actor_label="admin:1", now=NOON)
    fill(talk, until="phone")
    heard = talk.says("进度").text
    assert heard.index("您已不再是南京市总工会的联系人") < heard.index("还差")
    talk.says("登记联系人 南京市总工会 张伟 13800138000")
    talk.says("是")
    assert "不再是" not in talk.says("进度").text


def test_nobody_else_hands_over(database: Database, talk: Talk) -> None:
    serving(database, talk)
    lina, wang = (Talk(database, name=name, now=NOON) for name in ("lina", "wangfang"))
    with database.writing() as session:
        serve(session, WANG, "wangfang")
    outcomes(lina, "登记联系人 南京市总工会 李娜 13900139000", "接替", "是")
    number = kept_id(lina)
    assert [one.says(f"同意交接 {number}").outcome for one in (lina, wang)] == [REJECTED, REJECTED]
    assert kept(talk)[0][4] == "active"


def test_the_office_was_taken_before_the_yes(database: Database, talk: Talk) -> None:
    talk.says(AT_ONCE)
    with database.writing() as session:
        serve(session, LI, "lina")
    assert outcomes(talk, "是", "1", "是") == [ASKING, ASKING, ACCEPTED]
    assert [row[1:] for row in offices(database)] == [("A", "李娜", "active"), ("A", "张伟", "waiting")]


def test_own_data_and_nobody_elses(database: Database, talk: Talk) -> None:
    serving(database, talk)
    with database.writing() as session:
        serve(session, WANG, "wangfang")
    heard = talk.says("登记联系人")
    assert heard.outcome is ANSWERED and "张伟" in heard.text and "13800138000" in heard.text
    assert "王芳" not in heard.text and "无锡" not in heard.text
    assert (talk.says("0").outcome, talk.desk().pending) == (MOVED, None)


def test_a_new_phone_and_a_new_form(database: Database, talk: Talk) -> None:
    serving(database, talk)
    heard = [talk.says(text) for text in ("登记联系人", "1", "12345", "13900139000")]
    assert [one.outcome for one in heard] == [ANSWERED, MOVED, REJECTED, ACCEPTED]
    assert kept(talk) == [("nanjing", "A", "张伟", "13900139000", "active")]
    assert form_offered(talk, heard[3])["phone"] == "13900139000"


def test_the_form_once_more(database: Database, talk: Talk) -> None:
    serving(database, talk)
    heard = [talk.says(text) for text in ("登记联系人", "4")][1]
    assert (heard.outcome, form_offered(talk, heard)["name"]) == (ANSWERED, "张伟")


def test_how_to_hand_over(database: Database, talk: Talk) -> None:
    serving(database, talk)
    assert outcomes(talk, "更换联系人", "更换联系人") == [ANSWERED, ANSWERED]
    assert (talk.desk().pending, kept(talk)[0][4]) == (None, "active")


def test_another_union_wants_an_admins_yes(database: Database, talk: Talk) -> None:
    serving(database, talk)
    outcomes(talk, "登记联系人", "3", "无锡", "是")
    assert kept(talk) == [
        ("nanjing", "A", "张伟", "13800138000", "active"),
        ("wuxi", "A", "张伟", "13800138000", "waiting"),
    ]


def test_a_corrected_name_keeps_the_office(database: Database, talk: Talk) -> None:
    serving(database, talk)
    outcomes(talk, "登记联系人", "3", "南京", "改姓名 张玮", "是")
    assert kept(talk)[1] == ("nanjing", "A", "张玮", "13800138000", "waiting")


def test_the_backup_asks_to_follow(database: Database, talk: Talk) -> None:
    serving(database, talk)
    with database.writing() as session:
        serve(session, contacts.Entry("nanjing", "李娜", "13900139000", "B"), "lina")
    lina = Talk(database, name="lina", now=NOON)
    assert outcomes(lina, "登记联系人", "5", "是") == [ANSWERED, ASKING, ACCEPTED]
    talk.says(f"同意交接 {kept_id(lina)}")
    assert [row[1:] for row in offices(database)] == [
        ("A", "张伟", "ended"), ("B", "李娜", "ended"), ("A", "李娜", "active")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "states"),
    [
        (["3"], ["ended"]),
        (["1", "无锡", "张伟", "13800138000", "是"], ["ended", "waiting"]),
        (["0"], ["waiting"]),
    ],
)
def test_while_it_waits(talk: Talk, said: list[str], states: list[str]) -> None:
    outcomes(talk, AT_ONCE, "是")
    assert talk.says("登记联系人").outcome is ANSWERED
    outcomes(talk, *said)
    assert [row[4] for row in kept(talk)] == states


def test_decided_while_the_list_was_open(database: Database, talk: Talk) -> None:
    outcomes(talk, AT_ONCE, "是", "登记联系人")
    with database.writing() as session:
        admin = bound_admin(session)
        contacts.approve(session, campaign(), admin, kept_id(talk), now=NOON, render=lambda _: [""])
    assert talk.says("3").outcome is MOVED
    assert kept(talk)[0][4] == "active"


def test_the_word_about_the_mail(database: Database, talk: Talk) -> None:
    serving(database, talk)
    with database.writing() as session:
        serve(session, WANG, "wangfang")
    assert outcomes(talk, "已邮件报送", "邮件已发") == [ACCEPTED, ANSWERED]
    with database.reading() as session:
        states = contacts.form_states(session, campaign())
    assert (states["nanjing"], states["wuxi"]) == (
        FormState("registered", mailed_said=True),
        FormState("registered"),
    )


def test_the_word_about_the_mail_of_whoever_is_no_contact(talk: Talk) -> None:
    assert talk.says("已邮件报送").outcome is REJECTED
    outcomes(talk, AT_ONCE, "是")
    assert talk.says("已邮件报送").outcome is REJECTED
    with talk.database.reading() as session:
        assert contacts.form_states(session, campaign())["nanjing"] == FormState("waiting")


def test_the_word_about_the_mail_leaves_the_question_open(database: Database, talk: Talk) -> None:
    serving(database, talk)
    fill(talk, until="title")
    heard = talk.says("已邮件报送")
    assert (heard.outcome, heard.asked) == (ACCEPTED, "title")
    assert talk.says(TEXTS["title"]).outcome is ACCEPTED
