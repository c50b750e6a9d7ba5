"""What the simulator's JSON refuses, each with a sentence: bad input, strangers, too much."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from flask.testing import FlaskClient

from bot.config import ConfigError
from tests.bot.web.simulator_client import add, give, say, seen, send

PASSWORD = "a password"
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CHINESE = re.compile(r"[\u3400-\u9fff]{4,}.*[。！？]$", re.DOTALL)

Start = Callable[..., FlaskClient]

BAD: list[tuple[str, str, dict[str, Any], int]] = [
    ("post", "people", {"json": {}}, 400),
    ("post", "people", {"json": {"name": "  "}}, 400),
    ("post", "people", {"json": {"name": 7}}, 400),
    ("post", "people", {"json": {"name": "长" * 41}}, 400),
    ("post", "people", {"json": ["张伟"]}, 400),
    ("post", "people", {"data": "{", "content_type": "application/json"}, 400),
    ("post", "people", {"data": "name=1", "content_type": "text/plain"}, 415),
    ("post", "messages", {"json": {"person": "nobody", "text": "你好"}}, 404),
    ("post", "messages", {"json": {"text": "你好"}}, 404),
    ("post", "messages", {"json": {"person": {"a": 1}, "text": "你好"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": "dance"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": ["text"]}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": None}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "chat": "public", "text": "你好"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "text": 5}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "text": "你好", "key": "k" * 101}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": "image"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": "event"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": "event", "event": "click"}}, 400),
    ("post", "messages", {"json": {"person": "zhang", "kind": "event", "event": "scan", "scene": 1}}, 400),
    ("get", "messages?person=nobody&after=0", {}, 404),
    ("get", "messages", {}, 404),
    ("get", "messages?person=zhang&after=x", {}, 400),
    ("get", "messages?person=zhang&after=-1", {}, 400),
    ("get", "messages?person=zhang&after=" + "9" * 30, {}, 400),
    ("get", "state?person=nobody", {}, 404),
    ("get", "state", {}, 404),
    ("post", "clock", {"json": {}}, 400),
    ("post", "clock", {"json": {"now": "明天"}}, 400),
    ("post", "clock", {"json": {"now": 5}}, 400),
    ("post", "clock", {"json": {"now": "0001-01-01T00:00:00+14:00"}}, 400),
    ("post", "clock", {"json": {"now": "9999-12-31T23:59:59-12:00"}}, 400),
    ("post", "clock", {"json": {"now": "2044-04-12T09:00:00+08:00"}}, 400),
    ("delete", "people", {}, 405),
    ("get", "../files/999", {}, 404),
    ("get", "../qr/atlantis.png", {}, 404),
]


@ON_SQLITE
def test_bad_input_is_refused_with_a_sentence(client: FlaskClient, zhang: str) -> None:
    faults = []
    for method, path, given, status in deepcopy(BAD):
        body = given.get("json")
        if isinstance(body, dict) and body.get("person") == "zhang":
            body["person"] = zhang
        address = f"/simulator/api/{path}".replace("api/../", "").replace("person=zhang", f"person={zhang}")
        answer = getattr(client, method)(address, **given)
        sentence = (answer.json or {}).get("error", "")
        if answer.status_code != status or not CHINESE.search(sentence):
            faults.append((method, path, body, answer.status_code, answer.text[:200]))
    assert faults == []
    assert (seen(client, zhang), client.get("/simulator/api/people").json) == (
        [],
        [{"id": zhang, "name": "张伟"}],
    )


@pytest.mark.parametrize(
    "text", ["a\x00b", "\ud800", "\u202e三\u200b", "<b>{{7*7}}</b>", "=1+1", "x" * 1_000_000]
)
def test_odd_text_is_answered_and_kept_harmless(client: FlaskClient, zhang: str, text: str) -> None:
    answer = say(client, zhang, text)
    assert (answer["asked"], len(answer["replies"])) == (None, 1)
    said = next(row for row in seen(client, zhang) if row["from"] == zhang)
    assert said["text"] == text.replace("\x00", "").replace("\ud800", "")


def test_odd_names_and_scenes_are_taken(client: FlaskClient) -> None:
    person = add(client, "张\x00伟\ud800")
    assert client.get("/simulator/api/people").json == [{"id": person, "name": "张伟"}]
    assert send(client, person, kind="event", event="scan", scene="union-\x00\ud800").status_code == 200
    assert send(client, person, kind="text", text="你好", key="\x00\ud800").status_code == 200
    assert give(client, person, "file", ("a\x00b\n.pdf", b"%PDF-1.4")).status_code == 200


@ON_SQLITE
def test_huge_upload_is_refused(client: FlaskClient, zhang: str) -> None:
    answer = give(client, zhang, "file", ("大.zip", b"0" * (64 * 1024 * 1024)))
    assert (answer.status_code, answer.json) == (
        413, {"error": "文件太大，没有收下。一次最多发64M，请压缩后再发，或者分几次发送。"},
    )  # fmt: skip
    assert seen(client, zhang) == []


@ON_SQLITE
@pytest.mark.parametrize(
    "path",
    ["", "/", "/api/people", "/api/messages", "/api/state", "/api/clock", "/api/unions", "/qr/nanjing.png",
     "/files/1", "/nothing"],
)  # fmt: skip
def test_password_guards_every_path(start: Start, path: str) -> None:
    client = start(password=PASSWORD, host="0.0.0.0")
    for auth in (None, ("admin", "wrong"), ("admin", "")):
        refused = client.get(f"/simulator{path}", auth=auth)
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Basic realm=simulator")
    assert client.get(f"/simulator{path}", auth=("anybody", PASSWORD)).status_code != 401
    assert client.get("/healthz").status_code == 200


@ON_SQLITE
def test_public_address_without_a_password_does_not_start(start: Start) -> None:
    with pytest.raises(ConfigError, match=r"\[channels.simulator\] password: is empty"):
        start(host="0.0.0.0")


@ON_SQLITE
def test_page_has_one_address_with_and_without_its_slash(client: FlaskClient) -> None:
    pages = [client.get(path) for path in ("/simulator", "/simulator/")]
    assert [(page.status_code, page.mimetype) for page in pages] == [(200, "text/html")] * 2
