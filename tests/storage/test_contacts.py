"""Contacts' rows: one active contact in each office, one office a person, lists replaced whole."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from storage import contacts
from storage.contacts import Contact, RosterEntry
from storage.db import Database
from tests.storage.rows import CAMPAIGN, MINUTE, NOON, add_person


def contact(session: Session, address: str = "zhangwei", **changes: Any) -> Contact:
    columns = {
        "campaign": CAMPAIGN, "union_code": "nanjing", "person_id": add_person(session, address), "name": "张伟",
        "phone": "13800138000", "role": "A", "state": "active", "registered_at": NOON,
    }  # fmt: skip
    row = Contact(**{**columns, **changes})
    contacts.add(session, row)
    return row


def entry(union_code: str, name: str, campaign: str = CAMPAIGN) -> RosterEntry:
    return RosterEntry(
        campaign=campaign, union_code=union_code, name=name, phone="13800138000", imported_at=NOON
    )


def test_who_holds_an_office(database: Database) -> None:
    with database.writing() as session:
        contact(session, "sunli", state="ended")
        mine, backup = contact(session), contact(session, "lina", role="B")
        theirs = contact(session, "wangfang", union_code="wuxi")
        contact(session, "zhaomin", campaign="jiangsu-2025")
        found = [
            contacts.find_in_office(session, CAMPAIGN, code, role)
            for code, role in (("nanjing", "A"), ("nanjing", "B"), ("wuxi", "A"), ("wuxi", "B"))
        ]
    assert found == [mine, backup, theirs, None]


@pytest.mark.parametrize("changes", [{"union_code": "wuxi"}, {"role": "B"}])
def test_one_office_a_person(database: Database, changes: dict[str, str]) -> None:
    with database.writing() as session:
        first = contact(session)
    with pytest.raises(IntegrityError), database.writing() as session:
        contact(session, "lina", person_id=first.person_id, **changes)


def test_one_active_contact_an_office(database: Database) -> None:
    with database.writing() as session:
        contact(session)
        waiting = contact(session, "lina", state="waiting")
    with pytest.raises(IntegrityError), database.writing() as session:
        contacts.move(session, waiting, "waiting", "active")
    with database.reading() as session:
        assert [row.name for row in contacts.list_in(session, CAMPAIGN, "active")] == ["张伟"]


def test_a_contact_of_another_campaign_is_not_found(database: Database) -> None:
    with database.writing() as session:
        row = contact(session, state="waiting")
        assert contacts.find(session, CAMPAIGN, row.id) is row
        assert contacts.find(session, "jiangsu-2025", row.id) is None
        assert contacts.find_waiting(session, "jiangsu-2025", row.person_id) is None
        assert contacts.list_in(session, "jiangsu-2025", "waiting") == []


def test_a_state_is_left_once(database: Database) -> None:
    with database.writing() as session:
        row = contact(session, state="waiting")
        moves = [
            contacts.move(session, row, "waiting", after, decided_by="admin:1", decided_at=NOON)
            for after in ("active", "refused")
        ]
        assert (moves, row.state, row.decided_by) == ([True, False], "active", "admin:1")
        assert contacts.find_active(session, CAMPAIGN, row.person_id) is row
        assert contacts.find_waiting(session, CAMPAIGN, row.person_id) is None


def test_in_the_order_in_which_they_came(database: Database) -> None:
    with database.writing() as session:
        rows = [
            contact(session, name, state=state, registered_at=NOON - MINUTE * place)
            for place, (name, state) in enumerate(
                [("lina", "waiting"), ("sunli", "refused"), ("wangfang", "active")]
            )
        ]
        assert contacts.list_in(session, CAMPAIGN, "active", "waiting") == [rows[0], rows[2]]


def test_a_list_is_replaced_whole(database: Database) -> None:
    with database.writing() as session:
        contacts.replace_roster(session, CAMPAIGN, [entry("nanjing", "张伟"), entry("wuxi", "王芳")])
        contacts.replace_roster(session, "jiangsu-2025", [entry("nanjing", "孙丽", "jiangsu-2025")])
        contacts.replace_roster(session, CAMPAIGN, [entry("nanjing", "李娜"), entry("nanjing", "赵敏")])
    with database.reading() as session:
        lists = [
            [row.name for row in contacts.list_roster(session, name, code)]
            for name, code in ((CAMPAIGN, "nanjing"), (CAMPAIGN, "wuxi"), ("jiangsu-2025", "nanjing"))
        ]
    assert lists == [["李娜", "赵敏"], [], ["孙丽"]]


def test_the_row_about_a_mail_is_added_once(database: Database) -> None:
    with database.writing() as session:
        form = contacts.open_mailed(session, CAMPAIGN, "nanjing")
        form.said_at, form.said_by = NOON, "contact:1"
        session.flush()
        again = contacts.open_mailed(session, CAMPAIGN, "nanjing")
        contacts.open_mailed(session, CAMPAIGN, "wuxi")
        assert (again.said_at, again.said_by, again.confirmed_at) == (NOON, "contact:1", None)
    with database.reading() as session:
        listed = contacts.list_mailed(session, CAMPAIGN)
        assert sorted((row.union_code, row.said_by) for row in listed) == [
            ("nanjing", "contact:1"), ("wuxi", None)
        ]  # fmt: skip
        assert contacts.list_mailed(session, "jiangsu-2025") == []
