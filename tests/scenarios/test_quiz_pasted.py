"""An official account gets no documents, and yet everything can be handed in: the quiz comes as text."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import pytest

from storage.db import Database
from tests.corpus_files import make
from tests.corpus_reading import SaidFile, Submission, submissions
from tests.fakes.wechat_api import WechatApi
from tests.filing import fill
from tests.scenarios.conftest import MakeServer
from tests.scenarios.expected import entries_of, handed_in
from tests.scenarios.phones import WechatPhone, follower
from tests.serving import Server
from tests.talk import Talk

SUBMISSION = next(one for one in submissions() if one.id.startswith("30"))
LINES = make("txt", "车库防撞题库.txt", 1, None).decode().strip().splitlines()
# Twenty questions of three lines under a heading, in messages as a chat takes them.
PASTED = ["\n".join(LINES[:31]), "\n".join(LINES[31:])]


def sets() -> list[dict[str, Any]]:
    return [
        {
            "name": f"题库{place}.txt",
            "caption": f"题库{place}",
            "kind": "txt",
            "size": len(text.encode()),
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
            "status": "stored",
        }
        for place, text in enumerate(PASTED, 1)
    ]


def expected() -> dict[str, Any]:
    """The submission as the corpus has it, with the pasted sets in place of its documents."""
    entry = handed_in([SUBMISSION], names_travel=False)[0]
    entry["answers"]["quiz"] = sets()
    keys = list(SUBMISSION.said)
    before = [file for file in entry["files"] if keys.index(file["field"]) < keys.index("quiz")]
    behind = [file for file in entry["files"] if keys.index(file["field"]) > keys.index("quiz")]
    entry["files"] = [*before, *({"field": "quiz", **fact} for fact in sets()), *behind]
    return entry


def fill_in(phone: WechatPhone, submission: Submission) -> None:
    """Everything by callbacks; where the quiz is asked a document is tried first."""
    phone.says("我要申报")
    for key in submission.said:
        if key == "quiz":
            document = phone.platform.file(phone.openid, "车库防撞题库.docx", 15_818)
            assert "粘贴成文字" in phone.platform.deliver(document)
            said: list[Any] = [*PASTED, "完成"]
        else:
            said = phone.messages(submission, key)
        phone.gives([message for message in said if isinstance(message, SaidFile)])
        for text in said:
            if isinstance(text, str):
                phone.says(text)


def read_back(server: Server, sha256: str) -> str:
    """The text of a kept file, once the worker has written it."""
    path = server.folder / "files" / sha256[:2] / sha256
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until, server.log()
        time.sleep(0.05)
    return path.read_bytes().decode()


@pytest.mark.parametrize("mode", ["plain", "aes"])
def test_handed_in_by_callback_alone(server: Server, wechat: WechatApi, mode: str) -> None:
    phone = follower(server, wechat, mode)
    fill_in(phone, SUBMISSION)
    assert "WX2024-" in phone.says("提交")
    assert entries_of(server.export()) == [expected()]
    assert [read_back(server, fact["sha256"]) for fact in sets()] == PASTED


def test_killed_right_after_the_reply(make_server: MakeServer, wechat: WechatApi, database_url: str) -> None:
    """A process without a worker answers and is killed: the next one writes the file."""
    web, serve = make_server(command="web"), make_server()
    serve.configure()
    web.configure()
    assert web.run("upgrade-db").returncode == 0
    assert web.run("load-pack", "jiangsu-2024").returncode == 0
    web.start()
    phone = follower(web, wechat, "aes")
    _begin(phone, database_url)
    xml = phone.platform.text(phone.openid, PASTED[0])
    reply = phone.platform.deliver(xml)
    web.kill()
    assert "题号是1到10" in reply
    serve.start()
    assert read_back(serve, sets()[0]["sha256"]) == PASTED[0]
    phone.platform.url = serve.callback
    assert phone.platform.deliver(xml) == reply
    assert entries_of(serve.export())[0]["answers"]["quiz"] == sets()[:1]


def _begin(phone: WechatPhone, database_url: str) -> None:
    """Everything before the quiz, filled in without waiting for files."""
    database = Database(database_url)
    fill(Talk(database, name=phone.openid, channel="official_account"), until="quiz")
    database.close()
