"""What reaches a group: masked, paced, never a secret; and the pictures that go with messages."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.dispatcher import Dispatcher
from handlers.deliveries import SECRET, Window, text_for
from storage import outbox
from storage.db import Database
from tests.bot.post import SECOND, Post, deliver, put, rows
from tests.storage.rows import NOON, outbox_row

MINUTE = timedelta(minutes=1)
_keys = itertools.count()


def put_in_group(database: Database, *texts: str, group: str = "g1", **changes: Any) -> None:
    with database.writing() as session:
        outbox.add(session, [
            outbox_row(None, f"g{next(_keys)}", text=text, address=group, chat="group", **changes)
            for text in texts
        ])  # fmt: skip


def public() -> tuple[str, ...]:
    return ("025-83536240",)


def test_numbers_are_masked_for_a_group_alone(database: Database) -> None:
    said = "李娜 13800138000，省总 025-83536240"
    put_in_group(database, said)
    put(database, "one", text=said)
    post = Post()
    deliver(database, post, public_phones=public)
    assert sorted(post.taken) == [("g1", "李娜 138****8000，省总 025-83536240"), ("zhangwei", said)]


def test_a_secret_never_leaves_for_a_group(database: Database) -> None:
    """The table refuses such a row, and the sender would too."""
    put_in_group(database, "one")
    with database.writing() as session:
        (row,) = outbox.claim_due(session, channels=["test"], now=NOON, lease=MINUTE, most=1)
    secret = outbox.Claimed(
        row.id, row.channel, row.address, "group", SECRET, None, "k", "密码", None, 1, NOON, False
    )
    assert text_for(secret, public_phones=public) is None


def test_a_group_has_its_pace(database: Database) -> None:
    put_in_group(database, *(f"{number}" for number in range(25)))
    put_in_group(database, "other", group="g2")
    post = Post(pace=Window(20, MINUTE))
    assert deliver(database, post) == 21
    assert deliver(database, post, now=NOON + MINUTE - SECOND) == 0
    assert deliver(database, post, now=NOON + MINUTE + SECOND) == 5
    assert [text for address, text in post.taken if address == "g1"] == [str(number) for number in range(25)]


def test_people_know_no_pace(database: Database) -> None:
    put(database, *(f"{number}" for number in range(25)))
    assert deliver(database, Post(pace=Window(20, MINUTE))) == 25


class Pictures:
    """Draws each paper as its token, and counts."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.drawn: list[str] = []
        self.fault = fault

    def __call__(self, token: str) -> bytes | None:
        self.drawn.append(token)
        if self.fault is not None:
            raise self.fault
        return None if token == "gone" else token.encode()


def test_a_picture_is_drawn_once_for_all_who_get_it(database: Database) -> None:
    for number in range(30):
        put(database, f"k{number}", address=f"a{number}", text="", paper="board")
    put(database, "other", text="", paper="poster")
    draw, post = Pictures(), Post()
    assert deliver(database, post, draw=draw) == 31
    assert sorted(draw.drawn) == ["board", "poster"]
    assert sorted(message.picture or b"" for message in post.outgoing) == [b"board"] * 30 + [b"poster"]


def test_a_channel_that_opens_papers_gets_their_address(database: Database) -> None:
    put(database, "one", paper="board")
    draw, post = Pictures(), Post(opens_papers=True)
    deliver(database, post, draw=draw)
    assert (draw.drawn, [(one.paper, one.picture) for one in post.outgoing]) == ([], [("board", None)])


def test_a_picture_that_is_no_more_is_given_up(database: Database) -> None:
    put(database, "one", paper="gone")
    assert deliver(database, Post(), draw=Pictures()) == 0
    assert rows(database) == [("failed", "the picture is no more", timedelta())]


@pytest.mark.parametrize("kind", ["reply", "duty"])
def test_a_picture_that_cannot_be_drawn_is_tried_again(database: Database, kind: str) -> None:
    """Nothing was sent, so there is no doubt."""
    put(database, "one", paper="board", kind=kind)
    dispatcher = Dispatcher(database, {"test": Post()}, draw=Pictures(MemoryError()))
    with capture_logs() as logs:
        dispatcher.deliver(lambda: NOON)
    assert [entry["event"] for entry in logs] == ["picture_not_drawn"]
    assert rows(database) == [("new", "the picture could not be drawn", 2 * SECOND)]


def test_drawing_holds_no_transaction(database: Database) -> None:
    """Another writer comes in while a picture is drawn."""

    def draw(token: str) -> bytes:
        with database.writing() as session:
            outbox.add(
                session,
                [outbox_row(None, "meanwhile", address="b", due_at=datetime.max.replace(tzinfo=NOON.tzinfo))],
            )
        return b"picture"

    put(database, "one", paper="board")
    assert deliver(database, Post(), draw=draw) == 1
