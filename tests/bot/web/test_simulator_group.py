"""The simulator's group: bound by the command line's code, called by name, pictures and links in its JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.web.simulator_addresses import link_in
from handlers import admins, papers, simulation
from handlers.calling import take_call
from handlers.papers import Issued
from handlers.simulation import GROUP_ID, Told
from storage.db import Database
from tests.bot.web.simulator_client import add, move, say, seen, send
from tests.talk import NOON

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def new_code(client: FlaskClient, database: Database) -> str:
    now = simulated_now(client)
    with database.writing() as session:
        return admins.group_code(session, "operator", now=now)


def simulated_now(client: FlaskClient) -> datetime:
    return datetime.fromisoformat(client.get("/simulator/api/clock").json["now"])


def in_group(client: FlaskClient, person: str, text: str, **more: Any) -> dict[str, Any]:
    return say(client, person, text, chat="group", **more)


@pytest.fixture
def group(client: FlaskClient, zhang: str, database: Database) -> str:
    """Zhang has bound the group; the last message in it is the bot's."""
    answer = in_group(client, zhang, f"绑定 {new_code(client, database)}")
    assert answer["outcome"] == "moved"
    return str(answer["replies"][0]["text"])


def test_the_group_hears_that_it_is_bound(client: FlaskClient, zhang: str, group: str) -> None:
    """Everybody sees the same bubble, whoever spoke."""
    li = add(client, "李娜")
    said, told = seen(client, li)
    assert (said["from"], said["chat"], said["group"]) == (zhang, "group", GROUP_ID)
    assert (told["from"], told["chat"], told["group"], told["text"]) == ("bot", "group", GROUP_ID, group)
    assert seen(client, zhang)[-1] == {**told, "to": zhang}


@pytest.mark.parametrize(
    "text", ["@五小征集助手 帮助", "@助手 帮助", "@机器人帮助", "帮助 @助手", "＠助手\u2005帮助"]
)
def test_who_calls_by_name_is_answered(client: FlaskClient, zhang: str, group: str, text: str) -> None:
    """Wherever the call stands; on the screen it stays as it was said."""
    answer = in_group(client, zhang, text)
    [reply] = answer["replies"]
    assert (answer["outcome"], reply["chat"], "进度、谁还没报" in reply["text"]) == (
        "answered",
        "group",
        True,
    )
    assert [row["text"] for row in seen(client, zhang) if row["from"] == zhang][-1] == text


def test_a_call_is_part_of_what_is_said_in_1_to_1(client: FlaskClient, zhang: str) -> None:
    say(client, zhang, "我要申报")
    assert say(client, zhang, "@助手 帮助")["outcome"] != "answered"


@ON_SQLITE
def test_who_does_not_call_is_not_answered(client: FlaskClient, zhang: str, group: str) -> None:
    answers = [in_group(client, zhang, text) for text in ("帮助", "助手 帮助", "@张伟 帮助", "@ 进度")]
    assert [(one["outcome"], one["replies"]) for one in answers] == [("ignored", [])] * 4


def test_another_group_gets_nothing(client: FlaskClient, zhang: str, group: str) -> None:
    answer = in_group(client, zhang, "@助手 帮助", group="somewhere-else")
    assert (answer["outcome"], answer["replies"]) == ("ignored", [])
    assert seen(client, zhang)[-1]["group"] == "somewhere-else"


def test_who_joins_is_greeted_at_once_and_the_others_together(
    client: FlaskClient, zhang: str, group: str
) -> None:
    """The clock stops where the second greeting falls due."""
    others = [add(client, name) for name in ("李娜", "王芳", "赵敏")]
    joined = [send(client, one, kind="event", event="join", chat="group").json for one in others]
    assert [len(one["replies"]) for one in joined] == [1, 0, 0]
    assert "李娜，您好，欢迎进群！" in joined[0]["replies"][0]["text"]
    move(client, (simulated_now(client) + timedelta(seconds=61)).isoformat())
    assert [row["text"][:7] for row in seen(client, zhang)][-2:] == ["李娜，您好，欢", "王芳、赵敏，您"]


def test_leaving_is_silent(client: FlaskClient, zhang: str, group: str) -> None:
    send(client, zhang, kind="event", event="join", chat="group")
    left = send(client, zhang, kind="event", event="leave", chat="group").json
    assert (left["outcome"], left["replies"]) == ("ignored", [])


def test_the_same_message_twice_is_one(client: FlaskClient, zhang: str, group: str) -> None:
    """Answered alike, and no second bubble."""
    first, second = (in_group(client, zhang, "@助手 联系人", key="k1") for _ in range(2))
    assert (first, len(first["replies"])) == (second, 1)
    assert len([row for row in seen(client, zhang) if row["text"] == "@助手 联系人"]) == 1


def test_the_groups_code_is_a_link_to_a_picture(client: FlaskClient, zhang: str, group: str) -> None:
    [reply] = in_group(client, zhang, "@助手 二维码")["replies"]
    path = reply["link"].removeprefix("http://127.0.0.1:8000")
    assert (reply["link"] in reply["text"], path[:3]) == (True, "/p/")
    poster = client.get(path)
    assert (poster.status_code, poster.mimetype) == (200, "image/png")


def tell(database: Database, address: str, told: Told) -> None:
    with database.writing() as session:
        simulation.tell(session, address, told, now=NOON)


def test_a_picture_is_shown_by_its_address(client: FlaskClient, zhang: str, database: Database) -> None:
    with database.writing() as session:
        poster = Issued(
            "poster", "海报", {"title": "征集", "union": "南京市总工会", "scene": "union-nanjing"}
        )
        token = papers.issue(session, poster, person_id=None, now=simulated_now(client))
    tell(database, zhang, Told("", key="p1", paper=token))
    tell(database, GROUP_ID, Told("", "group", "p2", token))
    shown = [(row["chat"], row["kind"], row["image_url"], row["link"]) for row in seen(client, zhang)]
    assert shown == [(chat, "image", f"/p/{token}", None) for chat in ("private", "group")]
    assert client.get(f"/p/{token}").mimetype == "image/png"


def test_what_is_pushed_twice_appears_once(client: FlaskClient, zhang: str, database: Database) -> None:
    for key in ("k1", "k1", "k2", None, None):
        tell(database, zhang, Told("提醒", key=key))
    assert [row["text"] for row in seen(client, zhang)] == ["提醒"] * 4


@pytest.mark.parametrize(
    ("text", "link"),
    [("看 https://bot.example/p/ab_-1。", "https://bot.example/p/ab_-1"),
     ("https://bot.example/p/a，https://bot.example/p/b", "https://bot.example/p/a"),
     ("见https://bot.example/p/a.", "https://bot.example/p/a"), ("首页 https://bot.example", "https://bot.example"),
     ("https://bot.example.evil/p/a", None), ("https://other.example/p/a", None), ("", None)],
)  # fmt: skip
def test_the_first_address_of_ours_is_the_link(text: str, link: str | None) -> None:
    assert link_in(text, "https://bot.example") == link


def test_without_an_address_of_our_own_there_is_no_link() -> None:
    assert link_in("https://bot.example/p/a", "") is None


@pytest.mark.parametrize(
    ("text", "called"),
    [("@助手 进度", (True, "进度")), ("进度@五小征集助手", (True, "进度")), ("@Bot 进度", (True, "进度")), ("@机器人", (True, "")),
     ("@助手 @机器人 进度", (True, "进度")), ("进度", (False, "进度")), ("助手", (False, "助手")),
     ("a@bot.com", (False, "a@bot.com")), ("@bots", (False, "@bots")), (" 进度 ", (False, " 进度 "))],
)  # fmt: skip
def test_a_call_is_cut_off(text: str, called: tuple[bool, str]) -> None:
    assert take_call(text) == called
