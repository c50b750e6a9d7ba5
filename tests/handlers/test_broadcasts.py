"""A broadcast as admins handle it: seen, confirmed, changed and stopped, by nobody else (R116, L8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from handlers import broadcast_delivery, broadcasts
from handlers.access import Actor
from handlers.audiences import Gathered
from handlers.broadcasts import MANY, Preview, latest
from storage import broadcasts as kept
from storage import people
from storage.admins import Admin
from storage.audit import list_of_subject
from storage.broadcasts import Broadcast
from storage.db import Database
from storage.outbox import OutboxRow
from tests.broadcasting import (
    actor_of,
    add_admin,
    add_all_contacts,
    add_contact,
    audience,
    confirm,
    person,
    refusal_of,
    refused,
    render,
    run,
    sent_to,
    settle,
    state_of,
    states,
    write,
)
from tests.talk import NOON, campaign

TOMORROW = NOON + timedelta(days=1)
CONTACTS = audience("contacts")


@pytest.fixture
def admin(database: Database) -> Actor:
    add_admin(database)
    return actor_of(database)


@pytest.fixture
def three(database: Database) -> list[int]:
    return add_all_contacts(database, count=3)


@pytest.mark.parametrize(("count", "is_many"), [(MANY, False), (MANY + 1, True)])
def test_more_than_twenty_are_many(database: Database, admin: Actor, count: int, is_many: bool) -> None:
    add_all_contacts(database, count=count)
    draft = write(database, admin, to=CONTACTS)
    with database.reading() as session:
        seen = broadcasts.preview(session, campaign(), admin, draft, now=NOON)
    assert (seen.count, seen.is_many) == (count, is_many)


def test_what_cannot_be_confirmed(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    past = refusal_of(lambda: confirm(database, admin, draft, due_at=NOON - timedelta(seconds=1)))
    empty = write(database, admin, to=audience("owes_form", "cities"), excluded=three)
    nobody = refusal_of(lambda: confirm(database, admin, empty))
    assert (past, nobody) == ("broadcast/past", "broadcast/nobody")


def seen_of(session: Session, admin: Actor, draft: Broadcast) -> broadcasts.Preview:
    return broadcasts.preview(session, campaign(), admin, draft, now=NOON)


def test_a_second_confirmation_sends_nothing_again(
    database: Database, admin: Actor, three: list[int]
) -> None:
    draft = write(database, admin, to=CONTACTS)
    with database.reading() as session:
        seen = seen_of(session, admin, draft)
    confirm(database, admin, draft)
    again = refused(
        database,
        lambda session: broadcasts.confirm(session, campaign(), admin, seen, due_at=NOON, now=NOON),
    )
    assert again == "broadcast/begun"
    assert (run(database), sent_to(database)) == (3, three)


def test_the_mark_of_a_preview_changes_with_text_and_people(
    database: Database, admin: Actor, three: list[int]
) -> None:
    drafts = [
        write(database, admin, to=CONTACTS),
        write(database, admin, to=CONTACTS, text="另一条。"),
        write(database, admin, to=CONTACTS, excluded=[three[0]]),
        write(database, admin, to=CONTACTS, kind="notice"),
    ]
    with database.reading() as session:
        assert len({seen_of(session, admin, draft).mark for draft in drafts}) == 4


STATES = ("draft", "scheduled", "sending", "sent", "cancelled")


def in_state(database: Database, admin: Actor, state: str) -> Broadcast:
    """A broadcast to three in that state; in "sending" one of three is out, in "sent" all are."""
    draft = write(database, admin, to=CONTACTS, pace=1 if state == "sending" else None)
    if state == "cancelled":
        with database.writing() as session:
            broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON)
    elif state != "draft":
        confirm(database, admin, draft, due_at=TOMORROW if state == "scheduled" else NOON)
        run(database)
    if state in ("sending", "sent"):
        settle(database, "sent")
    assert state_of(database, draft.id) == state
    return draft


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("draft", "draft"),
        ("scheduled", "draft"),
        ("sending", "broadcast/begun"),
        ("sent", "broadcast/begun"),
        ("cancelled", "broadcast/begun"),
    ],
)
def test_editing_in_every_state(database: Database, admin: Actor, state: str, outcome: str) -> None:
    draft = in_state(database, admin, state)

    def act(session: Session) -> None:
        broadcasts.reopen(session, campaign(), admin, draft.id, now=NOON)
        broadcasts.change(session, campaign(), admin, draft.id, {"text": "改过的。"})

    if outcome != "draft":
        assert refused(database, act) == outcome
        return
    with database.writing() as session:
        act(session)
    assert (state_of(database, draft.id), run(database, TOMORROW)) == ("draft", 0)
    assert confirm(database, admin, draft) == 3
    assert (run(database), len(sent_to(database))) == (3, 3)


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ("draft", 0),
        ("scheduled", 0),
        ("sending", 1),
        ("sent", "broadcast/all_out"),
        ("cancelled", "broadcast/cancelled_before"),
    ],
)
def test_cancelling_in_every_state(database: Database, admin: Actor, state: str, outcome: int | str) -> None:
    draft = in_state(database, admin, state)
    before = len(sent_to(database))

    def act(session: Session) -> int:
        return broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON)

    if isinstance(outcome, str):
        assert refused(database, act) == outcome
        assert state_of(database, draft.id) == state
        return
    with database.writing() as session:
        assert act(session) == outcome
    assert (state_of(database, draft.id), run(database, TOMORROW)) == ("cancelled", 0)
    assert len(sent_to(database)) == before


@pytest.mark.usefixtures("three")
def test_cancelling_takes_back_what_waits_and_says_what_is_out(database: Database, admin: Actor) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    run(database)
    first, second, third = sent_to(database)
    assert first is not None and second is not None and third is not None
    settle(database, "sent", person_id=first)
    settle(database, "parked", person_id=second)
    with database.writing() as session:
        assert broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON) == 1
    assert sent_to(database) == [first]
    assert [row[1:] for row in states(database, admin, draft.id)] == [
        ("sent", ""), ("skipped", "cancelled"), ("skipped", "cancelled"),
    ]  # fmt: skip


@pytest.mark.usefixtures("three")
def test_what_a_worker_holds_is_not_taken_back(database: Database, admin: Actor) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    run(database)
    with database.writing() as session:
        session.execute(update(OutboxRow).values(lease_until=NOON + timedelta(minutes=1)))
    assert (
        refused(
            database,
            lambda session: broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON),
        )
        == "broadcast/all_out"
    )
    assert len(sent_to(database)) == 3


def test_an_admin_without_a_chat_cannot_test(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    with database.writing() as session:
        session.execute(update(Admin).values(person_id=None))
    assert (
        refused(
            database,
            lambda session: broadcasts.test(session, admin, draft, key="1", render=render, now=NOON),
        )
        == "broadcast/no_chat"
    )


def test_a_text_that_is_too_long_is_refused_whole(database: Database, admin: Actor) -> None:
    draft = write(database, admin, to=CONTACTS, text="长" * 1500)
    longer = {"text": "长" * 1501}
    assert (
        refused(database, lambda session: broadcasts.change(session, campaign(), admin, draft.id, longer))
        == "broadcast/too_long"
    )


def test_every_step_leaves_an_audit_row_without_the_text(
    database: Database, admin: Actor, three: list[int]
) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft, due_at=TOMORROW)
    with database.writing() as session:
        broadcasts.reopen(session, campaign(), admin, draft.id, now=NOON)
        broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON)
    with database.reading() as session:
        acts = list_of_subject(session, f"broadcast:{draft.id}")
    assert [(act.action, act.actor, act.note) for act in acts] == [
        ("confirm", admin.label, "3 recipients"), ("reopen", admin.label, None), ("cancel", admin.label, None),
    ]  # fmt: skip


ACTS: dict[str, Callable[[Session, Actor, Broadcast], Any]] = {
    "begin": lambda session, actor, _: broadcasts.begin(session, campaign(), actor, now=NOON),
    "get": lambda session, actor, one: broadcasts.get(session, campaign(), actor, one.id),
    "latest": lambda session, actor, _: latest(session, campaign(), actor, now=NOON),
    "draft_of": lambda session, actor, _: broadcasts.draft_of(session, campaign(), actor),
    "change": lambda session, actor, one: broadcasts.change(session, campaign(), actor, one.id, {}),
    "preview": lambda session, actor, one: broadcasts.preview(session, campaign(), actor, one, now=NOON),
    "test": lambda session, actor, one: broadcasts.test(
        session, actor, one, key="1", render=render, now=NOON
    ),
    "confirm": lambda session, actor, one: broadcasts.confirm(
        session, campaign(), actor, Preview(one, Gathered(()), None), due_at=NOON, now=NOON
    ),
    "reopen": lambda session, actor, one: broadcasts.reopen(session, campaign(), actor, one.id, now=NOON),
    "cancel": lambda session, actor, one: broadcasts.cancel(session, campaign(), actor, one.id, now=NOON),
    "results": broadcast_delivery.results,
    "retry": lambda session, actor, one: broadcast_delivery.retry(session, campaign(), actor, one, now=NOON),
}


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("union", ["nanjing", "wuxi", None])
def test_nobody_but_an_admin_does_anything(
    database: Database, admin: Actor, name: str, union: str | None
) -> None:
    ids = [add_contact(database, code, code) for code in ("nanjing", "wuxi")]
    draft = write(database, admin, to=audience("people", people=ids))
    other = Actor("contact:1", "张伟", union_code=union, person_id=ids[0])
    assert refused(database, lambda session: ACTS[name](session, other, draft)) == "access/admins_only"


def test_a_broadcast_of_another_campaign_is_not_found(database: Database, admin: Actor) -> None:
    draft = write(database, admin, to=CONTACTS)
    with database.writing() as session:
        session.execute(update(Broadcast).values(campaign="another-year"))
    assert (
        refused(database, lambda session: broadcasts.get(session, campaign(), admin, draft.id))
        == "broadcast/no_such"
    )


def test_opting_out_and_in_again(database: Database) -> None:
    with database.writing() as session:
        person_id = person(session, "张伟")
        out = [kept.opt_out(session, person_id, now=NOON), kept.opt_out(session, person_id, now=NOON)]
        back = [kept.opt_in(session, person_id), kept.opt_in(session, person_id)]
        assert (out, back, people.names(session, [person_id])) == (
            [True, False], [True, False], {person_id: "张伟"},
        )  # fmt: skip
