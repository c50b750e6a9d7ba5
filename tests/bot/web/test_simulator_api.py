"""The simulator's JSON as INTERFACES.md describes it: every call and every field."""

from __future__ import annotations

import io
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image

from handlers import simulation
from storage.db import Database
from storage.outbox import OutboxRow
from tests.bot.web.simulator_client import add, give, move, say, seen, send, state

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MESSAGE_KEYS = {"id", "at", "chat", "group", "to", "from", "kind", "text", "file", "image_url", "link"}


def photo(form: str = "JPEG") -> bytes:
    content = io.BytesIO()
    Image.effect_noise((1200, 1100), 90).convert("RGB").save(content, form, quality=95)
    return content.getvalue()


def to_photos(client: FlaskClient, person: str) -> None:
    say(client, person, "我要申报")
    assert say(client, person, "修改15")["asked"] == "photos"


def test_people_are_named_and_listed(client: FlaskClient) -> None:
    first, second = add(client, "张伟"), add(client, " 李娜 ")
    assert client.get("/simulator/api/people").json == [
        {"id": first, "name": "张伟"},
        {"id": second, "name": "李娜"},
    ]


def test_outcomes_of_a_conversation(client: FlaskClient, zhang: str) -> None:
    """Each of the six, as the contract words them; `asked` is the field asked next."""
    steps = [
        ("我要申报", "moved", "completers"),
        ("示例", "answered", "completers"),
        ("张伟", "accepted", "first_completer_bio"),
        ("长" * 101, "rejected", "first_completer_bio"),
        ("帮助", "needs_confirmation", "first_completer_bio"),
    ]
    assert [
        (text, answer["outcome"], answer["asked"])
        for text, answer in ((text, say(client, zhang, text)) for text, *_ in steps)
    ] == steps
    in_the_group = say(client, zhang, "大家好", chat="group")
    assert (in_the_group["outcome"], in_the_group["replies"]) == ("ignored", [])


def test_reply_has_the_fields_of_the_contract(client: FlaskClient, zhang: str) -> None:
    [reply] = say(client, zhang, "我要申报")["replies"]
    assert {name: reply[name] for name in ("chat", "to", "image_url", "link")} == {
        "chat": "private", "to": zhang, "image_url": None, "link": None,
    }  # fmt: skip
    assert "第1项／共19项" in reply["text"]


def test_messages_behind_a_number(client: FlaskClient, zhang: str) -> None:
    say(client, zhang, "我要申报")
    said, asked = seen(client, zhang)
    assert (set(said), set(asked)) == (MESSAGE_KEYS, MESSAGE_KEYS)
    assert (said["from"], said["text"], asked["from"]) == (zhang, "我要申报", "bot")
    assert datetime.fromisoformat(said["at"]).utcoffset() == timedelta(hours=8)
    assert seen(client, zhang, after=said["id"]) == [asked]
    assert seen(client, zhang, after=asked["id"]) == []


def test_nobody_sees_anothers_private_chat_and_all_see_the_group(client: FlaskClient, zhang: str) -> None:
    li = add(client, "李娜")
    say(client, zhang, "我要申报")
    say(client, zhang, "大家好", chat="group")
    assert [(row["chat"], row["from"], row["text"]) for row in seen(client, li)] == [
        ("group", zhang, "大家好")
    ]


def test_event_shows_its_answer_and_no_bubble(client: FlaskClient, zhang: str) -> None:
    joined = send(client, zhang, kind="event", event="join").json
    assert (joined["outcome"], joined["asked"]) == ("answered", None)
    assert [row["from"] for row in seen(client, zhang)] == ["bot"]


def test_scan_fills_the_union(client: FlaskClient, zhang: str) -> None:
    say(client, zhang, "我要申报")
    scanned = send(client, zhang, kind="event", event="scan", scene="union-suzhou").json
    assert (scanned["outcome"], scanned["asked"]) == ("moved", "completers")
    assert state(client, zhang)["submission"]["union"] == "suzhou"


def test_voice_counts_as_its_transcript(client: FlaskClient, zhang: str) -> None:
    say(client, zhang, "我要申报")
    heard = send(client, zhang, kind="voice", text="张伟、李娜").json
    assert heard["outcome"] == "needs_confirmation"
    assert say(client, zhang, "是")["outcome"] == "accepted"
    assert state(client, zhang)["submission"]["answers"] == {"completers": ["张伟", "李娜"]}
    assert [row["kind"] for row in seen(client, zhang) if row["from"] == zhang] == ["text", "voice", "text"]


def test_state_is_the_draft_as_stored(client: FlaskClient, zhang: str) -> None:
    before = state(client, zhang)
    assert {name: before[name] for name in ("asked", "pending", "submission", "roles")} == {
        "asked": None, "pending": None, "submission": None, "roles": ["submitter"],
    }  # fmt: skip
    say(client, zhang, "我要申报")
    say(client, zhang, "张伟，李娜")
    after = state(client, zhang)
    missing = after["submission"].pop("missing")
    assert after["submission"] == {
        "number": None, "state": "draft", "union": None, "files": [],
        "answers": {"completers": ["张伟", "李娜"]},
    }  # fmt: skip
    assert (after["asked"], after["pending"], missing[0]) == (
        "first_completer_bio",
        None,
        "first_completer_bio",
    )
    assert [row["label"] for row in after["fields"]][:2] == ["成果完成人", "第一完成人简介"]


def test_picture_comes_back_as_it_was_sent(client: FlaskClient, zhang: str) -> None:
    to_photos(client, zhang)
    content = photo()
    assert give(client, zhang, "image", ("主视图.jpg", content)).json["outcome"] == "accepted"
    said = next(row for row in seen(client, zhang) if row["kind"] == "image")
    assert said["file"] == {
        "name": "主视图.jpg", "size": len(content), "kind": "image", "url": said["image_url"],
    }  # fmt: skip
    shown = client.get(said["image_url"])
    assert (shown.data, shown.mimetype) == (content, "image/jpeg")
    assert [file["name"] for file in state(client, zhang)["submission"]["files"]] == ["主视图.jpg"]


def test_several_files_in_one_request_keep_their_order(client: FlaskClient, zhang: str) -> None:
    to_photos(client, zhang)
    give(client, zhang, "image", ("主视图.jpg", photo()), ("应用.jpg", photo() + b"2"))
    assert [row["file"]["name"] for row in seen(client, zhang) if row["file"]] == ["主视图.jpg", "应用.jpg"]
    assert [file["name"] for file in state(client, zhang)["submission"]["files"]] == [
        "主视图.jpg",
        "应用.jpg",
    ]


@ON_SQLITE
@pytest.mark.parametrize("kind", ["image", "file", "video"])
def test_page_sent_as_a_file_is_never_shown_as_one(client: FlaskClient, zhang: str, kind: str) -> None:
    give(client, zhang, kind, ("主视图.jpg", b"<html><script>alert(1)</script>"))
    [said] = [row for row in seen(client, zhang) if row["file"]]
    kept = client.get(said["file"]["url"])
    assert (said["image_url"], kept.mimetype) == (None, "application/octet-stream")
    assert kept.headers["Content-Disposition"].startswith("attachment")
    assert kept.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(("text", "parts"), [("我要申报", 1), ("附件4", 4)])
def test_same_key_is_done_once_and_answered_alike(
    client: FlaskClient, zhang: str, text: str, parts: int
) -> None:
    """The reply and all that is pushed behind it, though the same was said before and since."""
    for key in ("before", "k1", "since"):
        replies = [say(client, zhang, text, key=key)]
        if key == "k1":
            first = replies[0]
    assert (say(client, zhang, text, key="k1"), len(first["replies"])) == (first, parts)
    assert [row["text"] for row in seen(client, zhang) if row["from"] == zhang] == [text] * 3


def test_files_sent_again_are_answered_alike(client: FlaskClient, zhang: str) -> None:
    to_photos(client, zhang)
    files = [("主视图.jpg", photo()), ("应用.jpg", photo() + b"2")]
    first = give(client, zhang, "image", *files, key="k1").json
    assert (give(client, zhang, "image", *files, key="k1").json, len(first["replies"])) == (first, 2)
    assert len(state(client, zhang)["submission"]["files"]) == 2


def test_clock_goes_on_and_never_back(client: FlaskClient) -> None:
    moved = move(client, "2024-04-20T10:00")
    assert moved.json["now"].startswith("2024-04-20T10:00:0")
    assert client.get("/simulator/api/clock").json["now"].startswith("2024-04-20T10:00:0")
    refused = move(client, "2024-04-19T10:00:00+08:00")
    assert (refused.status_code, refused.json["error"]) == (
        409,
        "时间只能向后拨。现在是2024年4月20日 10:00，请选一个更晚的时间。",
    )
    assert client.get("/simulator/api/clock").json["now"].startswith("2024-04-20T10:00:0")


def test_clock_does_what_falls_due_on_the_way_in_order(
    client: FlaskClient, zhang: str, database: Database
) -> None:
    li = add(client, "李娜")
    with database.writing() as session:
        for place, (person, day) in enumerate([(zhang, 11), (zhang, 12), (zhang, 20), (li, 10), (li, 13)]):
            due = datetime.fromisoformat(f"2024-04-{day}T10:00:00+08:00")
            session.add(
                OutboxRow(
                    channel="simulator", address=person, due_at=due, created_at=due, text=f"{day}日",
                    person_id=simulation.person_id_of(session, person), dedupe_key=str(place),
                )
            )  # fmt: skip
    move(client, "2024-04-13T10:00:00+08:00")
    shown = sorted(
        (row["id"], row["to"], row["text"], row["at"][:16])
        for who in (zhang, li)
        for row in seen(client, who)
    )
    assert [row[1:] for row in shown] == [
        (li, "10日", "2024-04-10T10:00"),
        (zhang, "11日", "2024-04-11T10:00"),
        (zhang, "12日", "2024-04-12T10:00"),
        (li, "13日", "2024-04-13T10:00"),
    ]
