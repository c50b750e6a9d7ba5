"""The group: bound to one chat by a code, who is in it, and greetings that do not crowd it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from handlers import admins, groups
from handlers.errors import HandlerError
from storage import people
from storage.audit import AuditRow
from storage.db import Database
from storage.groups import Group
from tests.talk import NOON, campaign

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)


def add_person(database: Database, address: str = "zhangwei") -> int:
    with database.writing() as session:
        return people.add(session, "test", address, now=NOON)


def new_code(database: Database) -> str:
    with database.writing() as session:
        return admins.group_code(session, "operator", now=NOON)


def bind(database: Database, code: str, chat_id: str, person_id: int, now: datetime = NOON) -> str:
    """ "bound", or the template of the refusal."""
    with database.writing() as session:
        try:
            groups.bind(
                session, campaign(), code, channel="test", chat_id=chat_id, person_id=person_id, now=now
            )
        except HandlerError as error:
            return error.line.template
    return "bound"


def bound(database: Database) -> list[tuple[str, bool]]:
    """Every chat that was ever bound, and whether it is the group now."""
    with database.reading() as session:
        return [(row.chat_id, row.released_at is None) for row in session.scalars(select(Group))]


@pytest.fixture
def group(database: Database) -> Group:
    """Bound by somebody who is not counted as in it."""
    bind(database, new_code(database), "g1", add_person(database, "binder"))
    with database.reading() as session:
        found = groups.bound(session, campaign())
    assert found is not None
    return found


def test_there_is_no_group_before_one_is_bound(database: Database) -> None:
    with database.reading() as session:
        assert (groups.bound(session, campaign()), groups.members(session, campaign())) == (None, set())


def test_a_code_binds_one_chat_once(database: Database) -> None:
    zhang, code = add_person(database), new_code(database)
    assert [bind(database, code, chat, zhang) for chat in ("g1", "g1", "g2")] == [
        "bound", "admin/code_refused", "admin/code_refused",
    ]  # fmt: skip
    assert bound(database) == [("g1", True)]


def test_a_new_code_moves_the_group(database: Database) -> None:
    """Whoever was in the old chat is not in the new one by that."""
    zhang = add_person(database)
    bind(database, new_code(database), "g1", zhang)
    with database.writing() as session:
        group = groups.bound(session, campaign())
        assert group is not None
        groups.join(session, group, zhang, NOON)
    assert bind(database, new_code(database), "g2", zhang) == "bound"
    with database.reading() as session:
        assert (bound(database), groups.members(session, campaign())) == (
            [("g1", False), ("g2", True)],
            set(),
        )


def test_the_same_chat_bound_again_stays_as_it_is(database: Database) -> None:
    zhang = add_person(database)
    assert [bind(database, new_code(database), "g1", zhang) for _ in range(2)] == ["bound"] * 2
    assert bound(database) == [("g1", True)]


def test_binding_is_noted_without_code_and_chat(database: Database) -> None:
    zhang = add_person(database)
    for chat in ("g1", "g2"):
        bind(database, new_code(database), chat, zhang)
    with database.reading() as session:
        noted = [(row.subject, row.action, row.actor, row.note) for row in session.scalars(select(AuditRow))]
    assert noted == [
        ("group", "code_issued", "operator", None), ("group:1", "bind", f"person:{zhang}", None),
        ("group", "code_issued", "operator", None), ("group:2", "bind", f"person:{zhang}", "group:1"),
    ]  # fmt: skip


def test_an_admins_code_and_an_old_one_bind_no_group(database: Database) -> None:
    zhang = add_person(database)
    with database.writing() as session:
        _, admins_code = admins.add(session, "钱德乾", now=NOON)
    code = new_code(database)
    assert bind(database, admins_code, "g1", zhang) == "admin/code_refused"
    assert bind(database, code, "g1", zhang, NOON + DAY) == "admin/code_refused"
    assert bind(database, code, "g1", zhang, NOON + DAY - SECOND) == "bound"


def test_of_eight_chats_with_one_code_one_is_bound(database: Database) -> None:
    ids, code = [add_person(database, f"p{place}") for place in range(8)], new_code(database)
    start, said = threading.Barrier(8), list[str]()

    def run(place: int) -> None:
        start.wait()
        said.append(bind(database, code, f"g{place}", ids[place]))

    threads = [threading.Thread(target=run, args=(place,)) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sorted(said), len(bound(database))) == (["admin/code_refused"] * 7 + ["bound"], 1)


def test_people_come_go_and_come_back(database: Database, group: Group) -> None:
    zhang, li = add_person(database), add_person(database, "lina")
    news = []
    with database.writing() as session:
        for minute, (act, one) in enumerate([(groups.join, zhang), (groups.join, zhang), (groups.join, li),
                                             (groups.leave, li), (groups.leave, li), (groups.join, li),
                                             (groups.leave, zhang)]):  # fmt: skip
            act(session, group, one, NOON + minute * SECOND)
            news.append(groups.members(session, campaign()))
    assert news == [{zhang}, {zhang}, {zhang, li}, {zhang}, {zhang}, {zhang, li}, {li}]


def test_who_was_never_seen_cannot_leave(database: Database, group: Group) -> None:
    zhang = add_person(database)
    with database.writing() as session:
        groups.leave(session, group, zhang, NOON)
        assert (groups.members(session, campaign()), groups.is_member(session, group, zhang)) == (
            set(),
            False,
        )
