"""Who a broadcast is for: by name, each person once, whoever cannot be reached with the reason (R116, L8)."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.access import Actor
from handlers.audiences import Gathered, gather, named
from handlers.errors import HandlerError
from storage import broadcasts, groups, people
from storage.db import Database
from tests.broadcasting import actor_of, add_admin, add_contact, audience, person
from tests.filing import fill
from tests.talk import NOON, Talk, campaign

PACK = campaign().pack


def found(
    database: Database, to: dict[str, Any], *, kind: str = "duty", excluded: tuple[int, ...] = ()
) -> Gathered:
    with database.reading() as session:
        return gather(session, campaign(), actor_of(database), to, kind=kind, excluded=excluded, now=NOON)


def reached(database: Database, to: dict[str, Any], **how: Any) -> list[str]:
    return [one.name for one in found(database, to, **how).reached]


@pytest.fixture
def unions(database: Database) -> dict[str, int]:
    """Two cities and an industry union with contacts; 无锡 has a backup, 省电力 only one."""
    add_admin(database)
    return {
        "张伟": add_contact(database, "nanjing", "张伟"),
        "李娜": add_contact(database, "wuxi", "李娜"),
        "王芳": add_contact(database, "wuxi", "王芳", role="B"),
        "刘洋": add_contact(database, "dianli", "刘洋", role="B"),
        "陈静": add_contact(database, "jykj", "陈静"),
    }


@pytest.mark.usefixtures("unions")
@pytest.mark.parametrize(
    ("parts", "names"),
    [
        (["contacts"], ["张伟", "李娜", "陈静", "刘洋"]),
        (["cities"], ["张伟", "李娜"]),
        (["industries"], ["陈静", "刘洋"]),
        (["cities", "contacts", "owes_minimum"], ["张伟", "李娜", "陈静", "刘洋"]),
        (["owes_account"], ["张伟", "李娜", "陈静", "刘洋"]),
        (["owes_form"], []),
    ],
)
def test_contacts_come_in_the_order_of_the_quota_table(
    database: Database, parts: list[str], names: list[str]
) -> None:
    assert reached(database, audience(*parts)) == names


@pytest.mark.usefixtures("unions")
def test_backups_come_only_where_they_are_wanted_or_alone(database: Database) -> None:
    assert reached(database, audience("cities", backups=True)) == ["张伟", "李娜", "王芳"]


@pytest.mark.usefixtures("unions")
def test_unions_that_nobody_speaks_for_are_named(database: Database) -> None:
    without = found(database, audience("industries")).without
    assert without == tuple(
        one.name for one in PACK.unions if one.kind == "industry" and one.code not in ("jykj", "dianli")
    )


def test_a_person_on_several_lists_is_there_once(database: Database, unions: dict[str, int]) -> None:
    to = audience("contacts", "people", people=[unions["李娜"], unions["张伟"]])
    assert reached(database, to) == ["张伟", "李娜", "陈静", "刘洋"]


def test_submitters_with_open_drafts_of_one_union_and_of_no_other(database: Database) -> None:
    add_admin(database)
    for name, union in (("sunli", "南京"), ("zhaolei", "无锡")):
        talk = Talk(database, name=name)
        fill(talk, until="union")
        talk.says(union)
    gathered = found(database, audience("drafts", unions=["wuxi"]))
    with database.reading() as session:
        address = people.find_address(session, "test", "zhaolei")
    assert [(one.person_id, one.role, one.union) for one in gathered.reached] == [
        (address.person_id if address else 0, "submitter", "无锡")
    ]


def test_who_handed_in_has_no_open_draft(database: Database) -> None:
    add_admin(database)
    talk = Talk(database, name="sunli")
    fill(talk)
    talk.says("是")
    assert talk.desk().state == "submitted"
    assert found(database, audience("drafts", unions=["nanjing"])).everybody == ()


def test_excluded_unreachable_and_opted_out_are_shown_with_the_reason(
    database: Database, unions: dict[str, int]
) -> None:
    with database.writing() as session:
        address = people.latest_address(session, unions["李娜"])
        assert address is not None
        address.reachable = False
        broadcasts.opt_out(session, unions["陈静"], now=NOON)
    gathered = found(database, audience("contacts"), kind="notice", excluded=(unions["张伟"],))
    assert [(one.name, one.why) for one in gathered.everybody] == [
        ("张伟", "excluded"), ("李娜", "unreachable"), ("陈静", "opted_out"), ("刘洋", ""),
    ]  # fmt: skip
    assert "陈静" in reached(database, audience("contacts"), kind="duty")


def test_the_group_is_one_receiver_if_it_is_bound(database: Database, unions: dict[str, int]) -> None:
    assert [one.why for one in found(database, audience("group")).everybody] == ["no_group"]
    with database.writing() as session:
        groups.bind(session, PACK.name, channel="test", chat_id="g1", bound_by=unions["张伟"], now=NOON)
    assert reached(database, audience("contacts", "group"))[-1] == PACK.group_name


@pytest.mark.usefixtures("unions")
def test_people_of_one_name_are_all_found(database: Database) -> None:
    with database.writing() as session:
        person(session, "张伟")
    with database.reading() as session:
        both = named(session, campaign(), actor_of(database), "张伟")
        nobody = named(session, campaign(), actor_of(database), "张伟伟")
    assert [(one.role, one.union) for one in both] == [("contact", "南京"), ("submitter", "")]
    assert nobody == ()


@pytest.mark.parametrize("actor", [Actor("contact:1", "张伟", union_code="nanjing"), Actor("person", "")])
def test_nobody_else_gathers_people(database: Database, actor: Actor) -> None:
    with database.reading() as session, pytest.raises(HandlerError) as refused:
        gather(session, campaign(), actor, audience("contacts"), kind="duty", excluded=(), now=NOON)
    assert refused.value.line.template == "access/admins_only"
    with database.reading() as session, pytest.raises(HandlerError):
        named(session, campaign(), actor, "张伟")
