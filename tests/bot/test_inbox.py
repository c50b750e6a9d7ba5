"""The one door to the conversation: who is answered, who is refused, and in which order."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot import inbox as inbox_module
from bot.inbox import Inbox, OverloadedError, Work
from handlers.conversation import Answered
from handlers.messages import InboundMessage, MessageKind, Outcome, Reply
from storage.db import Database
from storage.inbound import InboundRow
from tests.filing import TEXTS
from tests.talk import NOON, campaign, wording

_keys = itertools.count(1)
SAID = ("我要申报", TEXTS["completers"], TEXTS["first_completer_bio"])


class UnreadableError(Exception):
    """What a channel might raise on a reply."""


def says(text: str, *, sender: str = "zhangwei", key: str | None = None) -> InboundMessage:
    return InboundMessage("test", sender, key or f"key{next(_keys)}", MessageKind.TEXT, text=text)


def whole(reply: Reply) -> Sequence[str]:
    return [wording().text(reply)]


def fails(reply: Reply) -> Sequence[str]:
    raise UnreadableError


def work(text: str, *, sender: str = "zhangwei", key: str | None = None) -> Work:
    return Work(says(text, sender=sender, key=key), NOON, whole)


def kept(database: Database) -> list[tuple[str, str]]:
    """Who said what, in the order in which it was answered."""
    with database.reading() as session:
        rows = session.scalars(select(InboundRow).order_by(InboundRow.id))
        return [(row.sender, row.text) for row in rows]


@pytest.fixture
def idle(database: Database) -> Inbox:
    """One that is not started, so that messages queue."""
    known = campaign()
    return Inbox(database, lambda: known)


@pytest.fixture
def inbox(idle: Inbox) -> Iterator[Inbox]:
    idle.start()
    yield idle
    idle.stop()


def test_a_message_is_answered_and_kept(inbox: Inbox, database: Database) -> None:
    answered = inbox.answer_now(work("我要申报"))
    assert (answered.outcome, answered.asked, answered.repeated) == (Outcome.MOVED, "completers", False)
    assert kept(database) == [("zhangwei", "我要申报")]


def test_the_same_message_again_gets_the_same_answer(inbox: Inbox, database: Database) -> None:
    """And what was to be done with the answer is not done again."""
    also: list[Answered] = []
    first = inbox.answer_now(
        Work(says("我要申报", key="k"), NOON, whole, also=lambda _, done: also.append(done))
    )
    again = inbox.answer_now(
        Work(says("我要申报", key="k"), NOON, whole, also=lambda _, done: also.append(done))
    )
    assert (again.text, again.repeated, also) == (first.text, True, [first])
    assert kept(database) == [("zhangwei", "我要申报")]


def test_one_that_fails_hurts_no_other_of_its_batch(idle: Inbox, database: Database) -> None:
    batch = [work("我要申报", sender="zhangwei"), Work(says("我要申报", sender="lina"), NOON, fails)]
    batch.append(work("我要申报", sender="sunli"))
    for one in batch:
        idle._queue.put(one)
    with capture_logs() as logs:
        idle.start()
        idle.stop()
    assert isinstance(batch[1].future.exception(), UnreadableError)
    assert [one.future.result().asked for one in (batch[0], batch[2])] == ["completers", "completers"]
    assert kept(database) == [("zhangwei", "我要申报"), ("sunli", "我要申报")]
    assert [entry["event"] for entry in logs] == ["batch_split", "message_failed"]


def test_what_also_fails_leaves_nothing_of_its_message(inbox: Inbox, database: Database) -> None:
    def also(*_: object) -> None:
        raise UnreadableError

    with capture_logs() as logs, pytest.raises(UnreadableError):
        inbox.answer_now(Work(says("我要申报", key="k"), NOON, whole, also=also))
    assert (kept(database), [entry["event"] for entry in logs]) == ([], ["message_failed"])
    assert inbox.answer_now(work("我要申报", key="k")).repeated is False


def test_stopping_answers_what_has_queued(idle: Inbox, database: Database) -> None:
    """More than one batch of it."""
    batch = [work(f"第{number}句") for number in range(inbox_module.BATCH + 3)]
    for one in batch:
        idle._queue.put(one)
    idle.start()
    idle.stop()
    assert all(one.future.done() for one in batch)
    assert kept(database) == [("zhangwei", f"第{number}句") for number in range(inbox_module.BATCH + 3)]


def test_messages_of_one_sender_keep_their_order(inbox: Inbox, database: Database) -> None:
    """Each finds what the one before it did, also within one batch."""

    async def quickly() -> list[Answered]:
        return await asyncio.gather(*(inbox.answer(says(text), now=NOON, render=whole) for text in SAID))

    asked = [answered.asked for answered in asyncio.run(quickly())]
    assert asked == ["completers", "first_completer_bio", "work_unit"]
    assert kept(database) == [("zhangwei", text) for text in SAID]


def test_a_message_is_refused_while_others_wait_too_long(inbox: Inbox, database: Database) -> None:
    inbox._oldest = 1.0
    with pytest.raises(OverloadedError):
        asyncio.run(inbox.answer(says("我要申报"), now=NOON, render=whole))
    assert (inbox.is_overloaded, kept(database)) == (True, [])


def test_a_message_that_grew_old_in_the_queue_is_refused(idle: Inbox, database: Database) -> None:
    """The platform has given up waiting and will ask again; a thread of our own still waits."""

    async def wait() -> list[Answered | BaseException]:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        idle._queue.put(Work(says("我要申报"), NOON, whole, future=future, queued_at=1.0))
        patient = Work(says("我要申报", sender="lina"), NOON, whole, queued_at=1.0)
        idle._queue.put(patient)
        idle.start()
        late = await asyncio.gather(future, return_exceptions=True)
        return [*late, patient.future.result(30)]

    late, patient = asyncio.run(wait())
    idle.stop()
    assert isinstance(late, OverloadedError)
    assert isinstance(patient, Answered)
    assert kept(database) == [("lina", "我要申报")]


def test_a_thread_waits_on_no_future_of_a_loop(inbox: Inbox) -> None:
    async def wrong() -> None:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        inbox.answer_now(Work(says("我要申报"), NOON, whole, future=future))

    with pytest.raises(TypeError, match="a thread waits on a thread's future"):
        asyncio.run(wrong())


def test_a_loop_that_ended_keeps_nobody_from_an_answer(idle: Inbox, database: Database) -> None:
    async def leave() -> Work:
        future: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        gone = work("我要申报")
        gone.future = future
        return gone

    idle._queue.put(asyncio.run(leave()))
    other = work("我要申报", sender="lina")
    idle._queue.put(other)
    with capture_logs() as logs:
        idle.start()
        idle.stop()
    assert other.future.result(30).asked == "completers"
    assert kept(database) == [("zhangwei", "我要申报"), ("lina", "我要申报")]
    assert [(entry["event"], entry["replies"]) for entry in logs] == [("loop_closed", 1)]
