"""kill -9 in the middle of a broadcast, and two workers at once: no one is told twice, and none forgotten."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.channels.official_account import OfficialAccount
from bot.dispatcher import AHEAD, AT_ONCE, Dispatcher
from bot.token_store import DatabaseTokens
from handlers.deliveries import LEASE
from storage import outbox
from storage.db import Database
from storage.outbox import OutboxRow
from tests.fakes.wechat_api import SEND, WechatApi
from tests.scenarios.conftest import MakeServer
from tests.scenarios.test_killed import wait_until
from tests.serving import Server
from tests.storage.rows import outbox_row

COUNT = 600
CHANNEL = "official_account"


def put(database: Database, kind: str, count: int = COUNT) -> None:
    """A message to each of many groups of readers, whom no window keeps from being written to."""
    then = datetime.now(UTC) - timedelta(minutes=1)
    with database.writing() as session:
        outbox.add(session, [
            outbox_row(None, f"k{number}", channel=CHANNEL, address=f"o{number}", kind=kind, due_at=then, created_at=then)
            for number in range(count)
        ])  # fmt: skip


def states(database: Database) -> dict[str, set[str]]:
    """Whom the messages of each state are for."""
    found: dict[str, set[str]] = {}
    with database.reading() as session:
        for address, state in session.execute(select(OutboxRow.address, OutboxRow.state)):
            found.setdefault(state, set()).add(address)
    return found


def arrived(api: WechatApi) -> Counter[str]:
    return Counter(message["touser"] for message in api.sent)


def deliver(database: Database, api: WechatApi, *, after: timedelta = timedelta()) -> None:
    """What a worker does that knows nothing of a lead."""
    channel = OfficialAccount(
        app_id=api.app_id, app_secret=api.app_secret, token="t", api_base_url=api.url,
        tokens=DatabaseTokens(database), wall=lambda: datetime.now(UTC),
    )  # fmt: skip
    Dispatcher(database, {CHANNEL: channel}).deliver(lambda: datetime.now(UTC) + after)
    channel.close()


def later(database: Database, api: WechatApi) -> None:
    """What the next worker does once the leases of the dead one have run out."""
    deliver(database, api, after=LEASE + timedelta(seconds=5))


def worker(make_server: MakeServer) -> Server:
    server = make_server(command="worker")
    server.configure()
    prepared = server.run("upgrade-db")
    assert prepared.returncode == 0, prepared.stderr
    return server


@pytest.mark.parametrize("killed_after", [1, 60, 333])
def test_a_duty_under_way_at_a_kill_waits_for_a_person(
    make_server: MakeServer, wechat: WechatApi, database: Database, killed_after: int
) -> None:
    server = worker(make_server)
    put(database, "duty")
    wechat.fail("slow", SEND, seconds=0.2)
    server.launch()
    wait_until(lambda: len(wechat.sent) >= killed_after)
    server.kill()
    wechat.faults.clear()
    later(database, wechat)
    ends = states(database)
    assert set(ends) == {"sent", "unsure"}
    assert len(ends["sent"]) + len(ends["unsure"]) == COUNT
    assert set(arrived(wechat).values()) == {1}
    assert ends["sent"] <= set(arrived(wechat))
    assert len(ends["unsure"]) <= AT_ONCE + AHEAD


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_reply_under_way_at_a_kill_is_sent_again(
    make_server: MakeServer, wechat: WechatApi, database: Database
) -> None:
    server = worker(make_server)
    put(database, "reply")
    wechat.fail("slow", SEND, seconds=0.2)
    server.launch()
    wait_until(lambda: len(wechat.sent) >= 60)
    server.kill()
    wechat.faults.clear()
    later(database, wechat)
    assert {state: len(whose) for state, whose in states(database).items()} == {"sent": COUNT}
    assert set(arrived(wechat)) == {f"o{number}" for number in range(COUNT)}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_worker_that_is_told_to_end_leaves_no_doubt(
    make_server: MakeServer, wechat: WechatApi, database: Database
) -> None:
    """It begins nothing more, and what is in flight is waited for."""
    server = worker(make_server)
    put(database, "duty")
    wechat.fail("slow", SEND, seconds=0.3)
    server.launch()
    wait_until(lambda: len(wechat.sent) >= 60)
    server.stop()
    ends = states(database)
    assert (set(ends), ends["sent"]) == ({"sent", "new"}, set(arrived(wechat)))
    wechat.faults.clear()
    server.launch()
    wait_until(lambda: len(wechat.sent) == COUNT)
    wait_until(lambda: len(states(database)["sent"]) == COUNT)
    assert set(arrived(wechat).values()) == {1}


def test_two_workers_at_once_tell_each_person_once(
    make_server: MakeServer, wechat: WechatApi, database: Database, database_url: str
) -> None:
    """One leads; and were both to lead, the rows themselves are taken once."""
    first = worker(make_server)
    second = make_server(command="worker")
    put(database, "duty")
    first.launch()
    second.launch()
    other = Database(database_url)
    beside = threading.Thread(target=deliver, args=(other, wechat))
    beside.start()
    wait_until(lambda: len(wechat.sent) >= COUNT)
    beside.join(timeout=60)
    other.close()
    wait_until(lambda: set(states(database)) == {"sent"})
    assert arrived(wechat) == Counter({f"o{number}": 1 for number in range(COUNT)})


def test_what_a_kill_left_is_decided_at_the_command_line(
    make_server: MakeServer, wechat: WechatApi, database: Database
) -> None:
    server = worker(make_server)
    put(database, "duty", 3)
    stuck = wechat.fail("slow", SEND, seconds=60)
    server.launch()
    wait_until(lambda: stuck.hits == 3)
    server.kill()
    wechat.faults.clear()
    later(database, wechat)
    listed = server.run("recover")
    assert (listed.returncode, [line.split()[0] for line in listed.stdout.splitlines()]) == (
        0,
        ["1", "2", "3"],
    )
    assert server.run("recover", "--give-up", "1").stdout == "given up: 1\n"
    assert server.run("recover", "--send-again", "--all").stdout == "will be sent again: 2\n"
    later(database, wechat)
    assert states(database) == {"failed": {"o0"}, "sent": {"o1", "o2"}}
