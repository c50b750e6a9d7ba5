"""Broadcasts on their way: due in order, once each, at their pace; what failed again; who answered (R116, L8)."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from handlers import broadcast_delivery, broadcasts
from handlers.access import Actor
from handlers.broadcasts import is_stuck
from storage import broadcasts as kept
from storage import groups
from storage.broadcasts import Broadcast, BroadcastRecipient
from storage.contacts import Contact
from storage.db import Database
from storage.outbox import OutboxRow
from storage.people import Address
from tests.broadcasting import (
    PACK,
    actor_of,
    add_admin,
    add_all_contacts,
    audience,
    confirm,
    refusal_of,
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


def seen_of(session: Session, admin: Actor, draft: Broadcast) -> broadcasts.Preview:
    return broadcasts.preview(session, campaign(), admin, draft, now=NOON)


def test_everybody_gets_one_row_once(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=audience("contacts", "cities", "people", people=three))
    assert confirm(database, admin, draft) == 3
    assert [run(database), run(database)] == [3, 0]
    assert sent_to(database) == three
    assert state_of(database, draft.id) == "sent"


def test_the_text_is_told_as_it_was_typed(database: Database, admin: Actor, three: list[int]) -> None:
    confirm(database, admin, write(database, admin, to=CONTACTS, text="{{ 7 * 7 }} {% raw %} <b>"))
    run(database)
    with database.reading() as session:
        texts = session.scalars(select(OutboxRow.text)).all()
    assert {text.split("\n")[0] for text in texts} == {"【需办】{{ 7 * 7 }} {% raw %} <b>"}


def test_rows_have_the_class_of_the_broadcast(database: Database, admin: Actor, three: list[int]) -> None:
    for kind in ("duty", "notice"):
        confirm(database, admin, write(database, admin, to=CONTACTS, kind=kind))
    run(database)
    with database.reading() as session:
        rows = session.execute(select(OutboxRow.kind, OutboxRow.text)).all()
    assert [row.kind for row in rows] == ["duty"] * 3 + ["notice"] * 3
    assert ["退订" in row.text for row in rows] == [False] * 3 + [True] * 3


def test_scheduled_ones_go_out_in_their_order(database: Database, admin: Actor, three: list[int]) -> None:
    later = write(database, admin, to=audience("people", people=[three[0]]))
    sooner = write(database, admin, to=audience("people", people=[three[1]]))
    confirm(database, admin, later, due_at=TOMORROW)
    confirm(database, admin, sooner, due_at=NOON + timedelta(hours=2))
    assert run(database) == 0
    assert run(database, NOON + timedelta(hours=2)) == 1
    assert (state_of(database, sooner.id), state_of(database, later.id)) == ("sent", "scheduled")
    assert run(database, TOMORROW) == 1
    assert sent_to(database) == [three[1], three[0]]


def test_next_due_names_the_time_of_each(database: Database, admin: Actor, three: list[int]) -> None:
    confirm(database, admin, write(database, admin, to=CONTACTS), due_at=TOMORROW)
    confirm(database, admin, write(database, admin, to=CONTACTS, pace=2))
    run(database)
    with database.reading() as session:
        times = [
            broadcasts.next_due(session, campaign(), after=after, until=NOON + timedelta(days=2))
            for after in (NOON, NOON + timedelta(seconds=30), TOMORROW)
        ]
    assert times == [NOON + timedelta(seconds=30), TOMORROW, None]


def test_pace_lets_so_many_out_in_a_minute(database: Database, admin: Actor, three: list[int]) -> None:
    """Nobody's row waits in the outbox for its turn: it would hold up whatever comes behind it."""
    draft = write(database, admin, to=CONTACTS, pace=2)
    confirm(database, admin, draft)
    assert [run(database, NOON + timedelta(seconds=at)) for at in (0, 29, 30, 45, 60)] == [1, 0, 1, 0, 1]
    with database.reading() as session:
        due = session.scalars(select(OutboxRow.due_at).order_by(OutboxRow.id)).all()
    assert [at - NOON for at in due] == [timedelta(0), timedelta(seconds=30), timedelta(seconds=60)]
    assert state_of(database, draft.id) == "sent"


def test_a_missed_hour_is_caught_up_at_the_same_pace(
    database: Database, admin: Actor, three: list[int]
) -> None:
    confirm(database, admin, write(database, admin, to=CONTACTS, pace=2), due_at=NOON + timedelta(hours=1))
    assert [run(database, TOMORROW), run(database, TOMORROW + timedelta(seconds=30))] == [1, 1]


def test_a_long_list_is_written_in_chunks(
    database: Database, admin: Actor, three: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast_delivery, "CHUNK", 2)
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    assert (run(database), state_of(database, draft.id)) == (2, "sending")
    assert (run(database), state_of(database, draft.id)) == (1, "sent")
    assert sent_to(database) == three


def test_two_workers_at_once_send_nothing_twice(database: Database, admin: Actor) -> None:
    people_ids = add_all_contacts(database)
    confirm(database, admin, write(database, admin, to=CONTACTS, picture="a" * 64))
    together = threading.Barrier(2)
    counts: list[int] = []

    def work() -> None:
        together.wait()
        counts.append(run(database))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(database)
    assert sum(counts) == len(people_ids)
    assert sorted(sent_to(database), key=str) == sorted([*people_ids, *people_ids], key=str)


def test_who_opted_out_ended_or_cannot_be_reached_since_is_left_out(database: Database, admin: Actor) -> None:
    ids = add_all_contacts(database, count=4)
    draft = write(database, admin, to=CONTACTS, kind="notice")
    confirm(database, admin, draft, due_at=TOMORROW)
    with database.writing() as session:
        kept.opt_out(session, ids[0], now=NOON)
        session.execute(update(Address).where(Address.person_id == ids[1]).values(reachable=False))
        session.execute(update(Contact).where(Contact.person_id == ids[2]).values(state="ended"))
    assert run(database, TOMORROW) == 1
    assert [row[1:] for row in states(database, admin, draft.id)] == [
        ("skipped", "opted_out"), ("skipped", "unreachable"), ("skipped", "settled"), ("waiting", ""),
    ]  # fmt: skip


def retry(database: Database, admin: Actor, draft: Broadcast) -> int:
    with database.writing() as session:
        again = broadcasts.get(session, campaign(), admin, draft.id)
        return broadcast_delivery.retry(session, campaign(), admin, again, now=TOMORROW)


def test_only_failures_are_sent_again(database: Database, admin: Actor) -> None:
    ids = add_all_contacts(database, count=4)
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    run(database)
    for person_id, state in zip(ids, ("sent", "failed", "unsure", "parked"), strict=True):
        settle(database, state, person_id=person_id, error="45015" if state == "failed" else None)
    before = [row[1:] for row in states(database, admin, draft.id)]
    assert before == [("sent", ""), ("failed", "45015"), ("unsure", ""), ("parked", "")]
    assert (retry(database, admin, draft), run(database, TOMORROW)) == (1, 0)
    after = [row[1:] for row in states(database, admin, draft.id)]
    assert after == [("sent", ""), ("waiting", ""), ("unsure", ""), ("parked", "")]
    assert len(sent_to(database)) == 4
    assert refusal_of(lambda: retry(database, admin, draft)) == "broadcast/none_to_retry"


def test_a_retry_goes_to_the_newest_address(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    run(database)
    settle(database, "failed")
    with database.writing() as session:
        session.execute(update(Address).where(Address.person_id.in_(three)).values(reachable=False))
        session.add(Address(person_id=three[1], channel="other", address="new", created_at=NOON))
    assert retry(database, admin, draft) == 1
    with database.reading() as session:
        rows = session.execute(
            select(OutboxRow.person_id, OutboxRow.channel, OutboxRow.address).where(OutboxRow.state == "new")
        ).all()
    assert [tuple(row) for row in rows] == [(three[1], "other", "new")]


def test_who_was_not_reachable_then_is_told_by_a_retry(
    database: Database, admin: Actor, three: list[int]
) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft, due_at=TOMORROW)
    with database.writing() as session:
        session.execute(update(Address).where(Address.person_id == three[0]).values(reachable=False))
    assert run(database, TOMORROW) == 2
    with database.writing() as session:
        session.execute(update(Address).where(Address.person_id == three[0]).values(reachable=True))
    assert (retry(database, admin, draft), run(database, TOMORROW)) == (1, 1)
    assert sent_to(database) == [three[1], three[2], three[0]]
    assert state_of(database, draft.id) == "sent"


def test_the_group_is_told_once_through_its_own_chat(
    database: Database, admin: Actor, three: list[int]
) -> None:
    with database.writing() as session:
        groups.bind(session, PACK.name, channel="test", chat_id="g1", bound_by=three[0], now=NOON)
    draft = write(database, admin, to=audience("group"), text="请联系13900139000。")
    with database.reading() as session:
        shown = seen_of(session, admin, draft).group_text
    assert shown is not None and "13900139000" not in shown
    assert confirm(database, admin, draft) == 1
    run(database)
    with database.reading() as session:
        row = session.scalars(select(OutboxRow)).one()
    assert (row.chat, row.address, row.person_id, row.kind) == ("group", "g1", None, "duty")
    assert "退订" not in row.text


def test_a_picture_follows_the_text_of_each(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=audience("people", people=three[:2]), picture="a" * 64)
    confirm(database, admin, draft)
    run(database)
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.id)).all()
        paper = session.get_one(Broadcast, draft.id).paper
    assert [(row.person_id, row.paper) for row in rows] == [
        (three[0], None), (three[0], paper), (three[1], None), (three[1], paper),
    ]  # fmt: skip
    settle(database, "sent", person_id=three[0])
    assert [row[1] for row in states(database, admin, draft.id)] == ["sent", "waiting"]


def test_received_is_counted_once_for_the_newest(database: Database, admin: Actor, three: list[int]) -> None:
    drafts = [write(database, admin, to=CONTACTS) for _ in range(2)]
    for draft in drafts:
        confirm(database, admin, draft)
    run(database)
    assert [receive(database, three[0])] == [False]
    settle(database, "sent")
    assert [receive(database, three[0]), receive(database, three[0]), receive(database, three[1])] == [
        True, False, True,
    ]  # fmt: skip
    assert [tally(database, admin, draft) for draft in drafts] == [0, 2]


def receive(database: Database, person_id: int, now: datetime = NOON) -> bool:
    with database.writing() as session:
        return broadcast_delivery.receive(session, person_id, now=now)


def tally(database: Database, admin: Actor, draft: Broadcast) -> int:
    with database.reading() as session:
        found = broadcasts.get(session, campaign(), admin, draft.id)
        return len(broadcast_delivery.results(session, admin, found).received)


def test_received_counts_for_fourteen_days(database: Database, admin: Actor, three: list[int]) -> None:
    confirm(database, admin, write(database, admin, to=CONTACTS))
    run(database)
    settle(database, "sent")
    assert receive(database, three[0], NOON + timedelta(days=14, seconds=1)) is False
    assert receive(database, three[0], NOON + timedelta(days=14)) is True


def test_a_stuck_schedule_raises_an_alarm(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)

    def alarm(minutes: float) -> bool:
        with database.reading() as session:
            row = session.get_one(Broadcast, draft.id)
            return is_stuck(session, row, now=NOON + timedelta(minutes=minutes))

    assert [alarm(9.9), alarm(10)] == [False, True]
    run(database)
    assert [alarm(9.9), alarm(10.1)] == [False, True]
    settle(database, "sent")
    assert alarm(60) is False


def test_a_test_goes_to_the_admin_alone(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    with database.writing() as session:
        broadcasts.test(session, admin, draft, key="1", render=render, now=NOON)
    with database.reading() as session:
        rows = session.scalars(select(OutboxRow.person_id)).all()
    assert (rows, state_of(database, draft.id)) == ([admin.person_id], "draft")


def test_excluded_people_have_no_row(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS, excluded=[three[1]])
    confirm(database, admin, draft)
    with database.reading() as session:
        rows = session.scalars(select(BroadcastRecipient.person_id).order_by(BroadcastRecipient.place)).all()
    assert rows == [three[0], three[2]]


def test_nothing_of_a_cancelled_one_is_sent_again(database: Database, admin: Actor, three: list[int]) -> None:
    draft = write(database, admin, to=CONTACTS)
    confirm(database, admin, draft)
    run(database)
    settle(database, "failed", person_id=three[0])
    with database.writing() as session:
        broadcasts.cancel(session, campaign(), admin, draft.id, now=NOON)
    assert refusal_of(lambda: retry(database, admin, draft)) == "broadcast/cancelled_before"
    assert run(database, TOMORROW) == 0
