"""Admins and one-time codes: each works once, for a day, and cannot be guessed; an admin's decisions in chat."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from handlers import admins, contacts
from handlers.access import roles_of
from handlers.contacts import Entry
from handlers.errors import HandlerError
from storage import people
from storage.admins import Admin, BindingCode
from storage.audit import AuditRow
from storage.contacts import Contact
from storage.db import Database
from tests.storage.rows import CAMPAIGN, outbox_row
from tests.talk import NOON, Talk, campaign, whole

DAY = timedelta(hours=24)
HOUR = timedelta(hours=1)
WRONG = "00000000"


def add_admin(database: Database, name: str = "钱德乾") -> str:
    """A code for an admin of that name."""
    with database.writing() as session:
        return admins.add(session, name, now=NOON)[1]


def add_person(database: Database, address: str) -> int:
    with database.writing() as session:
        return people.add(session, "test", address, now=NOON)


def bind(database: Database, code: str, person_id: int, later: timedelta = timedelta()) -> str:
    """The name of who was bound, or the template of the refusal."""
    with database.writing() as session:
        try:
            return admins.bind(session, code, person_id, now=NOON + later).name
        except HandlerError as error:
            return error.line.template


def bound(database: Database) -> dict[str, int | None]:
    with database.reading() as session:
        return {admin.name: admin.person_id for admin in admins.list_active(session)}


def test_a_code_binds_its_admin_once(database: Database) -> None:
    zhang, li = add_person(database, "zhangwei"), add_person(database, "lina")
    code = add_admin(database)
    assert (len(code), code.isdecimal(), bound(database)) == (8, True, {"钱德乾": None})
    assert [bind(database, code, one) for one in (zhang, zhang, li)] == [
        "钱德乾", "admin/code_refused", "admin/code_refused",
    ]  # fmt: skip
    assert bound(database) == {"钱德乾": zhang}


def test_a_code_may_be_typed_wide_or_with_spaces(database: Database) -> None:
    zhang = add_person(database, "zhangwei")
    wide = {ord("0") + digit: chr(ord("０") + digit) for digit in range(10)}
    for form in (
        lambda code: f" {code}\u3000",
        lambda code: f"{code[:4]} {code[4:]}",
        lambda code: code.translate(wide),
    ):
        assert bind(database, form(add_admin(database)), zhang) == "钱德乾"


def test_a_code_lasts_a_day(database: Database) -> None:
    zhang = add_person(database, "zhangwei")
    first = add_admin(database)
    assert bind(database, first, zhang, DAY) == "admin/code_refused"
    assert bind(database, first, zhang, DAY - timedelta(microseconds=1)) == "钱德乾"


def test_a_new_code_for_a_known_admin_ends_the_older(database: Database) -> None:
    """The chat that is bound stays so until the new code is used, then it is an admin's no more."""
    zhang, li = add_person(database, "zhangwei"), add_person(database, "lina")
    assert bind(database, add_admin(database), zhang) == "钱德乾"
    old, new = add_admin(database), add_admin(database)
    other = add_admin(database, "李芳")
    assert (bind(database, old, li), bound(database)["钱德乾"]) == ("admin/code_refused", zhang)
    assert (bind(database, new, li), bound(database)) == ("钱德乾", {"钱德乾": li, "李芳": None})
    assert bind(database, other, li) == "李芳"
    assert bound(database) == {"钱德乾": None, "李芳": li}


def test_only_the_digest_is_kept(database: Database) -> None:
    code = add_admin(database)
    with database.reading() as session:
        kept = session.scalars(select(BindingCode)).one()
        noted = [(row.subject, row.action, row.actor, row.note) for row in session.scalars(select(AuditRow))]
    assert (len(kept.digest), code in kept.digest) == (64, False)
    assert noted == [("admin:1", "code_issued", "operator", None)]


def test_a_code_of_the_group_makes_nobody_an_admin(database: Database) -> None:
    zhang = add_person(database, "zhangwei")
    with database.writing() as session:
        code = admins.group_code(session, "operator", now=NOON)
    assert (bind(database, code, zhang), bound(database)) == ("admin/code_refused", {})


def test_five_wrong_tries_an_hour_and_no_more(database: Database) -> None:
    """Then even the right code is refused, for this person alone, until an hour has passed."""
    zhang, li = add_person(database, "zhangwei"), add_person(database, "lina")
    code, other = add_admin(database), add_admin(database, "李芳")
    tried = [bind(database, WRONG, zhang, timedelta(minutes=minute)) for minute in range(5)]
    assert tried == ["admin/code_refused"] * 5
    assert [bind(database, code, zhang, timedelta(minutes=5)) for _ in range(9)] == [
        "admin/too_many_tries"
    ] * 9
    assert bind(database, other, li, timedelta(minutes=5)) == "李芳"
    assert bind(database, code, zhang, HOUR) == "admin/too_many_tries"
    assert bind(database, code, zhang, HOUR + timedelta(microseconds=1)) == "钱德乾"


def together(*works: Callable[[], object]) -> None:
    """Do all at the same moment, each in a thread of its own."""
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        start.wait()
        work()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_of_eight_with_one_code_one_is_bound(database: Database) -> None:
    ids = [add_person(database, f"p{place}") for place in range(8)]
    code = add_admin(database)
    said: dict[int, str] = {}
    together(*(lambda one=one: said.update({one: bind(database, code, one)}) for one in ids))  # type: ignore[misc]
    winners = [one for one in ids if said[one] == "钱德乾"]
    assert (len(winners), bound(database)) == (1, {"钱德乾": winners[0]})
    assert sorted(said.values()) == sorted(["钱德乾", *["admin/code_refused"] * 7])


def test_a_revoked_admin_is_none_and_may_come_again(database: Database) -> None:
    zhang = add_person(database, "zhangwei")
    bind(database, add_admin(database), zhang)
    with database.writing() as session:
        admin = session.scalars(select(Admin)).one()
        admin.revoked_at = NOON
    assert bound(database) == {}
    assert (bind(database, add_admin(database, "李芳"), zhang), bound(database)) == ("李芳", {"李芳": zhang})
    code = add_admin(database)
    assert bound(database) == {"钱德乾": None, "李芳": zhang}
    assert (bind(database, code, zhang), bound(database)) == ("钱德乾", {"钱德乾": zhang, "李芳": None})


# In chat.


@pytest.fixture
def admin(database: Database) -> Talk:
    """An admin who has bound a chat."""
    talk = Talk(database, "qiandeqian")
    assert talk.says(f"绑定管理员 {add_admin(database)}").outcome == "moved"
    return talk


@pytest.mark.parametrize("form", ["绑定管理员 {}", "绑定管理员{}", " 绑定 管理员 {} ", "绑定管理员　{}"])
def test_binding_in_chat(database: Database, form: str) -> None:
    talk = Talk(database)
    heard = talk.says(form.format(add_admin(database)))
    assert (heard.outcome, "钱德乾" in heard.text, "待办" in heard.text) == ("moved", True, True)
    assert list(bound(database).values()) == [talk.desk().person_id]


def test_a_wrong_code_in_chat_is_refused(database: Database) -> None:
    add_admin(database)
    heard = Talk(database).says(f"绑定管理员 {WRONG}")
    assert (heard.outcome, "add-admin" in heard.text, bound(database)) == ("rejected", True, {"钱德乾": None})


def test_an_open_question_stays_open_while_an_admin_is_bound(database: Database) -> None:
    talk = Talk(database)
    talk.says("我要申报")
    heard = talk.says(f"绑定管理员 {add_admin(database)}")
    assert (heard.outcome, heard.asked, talk.answers()) == ("moved", "completers", {})


def test_the_code_of_the_group_is_worth_nothing_in_1_to_1(database: Database) -> None:
    """It is sent to the group, and still binds there."""
    with database.writing() as session:
        code = admins.group_code(session, "operator", now=NOON)
    talk = Talk(database)
    heard = talk.says(f"绑定 {code}")
    assert (heard.outcome, "征集群" in heard.text, code in heard.text) == ("rejected", True, False)
    assert talk.in_group(f"绑定 {code}").outcome == "moved"


@pytest.mark.parametrize("order", ["待办", "通过 1", "驳回 1 不是本人", "驳回 1"])
def test_only_admins_decide(database: Database, order: str) -> None:
    heard = Talk(database).says(order)
    assert (heard.outcome, "省总工会管理员办理" in heard.text) == ("rejected", True)


def test_nothing_waits(admin: Talk) -> None:
    heard = admin.says("待办")
    assert (heard.outcome, heard.text.startswith("现在没有等您办理的事。")) == ("answered", True)


def registers(talk: Talk, union_code: str, name: str = "张伟", role: str = "A") -> int:
    """The number under which somebody waits for an admin's decision."""
    talk.says("您好")
    entry = Entry(union_code, name, "13800138000", role)
    with talk.database.writing() as session:
        registered = contacts.register(
            session, talk.campaign, entry, person_id=talk.desk().person_id, now=talk.now, render=whole
        )
    assert registered.is_active is False
    return registered.contact.id


def states(database: Database) -> dict[str, str]:
    with database.reading() as session:
        return {contact.name: contact.state for contact in session.scalars(select(Contact))}


def test_what_waits_is_shown_by_number(database: Database, admin: Talk) -> None:
    """Of two unions, with the number by which each is decided and the phone to be compared."""
    first = registers(Talk(database, "zhangwei"), "nanjing")
    second = registers(Talk(database, "lina"), "wuxi", "李娜", "B")
    text = admin.says("待办").text
    assert text.startswith("【需办】")
    assert [line for line in text.splitlines() if line.startswith("编号")] == [
        f"编号{first}　南京市总工会　张伟　13800138000　逾期",
        f"编号{second}　无锡市总工会　李娜　13800138000　备份联系人　逾期",
    ]
    assert f"“通过 {first}”" in text


@pytest.mark.parametrize("form", ["通过 {}", "通过{}", "同意 {}"])
def test_a_yes_makes_the_contact_active(database: Database, admin: Talk, form: str) -> None:
    zhang = Talk(database, "zhangwei")
    number = registers(zhang, "nanjing")
    registers(Talk(database, "lina"), "wuxi", "李娜")
    heard = admin.says(form.format(number))
    assert (heard.outcome, "南京市总工会" in heard.text) == ("moved", True)
    assert states(database) == {"张伟": "active", "李娜": "waiting"}
    assert len(zhang.waiting()) == 1
    assert admin.says(f"通过 {number}").outcome == "rejected"


@pytest.mark.parametrize("form", ["驳回 {} 不是本人", "驳回{}，不是本人", "不通过 {}：不是本人"])
def test_a_no_tells_the_reason_to_the_person(database: Database, admin: Talk, form: str) -> None:
    zhang = Talk(database, "zhangwei")
    number = registers(zhang, "nanjing")
    assert admin.says(form.format(number)).outcome == "moved"
    [(told, _)] = zhang.waiting()
    assert (states(database), "不是本人" in told) == ({"张伟": "refused"}, True)


def test_a_reason_that_was_not_given_is_asked_for(database: Database, admin: Talk) -> None:
    zhang = Talk(database, "zhangwei")
    number = registers(zhang, "nanjing")
    assert admin.says(f"驳回 {number}").outcome == "needs_confirmation"
    assert (admin.says("姓名与电话对不上").outcome, admin.desk().pending) == ("moved", None)
    assert "姓名与电话对不上" in zhang.waiting()[0][0]


@pytest.mark.parametrize(
    ("said", "outcome"), [("取消", "answered"), ("待办", "answered"), ("帮助", "answered")]
)
def test_the_question_for_a_reason_can_be_left(
    database: Database, admin: Talk, said: str, outcome: str
) -> None:
    number = registers(Talk(database, "zhangwei"), "nanjing")
    admin.says(f"驳回 {number}")
    assert (admin.says(said).outcome, admin.desk().pending, states(database)) == (
        outcome,
        None,
        {"张伟": "waiting"},
    )


@pytest.mark.parametrize("order", ["通过 99", "驳回 99 不是本人", "驳回 99", "通过 ９９"])
def test_a_number_that_nobody_has_is_refused(admin: Talk, order: str) -> None:
    heard = admin.says(order)
    assert (heard.outcome, admin.desk().pending) == ("rejected", None)


def test_a_reason_may_be_200_characters(database: Database, admin: Talk) -> None:
    number = registers(Talk(database, "zhangwei"), "nanjing")
    admin.says(f"驳回 {number}")
    assert (admin.says("长" * 201).outcome, states(database)) == ("rejected", {"张伟": "waiting"})
    assert (admin.says("长" * 200).outcome, states(database)) == ("moved", {"张伟": "refused"})


@pytest.mark.parametrize("decision", ["通过", "驳回"])
def test_a_decided_number_is_answered_alike_with_and_without_a_reason(
    database: Database, admin: Talk, decision: str
) -> None:
    number = registers(Talk(database, "zhangwei"), "nanjing")
    admin.says(f"{decision} {number}{' 请核对' if decision == '驳回' else ''}")
    bare, full = (admin.says(f"驳回 {number}{reason}") for reason in ("", " 姓名不符"))
    assert (bare.outcome, bare.text) == ("rejected", full.text)
    assert ("已经通过" if decision == "通过" else "已经驳回") in bare.text
    assert "没有9号登记" in admin.says("驳回 9").text


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("通过", "请写明编号，如“通过 2”；看待办请发“待办”"),
        ("同意。", "请写明编号，如“通过 2”；看待办请发“待办”"),
        ("驳回", "请写明编号，如“驳回 2 原因”；看待办请发“待办”"),
        ("不通过", "请写明编号，如“驳回 2 原因”；看待办请发“待办”"),
        ("账号 重置", "请写明是哪家工会"),
        ("帐号停用", "请写明是哪家工会"),
    ],
)
def test_an_admin_is_told_what_belongs_behind_a_word(
    database: Database, admin: Talk, said: str, hint: str
) -> None:
    registers(Talk(database, "zhangwei"), "nanjing")
    assert hint in admin.says(said).text
    assert states(database) == {"张伟": "waiting"}
    assert hint not in Talk(database, "lina").says(said).text
    admin.says("我要申报")
    assert hint not in admin.says(said).text


def test_mailed_forms_are_confirmed_by_their_number(database: Database, admin: Talk) -> None:
    """Only by an admin's word (R86); the list gets shorter until nothing is left."""
    for name, union in (("zhangwei", "nanjing"), ("lina", "wuxi")):
        talk = Talk(database, name)
        admin.says(f"通过 {registers(talk, union, name)}")
        with database.writing() as session:
            actor = roles_of(session, CAMPAIGN, talk.desk().person_id).actor
            contacts.say_mailed(session, talk.campaign, actor, union, now=NOON)
    shown = admin.says("待办").text
    assert "1. 南京市总工会\n2. 无锡市总工会" in shown
    assert admin.says("9").outcome == "needs_confirmation"
    assert [(admin.says(said).outcome, mailed(database)) for said in ("2", "1")] == [
        ("moved", ["wuxi"]), ("moved", ["nanjing", "wuxi"]),
    ]  # fmt: skip
    assert (admin.desk().pending, admin.says("待办").text[:3]) == (None, "现在没")


def mailed(database: Database) -> list[str]:
    """Unions whose mail is confirmed."""
    with database.reading() as session:
        found = contacts.form_states(session, campaign())
    return [code for code, state in found.items() if state.mailed_confirmed]


def test_messages_that_may_not_have_arrived_are_counted(database: Database, admin: Talk) -> None:
    with database.writing() as session:
        session.add_all(outbox_row(admin.desk().person_id, key, state="unsure") for key in ("a", "b"))
    assert "有2条消息不确定对方收到没有" in admin.says("待办").text


def test_who_is_no_admin_any_more_confirms_nothing(database: Database, admin: Talk) -> None:
    test_mailed = Talk(database, "zhangwei")
    admin.says(f"通过 {registers(test_mailed, 'nanjing')}")
    with database.writing() as session:
        actor = roles_of(session, CAMPAIGN, test_mailed.desk().person_id).actor
        contacts.say_mailed(session, admin.campaign, actor, "nanjing", now=NOON)
    admin.says("待办")
    assert bind(database, add_admin(database), test_mailed.desk().person_id) == "钱德乾"
    assert (admin.says("1").outcome, mailed(database)) == ("rejected", [])
