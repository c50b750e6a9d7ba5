"""The access token: fetched once by however many, renewed early, replaced once when refused."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from subprocess import PIPE

import pytest

from bot.channels.base import ChannelError, Outgoing
from bot.channels.official_account import OfficialAccount
from bot.token_store import DatabaseTokens
from handlers.platform_tokens import StoredToken
from storage.db import Database
from tests.bot.channels.official_account.callbacks import PERSON
from tests.bot.channels.official_account.conftest import Make, Wall, send
from tests.fakes.wechat_api import APP_ID, APP_SECRET, SEND, TOKEN_CALL, Answer, WechatApi

ROOT = Path(__file__).parents[4]
NAME = f"official_account:{APP_ID}"
HELLO = Outgoing(PERSON, "您好")


def tokens_used(api: WechatApi) -> list[str]:
    return [call.query["access_token"] for call in api.calls if call.path == SEND]


def test_the_stable_token_is_asked_for(channel: OfficialAccount, api: WechatApi) -> None:
    """The other call would end the token of every other process."""
    send(channel, HELLO)
    assert (api.calls[0].method, api.calls[0].path, api.calls[0].query) == ("POST", TOKEN_CALL, {})
    asked = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET, "force_refresh": False}
    assert api.calls[0].json == asked


def test_twenty_threads_fetch_one_token(channel: OfficialAccount, api: WechatApi) -> None:
    """wechatpy defect 9: without a lock twenty first calls fetched up to ten tokens."""
    api.fail("slow", TOKEN_CALL, seconds=0.3)
    together = threading.Barrier(20)

    def begin(_: int) -> None:
        together.wait()
        send(channel, HELLO)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(begin, range(20)))
    assert (api.count(TOKEN_CALL), len(api.sent), len(set(tokens_used(api)))) == (1, 20, 1)


def in_flight(channel: OfficialAccount, count: int) -> list[BaseException | None]:
    """Send so many messages at once over one block; what became of each."""

    async def all_of_them() -> list[BaseException | None]:
        async with channel.sending() as deliver:
            return await asyncio.gather(*(deliver(HELLO) for _ in range(count)), return_exceptions=True)

    return asyncio.run(all_of_them())


def test_two_hundred_in_flight_fetch_one_token(channel: OfficialAccount, api: WechatApi) -> None:
    assert in_flight(channel, 200) == [None] * 200
    assert (api.count(TOKEN_CALL), len(api.sent), len(set(tokens_used(api)))) == (1, 200, 1)


def test_two_hundred_that_are_refused_replace_the_token_once(
    channel: OfficialAccount, api: WechatApi
) -> None:
    send(channel, HELLO)
    api.revoke_token()
    assert in_flight(channel, 200) == [None] * 200
    assert (api.count(TOKEN_CALL), len(api.sent), len(set(tokens_used(api)))) == (2, 201, 2)


def test_two_hundred_behind_a_failed_fetch_fail_with_it(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("status", TOKEN_CALL, code=502)
    assert [str(one) for one in in_flight(channel, 200)] == ["HTTP 502"] * 200
    assert (api.count(TOKEN_CALL), api.count(SEND)) == (1, 0)


def test_four_accounts_on_one_database_fetch_one_token(make: Make, api: WechatApi) -> None:
    """As four processes: nothing is shared but the database (wechatpy defects 9 and 12)."""
    api.fail("slow", TOKEN_CALL, seconds=0.3)
    channels = [make(pause=threading.Event().wait) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda channel: send(channel, HELLO), channels))
    assert (api.count(TOKEN_CALL), len(api.sent)) == (1, 4)


def test_a_later_process_uses_the_token_that_is_there(make: Make, api: WechatApi, wall: Wall) -> None:
    """wechatpy defect 10: each instance knew only the end of the tokens that it fetched itself."""
    send(make(), HELLO)
    wall.later(minutes=100)
    send(make(), HELLO)
    assert api.count(TOKEN_CALL) == 1


def test_a_token_is_renewed_five_minutes_early(channel: OfficialAccount, api: WechatApi, wall: Wall) -> None:
    send(channel, HELLO)
    wall.later(seconds=6899)
    send(channel, HELLO)
    assert api.count(TOKEN_CALL) == 1
    wall.later(seconds=1)
    api.revoke_token()
    send(channel, HELLO)
    assert (api.count(TOKEN_CALL), len(api.sent), len(tokens_used(api))) == (2, 3, 3)


def test_an_expired_token_is_not_used(channel: OfficialAccount, api: WechatApi, wall: Wall) -> None:
    """wechatpy defect 11: its memory store returned tokens for ever."""
    send(channel, HELLO)
    api.revoke_token()
    wall.later(seconds=7201)
    send(channel, HELLO)
    assert (api.count(TOKEN_CALL), len(set(tokens_used(api))), len(tokens_used(api))) == (2, 2, 2)


def test_the_old_token_serves_while_another_renews(
    channel: OfficialAccount, api: WechatApi, wall: Wall, database: Database
) -> None:
    send(channel, HELLO)
    wall.later(seconds=7000)
    assert DatabaseTokens(database, wall).lease(NAME, "another process", 30)
    send(channel, HELLO)
    assert (api.count(TOKEN_CALL), len(api.sent)) == (1, 2)


def test_the_old_token_serves_while_the_platform_gives_no_other(
    channel: OfficialAccount, api: WechatApi, wall: Wall
) -> None:
    send(channel, HELLO)
    wall.later(seconds=7000)
    api.fail("status", TOKEN_CALL, code=500)
    send(channel, HELLO)
    send(channel, HELLO)
    assert (api.count(TOKEN_CALL), len(api.sent)) == (2, 3)


def test_a_token_near_its_end_is_not_asked_for_at_every_message(
    channel: OfficialAccount, api: WechatApi, wall: Wall
) -> None:
    """The platform may give the old one again while it lives."""
    api.lifetime = 200
    for _ in range(5):
        send(channel, HELLO)
    assert api.count(TOKEN_CALL) == 1
    wall.later(seconds=31)
    send(channel, HELLO)
    assert api.count(TOKEN_CALL) == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_replaced_once(channel: OfficialAccount, api: WechatApi, code: int) -> None:
    """wechatpy defect 7: it fetched and tried 486 times, then RecursionError."""
    api.fail("errcode", SEND, code=code)
    with pytest.raises(ChannelError) as caught:
        send(channel, HELLO)
    assert (caught.value.action, caught.value.permanent, caught.value.code) == ("stop", False, code)
    assert (api.count(SEND), api.count(TOKEN_CALL)) == (2, 3)


def test_a_token_that_came_again_is_forced_to_change(channel: OfficialAccount, api: WechatApi) -> None:
    """The normal mode repeats a token that is alive by its clock; only then force is used."""
    api.fail("errcode", SEND, code=40001, times=1)
    send(channel, HELLO)
    assert [call.json["force_refresh"] for call in api.calls if call.path == TOKEN_CALL] == [
        False,
        False,
        True,
    ]
    assert len(set(tokens_used(api))) == 2


def test_force_is_used_twenty_times_a_day_at_most(make: Make, api: WechatApi, wall: Wall) -> None:
    """Whichever process asks: the allowance is the account's."""
    api.fail("errcode", SEND, code=40001)
    forced = []
    for minutes in (0, 1, 70, 2, 71, 2):
        wall.later(minutes=minutes)
        with pytest.raises(ChannelError):
            send(make(), HELLO)
        forced.append(sum(call.json["force_refresh"] for call in api.calls if call.path == TOKEN_CALL))
    assert forced == [1, 1, 1, 2, 2, 3]


def test_a_token_that_another_has_replaced_is_not_fetched_again(make: Make, api: WechatApi) -> None:
    first, second = make(), make()
    send(first, HELLO)
    api.fail("errcode", SEND, code=40001, times=1)
    send(second, HELLO)
    fetched = api.count(TOKEN_CALL)
    send(first, HELLO)
    assert (api.count(TOKEN_CALL), len(api.sent)) == (fetched, 3)


def test_only_the_refused_token_is_dropped(
    api: WechatApi, make: Make, database: Database, wall: Wall
) -> None:
    """While one message was on its way, another process had put a new token in its place."""
    channel, store = make(), DatabaseTokens(database, wall)
    send(channel, HELLO)
    kept = store.get(NAME)
    assert kept is not None
    assert store.drop(NAME, "a token of the past") is False
    assert store.get(NAME) == kept
    assert store.drop(NAME, kept.value) is True
    assert store.get(NAME) is None


def test_a_wrong_secret_stops_the_channel(make: Make, api: WechatApi) -> None:
    with pytest.raises(ChannelError) as caught:
        send(make(app_secret="wrong"), HELLO)
    assert (caught.value.action, caught.value.code) == ("stop", 40125)
    assert (api.count(TOKEN_CALL), api.count(SEND)) == (1, 0)


@pytest.mark.parametrize("code", [40001, 40013, 40164, 48004, 89503])
def test_a_refused_fetch_stops_the_channel(channel: OfficialAccount, api: WechatApi, code: int) -> None:
    api.fail("errcode", TOKEN_CALL, code=code)
    with pytest.raises(ChannelError) as caught:
        send(channel, HELLO)
    assert (caught.value.action, caught.value.code, api.count(TOKEN_CALL)) == ("stop", code, 1)


def test_those_who_waited_behind_a_failed_fetch_fail_with_it(
    channel: OfficialAccount, api: WechatApi, wall: Wall
) -> None:
    """Eight messages must not wait for eight time-outs, one after the other."""
    api.fail("status", TOKEN_CALL, code=502)
    for _ in range(8):
        with pytest.raises(ChannelError):
            send(channel, HELLO)
    assert api.count(TOKEN_CALL) == 1
    wall.later(seconds=5)
    with pytest.raises(ChannelError):
        send(channel, HELLO)
    assert api.count(TOKEN_CALL) == 2


@pytest.mark.parametrize("body", [b"{}", b'{"access_token": ""}', b'{"access_token": 1, "expires_in": 7200}'])
def test_an_answer_without_a_token_may_be_tried_again(
    channel: OfficialAccount, api: WechatApi, body: bytes
) -> None:
    api.fail("answer", TOKEN_CALL, answer=Answer(body))
    with pytest.raises(ChannelError) as caught:
        send(channel, HELLO)
    assert (caught.value.action, caught.value.permanent) == ("retry", False)


@pytest.mark.parametrize("lifetime", ["null", '"soon"', "-5", "0", "1e9"])
def test_a_strange_lifetime_is_two_hours(
    channel: OfficialAccount, api: WechatApi, wall: Wall, database: Database, lifetime: str
) -> None:
    answer = Answer(f'{{"access_token": "t", "expires_in": {lifetime}}}'.encode())
    api.fail("answer", TOKEN_CALL, answer=answer, times=1)
    api.fail("errcode", SEND, code=45015)
    with pytest.raises(ChannelError):
        send(channel, HELLO)
    assert DatabaseTokens(database, wall).get(NAME) == StoredToken("t", wall.now + timedelta(hours=2))


def test_a_dead_process_keeps_the_lease_for_half_a_minute(
    make: Make, api: WechatApi, wall: Wall, database: Database
) -> None:
    DatabaseTokens(database, wall).lease(NAME, "a process that was killed", 30)
    waiting = make(pause=lambda seconds: wall.later(seconds=2))
    send(waiting, HELLO)
    assert len(api.sent) == 1


def test_who_waits_too_long_for_another_process_gives_up(
    make: Make, api: WechatApi, wall: Wall, database: Database
) -> None:
    pauses: list[float] = []
    DatabaseTokens(database, wall).lease(NAME, "another process", 3600)
    with pytest.raises(ChannelError) as caught:
        send(make(pause=pauses.append), HELLO)
    assert (caught.value.action, api.calls) == ("retry", [])
    assert sum(pauses) == pytest.approx(20)


ASKING = """
import sys
from bot.channels.base import Outgoing
from bot.channels.official_account import OfficialAccount
from bot.clock import Clock
from bot.token_store import DatabaseTokens
from storage.db import Database
from tests.bot.channels.official_account.conftest import send

url, app_id, app_secret, database_url, person = sys.argv[1:]
database = Database(database_url)
channel = OfficialAccount(app_id=app_id, app_secret=app_secret, token="t", api_base_url=url,
                          tokens=DatabaseTokens(database), wall=Clock().wall)
print("ready", flush=True)
sys.stdin.readline()
send(channel, Outgoing(person, "one"))
print("sent", flush=True)
sys.stdin.readline()
send(channel, Outgoing(person, "two"))
channel.close()
database.close()
"""


def test_real_processes_fetch_one_token_and_replace_it_once(api: WechatApi, database_url: str) -> None:
    """wechatpy defects 9 and 12: each process fetched its own and ended the others'."""
    command = [sys.executable, "-c", ASKING, api.url, APP_ID, APP_SECRET, database_url, PERSON]
    api.fail("slow", TOKEN_CALL, seconds=0.3)
    with ExitStack() as stack:
        processes = [
            stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdin=PIPE, stdout=PIPE, text=True))
            for _ in range(3)
        ]
        _wait_for(processes, "ready")
        _let_go(processes)
        _wait_for(processes, "sent")
        assert (api.count(TOKEN_CALL), len(api.sent)) == (1, 3)
        api.revoke_token()
        _let_go(processes)
        assert [process.wait(timeout=60) for process in processes] == [0, 0, 0]
    assert (api.count(TOKEN_CALL), len(api.sent)) == (2, 6)


def _wait_for(processes: list[subprocess.Popen[str]], word: str) -> None:
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == word


def _let_go(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
