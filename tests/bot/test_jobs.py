"""Files that the worker brings: every way in which one ends (pasted texts: test_keeping_texts.py)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from bot.channels.base import ChannelError, Fetched, Outgoing
from bot.inbox import Inbox
from bot.jobs import STOPPED_FOR, Worker, keep_file
from handlers.deliveries import Window
from handlers.messages import InboundMessage, Media, MessageKind
from storage.blobs import BlobStore
from storage.db import Database
from storage.inbound import InboundRow
from storage.jobs import Job
from storage.outbox import OutboxRow
from tests.filing import fill
from tests.talk import NOON, Talk, campaign, wording

PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 8000
SHA256 = hashlib.sha256(PHOTO).hexdigest()
GONE = ChannelError("media has expired", permanent=True)
AWAY = ChannelError("no answer", permanent=False)


@dataclass
class Platform:
    """Where files lie: it gives the photo, or refuses with `fault`."""

    name: str = "test"
    windows: Mapping[str, Window] = field(default_factory=dict)
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def split(self, text: str) -> list[str]:
        return [text]

    def send(self, message: Outgoing) -> None:
        raise AssertionError("a worker sends nothing by itself")

    def fetch(self, media_id: str) -> Fetched:
        self.asked.append(media_id)
        if self.fault is not None:
            raise self.fault
        return Fetched(PHOTO, None)


@dataclass
class Bench:
    """A worker, and a person who has just sent a photo that lies with the platform."""

    database: Database
    blobs: BlobStore
    worker: Worker
    platform: Platform
    talk: Talk

    def sends(self, key: str = "photo") -> None:
        media = Media(media_id="m1", name="主视图.jpg")
        self.talk.sends(InboundMessage("test", self.talk.name, key, MessageKind.IMAGE, media=media))

    def works(self, now: datetime = NOON) -> int:
        with capture_logs():
            return self.worker.work(lambda: now)

    def jobs(self) -> list[tuple[str, int, str | None, timedelta]]:
        """State, attempts, reason, and how long after noon it is due."""
        with self.database.reading() as session:
            rows = session.scalars(select(Job).order_by(Job.id))
            return [(row.state, row.attempts, row.error, row.due_at - NOON) for row in rows]

    def told(self) -> list[tuple[str | None, int]]:
        """The hash of each file that was judged, and how many messages wait for the person."""
        with self.database.reading() as session:
            fetched = select(InboundRow).where(InboundRow.kind == "fetched").order_by(InboundRow.id)
            waiting = len(session.scalars(select(OutboxRow)).all())
            return [(row.detail["sha256"], waiting) for row in session.scalars(fetched)]


@pytest.fixture
def bench(database: Database, tmp_path: Path) -> Iterator[Bench]:
    known = campaign()
    inbox = Inbox(database, lambda: known)
    inbox.start()
    blobs, platform = BlobStore((tmp_path / "files").as_uri()), Platform()
    worker = Worker(database, blobs, inbox, wording(), {"test": platform})
    bench = Bench(database, blobs, worker, platform, Talk(database))
    fill(bench.talk, until="photos")
    bench.sends()
    yield bench
    inbox.stop()


def test_a_file_is_brought_kept_and_told_of(bench: Bench) -> None:
    assert (bench.works(), bench.works()) == (1, 0)
    assert (bench.blobs.get(SHA256), bench.platform.asked) == (PHOTO, ["m1"])
    assert (bench.jobs(), bench.told()) == ([("done", 1, None, timedelta())], [(SHA256, 1)])
    [photo] = bench.talk.files("photos")
    assert (photo["name"], photo["size"], photo["sha256"]) == ("主视图.jpg", len(PHOTO), SHA256)


def test_a_file_that_is_gone_is_told_of_at_once(bench: Bench) -> None:
    bench.platform.fault = GONE
    assert (bench.works(), bench.works(NOON + timedelta(days=1))) == (0, 0)
    assert bench.jobs() == [("failed", 1, "media has expired", timedelta())]
    assert (bench.told(), bench.talk.files("photos")) == ([(None, 1)], [])


def test_a_platform_that_is_away_is_asked_again(bench: Bench) -> None:
    """After 15 seconds; nobody is told of a file that may still come."""
    bench.platform.fault = AWAY
    assert (bench.works(), bench.works()) == (0, 0)
    assert (bench.jobs(), bench.told()) == ([("new", 1, "no answer", timedelta(seconds=15))], [])
    bench.platform.fault = None
    assert bench.works(NOON + timedelta(seconds=15)) == 1
    assert (bench.platform.asked, bench.told()) == (["m1", "m1"], [(SHA256, 1)])


def test_after_five_attempts_it_is_given_up_and_told_of(bench: Bench) -> None:
    bench.platform.fault = AWAY
    done = [bench.works(NOON + timedelta(hours=hour)) for hour in range(7)]
    assert (done, bench.platform.asked) == ([0] * 7, ["m1"] * 5)
    assert [(state, attempts) for state, attempts, _, _ in bench.jobs()] == [("failed", 5)]
    assert bench.told() == [(None, 1)]


@pytest.mark.parametrize(
    ("action", "wait", "pause"),
    [("wait", 3600.0, 3600.0), ("stop", None, STOPPED_FOR), ("stop", 5.0, STOPPED_FOR)],
)
def test_what_refuses_every_file_costs_none(
    bench: Bench, action: str, wait: float | None, pause: float
) -> None:
    """However often: a used-up quota or a wrong secret says nothing about this file."""
    bench.platform.fault = ChannelError("quota used up", permanent=False, action=action, retry_after=wait)
    for turn in range(8):
        assert bench.works(NOON + timedelta(seconds=pause * turn)) == 0
    due = timedelta(seconds=pause * 8)
    assert (bench.jobs(), bench.told()) == ([("new", 8, "quota used up", due)], [])


def test_a_fault_that_nobody_foresaw_is_logged_and_tried_again(bench: Bench) -> None:
    bench.platform.fault = ZeroDivisionError()
    with capture_logs() as logs:
        assert bench.worker.work(lambda: NOON) == 0
    assert [entry["event"] for entry in logs] == ["job_failed", "file_not_brought"]
    assert bench.jobs() == [("new", 1, "unexpected failure", timedelta(seconds=15))]


def test_a_store_that_is_away_costs_no_file(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("in the way")
    assert bench.works() == 0
    (tmp_path / "files").unlink()
    (tmp_path / "files").mkdir()
    assert (bench.works(NOON + timedelta(seconds=15)), bench.told()) == (1, [(SHA256, 1)])


def test_one_file_that_fails_keeps_no_other_from_coming(bench: Bench) -> None:
    bench.platform.fault = AWAY
    bench.works()
    bench.platform.fault = None
    bench.sends("another")
    assert bench.works() == 1
    assert [(state, attempts) for state, attempts, _, _ in bench.jobs()] == [("new", 1), ("done", 1)]


def test_a_worker_that_died_after_telling_tells_nothing_twice(bench: Bench) -> None:
    """The file was judged, and the process ended before it could say that its job is done."""
    bench.works()
    with bench.database.writing() as session:
        session.scalars(select(Job)).one().state = "new"
    assert bench.works(NOON + timedelta(minutes=6)) == 1
    assert (bench.told(), len(bench.talk.files("photos"))) == ([(SHA256, 1)], 1)


def test_a_kept_file_is_named_by_its_content(tmp_path: Path) -> None:
    blobs = BlobStore((tmp_path / "files").as_uri())
    kept = keep_file(blobs, PHOTO, "承诺书.pdf", field="pledge")
    assert kept == Media(None, "承诺书.pdf", SHA256, len(PHOTO), "jpeg", "pledge")
    assert blobs.get(SHA256) == PHOTO
