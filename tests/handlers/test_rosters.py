"""The province's list of contacts: found by its header, kept whole or not at all, matched at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handlers import contacts, rosters
from handlers.contacts import Entry
from handlers.errors import HandlerError
from handlers.messages import Outcome, Reply
from handlers.rosters import ImportReport, Rows
from storage import audit
from storage.contacts import RosterEntry, list_roster
from storage.db import Database
from tests.handlers.contact_people import (
    ADMIN,
    LI,
    NOON,
    WANG,
    ZHANG,
    actor_of,
    bound_admin,
    offices,
    on_roster,
    register,
    render,
    serve,
    told,
)
from tests.scenarios.crowd import together
from tests.talk import campaign, wording

HEADER = ["单位名称", "联系人", "联系电话"]


def row_of(entry: Entry) -> list[str]:
    return [campaign().pack.union_by_code[entry.union_code].full_name, entry.name, entry.phone]


def take(database: Database, rows: Rows) -> ImportReport:
    with database.writing() as session:
        return rosters.import_rows(session, campaign(), ADMIN, rows, now=NOON, render=render)


def listed(database: Database, *codes: str) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = [row for code in codes for row in list_roster(session, campaign().pack.name, code)]
        return [(row.union_code, row.name, row.phone) for row in rows]


def problems(report: ImportReport) -> list[tuple[int, str]]:
    """Row and words of what was wrong."""
    return [(one.row, wording().text(Reply(Outcome.REJECTED, (one.line,)))) for one in report.problems]


@pytest.mark.parametrize(
    "rows",
    [
        [HEADER, row_of(ZHANG), row_of(WANG)],
        [["联系电话", "序号", "单位名称", "联系人"], ["13800138000", "1", "南京", "张 伟"],
         [], ["137-0013-7000", "2", "无锡市总工会", "王芳"]],
        [["全省职工“五小”创新成果征集名册"], [],
         ["单位", "全省职工“五小”创新成果征集\n联系人", "手机号码"], row_of(ZHANG), row_of(WANG), ["", " ", ""]],
    ],
)  # fmt: skip
def test_columns_by_their_header(database: Database, rows: Rows) -> None:
    assert take(database, rows) == ImportReport(imported=2)
    assert listed(database, "nanjing", "wuxi") == [
        ("nanjing", "张伟", "13800138000"),
        ("wuxi", "王芳", "13700137000"),
    ]


def test_a_new_list_replaces_the_old(database: Database) -> None:
    take(database, [HEADER, row_of(ZHANG), row_of(WANG)])
    take(database, [HEADER, row_of(LI)])
    assert listed(database, "nanjing", "wuxi") == [("nanjing", "李娜", "13900139000")]


def test_contact_and_backup_of_one_union(database: Database) -> None:
    assert take(database, [HEADER, row_of(ZHANG), row_of(LI)]) == ImportReport(imported=2)


def test_nothing_is_kept_if_anything_is_wrong(database: Database) -> None:
    """Each row is named with what is wrong in it; the old list and those who wait stay as they were."""
    with database.writing() as session:
        on_roster(session, LI)
        register(session, ZHANG, "zhangwei")
    report = take(
        database,
        [
            HEADER, row_of(ZHANG), ["上海市总工会", "李娜", "13900139000"], ["昆山市总工会", "孙丽", "13600136000"],
            ["", "王芳", "13700137000"], ["无锡市总工会", "", "13700137000"], ["无锡市总工会", "王芳、李娜", "13700137000"],
            ["无锡市总工会", "王芳", "1370013700"], ["无锡市总工会", "王芳"], row_of(ZHANG),
        ],
    )  # fmt: skip
    assert (report.imported, report.activated) == (0, ())
    assert problems(report) == [
        (3, "附件3的名单里没有“上海市总工会”"),
        (4, "附件3的名单里没有“昆山市总工会”，是不是“苏州市总工会”？请写全称"),
        (5, "没有单位名称"),
        (6, "没有联系人"),
        (7, "联系人“王芳、李娜”看不出是哪一位，请只写一个姓名"),
        (8, "联系电话“1370013700”不是一个能打通的号码，手机11位，座机请带区号"),
        (9, "没有联系电话"),
        (10, "与第2行完全相同"),
    ]
    assert listed(database, "nanjing", "wuxi") == [("nanjing", "李娜", "13900139000")]
    assert offices(database) == [("nanjing", "A", "张伟", "waiting")]


@pytest.mark.parametrize(
    ("rows", "template"),
    [
        ([], "contact/roster_without_header"),
        ([["单位名称", "联系人"], ["南京市总工会", "张伟"]], "contact/roster_without_header"),
        ([[""]] * 10 + [HEADER, row_of(ZHANG)], "contact/roster_without_header"),
        ([HEADER, ["", ""]], "contact/roster_empty"),
    ],
)
def test_no_list_at_all(database: Database, rows: Rows, template: str) -> None:
    take(database, [HEADER, row_of(LI)])
    with pytest.raises(HandlerError) as error:
        take(database, rows)
    assert error.value.line.template == template
    assert listed(database, "nanjing") == [("nanjing", "李娜", "13900139000")]


def test_only_admins_bring_a_list(database: Database) -> None:
    with database.writing() as session:
        mine = serve(session, ZHANG, "zhangwei")
        serve(session, WANG, "wangfang")
        with pytest.raises(HandlerError) as error:
            rosters.import_rows(
                session, campaign(), actor_of(mine), [HEADER, row_of(LI)], now=NOON, render=render
            )
    assert (error.value.line.template, listed(database, "nanjing")) == ("access/admins_only", [])


def test_who_waits_and_is_named_becomes_active_and_is_told(database: Database) -> None:
    with database.writing() as session:
        bound_admin(session)
        register(session, ZHANG, "zhangwei")
        register(session, WANG, "wangfang")
    report = take(database, [HEADER, row_of(ZHANG), row_of(replace(WANG, phone="13900139000"))])
    assert [one.name for one in report.activated] == ["张伟"]
    assert [row[2:] for row in offices(database)] == [("张伟", "active"), ("王芳", "waiting")]
    assert [len(told(database, name)) for name in ("zhangwei", "wangfang")] == [1, 0]


def test_two_who_wait_for_one_office(database: Database) -> None:
    with database.writing() as session:
        register(session, ZHANG, "zhangwei")
        register(session, LI, "lina")
    report = take(database, [HEADER, row_of(ZHANG), row_of(LI)])
    assert [one.name for one in report.activated] == ["张伟"]
    assert [row[3] for row in offices(database)] == ["active", "waiting"]


def test_a_successor_who_waits_follows_whom_the_list_no_longer_names(database: Database) -> None:
    with database.writing() as session:
        old = serve(session, ZHANG, "zhangwei")
        register(session, replace(LI, replaces_id=old.id), "lina")
    take(database, [HEADER, row_of(LI)])
    assert [row[3] for row in offices(database)] == ["ended", "active"]


def test_a_list_takes_nobodys_office_away(database: Database) -> None:
    with database.writing() as session:
        serve(session, ZHANG, "zhangwei")
    take(database, [HEADER, row_of(LI)])
    assert offices(database) == [("nanjing", "A", "张伟", "active")]


def test_the_act_is_kept_without_names(database: Database) -> None:
    take(database, [HEADER, row_of(ZHANG), row_of(WANG)])
    with database.reading() as session:
        rows = audit.list_of_subject(session, "roster")
        assert [(row.action, row.actor, row.note) for row in rows] == [("import", "admin:1", "2")]


def test_two_lists_at_the_same_moment(database: Database) -> None:
    """One of them stays, whole, and nothing of the other."""
    lists = [[HEADER, row_of(ZHANG), row_of(WANG)], [HEADER, row_of(LI)]]
    together([lambda rows=rows: take(database, rows) for rows in lists])  # type: ignore[misc]
    assert listed(database, "nanjing", "wuxi") in (
        [("nanjing", "张伟", "13800138000"), ("wuxi", "王芳", "13700137000")],
        [("nanjing", "李娜", "13900139000")],
    )


def test_another_campaigns_list_is_left_alone(database: Database) -> None:
    other = RosterEntry(
        campaign="jiangsu-2025", union_code="nanjing", name="孙丽", phone="13600136000", imported_at=NOON
    )
    with database.writing() as session:
        session.add(other)
    take(database, [HEADER, row_of(ZHANG)])
    with database.reading() as session:
        assert [row.name for row in list_roster(session, "jiangsu-2025", "nanjing")] == ["孙丽"]
        assert contacts.of_union(session, campaign(), "nanjing") == {}
