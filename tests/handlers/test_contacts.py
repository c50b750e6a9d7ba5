"""The unions' contacts: registering, deciding, hand-over, and what is known of each union's form."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers import contacts, papers
from handlers.access import Actor
from handlers.errors import HandlerError
from handlers.messages import Outcome, Reply
from handlers.papers import Issued
from storage.db import Database
from tests.handlers.contact_people import (
    ADMIN,
    LI,
    NOON,
    WANG,
    ZHANG,
    account_of,
    actor_of,
    acts,
    bound_admin,
    offices,
    on_roster,
    register,
    render,
    serve,
    told,
)
from tests.talk import campaign, wording

LAST_SECOND = datetime(2024, 4, 12, 15, 59, 59, tzinfo=UTC)


def refused(error: pytest.ExceptionInfo[HandlerError]) -> str:
    return error.value.line.template


def test_who_is_on_the_roster_is_active_at_once(database: Database) -> None:
    with database.writing() as session:
        on_roster(session, ZHANG, WANG)
        registration = register(session, ZHANG, "zhangwei")
    assert (registration.is_active, offices(database)) == (True, [("nanjing", "A", "张伟", "active")])
    assert acts(database, registration.contact.id) == [
        ("register", "person:1", "nanjing A"),
        ("activate", "roster", "nanjing A"),
    ]
    assert told(database, "zhangwei") == []


@pytest.mark.parametrize(
    "said",
    [replace(ZHANG, union_code="wuxi"), replace(ZHANG, name="张玮"), replace(ZHANG, phone="13900139000")],
)
def test_one_thing_unlike_the_roster_waits_for_an_admin(database: Database, said: contacts.Entry) -> None:
    with database.writing() as session:
        bound_admin(session)
        on_roster(session, ZHANG, WANG)
        registration = register(session, said, "zhangwei")
    assert (registration.is_active, [row[3] for row in offices(database)]) == (False, ["waiting"])
    assert told(database, "qian") == [("duty", "【需办】请核对联系人登记（附件5）")]


def test_every_bound_admin_is_told_with_the_number_to_answer(database: Database) -> None:
    with database.writing() as session:
        bound_admin(session)
        bound_admin(session, "second")
        register(session, ZHANG, "zhangwei")
    assert [len(told(database, name)) for name in ("qian", "second", "zhangwei")] == [1, 1, 0]


def test_approved_and_told(database: Database) -> None:
    with database.writing() as session:
        admin = bound_admin(session)
        waiting = register(session, ZHANG, "zhangwei").contact
        assert [one.id for one in contacts.list_waiting(session, campaign(), admin)] == [waiting.id]
        contacts.approve(session, campaign(), admin, waiting.id, now=NOON, render=render)
        assert list(contacts.list_waiting(session, campaign(), admin)) == []
    assert acts(database, waiting.id)[-1] == ("activate", "admin:1", "nanjing A")
    assert offices(database) == [("nanjing", "A", "张伟", "active")]
    assert told(database, "zhangwei") == [
        ("duty", "【需办】登记已生效，您现在是南京市总工会的联系人（附件5）。接下来请：")
    ]


def test_refused_and_told_why(database: Database) -> None:
    with database.writing() as session:
        waiting = register(session, ZHANG, "zhangwei").contact
        contacts.refuse(session, campaign(), ADMIN, waiting.id, "查无此人", now=NOON, render=render)
    assert offices(database) == [("nanjing", "A", "张伟", "refused")]
    assert told(database, "zhangwei") == [
        ("duty", "您好，您登记南京市总工会联系人（附件5）的申请没有通过，省总工会说明：查无此人")
    ]
    assert acts(database, waiting.id)[-1] == ("refuse", "admin:1", "nanjing A")


def test_a_refusal_wants_a_reason(database: Database) -> None:
    with database.writing() as session:
        waiting = register(session, ZHANG, "zhangwei").contact
        with pytest.raises(HandlerError) as error:
            contacts.refuse(session, campaign(), ADMIN, waiting.id, " ", now=NOON, render=render)
    assert (refused(error), offices(database)[0][3]) == ("contact/reason_wanted", "waiting")


def test_deciding_twice(database: Database) -> None:
    with database.writing() as session:
        done, other = serve(session, ZHANG, "zhangwei"), register(session, WANG, "wangfang").contact
        contacts.refuse(session, campaign(), ADMIN, other.id, "重复", now=NOON, render=render)
        for one in (done, other):
            with pytest.raises(HandlerError) as error:
                contacts.approve(session, campaign(), ADMIN, one.id, now=NOON, render=render)
            assert refused(error) == "contact/decided"
            with pytest.raises(HandlerError) as error:
                contacts.refuse(session, campaign(), ADMIN, one.id, "再次", now=NOON, render=render)
            assert refused(error) == "contact/decided"
    assert [row[3] for row in offices(database)] == ["active", "refused"]
    assert len(told(database, "zhangwei")) == 1


def test_deciding_after_the_end_and_upon_nobody(database: Database) -> None:
    with database.writing() as session:
        contact = serve(session, ZHANG, "zhangwei")
        contacts.end(session, campaign(), contact, actor_label="admin:1", now=NOON)
        for number, template in ((contact.id, "contact/decided"), (4711, "contact/no_such")):
            with pytest.raises(HandlerError) as error:
                contacts.approve(session, campaign(), ADMIN, number, now=NOON, render=render)
            assert refused(error) == template
        with pytest.raises(HandlerError) as error:
            contacts.end(session, campaign(), contact, actor_label="admin:1", now=NOON)
    assert (refused(error), offices(database)[0][3]) == ("contact/decided", "ended")


def test_only_admins_decide(database: Database) -> None:
    """A contact of one union neither sees nor decides upon anybody, whether there is one or not."""
    with database.writing() as session:
        neighbour = actor_of(serve(session, WANG, "wangfang"))
        waiting = register(session, ZHANG, "zhangwei").contact
        for actor in (neighbour, Actor("person", ""), Actor("account:nanjing", "", union_code="nanjing")):
            for number in (waiting.id, 4711):
                with pytest.raises(HandlerError) as error:
                    contacts.approve(session, campaign(), actor, number, now=NOON, render=render)
                assert refused(error) == "access/admins_only"
                with pytest.raises(HandlerError) as error:
                    contacts.refuse(session, campaign(), actor, number, "不是", now=NOON, render=render)
                assert refused(error) == "access/admins_only"
            with pytest.raises(HandlerError) as error:
                contacts.list_waiting(session, campaign(), actor)
            assert refused(error) == "access/admins_only"
    assert offices(database)[1] == ("nanjing", "A", "张伟", "waiting")


def test_a_taken_office_wants_a_word_about_it(database: Database) -> None:
    with database.writing() as session:
        serve(session, ZHANG, "zhangwei")
        with pytest.raises(HandlerError) as error:
            register(session, LI, "lina")
    assert (refused(error), offices(database)) == (
        "contact/office_taken",
        [("nanjing", "A", "张伟", "active")],
    )


def test_backup_beside_the_contact(database: Database) -> None:
    with database.writing() as session:
        serve(session, ZHANG, "zhangwei")
        serve(session, replace(LI, role="B"), "lina")
        serve(session, WANG, "wangfang")
        found = contacts.of_union(session, campaign(), "nanjing")
        assert [(role, one.name) for role, one in found.items()] == [("A", "张伟"), ("B", "李娜")]
        listed = [(one.union_code, one.role) for one in contacts.list_active(session, campaign())]
    assert listed == [("nanjing", "A"), ("nanjing", "B"), ("wuxi", "A")]


def test_hand_over_ends_the_old_access_at_once(database: Database) -> None:
    """Office, papers and account; the neighbours' stay."""
    with database.writing() as session:
        old, neighbour = serve(session, ZHANG, "zhangwei"), serve(session, WANG, "wangfang")
        theirs, others = account_of(session, "nanjing"), account_of(session, "wuxi")
        form = Issued("contact_form", "信息表", {})
        token = papers.issue(session, form, person_id=old.person_id, now=NOON)
        kept = papers.issue(session, form, person_id=neighbour.person_id, now=NOON)
        waiting = register(session, replace(LI, replaces_id=old.id), "lina").contact
        assert papers.find(session, token, now=NOON) == form
        contacts.approve(session, campaign(), ADMIN, waiting.id, now=NOON, render=render)
        assert papers.find(session, token, now=NOON) is None
        assert papers.find(session, kept, now=NOON) == form
        assert (theirs.password_hash == "kept", others.password_hash == "kept") == (False, True)
        assert (theirs.epoch > 1, others.epoch) == (True, 1)
    assert [row[2:] for row in offices(database)] == [
        ("张伟", "ended"), ("王芳", "active"), ("李娜", "active")
    ]  # fmt: skip
    assert told(database, "zhangwei")[-1] == (
        "duty",
        "您好，南京市总工会的联系人已由同事接替（附件5），您的联系人身份和手里的本单位账号已停用，辛苦了。"
        "您自己的申报不受影响。有疑问请联系钱德乾，电话：025-83536240，18118991940。",
    )


def test_the_old_contact_may_hand_over(database: Database) -> None:
    with database.writing() as session:
        old, neighbour = serve(session, ZHANG, "zhangwei"), serve(session, WANG, "wangfang")
        waiting = register(session, replace(LI, replaces_id=old.id), "lina").contact
        with pytest.raises(HandlerError) as error:
            contacts.approve(session, campaign(), actor_of(neighbour), waiting.id, now=NOON, render=render)
        assert refused(error) == "access/admins_only"
        with pytest.raises(HandlerError) as error:
            contacts.refuse(session, campaign(), actor_of(old), waiting.id, "不换", now=NOON, render=render)
        assert refused(error) == "access/admins_only"
        contacts.approve(session, campaign(), actor_of(old), waiting.id, now=NOON, render=render)
        with pytest.raises(HandlerError) as error:
            contacts.approve(session, campaign(), actor_of(old), waiting.id, now=NOON, render=render)
    assert refused(error) == "access/admins_only"
    assert [row[3] for row in offices(database)] == ["ended", "active", "active"]
    # Whoever said yes is told by the reply to it.
    assert [line.split("，")[0] for _, line in told(database, "zhangwei")] == [
        "【需办】登记已生效",
        "【需办】李娜申请接替您",
    ]


@pytest.mark.parametrize("old_is_listed", [True, False])
def test_the_roster_alone_hands_over_only_from_whom_it_no_longer_names(
    database: Database, old_is_listed: bool
) -> None:
    with database.writing() as session:
        old = serve(session, ZHANG, "zhangwei")
        on_roster(session, LI, *([ZHANG] if old_is_listed else []))
        registration = register(session, replace(LI, replaces_id=old.id), "lina")
    assert registration.is_active is not old_is_listed
    states = ["active", "waiting"] if old_is_listed else ["ended", "active"]
    assert [row[3] for row in offices(database)] == states


def test_yes_to_a_second_one_for_the_same_vacant_office(database: Database) -> None:
    with database.writing() as session:
        first, second = register(session, ZHANG, "zhangwei").contact, register(session, LI, "lina").contact
        contacts.approve(session, campaign(), ADMIN, first.id, now=NOON, render=render)
        with pytest.raises(HandlerError) as error:
            contacts.approve(session, campaign(), ADMIN, second.id, now=NOON, render=render)
    assert refused(error) == "contact/office_changed"
    assert [row[3] for row in offices(database)] == ["active", "waiting"]


def test_another_union_waits_even_if_the_roster_agrees(database: Database) -> None:
    moved = replace(ZHANG, union_code="wuxi")
    with database.writing() as session:
        serve(session, ZHANG, "zhangwei")
        on_roster(session, moved)
        registration = register(session, moved, "zhangwei")
        assert registration.is_active is False
        contacts.approve(session, campaign(), ADMIN, registration.contact.id, now=NOON, render=render)
    assert offices(database) == [("nanjing", "A", "张伟", "ended"), ("wuxi", "A", "张伟", "active")]


def test_a_corrected_name_leaves_the_account_alone(database: Database) -> None:
    with database.writing() as session:
        serve(session, ZHANG, "zhangwei")
        account = account_of(session, "nanjing")
        serve(session, replace(ZHANG, name="张玮"), "zhangwei")
        assert (account.password_hash, account.epoch) == ("kept", 1)
    assert [row[2:] for row in offices(database)] == [("张伟", "ended"), ("张玮", "active")]


def test_the_backup_follows(database: Database) -> None:
    with database.writing() as session:
        old = serve(session, ZHANG, "zhangwei")
        serve(session, replace(LI, role="B"), "lina")
        serve(session, replace(LI, replaces_id=old.id), "lina")
    assert [row[1:] for row in offices(database)] == [
        ("A", "张伟", "ended"), ("B", "李娜", "ended"), ("A", "李娜", "active")
    ]  # fmt: skip


def test_a_new_registration_takes_the_place_of_the_waiting_one(database: Database) -> None:
    with database.writing() as session:
        first = register(session, ZHANG, "zhangwei").contact
        register(session, replace(ZHANG, phone="13900139000"), "zhangwei")
    assert [row[3] for row in offices(database)] == ["ended", "waiting"]
    assert acts(database, first.id)[-1] == ("take_back", "person:1", "nanjing A")


def test_nobody_calls_the_admins_again_and_again(database: Database) -> None:
    with database.writing() as session:
        bound_admin(session)
        for _ in range(contacts.MOST_TRIES):
            register(session, ZHANG, "zhangwei")
        with pytest.raises(HandlerError) as error:
            register(session, ZHANG, "zhangwei")
        register(session, WANG, "wangfang")
    assert (refused(error), len(told(database, "qian"))) == ("contact/too_often", contacts.MOST_TRIES + 1)
    with database.writing() as session:
        register(session, ZHANG, "zhangwei", now=NOON + contacts.TRIES_WITHIN)
    assert [row[2:] for row in offices(database)][-1] == ("张伟", "waiting")


def test_what_a_refusal_says_can_be_read_when_all_is_over(database: Database) -> None:
    """A page words it after its transaction."""
    with database.writing() as session:
        first, second = register(session, ZHANG, "zhangwei").contact, register(session, LI, "lina").contact
    with pytest.raises(HandlerError) as error:
        decide(database, first.id, second.id)
    said = wording().text(Reply(Outcome.REJECTED, (error.value.line,)))
    assert said.startswith("南京市总工会现在的联系人是张伟，与李娜登记时不同，没有办理。")
    assert said.endswith(f"不换请回复：驳回 {second.id} 原因")


def decide(database: Database, *numbers: int) -> None:
    with database.writing() as session:
        for number in numbers:
            contacts.approve(session, campaign(), ADMIN, number, now=NOON, render=render)


def test_a_number_is_changed_by_its_owner_alone(database: Database) -> None:
    with database.writing() as session:
        mine, neighbour = serve(session, ZHANG, "zhangwei"), serve(session, WANG, "wangfang")
        contacts.change_phone(session, mine, actor_of(mine), "13900139000", now=NOON)
        with pytest.raises(HandlerError) as error:
            contacts.change_phone(session, neighbour, actor_of(mine), "13900139000", now=NOON)
    with database.reading() as session:
        phones = [row.phone for row in contacts.list_active(session, campaign())]
    assert (refused(error), phones) == ("access/own_union_only", ["13900139000", "13700137000"])
    assert acts(database, mine.id)[-1] == ("change_phone", f"contact:{mine.id}", "nanjing A")
