"""Pasted texts that the worker writes as files, also where the place for files is away for a while."""

from __future__ import annotations

import hashlib
import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.inbox import Inbox
from bot.jobs import Worker
from storage.blobs import BlobStore
from storage.db import Database
from tests.filing import fill
from tests.talk import NOON, Talk, campaign, wording

TEXT = "1. 夹具用几个卡盘？\n答案：两个\n2. 最大管径是多少？\n答案：300mm"
SHA256 = hashlib.sha256(TEXT.encode()).hexdigest()
# More often than a file is fetched before it is given up.
OFTEN = 8


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "files").as_uri())


@pytest.fixture
def worker(database: Database, blobs: BlobStore) -> Worker:
    """One without any channel, as an installation with the simulator alone has it."""
    fill(talk := Talk(database), until="quiz")
    talk.says(TEXT)
    return Worker(database, blobs, Inbox(database, campaign), wording(), {})


def test_a_text_is_kept_once(worker: Worker, blobs: BlobStore) -> None:
    assert (worker.work(lambda: NOON), worker.work(lambda: NOON)) == (1, 0)
    assert blobs.get(SHA256).decode() == TEXT


def test_a_text_is_never_given_up(worker: Worker, blobs: BlobStore, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "files")
    (tmp_path / "files").write_text("in the way")
    with capture_logs() as logs:
        done = [worker.work(lambda at=at: NOON + timedelta(minutes=2 * at)) for at in range(OFTEN)]  # type: ignore[misc]
    assert (done, [entry["event"] for entry in logs]) == ([0] * OFTEN, ["text_not_kept"] * OFTEN)
    (tmp_path / "files").unlink()
    (tmp_path / "files").mkdir()
    assert worker.work(lambda: NOON + timedelta(hours=1)) == 1
    assert blobs.get(SHA256).decode() == TEXT
