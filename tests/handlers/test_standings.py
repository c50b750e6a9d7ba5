"""The rank of every union in its group, with the change since the last half-month (R42)."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest

from handlers import duties, standings
from handlers.access import Actor
from handlers.duties import SYSTEM
from handlers.errors import HandlerError
from handlers.messages import Outcome
from handlers.standings import Standing, Table
from storage.db import Database
from tests import province
from tests.province import at
from tests.talk import Talk, campaign

NOW = at("04-20", "12:00")
SUZHOU = Actor("contact:1", "刘洋", union_code="suzhou")


@pytest.fixture
def place(database: Database) -> Database:
    """苏州 5 and 无锡 6 of 120, 连云港 6 of 100, 省电信 15 and 省移动 15 of 30; the rest of the 24 have not begun."""
    with database.writing() as session:
        province.add_admin(session)
        province.bind_group(session)
        province.add_contact(session, "suzhou", "刘洋")
        province.add_contact(session, "xuzhou", "李娜")
        for union, count in (("suzhou", 3), ("wuxi", 6), ("dianxin", 15), ("yidong", 14)):
            province.add_submitted(session, union, count, now=at("04-15", "23:59"))
        for union, count in (("suzhou", 2), ("lianyungang", 6), ("yidong", 1)):
            province.add_submitted(session, union, count, now=at("04-16", "00:00"))
        province.add_draft(session, "吴刚", "suzhou")
    return database


def table(database: Database, now: datetime = NOW) -> Table:
    with database.reading() as session:
        return standings.table(session, campaign(), SYSTEM, now=now)


def figures(row: Standing) -> tuple[str, int, int, int, int]:
    return row.union.code, row.rank, row.counted, row.percent, row.change


def worker(database: Database, *said: str, now: datetime) -> None:
    talk = Talk(database, name="吴刚", now=now)
    for text in said:
        talk.says(text)


def test_both_groups_stand_by_themselves(place: Database) -> None:
    worker(place, "我要申报", "提交", now=NOW)
    found = table(place)
    assert (found.since, [len(found.groups[kind]) for kind in standings.GROUPS]) == (
        date(2024, 4, 15),
        [13, 11],
    )
    assert [figures(row) for row in found.begun("city")] == [
        ("lianyungang", 1, 6, 6, 6),
        ("wuxi", 2, 6, 5, 0),
        ("suzhou", 2, 6, 5, 3),
    ]
    assert [figures(row) for row in found.begun("industry")] == [
        ("dianxin", 1, 15, 50, 0),
        ("yidong", 1, 15, 50, 1),
    ]
    assert [row.rank for row in found.not_begun("city")] == [4] * 10
    pack = campaign().pack
    assert [row.union.code for row in found.not_begun("industry")] == [
        union.code
        for union in pack.unions
        if union.kind == "industry" and union.code not in ("dianxin", "yidong")
    ]


@pytest.mark.parametrize(
    ("now", "since", "change"),
    [
        (at("04-12"), date(2024, 4, 10), 5),
        (at("04-15", "23:59"), date(2024, 4, 10), 5),
        (at("04-16", "00:00"), date(2024, 4, 15), 2),
        (at("04-30", "23:59"), date(2024, 4, 15), 2),
        (at("05-01", "00:00"), date(2024, 4, 30), 0),
        (at("07-01", "00:00"), date(2024, 6, 14), 0),
    ],
)
def test_the_period_begins_when_the_last_one_is_over(
    place: Database, now: datetime, since: date, change: int
) -> None:
    found = table(place, now)
    assert (found.since, found.by_code["suzhou"].change) == (since, change)


def test_what_was_taken_back_or_went_to_another_union_is_less(place: Database) -> None:
    """Before 4/15 is over it counts for 苏州, after it for nobody, then for 无锡."""
    worker(place, "我要申报", "提交", now=at("04-14"))
    assert [figures(table(place).by_code[code])[2:] for code in ("suzhou", "wuxi")] == [(6, 5, 2), (6, 5, 0)]
    worker(place, "撤回", "是", now=NOW)
    assert [table(place).by_code[code].change for code in ("suzhou", "wuxi")] == [1, 0]
    worker(place, "修改5", "无锡", "提交", now=NOW)
    assert [table(place).by_code[code].change for code in ("suzhou", "wuxi")] == [1, 1]


def test_only_an_admin_sees_all_and_a_union_itself_alone(place: Database) -> None:
    with place.reading() as session:
        with pytest.raises(HandlerError, match="admins_only"):
            standings.table(session, campaign(), SUZHOU, now=NOW)
        with pytest.raises(HandlerError, match="own_union_only"):
            standings.of_union(session, campaign(), SUZHOU, "wuxi", now=NOW)
        own, since = standings.of_union(session, campaign(), SUZHOU, "suzhou", now=NOW)
    assert (figures(own), own.of, since) == (("suzhou", 3, 5, 4, 2), 13, date(2024, 4, 15))


def test_the_board_as_json_gets_two_keys_more_in_each_row(place: Database) -> None:
    with place.reading() as session:
        board = duties.as_json(duties.board(session, campaign(), SYSTEM, now=NOW))
        said = standings.add_to_json(board, table(place))
    assert said["change_since"] == "2024-04-15"
    assert {key: value for key, value in said.items() if key not in ("unions", "change_since")} == {
        key: value for key, value in board.items() if key != "unions"
    }
    for row, before in zip(said["unions"], board["unions"], strict=True):
        assert {key: row[key] for key in row if key not in before}.keys() == {"rank", "change"}
    assert (said["unions"][4]["code"], said["unions"][4]["rank"], said["unions"][4]["change"]) == (
        "suzhou",
        3,
        2,
    )


def who(database: Database, name: str) -> Talk:
    return Talk(database, name=name, now=NOW)


def test_an_admin_hears_both_tables(place: Database) -> None:
    heard = who(place, "钱敏").says("排名")
    assert (heard.outcome, heard.text) == (
        Outcome.ANSWERED,
        "排名，4月20日（周六）。按已提交占最少推荐数量（附件3）的比例排，括号里是4月15日（周一）以来的变化。\n\n"
        "设区市总工会（13家）：\n"
        "1. 连云港 6/100，6%（+6）\n"
        "2. 无锡 6/120，5%（0）\n"
        "3. 苏州 5/120，4%（+2）\n"
        "还没有提交的10家：南京、徐州、常州、南通、淮安、盐城、扬州、镇江、泰州、宿迁。\n\n"
        "省产业（厅、局、企业）工会（11家）：\n"
        "1. 省电信 15/30，50%（0）\n"
        "1. 省移动 15/30，50%（+1）\n"
        "还没有提交的9家：省教育科技、省机冶石化、省财贸轻纺、省部属企事业、省建设、省交通运输、省水利、省电力、南京铁路。\n\n"
        "看欠办单位请发“谁还没报”，提醒他们请发“催办”。",
    )


def test_a_contact_hears_the_own_place_in_one_line_and_no_other_unions(place: Database) -> None:
    for word in ("排名", "进度"):
        text = who(place, "刘洋").says(word).text
        assert "· 排名（按完成比例）：13家设区市总工会中第3，4月15日（周一）以来+2项\n" in text
        assert [name for name in ("无锡", "连云港", "徐州") if name in text] == []


def test_a_loss_is_shown_with_a_minus(place: Database) -> None:
    worker(place, "我要申报", "提交", now=at("04-14"))
    worker(place, "撤回", "是", now=NOW)
    with place.writing() as session:
        province.add_draft(session, "冯军", "xuzhou")
    talk = Talk(place, name="冯军", now=at("04-14"))
    for said in ("我要申报", "提交"):
        talk.says(said)
    talk.now = NOW
    for said in ("撤回", "是"):
        talk.says(said)
    assert "中第4，4月15日（周一）以来−1项" in who(place, "李娜").says("进度").text
    assert "徐州（−1）、常州、" in who(place, "钱敏").says("排名").text


@pytest.mark.parametrize("name", ["吴刚", "stranger"])
def test_nobody_else_hears_of_ranks(place: Database, name: str) -> None:
    text = who(place, name).says("排名").text
    assert [said for said in ("无锡", "连云港", "中第") if said in text] == []


def test_the_group_hears_of_no_rank(place: Database) -> None:
    for name in ("钱敏", "刘洋"):
        heard = who(place, name).in_group("排名", group="group-1")
        assert re.findall("无锡|连云港|苏州|%|第", heard.text) == []
