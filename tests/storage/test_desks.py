"""Desks: read once in a transaction, written together, locked for whoever talks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from storage import desks
from storage.db import Database, connection_of
from storage.desks import Desk, DeskFile, StoredReply
from storage.inbound import InboundRow
from storage.people import Person
from storage.submissions import Answer, StoredFile, Submission
from tests.storage.rows import MINUTE, NOON, add_draft, add_person, log_row

ON_POSTGRESQL = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)


@pytest.fixture
def person(database: Database) -> int:
    """Somebody with an open draft, which has the id 1."""
    with database.writing() as session:
        person_id = add_person(session)
        session.get_one(Person, person_id).submission_id = add_draft(session, person_id)
    return person_id


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The kind of each statement meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        kind = statement.split()[0]
        if kind != "BEGIN":
            seen.append(kind)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


def opened(session: Session, key: str = "", sender: str = "zhangwei") -> Desk:
    desk = desks.open_desk(session, "test", sender, key)
    assert desk is not None
    return desk


def answer(session: Session, desk: Desk, field: str, value: Any, note: str | None = None) -> None:
    desks.put_answer(session, desk, field, value, now=NOON, note=note)


def close(session: Session, desk: Desk, key: str = "k1", **changes: Any) -> None:
    desks.close_desk(session, desk, log_row(desk.person_id, key, **changes), now=NOON + MINUTE)


def test_nobody_has_no_desk(database: Database) -> None:
    with database.writing() as session:
        assert desks.open_desk(session, "test", "zhangwei", "k1") is None


def test_everything_of_a_talk_comes_back(database: Database, person: int) -> None:
    with database.writing() as session:
        desk = opened(session)
        desk.asked, desk.pending, desk.union_hint = "phone", {"kind": "word", "under": None}, "wuxi"
        desk.skipped, desk.pack_version, desk.title_key = ["videos"], "v2", "夹具"
        answer(session, desk, "completers", ["张伟", "李娜"])
        answer(session, desk, "objective", "缩短工时", note="短，但已说清")
        session.add(
            StoredFile(
                submission_id=1, field="photos", name="主视图.jpg", caption=None, kind="jpeg", size=3,
                sha256="0" * 64, status="stored", received_at=NOON,
            )
        )  # fmt: skip
        close(session, desk, outcome="moved", asked="phone", reply="请填写电话。")
    with database.reading() as session:
        desk = opened(session, "k1")
    assert (desk.person_id, desk.asked, desk.pending, desk.union_hint) == (
        person, "phone", {"kind": "word", "under": None}, "wuxi"
    )  # fmt: skip
    assert (desk.submission_id, desk.state, desk.number, desk.pack_version, desk.skipped) == (
        1, "draft", None, "v2", ["videos"]
    )  # fmt: skip
    assert desk.answers == {"completers": ["张伟", "李娜"], "objective": "缩短工时"}
    assert desk.notes == {"objective": "短，但已说清"}
    photo = DeskFile(1, "主视图.jpg", None, "jpeg", 3, "0" * 64, "stored")
    assert desk.files == {"photos": [photo]}
    assert desk.earlier == StoredReply("moved", "phone", "请填写电话。")


def test_message_that_is_new_has_no_earlier_reply(database: Database, person: int) -> None:
    with database.writing() as session:
        close(session, opened(session, "k1"))
    with database.writing() as session:
        assert opened(session, "k2").earlier is None
        assert opened(session, "k1").earlier == StoredReply("accepted", "phone", "已收到。")


def test_repeat_within_a_transaction_finds_the_reply(database: Database, person: int) -> None:
    with database.writing() as session:
        close(session, opened(session, "k1"))
        assert opened(session, "k1").earlier == StoredReply("accepted", "phone", "已收到。")


def test_desk_is_read_once_in_a_transaction(database: Database, person: int) -> None:
    with statements(database) as seen, database.writing() as session:
        first = opened(session, "k1")
        answer(session, first, "phone", "13800138000")
        assert opened(session, "k1") is first
    assert seen == ["SELECT", "SELECT", "INSERT"]


def test_whole_batch_is_read_in_two_statements_and_written_in_three(database: Database, person: int) -> None:
    with database.writing() as session:
        for name in ("lina", "wangfang"):
            other = add_person(session, name)
            session.get_one(Person, other).submission_id = add_draft(session, other)
    senders = ["zhangwei", "lina", "wangfang", "nobody"]
    with statements(database) as seen, database.writing() as session:
        desks.expect(session, [("test", sender, "k1") for sender in senders])
        for sender in senders[:3]:
            desk = opened(session, "k1", sender)
            answer(session, desk, "phone", "13800138000")
            desk.asked = "union"
            close(session, desk, sender=sender)
        assert desks.open_desk(session, "test", "nobody", "k1") is None
    assert seen == ["SELECT", "SELECT", "INSERT", "UPDATE", "INSERT"]


def test_answer_is_replaced_and_its_note_with_it(database: Database, person: int) -> None:
    for value, note in (("短", "够了"), ("长一些", None)):
        with database.writing() as session:
            desk = opened(session)
            answer(session, desk, "objective", value, note=note)
            assert (desk.answers["objective"], desk.notes.get("objective")) == (value, note)
    with database.reading() as session:
        rows = session.scalars(select(Answer)).all()
        assert [(row.value, row.note, row.person_id) for row in rows] == [("长一些", None, person)]


def test_last_of_several_answers_in_a_transaction_holds(database: Database, person: int) -> None:
    with database.writing() as session:
        for phone in ("13800138000", "13800138001"):
            answer(session, opened(session), "phone", phone)
    with database.reading() as session:
        assert opened(session).answers == {"phone": "13800138001"}


def test_gathered_is_written_before_the_orm_looks(database: Database, person: int) -> None:
    with database.writing() as session:
        answer(session, opened(session), "phone", "13800138000")
        assert session.scalars(select(Answer.value)).all() == ["13800138000"]


def test_gathered_is_written_before_core_looks(database: Database, person: int) -> None:
    with database.writing() as session:
        answer(session, opened(session), "phone", "13800138000")
        found = connection_of(session).execute(select(Answer.__table__.c.value)).scalars().all()
    assert found == ["13800138000"]


def test_nothing_is_written_when_the_transaction_fails(database: Database, person: int) -> None:
    def fail() -> None:
        with database.writing() as session:
            desk = opened(session, "k1")
            answer(session, desk, "phone", "13800138000")
            close(session, desk)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as session:
        assert (opened(session, "k1").answers, opened(session, "k1").earlier) == ({}, None)


def test_talk_that_did_not_move_writes_only_the_log(database: Database, person: int) -> None:
    with statements(database) as seen, database.writing() as session:
        close(session, opened(session, "k1"))
    assert seen == ["SELECT", "SELECT", "INSERT"]


def test_changed_draft_tells_when(database: Database, person: int) -> None:
    with database.writing() as session:
        add_title = session.get_one(Submission, 1)
        add_title.title_key = "夹具"
    with database.writing() as session:
        desk = opened(session)
        desk.skipped = ["audio"]
        close(session, desk)
    with database.reading() as session:
        draft = session.get_one(Submission, 1)
        assert (draft.skipped, draft.title_key, draft.changed_at) == (["audio"], "夹具", NOON + MINUTE)


def test_desk_of_somebody_new(database: Database) -> None:
    with database.writing() as session:
        assert desks.open_desk(session, "test", "lina", "k1") is None
        person_id = add_person(session, "lina")
        desk = desks.new_desk(session, "test", "lina", person_id)
        assert opened(session, "k1", "lina") is desk
        desk.submission_id, desk.asked = add_draft(session, person_id), "completers"
        desks.clear_papers(desk)
        answer(session, desk, "completers", ["李娜"])
        close(session, desk, sender="lina")
    with database.reading() as session:
        desk = opened(session, "k1", "lina")
    assert (desk.person_id, desk.asked, desk.answers) == (person_id, "completers", {"completers": ["李娜"]})


def test_exchanged_draft_is_read_anew(database: Database, person: int) -> None:
    """What was just answered in the former is written, and none of it is on the desk any more."""
    with database.writing() as session:
        other = add_draft(session, person, number="WX2024-NJ-0001", state="submitted")
        desk = opened(session)
        answer(session, desk, "phone", "13800138000", note="座机")
        desk.submission_id = other
        desks.reload_papers(session, desk)
        assert (desk.answers, desk.notes, desk.number, desk.state) == ({}, {}, "WX2024-NJ-0001", "submitted")
        desk.submission_id = 1
        desks.reload_papers(session, desk)
        assert (desk.answers, desk.notes, desk.state) == (
            {"phone": "13800138000"},
            {"phone": "座机"},
            "draft",
        )


def test_desks_of_two_people_keep_apart(database: Database, person: int) -> None:
    with database.writing() as session:
        lina = add_person(session, "lina")
        session.get_one(Person, lina).submission_id = add_draft(session, lina)
    with database.writing() as session:
        desks.expect(session, [("test", "zhangwei", "k1"), ("test", "lina", "k1")])
        answer(session, opened(session, "k1", "lina"), "phone", "13800138001")
        answer(session, opened(session, "k1"), "phone", "13800138000")
        close(session, opened(session, "k1"))
    with database.reading() as session:
        assert opened(session, "k1", "lina").answers == {"phone": "13800138001"}
        assert opened(session, "k1", "lina").earlier is None
        assert opened(session, "k1").answers == {"phone": "13800138000"}


def test_two_messages_of_one_person_go_one_after_the_other(database: Database, person: int) -> None:
    """The second waits for the first and finds what it left."""
    found: list[dict[str, Any]] = []

    def second() -> None:
        with database.writing() as session:
            found.append(dict(opened(session, "k2").answers))

    with database.writing() as session:
        desk = opened(session, "k1")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(0.3)
        answer(session, desk, "phone", "13800138000")
        assert found == []
    thread.join()
    assert found == [{"phone": "13800138000"}]


@ON_POSTGRESQL
def test_other_people_do_not_wait(database: Database, person: int) -> None:
    with database.writing() as session:
        add_person(session, "lina")
    with database.writing() as session:
        opened(session)
        with database.writing() as other:
            assert opened(other, "k1", "lina").asked is None


@ON_POSTGRESQL
def test_batches_in_opposite_order_do_not_block_each_other(database: Database, person: int) -> None:
    with database.writing() as session:
        add_person(session, "lina")
    met = threading.Barrier(2)
    failed: list[Exception] = []

    def talk(senders: list[str]) -> None:
        for number in range(20):
            met.wait(10)
            try:
                with database.writing() as session:
                    desks.expect(session, [("test", sender, f"{senders[0]}{number}") for sender in senders])
                    for sender in senders:
                        desk = opened(session, f"{senders[0]}{number}", sender)
                        close(session, desk, f"{senders[0]}{number}", sender=sender)
            except Exception as error:
                failed.append(error)

    threads = [
        threading.Thread(target=talk, args=(order,)) for order in (["zhangwei", "lina"], ["lina", "zhangwei"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    with database.reading() as session:
        assert len(session.scalars(select(InboundRow.id)).all()) == 80
