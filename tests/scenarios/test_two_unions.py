"""A union's contact reads nothing of another union: by no word, no page, no number and no address (R89)."""

from __future__ import annotations

import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule

from bot.app import create_app
from bot.clock import Clock
from bot.config import load_config
from bot.wiring import Application, put_pack_in_force, wire
from handlers import contacts, offices
from storage.db import Database
from tests.scenarios.two_unions import NANJING, NOON, PASSWORD, THEIRS, WUXI, populate, snapshot
from tests.source import ROOT
from tests.talk import Talk, campaign

TABLES = tomllib.loads((ROOT / "templates" / "chat" / "commands.toml").read_text(encoding="utf-8"))
# What patterns take, said of the other union or of the number that is theirs.
SHAPED = {
    "account_of": ["账号 无锡 重置", "账号 无锡 停用", "账号 无锡 启用"],
    "own_deadline": ["截止 5月20日", "截止 无锡 5月20日", "截止 按通知"],
    "sub_units": ["下级单位 无锡 4", "下级单位 {unit} 删除", "下级单位 {unit} 9"],
    "put_under": ["归到 {number} 栖霞区", "归到 WX2024-NJ-0001 {unit}", "{number} 归到 {unit}"],
    "bind_admin": ["绑定管理员 12345678"],
    "bind_group": ["绑定 12345678"],
    "approve": ["通过 {contact}"],
    "refuse": ["驳回 {contact} 材料不全"],
}
SAID = [
    *((name, table["words"][0]) for name, table in TABLES.items() if table["words"]),
    *((name, said) for name, lines in SHAPED.items() for said in lines),
]
# What a curious person might say next, whatever was asked; none of it is a mark.
NEXT = ("无锡市总工会", "1", "2", "是", "取消")
THEIR_NUMBER = "WX2024-WX-0001"
THEIR_ROWS = {
    "contacts": "union_code = 'wuxi'",
    "accounts": "union_code = 'wuxi'",
    "mailed_forms": "union_code = 'wuxi'",
    "submissions": "union_code = 'wuxi'",
    "union_plans": "union_code = 'wuxi'",
    "sub_units": "union_code = 'wuxi'",
}


@pytest.fixture(scope="module")
def kept(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A populated database that each case gets a copy of, and what is named in it."""
    path = tmp_path_factory.mktemp("two_unions") / "bot.db"
    shutil.copy(migrated_sqlite, path)
    database = Database(f"sqlite:///{path}")
    named = populate(database)
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    database.close()
    return path, named


@pytest.fixture
def copy(kept: tuple[Path, dict[str, Any]], tmp_path: Path) -> Iterator[tuple[Database, dict[str, Any]]]:
    shutil.copy(kept[0], tmp_path / "bot.db")
    database = Database(f"sqlite:///{tmp_path / 'bot.db'}")
    yield database, kept[1]
    database.close()


def read_by(database: Database, *addresses: str) -> str:
    """All that was ever told to these addresses: replies and what was sent."""
    names = ", ".join(f"'{address}'" for address in addresses)
    with database.reading() as session:
        told = session.execute(text(f"SELECT text FROM outbox WHERE address IN ({names})")).scalars().all()
        replies = session.execute(text(f"SELECT reply FROM inbound_messages WHERE sender IN ({names})"))
        return "\n".join([*told, *replies.scalars()])


def marks_in(said: str) -> list[str]:
    found = [mark for mark in WUXI.marks if mark in said]
    return found + re.findall(r"WX2024-WX-\d+", said)


def test_the_marks_are_there_for_their_owners(copy: tuple[Database, dict[str, Any]]) -> None:
    """Or the search below would find nothing whatever went wrong."""
    database, _ = copy
    talk = Talk(database, name=f"{THEIRS}-A", now=NOON)
    heard = "\n".join(talk.says(said).text for said in ("名单", "登记联系人", "进度", "下级单位"))
    assert {WUXI.title, WUXI.contact.name, WUXI.sub_unit} <= set(marks_in(heard))


@pytest.mark.parametrize(("name", "said"), SAID)
def test_no_word_tells_of_another_union(copy: tuple[Database, dict[str, Any]], name: str, said: str) -> None:
    database, named = copy
    before = {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()}
    talk = Talk(database, name="nanjing-A", now=NOON)
    said = said.format(contact=named["contacts"][THEIRS], number=THEIR_NUMBER, unit=WUXI.sub_unit)
    talk.says(said)
    for following in NEXT:
        talk.says(following)
        talk.says(said)
    heard = marks_in(read_by(database, "nanjing-A", "nanjing-B"))
    assert [mark for mark in heard if mark not in said] == []  # The own words come back as such.
    assert {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()} == before


@pytest.fixture
def pages(copy: tuple[Database, dict[str, Any]], tmp_path: Path) -> Iterator[Flask]:
    """The product on the copy, without the simulator, in which everybody may be anybody."""
    file = tmp_path / "config.toml"
    file.write_text(
        f"""[server]
secret_key = "only-for-tests-only-for-tests-only-for-tests"
[storage]
database_url = "sqlite:///{tmp_path / "bot.db"}"
files_url = "{(tmp_path / "files").as_uri()}"
""",
        encoding="utf-8",
    )
    config = load_config(file, {})
    put_pack_in_force(copy[0], config, Clock())
    application: Application = wire(config)
    app = create_app(application)
    app.config["WTF_CSRF_ENABLED"] = False
    yield app
    application.close()


def addresses(rule: Rule, named: dict[str, Any]) -> Iterator[str]:
    """The rule with every number, code and token that the other union has."""
    values: dict[str, list[str]] = {}
    for argument in rule.arguments:
        is_number = f"<int:{argument}>" in rule.rule
        values[argument] = [str(n) for n in range(1, 9)] if is_number else [THEIRS, "nobody", "portal.css"]
    urls = [rule.rule]
    for argument, wanted in values.items():
        urls = [re.sub(rf"<(?:\w+:)?{argument}>", value, url) for url in urls for value in wanted]
    yield from urls


def signed_in(app: Flask, login: str) -> FlaskClient:
    client = app.test_client()
    answer = client.post("/portal/sign-in", data={"login": login, "password": PASSWORD})
    assert answer.headers["Location"].endswith("/portal/")
    return client


# Every name that a form of ours could ask for, meant for the other union.
FORM = {
    "union": THEIRS, "union_code": THEIRS, "code": THEIRS, "contact": "{contact}", "contact_id": "{contact}",
    "id": "{contact}", "day": "2024-05-20", "minimum": "9", "reason": "材料不全", "text": "您好", "action": "reset", "kind": "duty", "name": "周洁",
}  # fmt: skip


def test_no_page_shows_another_union(pages: Flask, copy: tuple[Database, dict[str, Any]]) -> None:
    database, named = copy
    login = named["logins"]["nanjing"][0]
    client = signed_in(pages, login)
    before = {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()}
    form = {key: value.format(contact=named["contacts"][THEIRS]) for key, value in FORM.items()}
    seen: dict[str, list[str]] = {}
    opened = 0
    for rule in pages.url_map.iter_rules():
        if rule.endpoint in ("sign_in.leave", "sign_in.change"):
            continue
        # A name that is given to a plan is shown, since it is the own one then.
        own_name = {"name": "高新区"} if rule.endpoint.startswith("portal_plans.") else {}
        for url in addresses(rule, named):
            for method in sorted((rule.methods or set()) & {"GET", "POST"}):
                answer = client.open(
                    url, method=method, data=form | own_name if method == "POST" else None,
                    query_string=form if method == "GET" else None,
                )  # fmt: skip
                opened += 1
                seen[f"{method} {url}"] = marks_in(answer.get_data(as_text=True))
                answer.close()
    assert {where: marks for where, marks in seen.items() if marks} == {}
    assert opened > 20
    assert {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()} == before


def test_the_forms_of_a_plan_reach_no_other_union(
    pages: Flask, copy: tuple[Database, dict[str, Any]]
) -> None:
    """Their number and their unit are named; what is set is set for the own union."""
    database, named = copy
    client = signed_in(pages, named["logins"]["nanjing"][0])
    before = {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()}
    form = {
        "number": THEIR_NUMBER,
        "name": WUXI.sub_unit,
        "minimum": "9",
        "day": "2024-05-20",
        "union": THEIRS,
    }
    told = []
    for path in ("put-under", "units/remove", "deadline", "deadline/clear", "units", "put-under"):
        assert client.post(f"/portal/plan/{path}", data=form).headers["Location"] == "/portal/"
        told += marks_in(client.get("/portal/").get_data(as_text=True))
    assert set(told) == {THEIR_NUMBER, WUXI.sub_unit}  # As they were typed, and nothing else.
    assert {table: snapshot(database, table, where) for table, where in THEIR_ROWS.items()} == before


def test_the_own_pages_show_what_is_ours(pages: Flask, copy: tuple[Database, dict[str, Any]]) -> None:
    """The same search finds the own union, so the pages were really open."""
    client = signed_in(pages, copy[1]["logins"]["nanjing"][0])
    shown = client.get("/portal/").get_data(as_text=True)
    assert {NANJING.title, NANJING.contact.name, NANJING.sub_unit} <= {
        mark for mark in NANJING.marks if mark in shown
    }


def test_without_a_session_nothing_below_the_portal_opens(pages: Flask, copy: Any) -> None:
    client = pages.test_client()
    inside = [rule for rule in pages.url_map.iter_rules() if rule.rule.startswith("/portal")]
    shown = {
        f"{method} {url}": client.open(url, method=method).headers.get("Location", "")
        for rule in inside
        if rule.endpoint not in ("sign_in.show", "sign_in.enter")
        for url in addresses(rule, copy[1])
        for method in sorted((rule.methods or set()) & {"GET", "POST"})
    }
    assert {where: to for where, to in shown.items() if "/portal/sign-in" not in to} == {}
    assert len(shown) > 5


def test_an_office_that_ended_opens_nothing_more(pages: Flask, copy: tuple[Database, dict[str, Any]]) -> None:
    """A hand-over takes effect at once: chat, session, password and the addresses of papers (R88)."""
    database, named = copy
    client = signed_in(pages, named["logins"]["nanjing"][0])
    # populate() gave the paper to the backup, whose office ends here.
    paper = f"/p/{named['tokens']['nanjing']}"
    assert client.get(paper).status_code == 200
    with database.writing() as session:
        backup = contacts.of_union(session, campaign(), "nanjing")["B"]
        offices.end(session, campaign(), backup, actor_label="admin:1", now=NOON)
    assert client.get("/portal/").headers["Location"].startswith("/portal/sign-in")
    again = client.post(
        "/portal/sign-in", data={"login": named["logins"]["nanjing"][0], "password": PASSWORD}
    )
    assert (again.status_code, client.get(paper).status_code) == (403, 404)
    talk = Talk(database, name="nanjing-B", now=NOON)
    heard = "\n".join(talk.says(said).text for said in ("名单", "进度", "领账号", "催办", "二维码"))
    assert [mark for mark in NANJING.marks if mark in heard] == []
