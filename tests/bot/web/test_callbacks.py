"""The callback address itself, without a server: whatever comes, an answer or a plain refusal."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
import structlog
from sqlalchemy import event, func, select, text

from bot import inbox as inbox_module
from bot.channels.official_account import OfficialAccount
from bot.inbox import Inbox
from bot.web import callbacks
from bot.web.callbacks import CallbackEdge
from handlers.messages import Outcome, Reply, say
from storage.db import Database
from storage.inbound import InboundRow
from storage.outbox import OutboxRow
from tests.bot.channels.official_account.callbacks import (
    NOW,
    PAYLOADS,
    PERSON,
    account,
    payload,
    sealed,
    signed,
    text_message,
)
from tests.platform import decrypt
from tests.talk import campaign, wording

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Answer = tuple[int, dict[str, str], bytes]


class StandingClock:
    """Both clocks, standing at the instant of the recorded callbacks."""

    def wall(self) -> datetime:
        return NOW

    def now(self) -> datetime:
        return NOW


@dataclass
class Edge:
    """The callback address of one account, called as a server calls it."""

    application: CallbackEdge

    def ask(self, method: str, query: dict[str, str] | str, *body: bytes, ends: str = "whole") -> Answer:
        return asyncio.run(self.call(method, query, *body, ends=ends))

    async def call(
        self, method: str, query: dict[str, str] | str, *body: bytes, ends: str = "whole"
    ) -> Answer:
        """Send a request in pieces; it `ends` "whole", "never", or with the caller "gone"."""
        events = [{"type": "http.request", "body": piece, "more_body": True} for piece in body]
        if ends == "whole":
            events.append({"type": "http.request", "body": b"", "more_body": False})
        elif ends == "gone":
            events.append({"type": "http.disconnect"})
        sent: list[MutableMapping[str, Any]] = []

        async def receive() -> MutableMapping[str, Any]:
            if not events:
                await asyncio.Event().wait()
            return events.pop(0)

        async def send(event: MutableMapping[str, Any]) -> None:
            sent.append(event)

        said = query if isinstance(query, str) else urlencode(query)
        await self.application(
            {"type": "http", "method": method, "query_string": said.encode()}, receive, send
        )
        headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        assert headers["content-length"] == str(len(sent[1]["body"]))
        return sent[0]["status"], headers, sent[1]["body"]

    def says(self, xml: str) -> str:
        """Post a signed message; the text of the reply, "" for a silent success."""
        status, _, body = self.ask("POST", signed(), xml.encode())
        assert status == 200
        return words(body)


def words(body: bytes) -> str:
    return "" if body == b"success" else ElementTree.fromstring(body).findtext("Content") or ""


@pytest.fixture(autouse=True)
def logged() -> Iterator[structlog.testing.LogCapture]:
    """What would be written to the log, tracebacks in words as in the product."""
    capture = structlog.testing.LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[structlog.processors.format_exc_info, capture])
    yield capture
    structlog.configure(processors=before)


@pytest.fixture
def inbox(database: Database) -> Iterator[Inbox]:
    # Loaded here, since the first message of a process waits for nothing but its answer.
    known = campaign()
    inbox = Inbox(database, lambda: known)
    inbox.start()
    yield inbox
    inbox.stop()


@pytest.fixture
def edge(inbox: Inbox) -> Edge:
    clock: Any = StandingClock()
    return Edge(CallbackEdge(account(), inbox=inbox, wording=wording(), clock=clock))


def count(database: Database, table: type[InboundRow] | type[OutboxRow]) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@ON_SQLITE
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_the_address_is_proved(edge: Edge, method: str) -> None:
    status, headers, body = edge.ask(method, {**signed(), "echostr": "5838479218127813673"})
    assert (status, headers["content-type"], body) == (200, "text/plain", b"5838479218127813673")


@ON_SQLITE
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "XYZ"])
def test_other_methods_are_told_which_there_are(edge: Edge, method: str) -> None:
    status, headers, body = edge.ask(method, signed(), payload("text").encode())
    assert (status, headers["allow"], body) == (405, "GET, HEAD, POST", b"")


QUERIES = ["", "signature", "&&=;%", "signature=%ff%fe&timestamp=%00&nonce=\u4e2d", "a=1&" * 5000,
           urlencode({**signed(), "signature": "0" * 40})]  # fmt: skip


@ON_SQLITE
@pytest.mark.parametrize("query", QUERIES, ids=range(len(QUERIES)))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stranger_is_refused_without_a_word(
    edge: Edge, database: Database, method: str, query: str
) -> None:
    status, _, body = edge.ask(method, query, payload("text").encode())
    assert (status, body) == (403, b"")
    assert count(database, InboundRow) == 0


@ON_SQLITE
@pytest.mark.parametrize("mode", ["raw", "", "AES", "aes256", "des"])
def test_an_unknown_mode_is_read_as_the_plain_one(edge: Edge, mode: str) -> None:
    query = {**signed(), "encrypt_type": mode}
    status, _, body = edge.ask("POST", query, text_message("帮助").encode())
    assert (status, words(body)) == (200, edge.says(text_message("帮助")))
    query, encrypted = sealed(text_message("帮助"))
    assert edge.ask("POST", {**query, "encrypt_type": mode}, encrypted)[0] == 400


@ON_SQLITE
def test_a_sealed_message_is_answered_sealed(edge: Edge) -> None:
    query, body = sealed(text_message("帮助"))
    status, headers, answer = edge.ask("POST", query, body)
    inner = decrypt(ElementTree.fromstring(answer).findtext("Encrypt") or "")
    assert (status, headers["content-type"]) == (200, "application/xml; charset=utf-8")
    assert words(inner.encode()) == edge.says(text_message("帮助"))


@ON_SQLITE
def test_a_body_over_a_mebibyte_is_not_read_to_its_end(edge: Edge) -> None:
    """The body never ends, so an answer comes only if reading stopped at the cap."""
    quarter = b"x" * (256 * 1024)
    assert edge.ask("POST", signed(), *[quarter] * 5, ends="never")[0] == 413
    assert edge.ask("POST", signed(), *[quarter] * 4, ends="whole")[0] == 400


@ON_SQLITE
def test_a_long_message_is_answered(edge: Edge) -> None:
    reply = edge.says(text_message("新" * 300_000))
    assert 0 < len(reply.encode()) <= 2000


@ON_SQLITE
def test_a_body_that_drips_is_given_up(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callbacks, "BODY_TIMEOUT", 0.05)
    assert edge.ask("POST", signed(), b"<xml>", ends="never")[0] == 408


@ON_SQLITE
def test_who_leaves_in_the_middle_has_said_nothing(edge: Edge, database: Database) -> None:
    assert edge.ask("POST", signed(), payload("text").encode(), ends="gone")[0] == 400
    assert count(database, InboundRow) == 0


@ON_SQLITE
@pytest.mark.parametrize("body", [b"", b"{}", b"<xml>", b"\xff\xfe", b"<!DOCTYPE xml><xml/>"])
def test_what_is_no_message_is_refused(edge: Edge, body: bytes) -> None:
    assert edge.ask("POST", signed(), body)[0] == 400


SILENT = {"view", "unsubscribe", "location_report", "event_nobody_knows", "subscription", "subscription_of_one",
          "template_delivered", "template_blocked", "template_failed"}  # fmt: skip


@ON_SQLITE
@pytest.mark.parametrize("name", sorted(path.stem for path in PAYLOADS.glob("*.xml")))
def test_every_kind_is_answered_or_taken_in_silence(edge: Edge, database: Database, name: str) -> None:
    """An event that asks for nothing gets "success"; everything that a person sends gets words."""
    status, _, body = edge.ask("POST", signed(), payload(name).encode())
    assert status == 200
    assert (body == b"success") == (name in SILENT)
    assert count(database, InboundRow) == 1


@ON_SQLITE
@pytest.mark.parametrize("kind", ["hologram", "TEXTS", "文本"])
def test_an_unknown_kind_gets_a_sentence(edge: Edge, kind: str) -> None:
    reply = Reply(Outcome.REJECTED, (say("message/not_understood", kind="unknown", spec=None),))
    assert edge.says(text_message(MsgType=kind)) == wording().text(reply)


def test_a_repeat_gets_the_stored_reply_and_does_nothing(edge: Edge, database: Database) -> None:
    """附件4 in full is longer than one reply: its other parts are not queued again either."""
    first = edge.says(text_message("附件4"))
    queued = count(database, OutboxRow)
    assert (len(first) > 100, queued > 1) == (True, True)
    assert [edge.says(text_message("附件4")) for _ in range(2)] == [first, first]
    assert (count(database, InboundRow), count(database, OutboxRow)) == (1, queued)


def test_three_at_once_are_one_message(edge: Edge, database: Database) -> None:
    async def together() -> list[Answer]:
        body = text_message("我要申报").encode()
        return await asyncio.gather(*(edge.call("POST", signed(), body) for _ in range(3)))

    answers = asyncio.run(together())
    assert (len({words(body) for _, _, body in answers}), count(database, InboundRow)) == (1, 1)
    assert [status for status, _, _ in answers] == [200] * 3


@ON_SQLITE
def test_an_answer_that_comes_too_late_waits_for_the_repeat(
    edge: Edge, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the database is held the platform hears 503 in time; then its repeat finds the reply."""
    monkeypatch.setattr(callbacks, "ANSWERED_WITHIN", 0.2)
    monkeypatch.setattr(inbox_module, "PATIENCE", 0.05)
    body = text_message("我要申报").encode()
    with database.writing():
        assert edge.ask("POST", signed(), body)[0] == 503
        # The first still waits, so that the next would wait too long: it is not even read.
        assert edge.ask("POST", signed(), text_message("帮助", MsgId="7").encode(), ends="never")[0] == 503
    monkeypatch.setattr(callbacks, "ANSWERED_WITHIN", 10)
    until_free(edge)
    assert edge.ask("POST", signed(), body)[0] == 200
    assert count(database, InboundRow) == 1


def until_free(edge: Edge) -> None:
    """Wait until the writer has done what had queued."""
    freed = threading.Event()
    for _ in range(500):
        if edge.ask("POST", signed(), b"")[0] == 400:
            return
        freed.wait(0.01)
    raise AssertionError("the writer never came back")


@ON_SQLITE
def test_a_locked_database_is_asked_again(edge: Edge, database: Database) -> None:
    """Another program writes for longer than the busy timeout: nothing is stored, the platform repeats."""
    event.listen(
        database.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=20")
    )
    database.engine.dispose()
    with database.engine.connect().execution_options(writes=True) as other:
        other.execute(text("UPDATE people SET id = id"))
        assert edge.ask("POST", signed(), text_message().encode())[0] == 503
    assert edge.ask("POST", signed(), text_message().encode())[0] == 200


def broken(database: Database) -> None:
    """Make every insert of a message fail, as a fault in our own code would."""
    fault = "CREATE TRIGGER t BEFORE INSERT ON inbound_messages BEGIN SELECT RAISE(ABORT, 'a fault'); END"
    with database.writing() as session:
        session.execute(text(fault))


@ON_SQLITE
def test_a_fault_inside_is_answered_kindly(edge: Edge, database: Database) -> None:
    broken(database)
    trouble = Reply(Outcome.REJECTED, (say("message/trouble"),))
    assert edge.says(text_message("我要申报")) == wording().text(trouble)
    with database.writing() as session:
        session.execute(text("DROP TRIGGER t"))
    assert edge.says(text_message("我要申报")) not in ("", wording().text(trouble))


@ON_SQLITE
def test_a_fault_inside_is_logged_by_its_ids_alone(
    edge: Edge, database: Database, logged: structlog.testing.LogCapture
) -> None:
    """The message can be found again; who wrote it and what is not in the log."""
    broken(database)
    edge.says(text_message("我的电话是13800138000"))
    (entry,) = [entry for entry in logged.entries if entry["event"] == "message_failed"]
    assert (entry["channel"], entry["key"]) == ("official_account", "1700000000:23456789012345001")
    assert "a fault" in entry["exception"]
    assert [secret for secret in (PERSON, "13800138000", "我的电话") if secret in str(logged.entries)] == []


@ON_SQLITE
def test_a_fault_in_the_channel_is_no_stack_trace(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, logged: structlog.testing.LogCapture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr(OfficialAccount, "open", fail)
    status, _, body = edge.ask("POST", signed(), text_message().encode())
    assert (status, body) == (503, b"")
    assert [entry["event"] for entry in logged.entries] == ["callback_failed"]


@ON_SQLITE
def test_a_refusal_is_logged_with_its_reason(edge: Edge, logged: structlog.testing.LogCapture) -> None:
    edge.ask("GET", {**signed(), "signature": "0" * 40})
    assert logged.entries == [
        {"event": "callback_refused", "log_level": "info", "channel": "official_account", "status": 403,
         "reason": "wrong signature"}
    ]  # fmt: skip
