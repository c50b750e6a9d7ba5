"""Whatever arrives at the callback address, whole or damaged: an answer or a plain refusal."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, MutableMapping
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.clock import Clock
from bot.inbox import Inbox
from bot.web.callbacks import CallbackEdge
from bot.wording import Wording
from handlers.messages import Outcome, Reply, say
from storage.db import Database
from tests.bot.channels.official_account.callbacks import account
from tests.platform import TOKEN, _cdata, decrypt, encrypt, sign
from tests.scenarios.sayings import SCENES, TEXTS
from tests.talk import campaign

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_ids = itertools.count(1)
KINDS = (
    "text",
    "text",
    "text",
    "image",
    "voice",
    "video",
    "file",
    "location",
    "link",
    "event",
    "hologram",
    "",
)
NAMES = ("Content", "MediaId", "Title", "Recognition", "Event", "EventKey", "Label", "FileTotalLen")
TROUBLE = Wording().text(Reply(Outcome.REJECTED, (say("message/trouble"),)))
# Where the bytes are damaged, and with what.
DAMAGE = st.none() | st.none() | st.tuples(st.floats(0, 1), st.binary(max_size=6) | st.none())
FIELDS = st.dictionaries(
    st.sampled_from(NAMES), TEXTS | st.sampled_from([s or "" for s in SCENES]), max_size=4
)


@pytest.fixture
def edge(database: Database) -> Iterator[CallbackEdge]:
    inbox = Inbox(database, campaign)
    inbox.start()
    yield CallbackEdge(account(), inbox=inbox, wording=Wording(), clock=Clock())
    inbox.stop()


def legible(text: str) -> str:
    """What a phone can send: halves of surrogate pairs are no UTF-8."""
    return text.encode(errors="ignore").decode()


def message(kind: str, fields: dict[str, str]) -> str:
    parts = "".join(f"<{name}>{_cdata(legible(value))}</{name}>" for name, value in fields.items())
    return (
        f"<xml><ToUserName>gh</ToUserName><FromUserName>oAnybody</FromUserName>"
        f"<CreateTime>1700000000</CreateTime><MsgType>{kind}</MsgType>{parts}<MsgId>{next(_ids)}</MsgId></xml>"
    )


def damaged(body: bytes, damage: tuple[float, bytes | None] | None) -> bytes:
    """As it is, cut off at a place, or with other bytes put in there."""
    if damage is None:
        return body
    place = int(damage[0] * len(body))
    return body[:place] if damage[1] is None else body[:place] + damage[1] + body[place + len(damage[1]) :]


def call(edge: CallbackEdge, body: bytes, *, sealed: bool, openid: str) -> tuple[int, bytes]:
    """One POST through the application as the server makes it."""
    timestamp = str(int(time.time()))
    query = {"signature": sign(TOKEN, timestamp, "n"), "timestamp": timestamp, "nonce": "n", "openid": openid}
    if sealed:
        encrypted = encrypt(body.decode(errors="replace"))
        query |= {"encrypt_type": "aes", "msg_signature": sign(TOKEN, timestamp, "n", encrypted)}
        body = f"<xml><Encrypt>{encrypted}</Encrypt></xml>".encode()
    scope = {"type": "http", "method": "POST", "query_string": urlencode(query).encode()}
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(event: MutableMapping[str, Any]) -> None:
        sent.append(event)

    asyncio.run(edge(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


def content(body: bytes, *, sealed: bool) -> str:
    if body == b"success":
        return ""
    root = ElementTree.fromstring(body)
    if sealed:
        root = ElementTree.fromstring(decrypt(root.findtext("Encrypt") or ""))
    return root.findtext("Content") or ""


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(kind=st.sampled_from(KINDS), fields=FIELDS, damage=DAMAGE, sealed=st.booleans())
def test_any_callback(
    edge: CallbackEdge,
    kind: str,
    fields: dict[str, str],
    damage: tuple[float, bytes | None] | None,
    sealed: bool,
) -> None:
    body = damaged(message(kind, fields).encode(), damage)
    status, answer = call(edge, body, sealed=sealed, openid="oAnybody")
    assert status in ((200,) if damage is None and kind else (200, 400))
    if status == 200:
        said = content(answer, sealed=sealed)
        assert said != TROUBLE
        assert len(said.encode()) <= 2000
    else:
        assert answer == b""
    assert call(edge, body, sealed=sealed, openid="oAnybody")[0] == status
