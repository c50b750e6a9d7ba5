"""Broadcasts in chat: one question at a time, kept when interrupted, and what recipients answer (R116, L8)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from storage.admins import Admin
from storage.broadcasts import Broadcast
from storage.db import Database
from storage.jobs import Job
from storage.outbox import OutboxRow
from tests.broadcasting import (
    add_admin,
    add_all_contacts,
    add_contact,
    person,
    run,
    sent_to,
    settle,
    state_of,
)
from tests.filing import fill
from tests.talk import NOON, Talk, campaign

TEXT = "请于周五前报送材料。"
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(database: Database) -> Talk:
    return add_admin(database)


def compose(admin: Talk, *, kind: str = "1", text: str = TEXT, to: str = "1") -> str:
    """Up to the preview; what it says."""
    for said in ("群发", kind, text):
        assert admin.says(said).outcome is Outcome.MOVED
    return admin.says(to).text


def step(talk: Talk) -> str:
    return str((talk.desk().pending or {}).get("step"))


def draft(database: Database) -> Broadcast:
    with database.reading() as session:
        return session.scalars(select(Broadcast).order_by(Broadcast.id.desc())).first()  # type: ignore[return-value]


def test_from_the_first_question_to_the_last_recipient(database: Database, admin: Talk) -> None:
    ids = add_all_contacts(database, count=3)
    shown = compose(admin)
    assert f"【需办】{TEXT}" in shown and "南京甲" in shown and "发给3个" in shown
    assert admin.says("2").outcome is Outcome.NEEDS_CONFIRMATION
    assert admin.says("是").outcome is Outcome.ACCEPTED
    assert (run(database), sent_to(database)) == (3, ids)
    assert admin.desk().pending is None


@pytest.mark.parametrize(("count", "asked"), [(20, None), (21, "confirm_many")])
def test_more_than_twenty_want_the_sentence_with_the_number(
    database: Database, admin: Talk, count: int, asked: str | None
) -> None:
    add_all_contacts(database, count=count)
    compose(admin)
    admin.says("2")
    heard = admin.says("是")
    assert (admin.desk().pending or {}).get("step") == asked
    if asked is None:
        return
    assert TEXT in heard.text and "21" in heard.text
    for wrong in ("是", "确认群发", "确认群发20人"):
        assert admin.says(wrong).outcome is Outcome.NEEDS_CONFIRMATION
        assert state_of(database, draft(database).id) == "draft"
    assert admin.says("确认群发 21 人").outcome is Outcome.ACCEPTED
    assert run(database) == 21


@SQLITE
@pytest.mark.parametrize("slight", ["3", "好", "12", "收", "没有"])
def test_a_lone_digit_or_word_is_asked_about_before_it_is_the_text(
    database: Database, admin: Talk, slight: str
) -> None:
    for said in ("群发", "1"):
        admin.says(said)
    heard = admin.says(slight)
    assert (heard.outcome, f"“{slight}”" in heard.text) == (Outcome.NEEDS_CONFIRMATION, True)
    assert (step(admin), draft(database).text) == ("slight", "")
    admin.says("否")
    assert (step(admin), draft(database).text) == ("text", "")
    admin.says(slight)
    admin.says("是")
    assert (step(admin), draft(database).text) == ("audience", slight)


@SQLITE
def test_the_text_may_follow_the_question_whether_a_digit_was_meant(database: Database, admin: Talk) -> None:
    for said in ("群发", "1", "3", TEXT):
        admin.says(said)
    assert (step(admin), draft(database).text) == ("audience", TEXT)


@SQLITE
@pytest.mark.parametrize("said", ["1含备份", "1 含备份联系人", "1，连备份一起", "1含B岗"])
def test_backups_are_asked_for_by_their_name(database: Database, admin: Talk, said: str) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei", role="B")
    shown = compose(admin, to=said)
    assert draft(database).audience["backups"] is True
    assert "南京 张伟（备份联系人）" in shown


@SQLITE
@pytest.mark.parametrize("who", ["nobody", "contact"])
def test_nobody_else_broadcasts(database: Database, who: str) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei")
    talk = Talk(database, name="zhangwei" if who == "contact" else "lina")
    assert talk.says("群发").outcome is Outcome.REJECTED
    assert draft(database) is None and talk.desk().pending is None


@SQLITE
def test_the_word_in_a_submitters_form_is_content(database: Database, talk: Talk) -> None:
    fill(talk, until="title")
    talk.says("群发")
    assert draft(database) is None
    assert "群发" in (talk.answers().get("title"), (talk.desk().pending or {}).get("value"))


def test_an_admin_who_was_revoked_gets_no_further(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    admin.says("2")
    with database.writing() as session:
        session.execute(update(Admin).values(revoked_at=NOON))
    assert admin.says("是").outcome is Outcome.REJECTED
    assert state_of(database, draft(database).id) == "draft"


@SQLITE
@pytest.mark.parametrize(
    "said", [[], ["1"], ["1", TEXT], ["1", TEXT, "8"], ["1", TEXT, "1"], ["1", TEXT, "1", "2"]]
)
def test_cancelling_at_any_time_keeps_what_was_written(
    database: Database, admin: Talk, said: list[str]
) -> None:
    add_all_contacts(database, count=1)
    for text in ("群发", *said):
        admin.says(text)
    assert admin.says("取消").outcome is Outcome.ANSWERED
    kept = draft(database)
    assert (admin.desk().pending, kept.state) == (None, "draft")
    assert kept.text == (TEXT if TEXT in said else "")
    admin.says("群发")
    assert admin.says("2").outcome is Outcome.MOVED
    assert (admin.desk().pending or {})["id"] == kept.id


@SQLITE
def test_a_command_between_leaves_the_question_open(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    admin.says("群发")
    admin.says("1")
    assert admin.says("联系人").outcome is Outcome.ANSWERED
    assert step(admin) == "text"
    admin.says(TEXT)
    assert draft(database).text == TEXT


@SQLITE
def test_what_no_step_understands_is_asked_again(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    admin.says("群发")
    for said, where in (
        ("也许", "kind"),
        ("1", "text"),
        (TEXT, "audience"),
        ("99", "audience"),
        ("大家", "audience"),
    ):
        admin.says(said)
        if said in ("也许", "99", "大家"):
            assert step(admin) == where


@SQLITE
def test_scheduling_asks_for_a_time_that_is_to_come(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    admin.says("3")
    assert admin.says("4月1日9点").outcome is Outcome.NEEDS_CONFIRMATION
    assert step(admin) == "when"
    admin.says("明天9点")
    admin.says("是")
    assert draft(database).due_at == NOON + timedelta(hours=21)
    assert run(database) == 0


@SQLITE
@pytest.mark.parametrize(("said", "hours"), [("1", 20), ("2", 11)])
def test_a_time_of_rest_is_asked_about(database: Database, admin: Talk, said: str, hours: int) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    admin.says("3")
    assert "休息时间" in admin.says("今晚11点").text
    admin.says(said)
    admin.says("是")
    assert draft(database).due_at == NOON + timedelta(hours=hours)


@SQLITE
def test_excluding_pace_text_and_test_before_sending(database: Database, admin: Talk) -> None:
    ids = add_all_contacts(database, count=4)
    compose(admin)
    admin.says("6")
    assert "发给2个" in admin.says("1、徐州甲").text
    admin.says("7")
    admin.says("3")
    admin.says("4")
    assert "新的内容。" in admin.says("新的内容。").text
    assert admin.says("1").outcome is Outcome.ANSWERED
    kept = draft(database)
    assert (kept.excluded, kept.pace, kept.text) == ([ids[0], ids[2]], 30, "新的内容。")
    with database.reading() as session:
        rows = session.execute(select(OutboxRow.address, OutboxRow.kind)).all()
    assert [tuple(row) for row in rows] == [("admin", "duty")]


@SQLITE
def test_people_by_name_and_which_of_two(database: Database, admin: Talk) -> None:
    add_contact(database, "nanjing", "张伟")
    with database.writing() as session:
        second = person(session, "张伟")
        lina = person(session, "李娜")
    compose(admin, to="9")
    assert admin.says("没有的人").outcome is Outcome.NEEDS_CONFIRMATION
    assert "2位" in admin.says("张伟、李娜").text
    assert "发给2个" in admin.says("2").text
    assert draft(database).audience["people"] == [second, lina]


@SQLITE
def test_open_drafts_of_a_union_that_is_asked_for(database: Database, admin: Talk) -> None:
    for name, union in (("sunli", "南京"), ("zhaolei", "无锡")):
        talk = Talk(database, name=name)
        fill(talk, until="union")
        talk.says(union)
    compose(admin, to="8")
    assert "发给1个" in admin.says("无锡市总工会").text


@SQLITE
def test_who_is_done_between_list_and_yes_changes_the_list(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=2)
    compose(admin)
    admin.says("2")
    add_contact(database, "xuzhou", "后来")
    heard = admin.says("是")
    assert (heard.outcome, step(admin)) == (Outcome.NEEDS_CONFIRMATION, "confirm")
    admin.says("是")
    assert run(database) == 3


@SQLITE
def test_earlier_ones_are_listed_and_handled_by_number(database: Database, admin: Talk) -> None:
    ids = add_all_contacts(database, count=2)
    compose(admin)
    admin.says("2")
    admin.says("是")
    run(database)
    settle(database, "sent", person_id=ids[0])
    settle(database, "failed", person_id=ids[1], error="45015")
    admin.says("群发")
    heard = admin.says("2")
    assert "已送达1" in heard.text and "45015" in heard.text
    assert "无锡甲" in admin.says("1").text
    assert admin.says("2").outcome is Outcome.ACCEPTED
    assert admin.says("3").outcome is Outcome.REJECTED
    assert admin.says("4").outcome is Outcome.NEEDS_CONFIRMATION
    assert "1个已经发出" in admin.says("是").text
    assert state_of(database, draft(database).id) == "cancelled"


@SQLITE
def test_a_scheduled_one_is_changed_and_cancelled(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    for said in ("3", "明天9点", "是", "群发", "2"):
        admin.says(said)
    assert admin.says("3").outcome is Outcome.MOVED
    assert (step(admin), draft(database).state) == ("preview", "draft")
    assert admin.says("9").outcome is Outcome.ACCEPTED
    assert draft(database).state == "cancelled"


@SQLITE
def test_a_stuck_one_is_said_in_the_list(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    admin.says("2")
    admin.says("是")
    assert "【需办】" not in admin.says("群发").text
    admin.later(minutes=11)
    assert "【需办】" in admin.says("群发").text


def picture(admin: Talk, *, kind: str = "png", size: int = 1000, sha256: str | None = "a" * 64) -> Outcome:
    media = Media(media_id="m1", name="a.png", sha256=sha256, size=size, format=kind)
    message = InboundMessage(
        "test", admin.name, f"picture{size}{kind}{sha256}", MessageKind.IMAGE, media=media
    )
    return admin.sends(message).outcome


@SQLITE
def test_a_picture_sent_while_composing_goes_with_it(database: Database, admin: Talk) -> None:
    add_all_contacts(database, count=1)
    compose(admin)
    assert picture(admin, kind="pdf") is Outcome.REJECTED
    assert picture(admin, size=2 * 1024 * 1024 + 1) is Outcome.REJECTED
    assert draft(database).picture is None
    assert picture(admin) is Outcome.ACCEPTED
    assert (draft(database).picture, step(admin)) == ("a" * 64, "preview")


@SQLITE
def test_a_picture_that_must_be_fetched_comes_to_the_broadcast(database: Database, admin: Talk) -> None:
    compose(admin)
    assert picture(admin, sha256=None) is Outcome.ANSWERED
    with database.reading() as session:
        assert session.scalars(select(Job)).one().detail["field"] == "broadcast"
    media = Media(name="a.png", sha256="b" * 64, size=9, format="png", field="broadcast")
    admin.sends(InboundMessage("test", admin.name, "f1", MessageKind.FETCHED, media=media))
    assert draft(database).picture == "b" * 64


def told(database: Database, admin: Talk, *, kind: str = "1") -> None:
    """A broadcast that has reached every contact."""
    compose(admin, kind=kind)
    admin.says("2")
    admin.says("是")
    run(database)
    settle(database, "sent")


def test_received_is_thanked_for_once_and_counted(database: Database, admin: Talk) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei")
    talk = Talk(database, name="zhangwei")
    told(database, admin)
    heard = [talk.says("收到"), talk.says("收到")]
    assert [one.outcome for one in heard] == [Outcome.ANSWERED, Outcome.ANSWERED]
    assert heard[0].text != heard[1].text
    admin.says("群发")
    assert "回复“收到”的1人" in admin.says("2").text


@SQLITE
def test_received_leaves_the_open_question_open(database: Database, admin: Talk) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei")
    talk = Talk(database, name="zhangwei")
    fill(talk, until="title")
    told(database, admin)
    heard = talk.says("收到")
    assert (heard.outcome, heard.asked, "title" in talk.answers()) == (Outcome.ANSWERED, "title", False)
    assert campaign().pack.spec("title").label in heard.text


@SQLITE
def test_notices_can_be_opted_out_of_and_duties_cannot(database: Database, admin: Talk) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei")
    talk = Talk(database, name="zhangwei")
    assert talk.says("退订").outcome is Outcome.ANSWERED
    assert "退订了通知" in compose(admin, kind="2")
    admin.says("8")
    assert "发给1个" in admin.says("1").text
    talk.says("恢复通知")
    admin.says("8")
    assert "发给1个" in admin.says("2").text
