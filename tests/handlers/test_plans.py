"""What a union sets for itself: an own deadline and sub-units, counted by name or by hand; and only for itself (A30)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from handlers import plans
from handlers.errors import HandlerError
from handlers.plans import Plan
from storage import audit
from storage.db import Database
from storage.plans import Placed, SubUnit
from storage.submissions import Submission
from tests.handlers.plan_rows import ADMIN, NOW, OF_NANJING, OF_WUXI, populate
from tests.talk import campaign

END = date(2024, 5, 31)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.writing() as session:
        populate(session)
        yield session


def of_nanjing(session: Session) -> Plan:
    return plans.of_union(session, campaign(), OF_NANJING, "nanjing", now=NOW)


def set_units(session: Session, **units: int) -> None:
    plans.set_sub_units(session, campaign(), OF_NANJING, "nanjing", list(units.items()), now=NOW)


def counts(session: Session) -> tuple[dict[str, tuple[int, int]], int]:
    plan = of_nanjing(session)
    return {unit.name: (unit.counted, unit.minimum) for unit in plan.units}, plan.elsewhere


def put_under(session: Session, number: str, name: str) -> tuple[str, str]:
    return plans.put_under(session, campaign(), OF_NANJING, "nanjing", (number, name), now=NOW)


def refused(work: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(HandlerError) as caught:
        work(*args, **kwargs)
    return caught.value.line.template


def acts(session: Session) -> list[tuple[str, str | None, str | None]]:
    return [(row.action, row.actor, row.note) for row in audit.list_of_subject(session, "union:nanjing")]


def test_a_union_that_has_set_nothing_keeps_to_the_notice(session: Session) -> None:
    plan = of_nanjing(session)
    assert (plan.deadline, plan.is_running, plan.units, plan.elsewhere, plan.asked) == (None, False, (), 0, 0)


def test_a_deadline_is_set_moved_and_taken_back(session: Session) -> None:
    seen = []
    for day in (END, date(2024, 5, 24)):
        plans.set_deadline(session, campaign(), OF_NANJING, "nanjing", day, now=NOW)
        seen.append(of_nanjing(session).deadline)
    plans.keep_to_the_notice(session, campaign(), ADMIN, "nanjing", now=NOW)
    assert [*seen, of_nanjing(session).deadline] == [END, date(2024, 5, 24), None]
    assert acts(session) == [
        ("own_deadline", "contact:1", "2024-05-31"),
        ("own_deadline", "contact:1", "2024-05-24"),
        ("own_deadline", "admin:1", None),
    ]


def test_the_same_day_said_again_changes_nothing(session: Session) -> None:
    for hours in (0, 5):
        now = NOW + timedelta(hours=hours)
        plans.set_deadline(session, campaign(), OF_NANJING, "nanjing", END, now=now)
    assert len(acts(session)) == 1


@pytest.mark.parametrize(
    ("day", "template"),
    [
        (date(2024, 6, 12), "plan/deadline_late"),
        (date(2024, 5, 19), "plan/deadline_past"),
        (date(2024, 6, 11), None),
        (date(2024, 5, 20), None),
    ],
)
def test_a_deadline_lies_between_today_and_the_notices(
    session: Session, day: date, template: str | None
) -> None:
    def work() -> None:
        plans.set_deadline(session, campaign(), OF_NANJING, "nanjing", day, now=NOW)

    if template is None:
        work()
        assert of_nanjing(session).deadline == (None if day == date(2024, 6, 11) else day)
    else:
        assert refused(work) == template
        assert of_nanjing(session).deadline is None


def test_after_the_notices_deadline_none_can_be_set(session: Session) -> None:
    late = NOW + timedelta(days=30)
    assert (
        refused(plans.set_deadline, session, campaign(), OF_NANJING, "nanjing", END, now=late)
        == "plan/deadline_closed"
    )


def test_a_passed_deadline_is_shown_and_runs_no_more(session: Session) -> None:
    plans.set_deadline(session, campaign(), OF_NANJING, "nanjing", END, now=NOW)
    later = plans.of_union(session, campaign(), OF_NANJING, "nanjing", now=NOW + timedelta(days=12))
    assert (of_nanjing(session).is_running, later.deadline, later.is_running) == (True, END, False)


def test_submissions_are_counted_by_the_name_in_their_work_unit(session: Session) -> None:
    set_units(session, 江宁区=10, 鼓楼区=0)
    assert counts(session) == ({"江宁区": (1, 10), "鼓楼区": (1, 0)}, 1)


def test_a_number_is_changed_by_naming_the_unit_again(session: Session) -> None:
    set_units(session, 江宁区=10)
    plans.set_sub_units(session, campaign(), OF_NANJING, "nanjing", [(" 江宁 区 ", 12)], now=NOW)
    assert counts(session) == ({"江宁区": (1, 12)}, 2)
    assert acts(session) == [("sub_unit", "contact:1", "江宁区 10"), ("sub_unit", "contact:1", "江宁区 12")]


def test_what_was_put_under_by_hand_stays_there(session: Session) -> None:
    set_units(session, 江宁区=10, 鼓楼区=8)
    assert put_under(session, "wx2024—nj－0001", "鼓楼") == ("WX2024-NJ-0001", "鼓楼区")
    assert put_under(session, "WX2024-NJ-0003", "江宁区") == ("WX2024-NJ-0003", "江宁区")
    assert counts(session) == ({"江宁区": (1, 10), "鼓楼区": (2, 8)}, 0)
    assert acts(session)[-1] == ("put_under", "contact:1", "WX2024-NJ-0003 江宁区")


def test_a_removed_unit_leaves_its_submissions_to_the_union(session: Session) -> None:
    set_units(session, 江宁区=10, 鼓楼区=8)
    put_under(session, "WX2024-NJ-0003", "江宁区")
    assert plans.remove_sub_unit(session, campaign(), OF_NANJING, "nanjing", "江宁区", now=NOW) == "江宁区"
    session.expire_all()
    assert counts(session) == ({"鼓楼区": (1, 8)}, 2)
    assert {row.union_code for row in session.query(Submission)} == {"nanjing", "wuxi"}


def test_a_draft_taken_back_counts_no_more_and_cannot_be_put_under(session: Session) -> None:
    set_units(session, 江宁区=10)
    session.query(Submission).filter_by(number="WX2024-NJ-0001").update({"state": "draft"})
    assert counts(session) == ({"江宁区": (0, 10)}, 2)
    assert refused(put_under, session, "WX2024-NJ-0001", "江宁区") == "plan/no_such_number"


def unit(id_: int, name: str) -> SubUnit:
    return SubUnit(id=id_, campaign="x", union_code="nanjing", name=name, minimum=1, created_at=NOW)


@pytest.mark.parametrize(
    ("placed", "name"),
    [
        (Placed(None, "南京市江宁区第一机械厂"), "江宁区"),
        (Placed(None, "江宁区 高新区 研究所"), None),
        (Placed(None, "江宁经济开发区管委会"), "江宁经济开发区"),
        (Placed(None, "浦口区教育局"), "浦口区总工会"),
        (Placed(2, "南京市江宁区第一机械厂"), "高新区"),
        (Placed(99, "南京市江宁区第一机械厂"), "江宁区"),
        (Placed(None, "工会"), None),
        (Placed(None, None), None),
    ],
)
def test_the_longest_name_within_the_work_unit_decides(placed: Placed, name: str | None) -> None:
    units = [unit(1, "江宁区"), unit(2, "高新区"), unit(3, "江宁经济开发区"), unit(4, "浦口区总工会")]
    found = plans.unit_of(placed, units)
    assert (None if found is None else found.name) == name


@pytest.mark.parametrize(
    ("name", "minimum", "template"),
    [
        ("", 1, "plan/unit_name"),
        ("。", 1, "plan/unit_name"),
        ("区" * 31, 1, "plan/unit_name"),
        ("江宁区13800138000", 1, "plan/unit_name"),
        ("江宁区", -1, "plan/unit_number"),
        ("江宁区", 100_000, "plan/unit_number"),
    ],
)
def test_what_is_no_unit_is_refused(session: Session, name: str, minimum: int, template: str) -> None:
    given = [(name, minimum)]
    args = (session, campaign(), OF_NANJING, "nanjing", given)
    assert refused(plans.set_sub_units, *args, now=NOW) == template
    assert counts(session) == ({}, 0)


def test_there_is_an_end_to_how_many(session: Session) -> None:
    given = [(f"第{place}厂", 1) for place in range(plans.MOST + 1)]
    args = (session, campaign(), OF_NANJING, "nanjing", given)
    assert refused(plans.set_sub_units, *args, now=NOW) == "plan/too_many_units"


def test_a_unit_that_is_not_there_and_one_that_is_named_by_half(session: Session) -> None:
    set_units(session, 江宁区=10, 江宁开发区=5)
    args = (session, campaign(), OF_NANJING, "nanjing")
    assert refused(plans.remove_sub_unit, *args, "玄武区", now=NOW) == "plan/no_such_unit"
    assert refused(plans.remove_sub_unit, *args, "江宁", now=NOW) == "plan/no_such_unit"
    assert plans.find_sub_unit(*args, "开发").name == "江宁开发区"


def test_another_union_can_do_and_see_nothing_of_it(session: Session) -> None:
    set_units(session, 江宁区=10)
    c = campaign()
    tried = [
        refused(plans.of_union, session, c, OF_WUXI, "nanjing", now=NOW),
        refused(plans.list_of, session, c, OF_WUXI, "nanjing"),
        refused(plans.set_deadline, session, c, OF_WUXI, "nanjing", END, now=NOW),
        refused(plans.keep_to_the_notice, session, c, OF_WUXI, "nanjing", now=NOW),
        refused(plans.set_sub_units, session, c, OF_WUXI, "nanjing", [("江宁区", 1)], now=NOW),
        refused(plans.find_sub_unit, session, c, OF_WUXI, "nanjing", "江宁区"),
        refused(plans.remove_sub_unit, session, c, OF_WUXI, "nanjing", "江宁区", now=NOW),
        refused(plans.put_under, session, c, OF_WUXI, "nanjing", ("WX2024-NJ-0001", "江宁区"), now=NOW),
    ]
    assert set(tried) == {"access/own_union_only"}
    assert counts(session) == ({"江宁区": (1, 10)}, 2)


def test_another_unions_number_is_one_that_nobody_has(session: Session) -> None:
    set_units(session, 江宁区=10)
    for number in ("WX2024-WX-0001", "WX2024-NJ-0099"):
        assert refused(put_under, session, number, "江宁区") == "plan/no_such_number"
    theirs = plans.of_union(session, campaign(), OF_WUXI, "wuxi", now=NOW)
    assert (theirs.units, theirs.elsewhere) == ((), 0)
