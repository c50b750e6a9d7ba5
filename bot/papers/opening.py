"""From the token in an address to a drawn paper: looked up in a transaction, drawn outside it."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections import OrderedDict
from datetime import datetime

import structlog

from bot.papers import Drawn, draw
from bot.papers.picture import fetched
from handlers import papers
from handlers.papers import Issued
from storage.blobs import BlobError, BlobStore
from storage.db import Database

log = structlog.get_logger(__name__)

# A whole group opens one picture at once; drawn papers are small, sent ones may not be.
KEPT = 32
LARGEST_KEPT = 2 * 1024 * 1024
# Anything else in an address was never given out, and some of it no database takes.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


class Papers:
    """Opens papers by their tokens; the last ones drawn are kept a while."""

    def __init__(self, database: Database, blobs: BlobStore, public_url: str) -> None:
        self._database = database
        self._blobs = blobs
        self._public_url = public_url
        self._lock = threading.Lock()
        self._drawn: OrderedDict[str, Drawn] = OrderedDict()

    def draw(self, token: str, now: datetime) -> Drawn | None:
        """The paper; None for a token that opens nothing (any more), or whose facts make no paper.

        Whether it may still be opened is looked up every time, also when it was drawn before.
        """
        if _TOKEN.fullmatch(token) is None:
            return None
        with self._database.reading() as session:
            issued = papers.find(session, token, now=now)
        if issued is None:
            return None
        with self._lock:
            drawn = self._drawn.get(token)
        if drawn is None:
            drawn = self._make(issued)
            if drawn is not None:
                self._keep(token, drawn)
        return drawn

    def _make(self, issued: Issued) -> Drawn | None:
        try:
            if issued.kind == "picture":
                drawn = fetched(self._blobs, issued.facts)
            else:
                drawn = draw(issued.kind, issued.facts, public_url=self._public_url)
        except (LookupError, TypeError, ValueError, OSError, BlobError):
            # The token stays out of the log: who has it can open the paper.
            log.exception("paper_not_drawn", kind=issued.kind)
            return None
        return dataclasses.replace(drawn, name=issued.name)

    def _keep(self, token: str, drawn: Drawn) -> None:
        if len(drawn.content) > LARGEST_KEPT:
            return
        with self._lock:
            self._drawn[token] = drawn
            self._drawn.move_to_end(token)
            while len(self._drawn) > KEPT:
                self._drawn.popitem(last=False)
