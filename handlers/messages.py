"""What goes into a conversation and what comes out of it, free of any channel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

PRIVATE = "private"
GROUP = "group"


class MessageKind(StrEnum):
    """What the platform says it delivered; content is judged later.

    "fetched" is a file whose message was answered before the file could be brought.
    """

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    LOCATION = "location"
    LINK = "link"
    EVENT = "event"
    FETCHED = "fetched"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """What a message did, for metrics and tests, which never read wording.

    accepted: a value was saved; needs_confirmation: neither saved nor thrown away;
    rejected: not saved, the same question open; answered: nothing saved, the same
    question open; moved: another question, draft or state; ignored: no effect.
    """

    ACCEPTED = "accepted"
    NEEDS_CONFIRMATION = "needs_confirmation"
    REJECTED = "rejected"
    ANSWERED = "answered"
    MOVED = "moved"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Media:
    """A file that came with a message.

    `media_id` is the platform's name for it while the bytes are still there (None once
    fetched); `sha256`, `size` (bytes) and `format` (see `bot.media.sniffing`) are known
    only after it was fetched and kept. `field` is the key of the question that was open when
    it was sent, for a file that could be fetched only later.
    """

    media_id: str | None = None
    name: str | None = None
    sha256: str | None = None
    size: int | None = None
    format: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One message or event, as a channel understood it.

    `key` names it for ever within channel and sender: the provider's time and id
    together, since ids alone collide (L5). `text` of a voice is its transcript. With `chat`
    "group" `chat_id` is the platform's name of the group, and `addressed` says that the bot
    was called by name; the call itself is not in `text`.
    """

    channel: str
    sender: str
    key: str
    kind: MessageKind
    text: str = ""
    chat: str = PRIVATE
    chat_id: str = ""
    addressed: bool = False
    media: Media | None = None
    event: str | None = None
    scene: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One template under `templates/chat/` (path without `.txt`) and its context."""

    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the conversation answers: lines are shown as paragraphs of one message.

    `asked` is the key of the field asked next. `secret` is told in a message of its own, in
    1:1 alone, and forgotten once it is delivered. `pictures` are tokens of papers that follow
    as pictures.
    """

    outcome: Outcome
    lines: tuple[Line, ...] = ()
    asked: str | None = None
    secret: tuple[Line, ...] = ()
    pictures: tuple[str, ...] = ()


# Makes of a reply the parts that a channel can carry.
Render = Callable[[Reply], Sequence[str]]


def say(template: str, **context: Any) -> Line:
    """A line of wording; the template must exist (a test checks every call)."""
    return Line(template, context)
