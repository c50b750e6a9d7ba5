"""A person who talks to the bot in tests, over a real database and the real wording."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.media.sniffing import format_of
from bot.wording import Wording
from handlers.campaigns import Campaign, with_dates
from handlers.conversation import Answered, receive
from handlers.messages import GROUP, InboundMessage, Media, MessageKind, Outcome, Reply
from handlers.pack_loading import load_pack
from handlers.progress import missing
from handlers.turns import Turn, file_facts
from storage import desks
from storage.db import Database
from storage.desks import Desk
from storage.outbox import OutboxRow

PACKS = Path(__file__).parent.parent / "templates" / "packs"
NOON = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)
_keys = itertools.count(1)


@cache
def campaign() -> Campaign:
    return with_dates(load_pack(PACKS / "jiangsu-2024"), {})


@cache
def wording() -> Wording:
    return Wording()


@dataclass
class Heard:
    """A reply: what it did, what is asked, and the words for looking at."""

    outcome: Outcome
    asked: str | None
    text: str


@dataclass
class Talk:
    """One person in a private chat; `now` is the campaign's time and moves by hand."""

    database: Database
    name: str = "zhangwei"
    now: datetime = NOON
    campaign: Campaign = field(default_factory=campaign)
    channel: str = "test"

    def says(self, text: str, *, key: str | None = None, kind: MessageKind = MessageKind.TEXT) -> Heard:
        return self.sends(InboundMessage(self.channel, self.name, key or f"k{next(_keys)}", kind, text=text))

    def gives(self, content: bytes, name: str, *, kind: MessageKind = MessageKind.FILE) -> Heard:
        """Send a file whose bytes are at hand."""
        sha256 = hashlib.sha256(content).hexdigest()
        media = Media(name=name, sha256=sha256, size=len(content), format=format_of(content))
        return self.sends(InboundMessage(self.channel, self.name, f"k{next(_keys)}", kind, media=media))

    def happens(self, event: str, scene: str | None = None) -> Heard:
        return self.sends(
            InboundMessage(
                self.channel, self.name, f"k{next(_keys)}", MessageKind.EVENT, event=event, scene=scene
            )
        )

    def in_group(
        self, text: str = "", *, group: str = "group", addressed: bool = True, event: str | None = None
    ) -> Heard:
        """Say something in a group, by default to the bot, or join and leave it; what the group hears of that."""
        kind = MessageKind.TEXT if event is None else MessageKind.EVENT
        message = self.message_in_group(kind, text=text, chat_id=group, addressed=addressed, event=event)
        heard = self.sends(message)
        told = [row.text for row in group_rows(self.database) if f":{message.key}:" in row.dedupe_key]
        return Heard(heard.outcome, heard.asked, "\n".join(told))

    def message_in_group(self, kind: MessageKind, *, chat_id: str = "group", **more: Any) -> InboundMessage:
        return InboundMessage(
            self.channel, self.name, f"g{next(_keys)}", kind, chat=GROUP, chat_id=chat_id, **more
        )

    def sends(self, message: InboundMessage, *, passive: bool = True) -> Heard:
        """Hand a message over; without `passive` its answer goes through the outbox, as the worker's do."""
        with self.database.writing() as session:
            answered: Answered = receive(
                session, self.campaign, message, now=self.now, render=whole, passive=passive
            )
        return Heard(answered.outcome, answered.asked, answered.text)

    def waiting(self) -> list[tuple[str, timedelta]]:
        """What is still to be told, each with the time until then."""
        query = select(OutboxRow).where(OutboxRow.state == "new", OutboxRow.address == self.name)
        with self.database.reading() as session:
            rows = session.scalars(query.order_by(OutboxRow.id)).all()
        return [(row.text, row.due_at - self.now) for row in rows]

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def desk(self) -> Desk:
        with self.database.reading() as session:
            desk = desks.open_desk(session, self.channel, self.name, "")
        assert desk is not None
        return desk

    def answers(self) -> dict[str, Any]:
        return self.desk().answers

    def missing(self) -> list[str]:
        message = InboundMessage(self.channel, self.name, "", MessageKind.TEXT)
        with self.database.reading() as session:
            turn = Turn(session, self.campaign, self.desk(), message, self.now, whole)
            return [spec.key for spec in missing(turn)]

    def files(self, key: str) -> list[dict[str, Any]]:
        return [dict(fact) for fact in file_facts(self.desk().files.get(key, []))]


def group_rows(database: Database) -> list[OutboxRow]:
    """What the bot has said to groups, or is going to, in that order."""
    query = select(OutboxRow).where(OutboxRow.chat == GROUP).order_by(OutboxRow.due_at, OutboxRow.id)
    with database.reading() as session:
        return list(session.scalars(query))


def whole(reply: Reply) -> list[str]:
    """A reply in one part, however long; none where nothing is said."""
    text = wording().text(reply)
    return [text] if text else []
