"""A client of the simulator's JSON: the calls of INTERFACES.md, as a script makes them."""

from __future__ import annotations

import json
from typing import Any

import requests
from flask.testing import FlaskClient


def add(client: FlaskClient, name: str) -> str:
    body = json.dumps({"name": name})
    answer = client.post("/simulator/api/people", data=body, content_type="application/json")
    assert set(answer.json) == {"id"}
    return str(answer.json["id"])


def move(client: FlaskClient, now: str) -> Any:
    return client.post("/simulator/api/clock", json={"now": now})


def send(client: FlaskClient, person: str, **message: Any) -> Any:
    body = json.dumps({"person": person, "chat": "private", **message})
    return client.post("/simulator/api/messages", data=body, content_type="application/json")


def say(client: FlaskClient, person: str, text: str, **more: Any) -> dict[str, Any]:
    answer = send(client, person, kind="text", text=text, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def give(client: FlaskClient, person: str, kind: str, *files: tuple[str, bytes], **more: str) -> Any:
    form = {"person": person, "chat": "private", "kind": kind, **more}
    request = requests.Request(
        "POST", "http://localhost", data=form, files=[("file", file) for file in files]
    )
    sent = request.prepare()
    return client.post("/simulator/api/messages", data=sent.body, content_type=sent.headers["Content-Type"])


def seen(client: FlaskClient, person: str, after: int = 0) -> list[dict[str, Any]]:
    return list(client.get("/simulator/api/messages", query_string={"person": person, "after": after}).json)


def state(client: FlaskClient, person: str) -> dict[str, Any]:
    return dict(client.get("/simulator/api/state", query_string={"person": person}).json)
