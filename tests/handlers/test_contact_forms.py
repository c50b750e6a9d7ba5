"""What is known of each union's form: in time or late, mailed on whose word, confirmed by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from handlers import contacts
from handlers.contacts import FormState
from handlers.errors import HandlerError
from storage.db import Database
from tests.handlers.contact_people import (
    ADMIN,
    LI,
    NOON,
    WANG,
    ZHANG,
    actor_of,
    register,
    render,
    serve,
)
from tests.talk import campaign

LAST_SECOND = datetime(2024, 4, 12, 15, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(("after", "is_late"), [(timedelta(0), False), (timedelta(seconds=1), True)])
def test_late_after_the_whole_day_of_the_deadline(
    database: Database, after: timedelta, is_late: bool
) -> None:
    with database.writing() as session:
        contact = register(session, ZHANG, "zhangwei", now=LAST_SECOND + after).contact
        states = contacts.form_states(session, campaign())
    assert (contact.is_late, states["nanjing"]) == (is_late, FormState("waiting", is_late))


def test_a_late_successor_does_not_make_the_union_late(database: Database) -> None:
    late = LAST_SECOND + timedelta(days=3)
    with database.writing() as session:
        old = serve(session, ZHANG, "zhangwei")
        new = register(session, replace(LI, replaces_id=old.id), "lina", now=late).contact
        contacts.approve(session, campaign(), ADMIN, new.id, now=late, render=render)
        assert (new.is_late, contacts.form_states(session, campaign())["nanjing"]) == (
            True,
            FormState("registered"),
        )


def test_forms_of_all_unions_in_the_order_of_the_notice(database: Database) -> None:
    with database.writing() as session:
        mine = serve(session, ZHANG, "zhangwei")
        register(session, WANG, "wangfang")
        contacts.say_mailed(session, campaign(), actor_of(mine), "nanjing", now=NOON)
        states = contacts.form_states(session, campaign())
    assert list(states) == [union.code for union in campaign().pack.unions]
    assert [states[code] for code in ("nanjing", "wuxi", "xuzhou")] == [
        FormState("registered", mailed_said=True), FormState("waiting"), FormState()
    ]  # fmt: skip


def test_mailed_on_somebodys_word_and_confirmed_by_the_province(database: Database) -> None:
    with database.writing() as session:
        mine = actor_of(serve(session, ZHANG, "zhangwei"))
        word = [contacts.say_mailed(session, campaign(), mine, "nanjing", now=NOON) for _ in range(2)]
        seen = [contacts.confirm_mailed(session, campaign(), ADMIN, "nanjing", now=NOON) for _ in range(2)]
        contacts.confirm_mailed(session, campaign(), ADMIN, "xuzhou", now=NOON)
        states = contacts.form_states(session, campaign())
    assert (word, seen) == ([True, False], [True, False])
    assert states["nanjing"] == FormState("registered", mailed_said=True, mailed_confirmed=True)
    assert states["xuzhou"] == FormState(mailed_confirmed=True)


def test_nobody_speaks_of_another_unions_mail(database: Database) -> None:
    with database.writing() as session:
        mine = actor_of(serve(session, ZHANG, "zhangwei"))
        serve(session, WANG, "wangfang")
        for refusing in (
            lambda: contacts.say_mailed(session, campaign(), mine, "wuxi", now=NOON),
            lambda: contacts.confirm_mailed(session, campaign(), mine, "nanjing", now=NOON),
            lambda: contacts.confirm_mailed(session, campaign(), ADMIN, "atlantis", now=NOON),
        ):
            with pytest.raises(HandlerError):
                refusing()
        assert not any(state.mailed_said or state.mailed_confirmed for state in
                       contacts.form_states(session, campaign()).values())  # fmt: skip


def test_a_form_that_names_the_old_contact_is_to_be_mailed_anew(database: Database) -> None:
    with database.writing() as session:
        old, neighbour = serve(session, ZHANG, "zhangwei"), serve(session, WANG, "wangfang")
        for one in (old, neighbour):
            contacts.say_mailed(session, campaign(), actor_of(one), one.union_code, now=NOON)
        backup = serve(session, replace(LI, role="B"), "lina")
        serve(session, replace(LI, role="B", name="孙丽", replaces_id=backup.id), "sunli")
        kept = contacts.form_states(session, campaign())
        serve(session, replace(LI, replaces_id=old.id), "lina")
        states = contacts.form_states(session, campaign())
    mailed = FormState("registered", mailed_said=True)
    assert (kept["nanjing"], states["nanjing"], states["wuxi"]) == (mailed, FormState("registered"), mailed)
