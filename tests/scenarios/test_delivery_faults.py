"""Two hundred messages through a platform with one fault at a time: each arrives once, or is explained."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.channels.official_account import OfficialAccount, transport
from bot.dispatcher import Dispatcher
from bot.token_store import DatabaseTokens
from storage import desks, outbox
from storage.db import Database
from storage.outbox import OutboxRow
from tests.fakes.wechat_api import SEND, TOKEN_CALL, WechatApi, running
from tests.storage.rows import add_person, log_row, outbox_row

COUNT = 200
CHANNEL = "official_account"
NOON = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MIDNIGHT_IN_BEIJING = NOON + 12 * HOUR


class Town:
    """Two hundred people who wrote lately, a message to each, and the account that delivers them."""

    def __init__(self, database: Database, api: WechatApi) -> None:
        self.database = database
        self.api = api
        self.now = NOON
        self.channel = OfficialAccount(
            app_id=api.app_id, app_secret=api.app_secret, token="t", api_base_url=api.url,
            tokens=DatabaseTokens(database, lambda: self.now), wall=lambda: self.now,
            pause=lambda seconds: None,
        )  # fmt: skip
        self.dispatcher = Dispatcher(database, {CHANNEL: self.channel})

    def puts(self, kind: str, count: int = COUNT) -> None:
        with self.database.writing() as session:
            people = [add_person(session, f"o{number}", CHANNEL) for number in range(count)]
            outbox.add(session, [
                outbox_row(person, f"k{number}", channel=CHANNEL, address=f"o{number}", kind=kind,
                           text=f"【需办】第{number}条", created_at=NOON - HOUR)
                for number, person in enumerate(people)
            ])  # fmt: skip
        self.everybody_writes(NOON - HOUR, "before", people)

    def everybody_writes(self, at: datetime, key: str, people: list[int] | None = None) -> None:
        with self.database.writing() as session:
            for person in people if people is not None else range(1, COUNT + 1):
                desk = desks.new_desk(session, CHANNEL, f"o{person - 1}", person)
                row = log_row(
                    person, f"{key}{person}", channel=CHANNEL, sender=f"o{person - 1}", received_at=at
                )
                desks.close_desk(session, desk, row, now=at)

    def delivers(self, *, after: timedelta = timedelta(), times: int = 1) -> int:
        """Deliver so many times, so far apart; how many went out."""
        sent = 0
        for _ in range(times):
            self.now += after
            with capture_logs():
                sent += self.dispatcher.deliver(lambda: self.now)
        return sent

    def states(self) -> Counter[tuple[str, str | None]]:
        """How many messages ended how, and why."""
        with self.database.reading() as session:
            rows = session.execute(select(OutboxRow.state, OutboxRow.error))
            return Counter((state, error) for state, error in rows)

    def people_of(self, state: str) -> set[str]:
        with self.database.reading() as session:
            return set(session.scalars(select(OutboxRow.address).where(OutboxRow.state == state)))

    def arrived(self) -> Counter[str]:
        return Counter(message["touser"] for message in self.api.sent)


@pytest.fixture
def town(database: Database) -> Iterator[Town]:
    with running() as api:
        town = Town(database, api)
        yield town
        town.channel.close()


ALL_ONCE = Counter({f"o{number}": 1 for number in range(COUNT)})
ALL_SENT = Counter({("sent", None): COUNT})


def test_without_a_fault(town: Town) -> None:
    town.puts("duty")
    assert (town.delivers(), town.delivers(after=HOUR)) == (COUNT, 0)
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)
    assert town.api.count(TOKEN_CALL) == 1


def test_slow_but_in_time(town: Town) -> None:
    town.api.fail("slow", SEND, seconds=0.3, every=3)
    town.puts("duty")
    assert town.delivers() == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


RETRIED = [
    ("status", {"code": 500}), ("status", {"code": 502}), ("errcode", {"code": -1}), ("errcode", {"code": 99999}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "how"), RETRIED)
@pytest.mark.parametrize("of", ["reply", "duty"])
def test_half_of_the_calls_fail(town: Town, kind: str, how: dict[str, Any], of: str) -> None:
    """What the platform refused was not taken: each is tried until it arrives."""
    town.api.fail(kind, SEND, every=2, **how)
    town.puts(of)
    assert town.delivers(after=HOUR, times=30) == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


def test_every_call_fails_for_a_day(town: Town) -> None:
    fault = town.api.fail("status", SEND, code=500)
    town.puts("duty")
    assert town.delivers(after=HOUR, times=24) == 0
    assert town.states() == Counter({("new", "HTTP 500"): COUNT})
    fault.times = 0
    assert town.delivers(after=3 * HOUR) == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


BROKEN = [("reset", 0), ("taken", 1), ("cut", 1), ("slow", 1)]


@pytest.mark.parametrize(("kind", "taken"), BROKEN)
def test_a_duty_whose_answer_never_came_waits_for_a_person(
    town: Town, kind: str, taken: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fourth connection breaks: none of those is sent twice, none is forgotten."""
    monkeypatch.setattr(transport, "READ_TIMEOUT", 2.0)
    fault = town.api.fail(kind, SEND, every=4, seconds=5.0)
    town.puts("duty")
    town.delivers(after=HOUR, times=5)
    ends = town.states()
    assert {state for state, _ in ends} == {"sent", "unsure"}
    assert all(error and error.startswith("network: ") for state, error in ends if state == "unsure")
    unsure = sum(count for (state, _), count in ends.items() if state == "unsure")
    assert (unsure, sum(ends.values())) == (fault.hits, COUNT)
    if kind != "slow":
        assert len(town.api.sent) == COUNT - unsure + unsure * taken
    assert set(town.arrived().values()) == {1}


@pytest.mark.parametrize(("kind", "taken"), BROKEN[:3])
def test_a_reply_whose_answer_never_came_is_sent_again(town: Town, kind: str, taken: int) -> None:
    """To lose it would be worse: where the platform had taken it, it is there twice."""
    fault = town.api.fail(kind, SEND, every=4)
    town.puts("reply")
    assert town.delivers(after=HOUR, times=20) == COUNT
    assert town.states() == ALL_SENT
    assert set(town.arrived()) == set(ALL_ONCE)
    assert len(town.api.sent) == COUNT + fault.hits * taken


def test_nobody_listens(town: Town) -> None:
    """What never left is no doubt: a duty too is tried again."""
    town.puts("duty")
    assert town.delivers() == COUNT
    with town.database.writing() as session:
        session.query(OutboxRow).update({"state": "new", "sent_at": None, "due_at": town.now})
    town.api.sent.clear()
    town.channel.api_base_url, right = "http://127.0.0.1:9", town.channel.api_base_url
    assert town.delivers(after=HOUR) == 0
    assert town.states() == Counter({("new", "network: ClientConnectorError"): COUNT})
    town.channel.api_base_url = right
    assert town.delivers(after=HOUR) == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


def test_a_token_that_ends_under_way_is_replaced_once(town: Town) -> None:
    town.puts("duty", 50)
    town.delivers()
    with town.database.writing() as session:
        session.query(OutboxRow).update({"state": "new", "sent_at": None, "due_at": town.now})
    town.api.sent.clear()
    town.api.revoke_token()
    assert town.delivers() == 50
    assert (set(town.arrived().values()), len(town.api.sent), town.api.count(TOKEN_CALL)) == ({1}, 50, 2)


def test_a_token_that_is_never_accepted_stops_the_channel(town: Town) -> None:
    """Eight find out, the others are not tried; once it is repaired all go out."""
    fault = town.api.fail("errcode", SEND, code=40001)
    town.puts("duty")
    assert town.delivers() == 0
    assert town.api.count(SEND) <= 16
    assert [state for state, _ in town.states()] == ["new"] * len(town.states())
    fault.times = 0
    assert (town.delivers(after=timedelta(minutes=9)), town.delivers(after=timedelta(minutes=2))) == (
        0,
        COUNT,
    )
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


def test_a_used_up_day_ends_at_midnight_in_beijing(town: Town) -> None:
    fault = town.api.fail("errcode", SEND, code=45009)
    town.puts("duty")
    town.delivers()
    asked = town.api.count(SEND)
    assert asked <= 8
    fault.times = 0
    town.now = MIDNIGHT_IN_BEIJING - timedelta(seconds=1)
    assert (town.delivers(), town.api.count(SEND)) == (0, asked)
    assert town.delivers(after=timedelta(seconds=2)) == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


def test_too_often_rests_for_a_minute(town: Town) -> None:
    town.api.fail("errcode", SEND, code=45011, times=1)
    town.puts("duty")
    town.delivers()
    town.delivers(after=timedelta(seconds=59))
    assert town.delivers(after=timedelta(seconds=10), times=3) > 0
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_closed_window_waits_for_the_next_word(town: Town, code: int) -> None:
    town.api.fail("errcode", SEND, code=code, times=COUNT)
    town.puts("duty")
    town.delivers()
    assert {state for state, _ in town.states()} == {"parked"}
    assert town.delivers(after=HOUR, times=5) == 0
    town.everybody_writes(town.now, "after")
    assert town.delivers(after=timedelta(seconds=1)) == COUNT
    assert (town.arrived(), town.states()) == (ALL_ONCE, ALL_SENT)


def test_everything_at_once(town: Town) -> None:
    """Slow, failing, breaking and refusing in turn: whoever is told is told once, and the rest is explained."""
    api = town.api
    faults: list[Callable[[], Any]] = [
        lambda: api.fail("slow", SEND, seconds=0.2, every=11), lambda: api.fail("status", SEND, code=502, every=5),
        lambda: api.fail("taken", SEND, every=13), lambda: api.fail("errcode", SEND, code=45047, every=17),
        lambda: api.fail("errcode", SEND, code=40001, every=29, times=2), lambda: api.fail("errcode", SEND, code=45011, every=37, times=2),
    ]  # fmt: skip
    for fail in faults:
        fail()
    town.puts("duty")
    for day in range(1, 4):
        town.delivers(after=HOUR, times=12)
        town.everybody_writes(town.now, f"day{day}")
    town.delivers(after=HOUR, times=12)
    sent, unsure = town.people_of("sent"), town.people_of("unsure")
    assert (sent | unsure, len(sent) + len(unsure)) == (set(ALL_ONCE), COUNT)
    assert (sent <= set(town.arrived()), set(town.arrived().values())) == (True, {1})
