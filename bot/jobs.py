"""Slow work done by the worker: files are brought from the platform, texts kept as files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import structlog

from bot.channels.base import Channel, ChannelError, Fetched
from bot.inbox import Inbox, Work
from bot.media.sniffing import format_of
from bot.wording import Wording
from handlers.errands import Errand, claim, finish, give_back
from handlers.messages import InboundMessage, Media, MessageKind
from storage.blobs import BlobStore
from storage.db import Database
from storage.jobs import KEEP_TEXT

log = structlog.get_logger(__name__)

STOPPED_FOR = 600.0
# A place for files that is full or away; the text lies safe in its job until then.
STORE_AGAIN_AFTER = 60.0


class FetchingChannel(Channel, Protocol):
    """A channel whose files lie with the platform until they are fetched."""

    def fetch(self, media_id: str) -> Fetched:
        """Bring a file. Raises ChannelError."""
        ...


class Worker:
    """Does the jobs that messages left behind."""

    def __init__(
        self,
        database: Database,
        blobs: BlobStore,
        inbox: Inbox,
        wording: Wording,
        channels: Mapping[str, FetchingChannel],
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._inbox = inbox
        self._wording = wording
        self._channels = channels

    def work(self, now: Callable[[], datetime]) -> int:
        """Do every job that is due, one after the other; how many were done."""
        done = 0
        while True:
            with self._database.writing() as session:
                errand = claim(session, now=now())
            if errand is None:
                return done
            does = self._keep_text if errand.kind == KEEP_TEXT else self._fetch
            done += does(errand, now())

    def _fetch(self, errand: Errand, now: datetime) -> int:
        """Bring one file and let the conversation judge it; a repeat finds it answered already."""
        try:
            media = self._bring(errand.detail)
        except ChannelError as error:
            return self._not_brought(errand, error, now)
        except Exception:
            log.exception("job_failed", job=errand.id)
            return self._not_brought(errand, ChannelError("unexpected failure", permanent=False), now)
        self._tell(errand.detail, media, now)
        with self._database.writing() as session:
            finish(session, errand)
        return 1

    def _keep_text(self, errand: Errand, now: datetime) -> int:
        """Write what was pasted; its sender was answered when it came, so it is never given up."""
        try:
            self._blobs.put(errand.detail["text"].encode())
        except Exception:
            log.exception("text_not_kept", job=errand.id)
            with self._database.writing() as session:
                give_back(session, errand, "not kept", permanent=False, now=now, wait=STORE_AGAIN_AFTER)
            return 0
        with self._database.writing() as session:
            finish(session, errand)
        return 1

    def _bring(self, detail: Mapping[str, Any]) -> Media:
        fetched = self._channels[detail["channel"]].fetch(detail["media_id"])
        return keep_file(self._blobs, fetched.content, detail["name"] or fetched.name, field=detail["field"])

    def _not_brought(self, errand: Errand, error: ChannelError, now: datetime) -> int:
        log.warning("file_not_brought", job=errand.id, reason=error.reason, permanent=error.permanent)
        wait = error.retry_after if error.action != "stop" else STOPPED_FOR
        with self._database.writing() as session:
            given_up = give_back(session, errand, error.reason, permanent=error.permanent, now=now, wait=wait)
        if given_up:
            self._tell(errand.detail, Media(name=errand.detail["name"]), now)
        return 0

    def _tell(self, detail: Mapping[str, Any], media: Media, now: datetime) -> None:
        channel = self._channels[detail["channel"]]
        message = InboundMessage(
            channel=detail["channel"],
            sender=detail["sender"],
            key=f"{detail['key']}:fetched",
            kind=MessageKind.FETCHED,
            media=media,
        )
        render = lambda reply: channel.split(self._wording.text(reply))  # noqa: E731
        self._inbox.answer_now(Work(message, now, render, passive=False))


def keep_file(blobs: BlobStore, content: bytes, name: str | None, *, field: str | None = None) -> Media:
    """Keep the original under its hash and say what it is, by content."""
    return Media(
        name=name,
        sha256=blobs.put(content),
        size=len(content),
        format=format_of(content),
        field=field,
    )
