"""What does not fit into the passive reply, through the real outbox within the platform's quotas."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import structlog
from sqlalchemy import select

from bot.channels import official_account
from bot.channels.official_account import OfficialAccount
from bot.dispatcher import Dispatcher
from handlers import deliveries
from handlers.conversation import receive
from handlers.messages import InboundMessage, MessageKind, Outcome, Reply, say
from storage import people
from storage.db import Database
from storage.outbox import OutboxRow
from tests.bot.channels.official_account.callbacks import PERSON
from tests.bot.channels.official_account.conftest import Wall
from tests.fakes.wechat_api import SEND, TOKEN_CALL, WechatApi
from tests.talk import campaign, wording

CHANNEL = "official_account"
NOON_IN_BEIJING = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)
_keys = itertools.count(1)


@dataclass
class Chat:
    """One person's chat with the account; the platform is the fake, everything else is real."""

    database: Database
    api: WechatApi
    channel: OfficialAccount
    wall: Wall
    dispatcher: Dispatcher
    person: str = PERSON

    def says(self, text: str) -> str:
        """Write to the account; the passive reply."""
        return self.sends(MessageKind.TEXT, text=text)

    def does(self, event: str) -> str:
        return self.sends(MessageKind.EVENT, event=event)

    def sends(self, kind: MessageKind, **what: str) -> str:
        self.wall.later(seconds=1)
        return self.store(kind, self.wall.now, **what)

    def store(self, kind: MessageKind, now: datetime, **what: str) -> str:
        message = InboundMessage(CHANNEL, self.person, f"k{next(_keys)}", kind, **what)
        with self.database.writing() as session:
            return receive(session, campaign(), message, now=now, render=self.parts).text

    def parts(self, reply: Reply) -> Sequence[str]:
        return self.channel.split(wording().text(reply))

    def gets(self, **later: float) -> list[str]:
        """What the person is sent once some time has gone by."""
        self.wall.later(**later)
        before = len(self.told)
        self.dispatcher.deliver(self.wall)
        return self.told[before:]

    @property
    def told(self) -> list[str]:
        return self.api.told(self.person)

    def notify(self, *texts: str) -> None:
        """Put messages of the bot's own into the outbox."""
        with self.database.writing() as session:
            address = people.find_address(session, CHANNEL, self.person)
            assert address is not None
            session.add_all(
                OutboxRow(
                    channel=CHANNEL, address=self.person, person_id=address.person_id, text=text,
                    dedupe_key=f"n{next(_keys)}", due_at=self.wall(), created_at=self.wall(),
                )
                for text in texts
            )  # fmt: skip

    def rows(self) -> list[tuple[str, str | None]]:
        with self.database.reading() as session:
            rows = session.scalars(
                select(OutboxRow).where(OutboxRow.address == self.person).order_by(OutboxRow.id)
            )
            return [(row.state, row.error) for row in rows]

    def states(self) -> list[str]:
        return [state for state, _ in self.rows()]


@pytest.fixture
def chat(database: Database, api: WechatApi, channel: OfficialAccount, wall: Wall) -> Chat:
    return Chat(database, api, channel, wall, Dispatcher(database, {CHANNEL: channel}))


@pytest.fixture
def seven(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """附件4 in seven parts, as if the platform took little more than half of what it does."""
    monkeypatch.setattr(official_account, "TEXT_BYTES", 1100)
    monkeypatch.setattr(deliveries, "JOINED_BYTES", 1100)
    (attachment,) = [one for one in campaign().pack.attachments if one.number == 4]
    parts = chat.parts(Reply(Outcome.ANSWERED, (say("help/attachment", attachment=attachment),)))
    assert len(parts) == 7
    return list(parts)


def test_five_parts_follow_and_the_rest_waits_for_a_word(chat: Chat, seven: list[str]) -> None:
    """After a message the platform takes five customer-service messages, the passive reply beside them."""
    assert [chat.says("附件4"), *chat.gets(seconds=2)] == seven[:6]
    assert (chat.gets(hours=30), chat.states()) == ([], ["sent"] * 5 + ["parked"])
    chat.says("谢谢")
    assert (chat.gets(seconds=2), chat.gets(hours=1)) == (seven[6:], [])
    assert (chat.told, chat.states()) == (seven[1:], ["sent"] * 6)


def test_what_waits_comes_before_what_is_new(chat: Chat, seven: list[str]) -> None:
    assert [chat.says("附件4"), *chat.gets(seconds=2)] == seven[:6]
    assert [chat.says("附件4"), *chat.gets(seconds=2)] == [seven[0], seven[6], *seven[1:5]]
    chat.says("谢谢")
    assert chat.gets(seconds=2) == seven[5:]


def test_parts_of_one_reply_are_not_joined(
    chat: Chat, seven: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They were cut to fill a message each, some of them in the middle of a paragraph."""
    monkeypatch.setattr(deliveries, "JOINED_BYTES", 2000)
    chat.says("您好")
    chat.notify("零")
    assert [chat.says("附件4"), *chat.gets(seconds=2)] == [seven[0], "零", *seven[1:5]]
    chat.says("谢谢")
    assert (chat.gets(seconds=2), chat.states()) == (seven[5:], ["sent"] * 7)


def test_the_passive_reply_goes_first(chat: Chat, seven: list[str]) -> None:
    """It is on its way while the worker may already look at the outbox."""
    chat.says("附件4")
    assert (chat.gets(), chat.gets(seconds=1)) == ([], seven[1:6])


def test_a_network_fault_in_the_middle_keeps_the_order(chat: Chat, seven: list[str], api: WechatApi) -> None:
    api.fail("status", SEND, code=502, every=2)
    chat.says("附件4")
    for _ in range(12):
        chat.gets(minutes=2)
    assert chat.told == seven[1:6]
    chat.says("谢谢")
    assert [chat.gets(minutes=2), chat.gets(minutes=2)].count(seven[6:]) == 1
    assert chat.told == seven[1:]


def test_a_long_outage_loses_nothing(chat: Chat, seven: list[str], api: WechatApi) -> None:
    api.fail("status", SEND, code=502, times=20)
    chat.says("附件4")
    for _ in range(30):
        chat.gets(hours=1)
    assert chat.told == seven[1:6]


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_window_that_the_platform_closed_earlier_opens_with_the_next_message(
    chat: Chat, seven: list[str], api: WechatApi, code: int
) -> None:
    """Its count is not ours: someone may have written from its own pages."""
    api.fail("errcode", SEND, code=code, times=1)
    chat.says("附件4")
    chat.gets(seconds=2)
    assert (chat.told, chat.states()[0]) == ([], "parked")
    chat.says("谢谢")
    assert chat.gets(seconds=2) == seven[1:6]


ACTS = ["subscribe", "scan", "click", "scancode_push", "scancode_waitmsg"]


@pytest.mark.parametrize("event", ACTS)
def test_three_follow_an_act_within_its_minute(chat: Chat, event: str) -> None:
    chat.does(event)
    chat.notify("一", "二", "三", "四")
    assert (chat.gets(seconds=2), chat.gets(seconds=2)) == (["一", "二", "三"], [])
    chat.does(event)
    assert chat.gets(seconds=60) == ["四"]
    chat.notify("五")
    assert (chat.gets(seconds=2), chat.states()[-1]) == ([], "parked")


@pytest.mark.parametrize("event", ["view", "location", "unsubscribe", "template_result", "subscription"])
def test_other_events_open_and_close_nothing(chat: Chat, event: str) -> None:
    chat.does(event)
    chat.notify("一")
    assert chat.gets(seconds=2) == []
    chat.says("您好")
    chat.does(event)
    assert chat.gets(minutes=2) == ["一"]
    chat.notify(*"二三四五六")
    assert chat.gets(seconds=2) == list("二三四五")
    chat.does(event)
    assert (chat.gets(seconds=2), chat.states()[-1]) == ([], "parked")


def test_an_act_does_not_end_the_window_of_a_message(chat: Chat) -> None:
    chat.says("您好")
    chat.wall.later(hours=20)
    chat.does("click")
    chat.notify("一")
    assert chat.gets(hours=1) == ["一"]


def test_an_act_after_a_used_up_message_allows_three(chat: Chat) -> None:
    chat.says("您好")
    chat.notify(*"一二三四五六七八九")
    assert chat.gets(seconds=2) == list("一二三四五")
    chat.does("click")
    chat.notify("十" * 664)
    assert chat.gets(seconds=2) == ["六\n\n七\n\n八\n\n九", "十" * 664]


def test_a_message_that_still_queued_when_the_rest_was_parked_counts(chat: Chat) -> None:
    """It came first by the clock, and was stored last."""
    chat.says("您好")
    chat.notify(*"一二三四五")
    assert chat.gets(seconds=2) == list("一二三四五")
    came = chat.wall.now + timedelta(seconds=1)
    chat.notify("六")
    assert (chat.gets(seconds=2), chat.states()[-1]) == ([], "parked")
    chat.store(MessageKind.TEXT, came, text="谢谢")
    assert chat.gets() == ["六"]


def test_two_days_after_a_message_the_window_is_closed(chat: Chat) -> None:
    chat.says("您好")
    chat.notify("一")
    assert chat.gets(hours=48) == ["一"]
    chat.notify("二")
    assert (chat.gets(seconds=2), chat.rows()[-1]) == ([], ("parked", "window closed"))


def test_what_waited_is_told_in_one_message(chat: Chat) -> None:
    """45047: each message counts, so that notices of days come together."""
    chat.says("您好")
    chat.notify(*"一二三四五六七八九")
    assert chat.gets(seconds=2) == list("一二三四五")
    chat.says("谢谢")
    assert chat.gets(seconds=2) == ["六\n\n七\n\n八\n\n九"]
    assert chat.states() == ["sent"] * 6 + ["joined"] * 3


def test_what_waited_is_joined_only_as_far_as_a_message_holds(chat: Chat) -> None:
    chat.does("click")
    chat.notify("一", "二", "三", "四" * 300, "五" * 300, "六" * 400)
    assert chat.gets(seconds=2) == ["一", "二", "三"]
    assert chat.gets(minutes=2) == []
    chat.says("您好")
    assert chat.gets(seconds=2) == ["四" * 300 + "\n\n" + "五" * 300, "六" * 400]


def test_a_file_that_was_fetched_is_no_act_of_the_person(chat: Chat) -> None:
    chat.says("您好")
    chat.notify(*"一二三四五六")
    assert len(chat.gets(seconds=2)) == 5
    chat.sends(MessageKind.FETCHED)
    assert (chat.gets(seconds=2), chat.states()[-1]) == ([], "parked")


def test_a_text_that_is_too_long_goes_out_in_halves(chat: Chat, api: WechatApi) -> None:
    chat.says("您好")
    api.fail("errcode", SEND, code=45002, times=1)
    chat.notify("一二三四五。" * 30)
    assert "".join(chat.gets(seconds=2)) == "一二三四五。" * 30
    assert (api.count(SEND), chat.states()) == (3, ["sent"])


@pytest.mark.parametrize("code", [40003, 43004, 43019, 48002, 50005])
def test_who_cannot_be_reached_is_marked(chat: Chat, api: WechatApi, database: Database, code: int) -> None:
    chat.says("您好")
    api.fail("errcode", SEND, code=code)
    chat.notify("一")
    chat.gets(seconds=2)
    chat.gets(hours=3)
    with database.reading() as session:
        address = people.find_address(session, CHANNEL, PERSON)
        assert (chat.states(), address is not None and address.reachable) == (["failed"], False)
    assert api.count(SEND) == 1


@pytest.mark.parametrize(("code", "seconds"), [(45011, 60), (45009, 12 * 3600)])
def test_a_quota_of_the_account_rests_the_whole_channel(
    chat: Chat, api: WechatApi, code: int, seconds: int
) -> None:
    """45011 for a minute; 45009 until midnight in Beijing, and these tests begin there at noon."""
    chat.says("您好")
    api.fail("errcode", SEND, code=code, times=1)
    chat.notify("一")
    chat.gets(seconds=2)
    rests_until = NOON_IN_BEIJING + timedelta(seconds=seconds)
    other = Chat(chat.database, api, chat.channel, chat.wall, chat.dispatcher, "lina")
    other.says("您好")
    other.notify("甲")
    chat.wall.now = rests_until - timedelta(seconds=1)
    assert (chat.gets(), api.count(SEND)) == ([], 1)
    chat.wall.later(seconds=5)
    assert (chat.gets(), other.told) == (["一"], ["甲"])


STOPPING = [40001, 40164, 48001, 48004, 50002]


@pytest.mark.parametrize("code", STOPPING)
def test_what_an_operator_must_repair_rests_the_channel_and_raises_an_alarm(
    chat: Chat, api: WechatApi, code: int
) -> None:
    chat.says("您好")
    fault = api.fail("errcode", SEND, code=code, said="invalid ip 203.0.113.7, not in whitelist")
    chat.notify("一", "二")
    with structlog.testing.capture_logs() as logged:
        chat.gets(seconds=2)
    alarms = [entry for entry in logged if entry["log_level"] == "error"]
    assert [(entry["event"], entry["reason"].split(":")[0]) for entry in alarms] == [
        ("channel_stopped", str(code))
    ]
    tried = api.count(SEND)
    assert (chat.gets(minutes=9), api.count(SEND)) == ([], tried)
    fault.times = 0
    assert chat.gets(minutes=2) == ["一", "二"]


def test_the_alarm_names_the_refused_address(chat: Chat, api: WechatApi) -> None:
    chat.says("您好")
    api.fail("errcode", TOKEN_CALL, code=40164, said="invalid ip 203.0.113.7, not in whitelist")
    chat.notify("一")
    chat.gets(seconds=2)
    reason = "40164: this server's address is not on the platform's allow-list: 203.0.113.7"
    assert chat.rows() == [("new", reason)]
    with chat.database.reading() as session:
        assert deliveries.held_up(session) == [(CHANNEL, reason, 1)]


def test_a_batch_is_not_tried_to_its_end_once_the_channel_rests(chat: Chat, api: WechatApi) -> None:
    """Forty people wait; what is refused for all is not asked for forty times."""
    api.fail("errcode", SEND, code=45009)
    chats = [Chat(chat.database, api, chat.channel, chat.wall, chat.dispatcher, f"p{n}") for n in range(40)]
    for one in chats:
        one.says("您好")
        one.notify("一")
    chat.gets(seconds=2)
    assert api.count(SEND) <= 8
    assert [one.states() for one in chats] == [["new"]] * 40
