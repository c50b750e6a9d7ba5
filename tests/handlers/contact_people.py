"""People whom the tests of contacts share: two unions, an admin, a roster."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import contacts, papers
from handlers.access import Actor
from handlers.contacts import Entry, Registration
from handlers.messages import Outcome, Reply
from storage import admins, audit, people
from storage.accounts import Account
from storage.admins import Admin
from storage.contacts import Contact, RosterEntry
from storage.db import Database
from storage.outbox import OutboxRow
from tests.talk import Heard, Talk, campaign, wording

NOON = datetime(2024, 4, 11, 4, 0, tzinfo=UTC)
ADMIN = Actor("admin:1", "钱德乾", is_admin=True)
ZHANG = Entry("nanjing", "张伟", "13800138000")
LI = Entry("nanjing", "李娜", "13900139000")
WANG = Entry("wuxi", "王芳", "13700137000")
AT_ONCE = "登记联系人 南京市总工会 张伟 13800138000"


def render(reply: Reply) -> list[str]:
    return [wording().text(reply)]


def person(session: Session, address: str) -> int:
    found = people.find_address(session, "test", address)
    return people.add(session, "test", address, now=NOON) if found is None else found.person_id


def bound_admin(session: Session, address: str = "qian") -> Actor:
    """An admin whose chat is known, so that they are told."""
    admin = Admin(name="钱德乾", person_id=person(session, address), created_at=NOON)
    session.add(admin)
    session.flush()
    assert admins.find_of_person(session, person(session, address)) is admin
    return Actor(f"admin:{admin.id}", admin.name, is_admin=True, person_id=admin.person_id)


def on_roster(session: Session, *entries: Entry) -> None:
    for one in entries:
        row = RosterEntry(
            campaign=campaign().pack.name, union_code=one.union_code, name=one.name, phone=one.phone,
            imported_at=NOON,
        )  # fmt: skip
        session.add(row)
    session.flush()


def register(session: Session, entry: Entry, address: str, *, now: datetime = NOON) -> Registration:
    return contacts.register(
        session, campaign(), entry, person_id=person(session, address), now=now, render=render
    )


def serve(session: Session, entry: Entry, address: str) -> Contact:
    """Register and be approved."""
    contact = register(session, entry, address).contact
    return contacts.approve(session, campaign(), ADMIN, contact.id, now=NOON, render=render)


def actor_of(contact: Contact) -> Actor:
    return Actor(
        f"contact:{contact.id}", contact.name, union_code=contact.union_code, person_id=contact.person_id
    )


def account_of(session: Session, union_code: str) -> Account:
    """A union's account that somebody has signed in to."""
    account = Account(
        campaign=campaign().pack.name, union_code=union_code, login=union_code, password_hash="kept",
        issued_at=NOON, first_signed_in_at=NOON,
    )  # fmt: skip
    session.add(account)
    session.flush()
    return account


def told(database: Database, address: str) -> list[tuple[str, str]]:
    """Kind and first line of what waits to be told to somebody."""
    query = select(OutboxRow).where(OutboxRow.address == address).order_by(OutboxRow.id)
    with database.reading() as session:
        return [(row.kind, row.text.splitlines()[0]) for row in session.scalars(query)]


def offices(database: Database) -> list[tuple[str, str, str, str]]:
    """Union, role, name and state of everybody, oldest first."""
    with database.reading() as session:
        rows: Sequence[Any] = session.scalars(select(Contact).order_by(Contact.id)).all()
        return [(row.union_code, row.role, row.name, row.state) for row in rows]


def acts(database: Database, contact_id: int) -> list[tuple[str, str | None, str | None]]:
    with database.reading() as session:
        rows = audit.list_of_subject(session, f"contact:{contact_id}")
        return [(row.action, row.actor, row.note) for row in rows]


def outcomes(talk: Talk, *said: str) -> list[Outcome]:
    return [talk.says(text).outcome for text in said]


def kept(talk: Talk) -> list[tuple[str, str, str, str, str]]:
    """All that this person has registered, oldest first."""
    query = select(Contact).where(Contact.person_id == talk.desk().person_id).order_by(Contact.id)
    with talk.database.reading() as session:
        return [(row.union_code, row.role, row.name, row.phone, row.state) for row in session.scalars(query)]


def form_offered(talk: Talk, heard: Heard) -> dict[str, Any]:
    found = re.search(r"/p/(\S+)", heard.text)
    assert found is not None, heard.text
    with talk.database.reading() as session:
        paper = papers.find(session, found[1], now=talk.now)
    assert paper is not None
    return dict(paper.facts)


def serving(database: Database, talk: Talk) -> Talk:
    """Somebody who is 南京's contact."""
    with database.writing() as session:
        serve(session, ZHANG, talk.name)
    return talk


def kept_id(talk: Talk) -> int:
    """The number of the newest registration of this person."""
    query = select(Contact.id).where(Contact.person_id == talk.desk().person_id).order_by(Contact.id.desc())
    with talk.database.reading() as session:
        return session.scalars(query).first() or 0
