"""Who owes what: computed from the facts, 24 rows in the order of 附件3, a contact the own one alone (R13–R16, R38)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from handlers import duties, lacking, nudges, union_listings
from handlers.access import Actor
from handlers.duties import SYSTEM, Board, Sums, UnionDuty
from handlers.errors import HandlerError
from storage import duties as duty_rows
from storage.contacts import MailedForm
from storage.db import Database
from storage.duties import Wanted
from storage.submissions import StoredFile, Submission
from tests import province
from tests.province import at
from tests.talk import campaign

PACK = campaign().pack
NOW = at("04-15", "12:00")
NANJING = Actor("contact:1", "张伟", union_code="nanjing")


def board(database: Database, actor: Actor = SYSTEM, now: datetime = NOW) -> Board:
    with database.reading() as session:
        return duties.board(session, campaign(), actor, now=now)


def row(database: Database, code: str, now: datetime = NOW) -> UnionDuty:
    return board(database, now=now).by_code[code]


@pytest.fixture
def two(database: Database) -> Database:
    """南京 is done with everything and has one more than it must; 无锡 has only a contact."""
    with database.writing() as session:
        province.bind_group(session)
        province.add_contact(session, "nanjing", "张伟")
        province.join(session, "张伟")
        province.issue_account(session, "nanjing", until=None)
        province.add_submitted(session, "nanjing", 121)
        province.add_draft(session, "吴刚", "nanjing", lacks=("quiz",))
        province.add_contact(session, "wuxi", "李娜", now=at("04-14"))
        province.add_draft(session, "冯军", "wuxi")
        province.add_draft(session, "冯军", "wuxi", lacks=("title",))
    return database


def test_all_unions_stand_in_the_order_of_the_notice(two: Database) -> None:
    assert [one.union.code for one in board(two).rows] == [union.code for union in PACK.unions]


def facts(one: UnionDuty) -> tuple[Any, ...]:
    counts = (one.drafted, one.submitted, one.recommended, one.counted, one.minimum)
    return one.form.state, one.form.is_late, one.in_group, str(one.account), counts, one.owed, one.overdue


def test_a_row_says_what_is_done_and_what_is_owed(two: Database) -> None:
    assert facts(row(two, "nanjing")) == (
        "registered",
        False,
        True,
        "signed_in",
        (1, 121, 0, 121, 120),
        (),
        (),
    )
    assert facts(row(two, "wuxi")) == (
        "registered", True, False, "none", (2, 0, 0, 0, 120),
        ("group", "account", "minimum"), ("group", "account"),
    )  # fmt: skip
    assert facts(row(two, "njtl")) == (
        "none", False, False, "none", (0, 0, 0, 0, 15),
        ("form", "group", "account", "minimum"), ("form", "group", "account"),
    )  # fmt: skip


def test_more_than_the_minimum_is_more(two: Database) -> None:
    assert [(one.surplus, one.lacking) for one in (row(two, "nanjing"), row(two, "wuxi"))] == [
        (1, 0),
        (0, 120),
    ]


@pytest.mark.parametrize(
    ("now", "overdue"),
    [
        (at("04-12", "23:59"), ()),
        (at("04-13", "00:00"), ("form", "group", "account")),
        (at("06-11", "23:59"), ("form", "group", "account")),
        (at("06-12", "00:00"), ("form", "group", "account", "minimum")),
    ],
)
def test_a_day_counts_through_its_last_second(two: Database, now: datetime, overdue: tuple[str, ...]) -> None:
    assert row(two, "njtl", now).overdue == overdue


def test_the_sums_are_those_of_both_groups(two: Database) -> None:
    found = board(two)
    assert found.cities == Sums(
        unions=13, forms=2, in_group=1, signed_in=1, drafted=3, submitted=121, recommended=0, counted=121,
        minimum=1470, reached=1,
    )  # fmt: skip
    assert (found.industries.unions, found.industries.minimum) == (11, 380)
    assert (found.total.unions, found.total.minimum, found.total.counted) == (24, 1850, 121)


def test_a_contact_sees_the_own_row_alone(two: Database) -> None:
    found = board(two, NANJING)
    assert [one.union.code for one in found.rows] == ["nanjing"]
    assert (found.total.unions, found.total.drafted, found.industries.unions) == (1, 1, 0)


@pytest.mark.parametrize("actor", [Actor("person", ""), Actor("contact:9", "", union_code="berlin")])
def test_who_speaks_for_no_union_sees_none(two: Database, actor: Actor) -> None:
    with pytest.raises(HandlerError, match="own_union_only"):
        board(two, actor)


def test_another_union_is_nobodys(two: Database) -> None:
    with two.reading() as session, pytest.raises(HandlerError, match="own_union_only"):
        duties.of_union(session, campaign(), NANJING, "wuxi", now=NOW)


LISTS = {
    "list_submitted": lambda session, actor: union_listings.list_submitted(
        session, campaign(), actor, "wuxi", page=1
    ),
    "nudge": lambda session, actor: nudges.of_union(session, campaign(), actor, "wuxi", now=NOW),
}


@pytest.mark.parametrize("name", LISTS)
def test_what_was_handed_in_to_another_union_is_nobodys(two: Database, name: str) -> None:
    for actor in (NANJING, Actor("person", "")):
        with two.reading() as session, pytest.raises(HandlerError, match="own_union_only"):
            LISTS[name](session, actor)


def test_only_an_admin_reminds_all_unions(two: Database) -> None:
    with two.reading() as session, pytest.raises(HandlerError, match="admins_only"):
        nudges.of_unions(session, campaign(), NANJING, now=NOW)


def owing(database: Database, duty: str) -> set[str]:
    with database.reading() as session:
        return duties.owing(session, campaign(), duty, now=NOW)


def test_who_owes_a_duty(two: Database) -> None:
    everybody = {union.code for union in PACK.unions}
    assert owing(two, "form") == everybody - {"nanjing", "wuxi"}
    assert owing(two, "group") == owing(two, "account") == owing(two, "minimum") == everybody - {"nanjing"}


def test_a_confirmed_mail_is_a_form_too(two: Database) -> None:
    with two.writing() as session:
        session.add(
            MailedForm(campaign=PACK.name, union_code="njtl", confirmed_at=NOW, confirmed_by="admin:1")
        )
        session.add(MailedForm(campaign=PACK.name, union_code="yidong", said_at=NOW, said_by="contact:1"))
    assert ("njtl" in owing(two, "form"), "yidong" in owing(two, "form")) == (False, True)
    shown = {one["name"]: one["form"] for one in duties.picture_facts(board(two))["rows"]}
    assert (shown["南京铁路"], shown["省移动"]) == ("mailed", "none")


def test_nobody_owes_a_group_that_is_not_bound(database: Database) -> None:
    assert owing(database, "group") == set()


@pytest.mark.parametrize(
    ("until", "state", "owes"),
    [(at("04-16"), "issued", True), (at("04-14"), "expired", True), (None, "signed_in", False)],
)
def test_an_account_is_owed_until_somebody_has_signed_in(
    database: Database, until: datetime | None, state: str, owes: bool
) -> None:
    with database.writing() as session:
        province.issue_account(session, "suzhou", until=until)
    found = row(database, "suzhou")
    assert (found.account, "account" in found.owed) == (state, owes)


def test_the_next_reminder_is_that_of_what_is_owed(two: Database) -> None:
    assert row(two, "nanjing").next_reminder is None
    assert row(two, "wuxi", at("04-09", "08:00")).next_reminder == at("04-09", "09:00")
    with two.writing() as session:
        province.join(session, "李娜")
        province.issue_account(session, "wuxi", until=None)
    assert row(two, "wuxi").next_reminder == at("05-13", "09:00")


def test_the_board_as_json(two: Database) -> None:
    said = duties.as_json(board(two))
    assert said["as_of"] == "2024-04-15T12:00:00+08:00"
    assert said["unions"][1] == {
        "code": "wuxi", "name": "无锡", "kind": "city", "form": "registered", "form_late": True,
        "mailed_said": False, "mailed_confirmed": False, "in_group": False, "account": "none",
        "signed_in": False, "drafted": 2, "submitted": 0, "recommended": 0, "counted": 0, "minimum": 120,
        "owed": ["group", "account", "minimum"], "overdue": ["group", "account"],
        "next_reminder": "2024-04-15T12:00:00+08:00",
    }  # fmt: skip
    assert (len(said["unions"]), said["total"]["counted"]) == (24, 121)


def test_the_picture_holds_no_name_of_a_person(two: Database) -> None:
    facts = duties.picture_facts(board(two))
    assert facts["rows"][0] == {
        "name": "南京", "kind": "city", "form": "registered", "in_group": True, "account": "signed_in",
        "counted": 121, "minimum": 120,
    }  # fmt: skip
    assert [name for name in ("张伟", "李娜", "13800138000") if name in str(facts)] == []


def lacks(database: Database, *names: str) -> list[tuple[int, bool, list[tuple[str, int, int, bool]]]]:
    """Of some people's drafts: place, whether it is the only one, and what each lacks."""
    with database.reading() as session:
        people = [province.person(session, name) for name in names]
        rows = duty_rows.list_drafts(session, PACK.name, campaign().version, people)
        found = lacking.of_drafts(session, campaign(), rows, now=NOW)
    return [
        (one.place, one.is_only, [(lack.key, lack.more, lack.unnamed, lack.is_stale) for lack in one.lacks])
        for one in found
    ]


def test_what_drafts_lack_is_named(two: Database) -> None:
    assert lacks(two, "吴刚", "冯军") == [
        (1, True, [("quiz", 0, 0, False)]),
        (1, False, []),
        (2, False, [("title", 0, 0, False)]),
    ]


def test_files_that_are_short_without_a_name_or_stale_are_named_so(database: Database) -> None:
    with database.writing() as session:
        draft = province.add_draft(session, "吴刚", "nanjing", lacks=("photos", "pledge"))
        province.add_files(session, draft, "photos", 2)
        province.add_files(session, draft, "pledge", 1)
        for file in session.query(StoredFile).filter_by(submission_id=draft):
            file.caption = None if file.field == "photos" and file.name == "0.jpg" else file.caption
            file.status = "stale" if file.field == "pledge" else "stored"
    assert lacks(database, "吴刚") == [(1, True, [("pledge", 0, 0, True), ("photos", 1, 1, False)])]


def wanted(database: Database, **of: Any) -> list[str]:
    """The names of people with a draft that fits."""
    with database.reading() as session:
        found = duty_rows.list_owing_people(session, PACK.name, Wanted(campaign().version, **of), after=0)
        names = {province.person(session, name): name for name in ("吴刚", "冯军", "褚明", "卫红")}
    return [names[person_id] for person_id in found]


def test_drafts_are_found_by_what_was_counted_and_by_what_was_not(two: Database) -> None:
    """褚明's was never counted, 卫红's under other rules: both have to be looked at."""
    with two.writing() as session:
        province.add_draft(session, "褚明", "nanjing", counted=False, now=at("04-14"))
        other = session.get_one(Submission, province.add_draft(session, "卫红", "nanjing", now=at("04-14")))
        other.pack_version = "older"
    assert wanted(two, incomplete=True) == ["吴刚", "冯军", "褚明", "卫红"]
    assert wanted(two, complete=True) == ["冯军", "褚明", "卫红"]
    assert wanted(two, complete_before=at("04-14", "00:00")) == ["冯军"]


def test_what_was_counted_for_others_is_kept(database: Database) -> None:
    with database.writing() as session:
        draft = province.add_draft(session, "褚明", "nanjing", lacks=("quiz",), counted=False)
        duty_rows.keep_short(session, {draft: 1}, campaign().version)
    with database.reading() as session:
        assert session.get_one(Submission, draft).short == 1


def test_submissions_of_a_union_are_its_own(two: Database) -> None:
    with two.reading() as session:
        rows = duty_rows.list_of_union(session, PACK.name, "wuxi", most=10)
        assert rows == [
            {"number": None, "state": "draft", "title": "冯军的成果1"},
            {"number": None, "state": "draft", "title": None},
        ]
        assert len(duty_rows.list_of_union(session, PACK.name, "nanjing", most=200)) == 122
