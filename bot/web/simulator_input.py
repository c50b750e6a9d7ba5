"""What a request to the simulator says, checked: HandlerError with a sentence for anything else."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import request
from werkzeug.exceptions import BadRequest

from handlers.errors import HandlerError
from handlers.messages import GROUP, PRIVATE, MessageKind
from handlers.rules.cleaning import storable
from handlers.simulation import GROUP_ID

KINDS = (
    MessageKind.TEXT, MessageKind.IMAGE, MessageKind.VOICE, MessageKind.VIDEO, MessageKind.FILE,
    MessageKind.EVENT,
)  # fmt: skip
WITH_FILE = (MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.FILE)
EVENTS = ("join", "leave", "scan")
LONGEST_NAME = 40
LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that the page posts. `group` is the id of the group that it is said in, "" in 1:1."""

    person: str
    chat: str
    group: str
    kind: MessageKind
    text: str
    event: str | None
    scene: str | None
    key: str


def read_sent() -> Sent:
    """The message of this request, from JSON or from a form with files."""
    body = request.form.to_dict() if request.form or request.files else _json()
    kind = MessageKind(_one_of(body, "kind", KINDS))
    if kind in WITH_FILE and not request.files.getlist("file"):
        raise HandlerError("simulator/file_missing")
    if kind in (MessageKind.TEXT, MessageKind.EVENT) and request.files:
        raise HandlerError("simulator/file_unwanted")
    chat = _one_of(body, "chat", (PRIVATE, GROUP))
    return Sent(
        person=_word(body, "person"),
        chat=chat,
        group=(_word(body, "group") or GROUP_ID) if chat == GROUP else "",
        kind=kind,
        text=_text(body, "text"),
        event=_one_of(body, "event", EVENTS) if kind is MessageKind.EVENT else None,
        scene=_word(body, "scene") or None,
        # A page that sends again after a lost answer names the message by the same key.
        key=_word(body, "key") or secrets.token_hex(12),
    )


def read_name() -> str:
    """The name of a new person."""
    name = storable(_text(_json(), "name")).strip()
    if not name:
        raise HandlerError("simulator/name_missing")
    if len(name) > LONGEST_NAME:
        raise HandlerError("simulator/too_long", name="name", most=LONGEST_NAME)
    return name


def read_person() -> str:
    return request.args.get("person", "")


def read_after() -> int:
    """The id behind which messages are wanted; 0, for all, where none is given."""
    said = request.args.get("after", "0")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise HandlerError("simulator/not_a_number", name="after")
    return int(said)


def read_instant(zone: ZoneInfo) -> datetime:
    """The time to which the clock shall go; one without an offset is meant in `zone`."""
    try:
        instant = datetime.fromisoformat(_text(_json(), "now"))
        return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)
    except (ValueError, OverflowError):
        raise HandlerError("simulator/not_a_time") from None


def _json() -> dict[str, Any]:
    try:
        body = request.get_json()
    except BadRequest as error:
        # Only what cannot be read; a body that is too large keeps its own refusal.
        raise HandlerError("simulator/not_json") from error
    if not isinstance(body, dict):
        raise HandlerError("simulator/not_json")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    """A text, "" where there is none."""
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise HandlerError("simulator/not_a_text", name=name)
    return value


def _word(body: dict[str, Any], name: str) -> str:
    """A short text that names something."""
    value = storable(_text(body, name))
    if len(value) > LONGEST_WORD:
        raise HandlerError("simulator/too_long", name=name, most=LONGEST_WORD)
    return value


def _one_of(body: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    """One of a few words; where nothing is said the first, except that an event must be named."""
    value = body.get(name, None if allowed is EVENTS else allowed[0])
    if value not in allowed:
        raise HandlerError("simulator/not_one_of", name=name, allowed=[str(word) for word in allowed])
    return str(value)
