"""Files that come in a chat: answered at once, brought by the worker, kept as they were sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.official_account import OfficialAccount
from bot.inbox import Inbox, Work
from bot.jobs import Worker
from handlers.messages import Outcome, Reply, say
from storage.blobs import BlobStore
from storage.db import Database
from storage.inbound import InboundRow
from storage.jobs import Job
from storage.outbox import OutboxRow
from tests.bot.channels.official_account.callbacks import PERSON, signed
from tests.bot.channels.official_account.conftest import Wall
from tests.fakes.wechat_api import DOWNLOAD, TOKEN_CALL, WechatApi
from tests.platform import Platform
from tests.talk import campaign, wording

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4000
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(50_000)


@dataclass
class Chat:
    """One person, the account, and the worker that brings files."""

    database: Database
    channel: OfficialAccount
    wall: Wall
    inbox: Inbox
    worker: Worker
    platform: Platform
    blobs: BlobStore

    def sends(self, xml: str) -> str:
        """Send a callback's XML; the passive reply."""
        callback = self.channel.open(signed(self.wall.now), xml.encode(), self.wall.now)
        return self.inbox.answer_now(Work(callback.message, self.wall.now, self._parts)).text

    def says(self, text: str) -> str:
        return self.sends(self.platform.text(PERSON, text))

    def _parts(self, reply: Reply) -> Sequence[str]:
        return self.channel.split(wording().text(reply))

    def works(self, **later: float) -> int:
        self.wall.later(**later)
        return self.worker.work(self.wall)

    def brought(self) -> list[tuple[str | None, str | None]]:
        """Format and hash of each file that the worker handed to the conversation."""
        with self.database.reading() as session:
            rows = session.scalars(
                select(InboundRow).where(InboundRow.kind == "fetched").order_by(InboundRow.id)
            )
            return [(row.detail["format"], row.detail["sha256"]) for row in rows]

    def outcomes(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(InboundRow.outcome).order_by(InboundRow.id)))

    def jobs(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(Job.state).order_by(Job.id)))

    def pushed(self) -> list[str]:
        with self.database.reading() as session:
            return list(session.scalars(select(OutboxRow.text).order_by(OutboxRow.id)))


@pytest.fixture
def chat(database: Database, channel: OfficialAccount, wall: Wall, tmp_path: Path) -> Iterator[Chat]:
    """Somebody who has begun to file."""
    known = campaign()
    inbox = Inbox(database, lambda: known)
    inbox.start()
    blobs = BlobStore((tmp_path / "files").as_uri())
    worker = Worker(database, blobs, inbox, wording(), {channel.name: channel})
    chat = Chat(database, channel, wall, inbox, worker, Platform("http://127.0.0.1:9"), blobs)
    chat.says("我要申报")
    yield chat
    inbox.stop()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_photo_is_acknowledged_at_once_and_brought_by_the_worker(chat: Chat, api: WechatApi) -> None:
    """The reply to the callback waits for no download."""
    api.give("m1", PHOTO, "image/jpeg")
    assert chat.sends(chat.platform.image(PERSON, "m1")) != ""
    assert (chat.outcomes()[-1], api.calls, chat.brought()) == ("answered", [], [])
    assert (chat.works(), chat.works()) == (1, 0)
    assert chat.brought() == [("jpeg", sha256(PHOTO))]
    assert chat.blobs.get(sha256(PHOTO)) == PHOTO
    assert (chat.jobs(), len(chat.pushed())) == (["done"], 1)


def test_a_video_is_brought_from_the_address_that_the_platform_names(chat: Chat, api: WechatApi) -> None:
    api.give_video("v1", VIDEO)
    chat.sends(chat.platform.video(PERSON, "v1"))
    assert (chat.works(), chat.brought()) == (1, [("mp4", sha256(VIDEO))])


def test_a_document_that_cannot_be_fetched_is_answered_honestly(chat: Chat, api: WechatApi) -> None:
    """The platform tells of a file and gives no way to it; what to do instead is said at once."""
    said = chat.sends(chat.platform.file(PERSON, "承诺书.docx", 48231))
    quiz = campaign().pack.spec("quiz")
    line = say("file/cannot_be_fetched", name="承诺书.docx", quiz=quiz, number=17, is_asked=False)
    reply = Reply(Outcome.REJECTED, (line,))
    assert said == wording().text(reply)
    assert (chat.works(), chat.jobs(), api.calls) == (0, [], [])


def test_a_document_with_a_media_id_is_fetched(chat: Chat, api: WechatApi) -> None:
    """Should the platform ever give one."""
    content = b"%PDF-1.7\n" + bytes(2000)
    api.give("f1", content, "application/pdf")
    chat.sends(chat.platform.file(PERSON, "承诺书.pdf", len(content), "f1"))
    assert (chat.works(), chat.brought()) == (1, [("pdf", sha256(content))])


def test_a_voice_is_read_by_its_transcript_and_answered_without_one(chat: Chat, api: WechatApi) -> None:
    """The platform's transcript may be missing; the sound itself is no answer to this question."""
    without = chat.sends(chat.platform.voice(PERSON, "a1"))
    spoken = chat.sends(chat.platform.voice(PERSON, "a2", "帮助。"))
    assert (chat.outcomes()[-2:], without != "", spoken) == (
        ["rejected", "answered"],
        True,
        chat.says("帮助"),
    )
    assert (chat.jobs(), api.calls) == ([], [])


def test_a_file_that_the_platform_no_longer_has_is_reported(chat: Chat, api: WechatApi) -> None:
    """40007: three days are over; nothing is tried again, and the person is told."""
    chat.sends(chat.platform.image(PERSON, "gone"))
    assert (chat.works(), chat.works(hours=1)) == (0, 0)
    assert (chat.jobs(), api.count(DOWNLOAD), len(chat.pushed())) == (["failed"], 1, 1)


def test_a_file_is_tried_five_times_in_ten_minutes(chat: Chat, api: WechatApi) -> None:
    api.give("m1", PHOTO, "image/jpeg")
    api.fail("status", DOWNLOAD, code=502)
    chat.sends(chat.platform.image(PERSON, "m1"))
    for _ in range(20):
        chat.works(minutes=2)
    assert (chat.jobs(), api.count(DOWNLOAD), len(chat.pushed())) == (["failed"], 5, 1)


def test_a_used_up_quota_of_downloads_costs_no_file(chat: Chat, api: WechatApi) -> None:
    """45009 at noon in Beijing: the file is brought after midnight, three days before it is gone."""
    api.give("m1", PHOTO, "image/jpeg")
    fault = api.fail("errcode", DOWNLOAD, code=45009)
    chat.sends(chat.platform.image(PERSON, "m1"))
    for _ in range(11):
        assert chat.works(hours=1) == 0
    assert (api.count(DOWNLOAD), chat.jobs(), chat.pushed()) == (1, ["new"], [])
    fault.times = 0
    assert (chat.works(hours=1, minutes=1), chat.brought()) == (1, [("jpeg", sha256(PHOTO))])


@pytest.mark.parametrize("path", [DOWNLOAD, TOKEN_CALL])
def test_what_an_operator_must_repair_costs_no_file(chat: Chat, api: WechatApi, path: str) -> None:
    """40164 for a night: asked for every ten minutes, brought once the address is allowed."""
    api.give("m1", PHOTO, "image/jpeg")
    fault = api.fail("errcode", path, code=40164)
    chat.sends(chat.platform.image(PERSON, "m1"))
    for _ in range(60):
        assert chat.works(minutes=11) == 0
    assert (chat.jobs(), chat.pushed(), fault.hits) == (["new"], [], 60)
    fault.times = 0
    assert (chat.works(minutes=11), chat.brought()) == (1, [("jpeg", sha256(PHOTO))])


def test_a_file_over_the_cap_is_reported(chat: Chat, api: WechatApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OfficialAccount.fetch, "__kwdefaults__", {"most": 1000})
    api.give("m1", PHOTO, "image/jpeg")
    chat.sends(chat.platform.image(PERSON, "m1"))
    assert (chat.works(), chat.jobs(), len(chat.pushed())) == (0, ["failed"], 1)
