"""What the simulator's group pane asks beside messages: whether it is bound, and the group's poster."""

from __future__ import annotations

import io
from typing import Any

import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from handlers import admins, groups
from storage import people
from storage.db import Database
from tests.bot.web.simulator_client import add, move, say
from tests.talk import NOON, campaign

NAME = "全省职工“五小”创新成果征集群"


def group(client: FlaskClient) -> Any:
    return client.get("/simulator/api/group").json


def new_code(database: Database) -> str:
    with database.writing() as session:
        return admins.group_code(session, "operator", now=NOON)


def poster(client: FlaskClient) -> Image.Image:
    response = client.get("/simulator/group.png")
    assert (response.status_code, response.mimetype) == (200, "image/png")
    return Image.open(io.BytesIO(response.data)).convert("L")


def test_the_group_is_bound_by_a_code(client: FlaskClient, zhang: str, database: Database) -> None:
    before = group(client)
    move(client, NOON.isoformat())
    say(client, zhang, f"绑定 {new_code(database)}", chat="group")
    assert (before, group(client)) == ({"bound": False, "name": NAME}, {"bound": True, "name": NAME})


def test_a_group_of_another_channel_is_not_the_simulators(client: FlaskClient, database: Database) -> None:
    code = new_code(database)
    with database.writing() as session:
        person_id = people.add(session, "onebot", "100", now=NOON)
        groups.bind(
            session, campaign(), code, channel="onebot", chat_id="7", person_id=person_id, now=NOON
        )  # fmt: skip
    assert group(client) == {"bound": False, "name": NAME}


def test_the_poster_leads_into_the_group(client: FlaskClient) -> None:
    picture = poster(client)
    [found] = zxingcpp.read_barcodes(picture)
    assert (picture.size, found.text) == ((1240, 1754), "http://127.0.0.1:8000/simulator/?scene=group")


def test_the_poster_is_fresh_each_day(client: FlaskClient) -> None:
    first, again = poster(client), poster(client)
    move(client, "2024-04-11T09:00:00+08:00")
    assert first.tobytes() == again.tobytes() != poster(client).tobytes()


def test_the_code_says_what_joining_says(client: FlaskClient, zhang: str, database: Database) -> None:
    move(client, NOON.isoformat())
    say(client, zhang, f"绑定 {new_code(database)}", chat="group")
    message = {
        "person": add(client, "李娜"),
        "chat": "group",
        "kind": "event",
        "event": "join",
        "scene": "group",
    }
    answer = client.post("/simulator/api/messages", json=message).json
    assert [reply["text"].split("，")[0] for reply in answer["replies"]] == ["李娜"]


def test_a_password_guards_both(start: Any) -> None:
    client = start(password="for-the-simulator")
    paths = ("/simulator/group.png", "/simulator/api/group")
    assert [client.get(path).status_code for path in paths] == [401, 401]
