"""A province with an admin, contacts and broadcasts: what tests of broadcasts begin with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import broadcasts
from handlers.access import Actor
from handlers.broadcast_delivery import results, run_due
from handlers.errors import HandlerError
from handlers.messages import Reply
from storage import people
from storage.admins import Admin
from storage.broadcasts import Broadcast
from storage.contacts import Contact
from storage.db import Database
from storage.outbox import OutboxRow
from tests.talk import NOON, Talk, campaign, wording

_addresses = itertools.count(1)
PACK = campaign().pack


def person(session: Session, name: str, address: str = "", *, now: datetime = NOON) -> int:
    return people.add(session, "test", address or f"p{next(_addresses)}", now=now, name=name)


def refused(database: Database, act: Callable[[Session], Any]) -> str:
    """The template of the refusal that an act runs into; it begins no transaction of its own."""
    with pytest.raises(HandlerError) as error, database.writing() as session:
        act(session)
    return error.value.line.template


def refusal_of(act: Callable[[], Any]) -> str:
    """The same of an act that opens its own transaction."""
    with pytest.raises(HandlerError) as error:
        act()
    return error.value.line.template


def add_admin(database: Database, name: str = "钱敏", address: str = "admin") -> Talk:
    """An admin whose chat is bound, as somebody who talks."""
    with database.writing() as session:
        person_id = person(session, name, address)
        session.add(Admin(name=name, person_id=person_id, created_at=NOON))
    return Talk(database, name=address)


def actor_of(database: Database, address: str = "admin") -> Actor:
    with database.reading() as session:
        found = people.find_address(session, "test", address)
        assert found is not None
        admin = session.scalars(select(Admin).where(Admin.person_id == found.person_id)).one()
        return Actor(f"admin:{admin.id}", admin.name, is_admin=True, person_id=admin.person_id)


def add_contact(database: Database, union: str, name: str, address: str = "", *, role: str = "A") -> int:
    """The id of a person who speaks for a union."""
    with database.writing() as session:
        person_id = person(session, name, address)
        row = Contact(
            campaign=PACK.name, union_code=union, person_id=person_id, name=name, phone="13800138000",
            role=role, state="active", registered_at=NOON,
        )  # fmt: skip
        session.add(row)
    return person_id


def add_all_contacts(database: Database, *, count: int = 24) -> list[int]:
    """A contact for each of the first unions of 附件3."""
    return [add_contact(database, union.code, f"{union.name}甲") for union in PACK.unions[:count]]


def audience(*parts: str, **rest: Any) -> dict[str, Any]:
    return {"parts": list(parts), "backups": False, "unions": [], "people": [], **rest}


def write(
    database: Database,
    actor: Actor,
    *,
    to: dict[str, Any],
    text: str = "请于周五前报送材料。",
    **changes: Any,
) -> Broadcast:
    """A complete draft; a duty unless told otherwise."""
    with database.writing() as session:
        draft = broadcasts.begin(session, campaign(), actor, now=NOON)
        given = {"kind": "duty", "text": text, "audience": to, **changes}
        return broadcasts.change(session, campaign(), actor, draft.id, given)


def confirm(database: Database, actor: Actor, draft: Broadcast, *, due_at: datetime = NOON) -> int:
    """Confirm a draft as it is seen at noon; how many get it."""
    with database.writing() as session:
        again = broadcasts.get(session, campaign(), actor, draft.id)
        seen = broadcasts.preview(session, campaign(), actor, again, now=NOON)
        broadcasts.confirm(session, campaign(), actor, seen, due_at=due_at, now=NOON)
        return seen.count


def render(reply: Reply) -> Sequence[str]:
    return [wording().text(reply)]


def run(database: Database, now: datetime = NOON) -> int:
    with database.writing() as session:
        return run_due(session, campaign(), now=now, render=render)


def sent_to(database: Database) -> list[int | None]:
    """Whom messages of broadcasts are for, in their order."""
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        return [row.person_id for row in rows if row.dedupe_key.startswith("broadcast:")]


def settle(database: Database, state: str, *, person_id: int | None = None, error: str | None = None) -> None:
    """What the dispatcher would have made of the messages of broadcasts."""
    rows = update(OutboxRow).where(OutboxRow.dedupe_key.startswith("broadcast:"))
    if person_id is not None:
        rows = rows.where(OutboxRow.person_id == person_id)
    with database.writing() as session:
        session.execute(rows.values(state=state, error=error))


def states(database: Database, actor: Actor, broadcast_id: int) -> list[tuple[str, str, str]]:
    """Name, state and error of everybody in the results."""
    with database.reading() as session:
        found = broadcasts.get(session, campaign(), actor, broadcast_id)
        rows = results(session, actor, found).rows
        return [(row.recipient.name, row.state, row.error) for row in rows]


def state_of(database: Database, broadcast_id: int) -> str:
    with database.reading() as session:
        return session.get_one(Broadcast, broadcast_id).state
