"""Contacts who come at the same moment: one gets the office, the other is told, nothing is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from handlers import contacts
from handlers.access import Actor
from handlers.contacts import Entry
from handlers.errors import HandlerError
from handlers.messages import Outcome, Reply
from handlers.telling import Message, tell
from storage import desks
from storage.accounts import Account
from storage.db import Database
from tests.handlers.contact_people import (
    ADMIN,
    LI,
    NOON,
    WANG,
    ZHANG,
    account_of,
    actor_of,
    offices,
    on_roster,
    person,
    register,
    render,
    serve,
    told,
)
from tests.scenarios.crowd import together
from tests.talk import campaign

Act = Callable[[], str]


def ending(database: Database, act: Callable[..., object]) -> Act:
    """What an act in a transaction of its own comes to: "done", or the template of its refusal."""

    def run() -> str:
        try:
            with database.writing() as session:
                act(session)
        except HandlerError as error:
            return error.line.template
        return "done"

    return run


def coming(database: Database, entry: Entry, address: str) -> Act:
    with database.writing() as session:
        person(session, address)
    return ending(database, lambda session: register(session, entry, address))


def approving(database: Database, contact_id: int, actor: Actor = ADMIN) -> Act:
    return ending(
        database,
        lambda session: contacts.approve(session, campaign(), actor, contact_id, now=NOON, render=render),
    )


def test_two_of_the_roster_for_one_office(database: Database) -> None:
    """Also their rows and messages are those of one."""
    for _ in range(5):
        with database.writing() as session:
            if not offices(database):
                on_roster(session, ZHANG, LI)
        ended = together([coming(database, ZHANG, "zhangwei"), coming(database, LI, "lina")])
        assert sorted(ended) == ["contact/office_taken", "done"]
        assert [row[3] for row in offices(database)].count("active") == 1
        with database.writing() as session:
            held = contacts.of_union(session, campaign(), "nanjing")["A"]
            contacts.end(session, campaign(), held, actor_label="admin:1", now=NOON)
    assert [row[3] for row in offices(database)] == ["ended"] * 5


def test_one_yes_from_two_admins(database: Database) -> None:
    with database.writing() as session:
        waiting = register(session, ZHANG, "zhangwei").contact
    ended = together([approving(database, waiting.id)] * 2)
    assert sorted(ended) == ["contact/decided", "done"]
    assert len(told(database, "zhangwei")) == 1


def test_a_yes_to_each_of_two_for_one_vacant_office(database: Database) -> None:
    with database.writing() as session:
        waiting = [register(session, ZHANG, "zhangwei").contact, register(session, LI, "lina").contact]
    ended = together([approving(database, one.id) for one in waiting])
    assert sorted(ended) == ["contact/office_changed", "done"]
    assert sorted(row[3] for row in offices(database)) == ["active", "waiting"]


def test_two_successors_of_one_contact(database: Database) -> None:
    """The one who comes second finds another contact than the one they were to follow."""
    with database.writing() as session:
        old = serve(session, ZHANG, "zhangwei")
        account_of(session, "nanjing")
        following = [
            register(session, replace(LI, replaces_id=old.id), "lina").contact,
            register(session, replace(WANG, union_code="nanjing", replaces_id=old.id), "wangfang").contact,
        ]
    acts = [approving(database, following[0].id), approving(database, following[1].id, actor_of(old))]
    ended = sorted(together(acts))
    # The old contact's own yes is worth nothing once they have been followed.
    assert ended in (["access/admins_only", "done"], ["contact/office_changed", "done"])
    assert sorted(row[3] for row in offices(database)) == ["active", "ended", "waiting"]
    with database.reading() as session:
        assert session.scalars(select(Account.epoch)).all() == [2]


def test_a_yes_and_a_no(database: Database) -> None:
    with database.writing() as session:
        waiting = register(session, ZHANG, "zhangwei").contact
    refusing = ending(
        database,
        lambda session: contacts.refuse(
            session, campaign(), ADMIN, waiting.id, "查无此人", now=NOON, render=render
        ),
    )
    assert sorted(together([approving(database, waiting.id), refusing])) == ["contact/decided", "done"]
    assert len(told(database, "zhangwei")) == 1


def test_a_yes_while_it_is_taken_back(database: Database) -> None:
    with database.writing() as session:
        waiting = register(session, ZHANG, "zhangwei").contact
    leaving = ending(
        database, lambda session: contacts.take_back(session, campaign(), waiting.person_id, now=NOON)
    )
    ended = together([approving(database, waiting.id), leaving])
    states = {("done", "done"): "active", ("contact/decided", "done"): "ended"}
    assert offices(database)[0][3] == states[ended[0], ended[1]]


def test_the_word_about_the_mail_from_contact_and_backup(database: Database) -> None:
    with database.writing() as session:
        pair = [serve(session, ZHANG, "zhangwei"), serve(session, replace(LI, role="B"), "lina")]

    def say(actor: Actor) -> bool:
        with database.writing() as session:
            return contacts.say_mailed(session, campaign(), actor, "nanjing", now=NOON)

    assert sorted(together([lambda one=one: say(actor_of(one)) for one in pair])) == [False, True]  # type: ignore[misc]


def test_two_people_are_each_told_of_the_other(database: Database) -> None:
    """Whoever writes to somebody does not wait for that one's own message to be answered."""
    with database.writing() as session:
        people = {name: person(session, name) for name in ("zhangwei", "lina")}
    gate = threading.Barrier(2)

    def write(mine: str, other: str) -> bool:
        with database.writing() as session:
            desks.open_desk(session, "test", mine, "k1")
            if not database.is_sqlite:  # There one writer waits for the other from the beginning.
                gate.wait(10)
            message = Message(Reply(Outcome.ANSWERED), "duty", mine)
            return tell(session, people[other], message, render=lambda _: ["您好"], now=NOON)

    assert together([lambda: write("zhangwei", "lina"), lambda: write("lina", "zhangwei")]) == [True, True]
    assert [told(database, name) for name in people] == [[("duty", "您好")]] * 2
