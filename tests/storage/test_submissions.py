"""Submissions with answers and files: whose they are, what they count for, and gapless numbers."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError, NoResultFound
from sqlalchemy.orm import Session

from storage import audit, submissions
from storage.audit import Move
from storage.db import Database
from storage.submissions import Answer, NumberCounter, StoredFile
from tests.processes import Processes
from tests.storage.rows import CAMPAIGN, MINUTE, NOON, add_draft, add_person, number_submissions


@pytest.fixture
def person(database: Database) -> int:
    with database.writing() as session:
        return add_person(session)


def answer(session: Session, submission_id: int, person_id: int, field: str, value: object) -> None:
    row = {"submission_id": submission_id, "field": field, "value": value, "person_id": person_id}
    session.execute(insert(Answer), {**row, "answered_at": NOON})


def give(session: Session, submission_id: int, name: str, **changes: object) -> int:
    columns = {
        "submission_id": submission_id, "field": "photos", "name": name, "kind": "jpeg", "size": 3,
        "sha256": "0" * 64, "status": "stored", "received_at": NOON,
    }  # fmt: skip
    file = StoredFile(**{**columns, **changes})
    session.add(file)
    session.flush()
    return file.id


def test_what_was_added_is_there(database: Database, person: int) -> None:
    with database.writing() as session:
        draft = add_draft(session, person, skipped=["videos"], title_key="夹具")
    with database.reading() as session:
        found = submissions.get(session, draft)
        assert (found.person_id, found.state, found.skipped, found.title_key) == (
            person, "draft", ["videos"], "夹具"
        )  # fmt: skip
        assert (found.number, found.union_code, found.submitted_at) == (None, None, None)
        with pytest.raises(NoResultFound):
            submissions.get(session, draft + 1)


def test_number_is_issued_once(database: Database, person: int) -> None:
    with database.writing() as session:
        add_draft(session, person, number="WX2024-NJ-0001")
    with pytest.raises(IntegrityError), database.writing() as session:
        add_draft(session, person, number="WX2024-NJ-0001")


def test_of_a_person_oldest_first_with_the_title(database: Database, person: int) -> None:
    with database.writing() as session:
        other = add_person(session, "lina")
        first = add_draft(session, person, number="WX2024-NJ-0001", state="submitted")
        second = add_draft(session, person, created_at=NOON + MINUTE)
        add_draft(session, other)
        add_draft(session, person, campaign="jiangsu-2025")
        answer(session, first, person, "title", "旋转夹具")
        answer(session, first, person, "phone", "13800138000")
        answer(session, second, person, "phone", "13800138000")
        listed = [tuple(row) for row in submissions.list_of_person(session, person, CAMPAIGN)]
    assert listed == [
        (first, "submitted", "WX2024-NJ-0001", NOON, "旋转夹具"),
        (second, "draft", None, NOON + MINUTE, None),
    ]


def test_of_a_campaign_drafts_included(database: Database, person: int) -> None:
    with database.writing() as session:
        ids = [add_draft(session, person), add_draft(session, person, state="submitted")]
        add_draft(session, person, campaign="jiangsu-2025")
        assert [one.id for one in submissions.list_of_campaign(session, CAMPAIGN)] == ids


def test_counted_by_union_and_state(database: Database, person: int) -> None:
    with database.writing() as session:
        for union_code, state in (
            ("nanjing", "submitted"), ("nanjing", "submitted"), ("wuxi", "submitted"), ("wuxi", "draft"),
            ("suzhou", "draft"), (None, "submitted"),
        ):  # fmt: skip
            add_draft(session, person, union_code=union_code, state=state)
        add_draft(session, person, union_code="wuxi", state="submitted", campaign="jiangsu-2025")
        count = submissions.count_by_union
        assert count(session, CAMPAIGN, ["submitted"]) == {"nanjing": 2, "wuxi": 1}
        assert count(session, CAMPAIGN, ["submitted", "draft"]) == {"nanjing": 2, "wuxi": 2, "suzhou": 1}
        assert count(session, CAMPAIGN, []) == {}


def test_another_submission_of_the_same_title(database: Database, person: int) -> None:
    with database.writing() as session:
        other = add_person(session, "lina")
        own = add_draft(session, person, title_key="夹具")
        add_draft(session, other, title_key="夹具", campaign="jiangsu-2025")

        def find(title: str) -> int | None:
            return submissions.find_title(session, CAMPAIGN, title, besides=own)

        assert (find("夹具"), find("刀具")) == (None, None)
        add_draft(session, other, title_key="夹具")
        assert find("夹具") == other


def names(found: Sequence[StoredFile]) -> list[tuple[str, str | None, str]]:
    return [(file.name, file.caption, file.status) for file in found]


def test_files_are_named_and_forgotten_one_by_one(database: Database, person: int) -> None:
    with database.writing() as session:
        draft, other = add_draft(session, person), add_draft(session, person)
        first, second, _ = (
            give(session, of, name) for of, name in ((draft, "1"), (draft, "2"), (other, "3"))
        )
        submissions.name_file(session, second, "俯视图")
        submissions.forget_file(session, first)
        assert names(submissions.list_files(session, [draft])) == [("2", "俯视图", "stored")]
        assert names(submissions.list_files(session, [draft, other])) == [
            ("2", "俯视图", "stored"), ("3", None, "stored")
        ]  # fmt: skip


def test_papers_of_some_fields_become_stale(database: Database, person: int) -> None:
    with database.writing() as session:
        draft, other = add_draft(session, person), add_draft(session, person)
        for submission_id, name, field in (
            (draft, "1", "pledge"), (draft, "2", "authorization"), (draft, "3", "photos"), (other, "4", "pledge")
        ):  # fmt: skip
            give(session, submission_id, name, field=field)
        fields = ["pledge", "authorization"]
        assert submissions.mark_files_stale(session, draft, fields) == 2
        assert submissions.mark_files_stale(session, draft, fields) == 0
        assert [status for _, _, status in names(submissions.list_files(session, [draft, other]))] == [
            "stale", "stale", "stored", "stored"
        ]  # fmt: skip


def test_answer_is_forgotten_alone(database: Database, person: int) -> None:
    with database.writing() as session:
        draft, other = add_draft(session, person), add_draft(session, person)
        for submission_id in (draft, other):
            answer(session, submission_id, person, "phone", "13800138000")
            answer(session, submission_id, person, "union", "wuxi")
        submissions.forget_answer(session, draft, "phone")
        left = submissions.list_answers(session, [draft, other])
    assert sorted((one.submission_id, one.field) for one in left) == [
        (draft, "union"), (other, "phone"), (other, "union")
    ]  # fmt: skip


def test_numbers_count_for_each_union_and_campaign(database: Database) -> None:
    with database.writing() as session:
        step = submissions.next_in_union
        asked = [(CAMPAIGN, "nanjing"), (CAMPAIGN, "nanjing"), (CAMPAIGN, "wuxi"), ("jiangsu-2025", "wuxi")]
        assert [step(session, campaign, code) for campaign, code in asked] == [1, 2, 1, 1]


def test_number_that_was_not_kept_is_given_again(database: Database) -> None:
    with database.writing() as session:
        submissions.next_in_union(session, CAMPAIGN, "nanjing")

    def fail() -> None:
        with database.writing() as session:
            assert submissions.next_in_union(session, CAMPAIGN, "nanjing") == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.writing() as session:
        assert submissions.next_in_union(session, CAMPAIGN, "nanjing") == 2


def test_two_processes_number_without_gaps(
    database: Database, database_url: str, processes: Processes
) -> None:
    given = processes.together(number_submissions, *[(database_url, "nanjing", 40)] * 2)
    assert sorted([*given[0], *given[1]]) == list(range(1, 81))
    with database.reading() as session:
        assert session.scalars(select(NumberCounter.last)).all() == [80]


def test_acts_are_kept_oldest_first(database: Database, person: int) -> None:
    with database.writing() as session:
        draft, other = add_draft(session, person), add_draft(session, person)
        audit.add(session, draft, "open", person_id=person, at=NOON, move=Move(None, "draft"))
        audit.add(session, other, "open", person_id=None, at=NOON, move=Move(None, "draft"))
        audit.add(
            session,
            draft,
            "submit",
            person_id=person,
            at=NOON,
            move=Move("draft", "submitted", "nanjing"),
            note="改",
        )

        def acts(*ids: int) -> list[tuple[object, ...]]:
            rows = audit.list_of(session, ids)
            return [
                (row.action, row.person_id, row.at, row.before, row.after, row.union_code, row.note)
                for row in rows
            ]

        opened, submitted = (
            ("open", person, NOON, None, "draft", None, None),
            ("submit", person, NOON, "draft", "submitted", "nanjing", "改"),
        )
        assert acts(draft) == [opened, submitted]
        assert acts(draft, other) == [opened, ("open", None, NOON, None, "draft", None, None), submitted]
        assert acts() == []
