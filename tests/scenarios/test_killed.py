"""kill -9 of the whole server: what was accepted is there, and the talk goes on where it stood."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.corpus_reading import Said, SaidFile, Submission, submissions
from tests.fakes.wechat_api import WechatApi
from tests.platform import Platform
from tests.scenarios.conftest import MakeServer
from tests.scenarios.expected import entries_of, handed_in
from tests.scenarios.phones import SimulatorPhone, WechatPhone, follower, receipt_of
from tests.serving import Server

SUBMISSION = next(one for one in submissions() if one.id.startswith("30"))
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERY = {"sqlite": 1, "postgresql": 8}


def script(submission: Submission) -> list[Said]:
    """Everything that the person sends, in order."""
    return ["我要申报", *itertools.chain.from_iterable(submission.said.values()), "提交"]


def restart(server: Server) -> None:
    server.kill()
    server.start()


def told(server: Server, after_each: Callable[[int], None]) -> tuple[list[Any], list[dict[str, Any]]]:
    """File one submission in the simulator; each reply with the state then, and the export."""
    phone = SimulatorPhone(server.url, "张伟")
    heard = []
    for place, message in enumerate(script(SUBMISSION)):
        reply = phone.hands_over(message) if isinstance(message, SaidFile) else phone.says(message)
        after_each(place)
        heard.append((reply, phone.state()))
    return heard, entries_of(server.export())


def test_killed_after_every_message(make_server: MakeServer, database_url: str, tmp_path: Path) -> None:
    """The whole talk, each reply, each state in between and the export are those of a quiet run."""
    every = EVERY[database_url.split(":", maxsplit=1)[0]]
    killed, quiet = make_server(), make_server(database_url=f"sqlite:///{tmp_path}/quiet.db")
    for server in (killed, quiet):
        server.start()
    heard = told(killed, lambda place: restart(killed) if place % every == 0 else None)
    assert heard == told(quiet, lambda place: None)
    assert heard[1] == handed_in([SUBMISSION], names_travel=True)


@ON_SQLITE
def test_killed_after_every_reply_to_the_platform(server: Server, wechat: WechatApi) -> None:
    """The platform, which may not have got the reply, asks again: it is the same one."""
    phone = follower(server, wechat, "aes")
    for text in ["我要申报", *(str(SUBMISSION.said[key][-1]) for key in list(SUBMISSION.said)[:6])]:
        xml = phone.platform.text(phone.openid, text)
        reply = phone.platform.deliver(xml)
        restart(server)
        assert phone.platform.deliver(xml) == reply != ""
    answers = entries_of(server.export())[0]["answers"]
    assert answers == {key: SUBMISSION.stored[key] for key in list(SUBMISSION.said)[:6]}


@ON_SQLITE
def test_a_picture_outlives_the_server_that_promised_it(server: Server, wechat: WechatApi) -> None:
    """Killed before and while it is fetched: it is fetched once by the next process."""
    phone, photo = follower(server, wechat), SUBMISSION.said["photos"][0]
    assert isinstance(photo, SaidFile)
    phone.says("我要申报")
    phone.says("修改15")
    slow = wechat.fail("slow", "media/get", seconds=60, times=1)
    phone.platform.deliver(phone.message(photo))
    wait_until(lambda: slow.hits == 1)
    restart(server)
    # The job's lease and the lead of the dead process run out.
    move_clock(server, minutes=6)
    phone.awaits(receipt_of(photo))
    files = entries_of(server.export())[0]["files"]
    assert [file["size"] for file in files] == [photo.size]


def move_clock(server: Server, *, minutes: int) -> None:
    when = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 60 * minutes))
    response = requests.post(f"{server.url}/simulator/api/clock", json={"now": when}, timeout=30)
    assert response.status_code == 200, response.text


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


class Writer(threading.Thread):
    """Somebody who corrects the completers again and again until nobody answers."""

    def __init__(self, phone: WechatPhone) -> None:
        super().__init__(daemon=True)
        self.phone = phone
        self.platform = Platform(phone.platform.url)
        self.acknowledged = self.sent = "张伟"
        self.xml = ""

    def run(self) -> None:
        with self.platform.session, suppress(requests.RequestException):
            for number in itertools.count():
                self.platform.says(self.phone.openid, "修改1")
                self.sent = f"张伟{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{'子丑寅卯辰巳午未申酉戌亥'[number // 10 % 12]}"
                self.xml = self.platform.text(self.phone.openid, self.sent)
                if self.sent in self.platform.read(self.platform.post(self.xml)):
                    self.acknowledged = self.sent


def test_killed_under_way(make_server: MakeServer, wechat: WechatApi) -> None:
    """Every answer whose receipt was read is stored, and the one under way is when it comes again."""
    server = make_server()
    server.start()
    phones = [follower(server, wechat) for _ in range(6)]
    for phone in phones:
        phone.says("我要申报")
        phone.says("张伟")
    for _ in range(2):
        writers = [Writer(phone) for phone in phones]
        for writer in writers:
            writer.start()
        time.sleep(0.7)
        server.kill()
        for writer in writers:
            writer.join(timeout=30)
        stored = completers(server)
        assert all(
            kept in (writer.acknowledged, writer.sent) for kept, writer in zip(stored, writers, strict=True)
        )
        server.start()
        for writer in writers:
            writer.phone.platform.deliver(writer.xml)
        assert completers(server) == [writer.sent for writer in writers]
        assert all(writer.acknowledged != "张伟" for writer in writers)


def completers(server: Server) -> list[str]:
    """The one completer of each submission, by its owner."""
    entries = sorted(server.export()["submissions"], key=lambda entry: int(entry["submitter"]["id"][7:]))
    return [entry["answers"]["completers"][0] for entry in entries]
