"""From the platform's XML to an InboundMessage; whatever comes, nothing but CallbackRefused is raised.

xmltodict reads the XML, as it does for wechatpy. Its `parse_message` on top of that is left out:
it loses what it has no class for (`file`, a subscription's choice), and turns nested or repeated
elements into texts before anybody can look at them. A test holds both against each other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from bot.channels.base import CallbackRefused
from handlers.messages import InboundMessage, Media, MessageKind

LONGEST_NAME = 100
LONGEST_KEY = 250
FOLLOWED_BY_CODE = "qrscene_"
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
# A document type can stand only before the root, so nothing but a declaration may.
_ROOT = re.compile(r"\s*(?:<\?xml[^>]*\?>\s*)?<xml[\s>]")
_EVENTS = {
    "scan": "scan",
    "subscribe": "subscribe",
    "subscribe_msg_popup_event": "subscription",
    "templatesendjobfinish": "template_result",
}

Fields = Mapping[str, Any]


class _UnusualError(Exception):
    """A field that should be a text is a list or has parts of its own."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parsed callback: the message, and the account that it was written to."""

    message: InboundMessage
    account: str


@dataclass(frozen=True, slots=True)
class _Content:
    """What differs between kinds; `serial` tells two events of one second apart."""

    kind: MessageKind
    text: str = ""
    media: Media | None = None
    event: str | None = None
    scene: str | None = None
    serial: str = field(default="", kw_only=True)


def read_fields(body: bytes) -> Fields:
    """The children of the root by name: texts, None where empty, dicts and lists where nested.

    Refuses (400) a document type, entities, ill-formed XML and what is not UTF-8. Control
    characters, which XML cannot carry, are left out rather than refusing what a person wrote.
    """
    try:
        text = body.translate(None, _CONTROLS).decode("utf-8-sig")
        # The platform uses no attributes, and reading them costs a third of the parsing.
        fields = xmltodict.parse(text, xml_attribs=False)["xml"] if _ROOT.match(text) else None
    except (ExpatError, ValueError):
        raise CallbackRefused(400, "unreadable XML") from None
    if not isinstance(fields, dict):
        raise CallbackRefused(400, "not a message")
    return fields


def understand(body: bytes, channel: str) -> Parcel:
    """What a person or the platform said. Refuses (400) what has no sender, account, time or kind."""
    fields = read_fields(body)
    sender = _required(fields, "FromUserName")
    account = _required(fields, "ToUserName")
    created = _required(fields, "CreateTime")
    content = _content(fields, _required(fields, "MsgType").lower())
    message = InboundMessage(
        channel=channel,
        sender=sender,
        key=_key(created, content.serial or hashlib.sha256(body).hexdigest()),
        kind=content.kind,
        text=content.text,
        media=content.media,
        event=content.event,
        scene=content.scene,
        sent_at=_instant(created),
    )
    return Parcel(message, account)


def text_of(fields: Fields, name: str) -> str:
    """A required text of the envelope; refuses (400) what is missing or nested."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise CallbackRefused(400, f"no {name}")
    return value


def _required(fields: Fields, name: str) -> str:
    value = text_of(fields, name)
    if len(value) > LONGEST_NAME:
        raise CallbackRefused(400, f"{name} is too long")
    return value


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _UnusualError(name)
    return value


def _content(fields: Fields, kind: str) -> _Content:
    reader = _READERS.get(kind)
    if reader is not None:
        try:
            return reader(fields)
        except _UnusualError:
            pass
    serial = fields.get("MsgId")
    return _Content(MessageKind.UNKNOWN, serial=serial if isinstance(serial, str) else "")


def _message(kind: MessageKind, fields: Fields, *, text: str = "", media: Media | None = None) -> _Content:
    return _Content(kind, text, media, serial=_text(fields, "MsgId"))


def _words(fields: Fields) -> _Content:
    return _message(MessageKind.TEXT, fields, text=_text(fields, "Content"))


def _media(kind: MessageKind) -> Callable[[Fields], _Content]:
    def read(fields: Fields) -> _Content:
        return _message(kind, fields, media=Media(media_id=_text(fields, "MediaId") or None))

    return read


def _voice(fields: Fields) -> _Content:
    media = Media(media_id=_text(fields, "MediaId") or None)
    return _message(MessageKind.VOICE, fields, text=_text(fields, "Recognition"), media=media)


def _file(fields: Fields) -> _Content:
    # Not documented, and without a MediaId: the platform has no way to fetch it.
    size = _text(fields, "FileTotalLen")
    media = Media(
        media_id=_text(fields, "MediaId") or None,
        name=_text(fields, "Title") or None,
        size=int(size) if size.isascii() and size.isdigit() and len(size) < 16 else None,
    )
    return _message(MessageKind.FILE, fields, media=media)


def _place(fields: Fields) -> _Content:
    return _message(MessageKind.LOCATION, fields, text=_text(fields, "Label"))


def _link(fields: Fields) -> _Content:
    parts = (_text(fields, name) for name in ("Title", "Description", "Url"))
    return _message(MessageKind.LINK, fields, text="\n".join(part for part in parts if part))


def _event(fields: Fields) -> _Content:
    said, key = _text(fields, "Event"), _text(fields, "EventKey")
    if not said:
        raise _UnusualError("Event")
    event = _EVENTS.get(said.lower(), said.lower())[:LONGEST_NAME]
    # A template's result has no EventKey, and two may come in one second.
    serial = f"{said}:{key or _text(fields, 'MsgID')}"
    return _Content(MessageKind.EVENT, event=event, scene=_scene(event, key, fields), serial=serial)


def _scene(event: str, key: str, fields: Fields) -> str | None:
    if event == "subscribe":
        return (key.removeprefix(FOLLOWED_BY_CODE) or None) if key.startswith(FOLLOWED_BY_CODE) else None
    if event == "template_result":
        return _text(fields, "Status") or None
    if event == "subscription":
        return _choices(fields.get("SubscribeMsgPopupEvent"))
    return key or None


def _choices(popup: Any) -> str | None:
    """ "template=accept,template=reject", in the platform's order."""
    listed = popup.get("List") if isinstance(popup, dict) else None
    rows = listed if isinstance(listed, list) else [listed]
    chosen = [
        f"{_text(row, 'TemplateId')}={_text(row, 'SubscribeStatusString')}"
        for row in rows
        if isinstance(row, dict)
    ]
    return ",".join(chosen) or None


_READERS: Mapping[str, Callable[[Fields], _Content]] = {
    "text": _words,
    "image": _media(MessageKind.IMAGE),
    "voice": _voice,
    "video": _media(MessageKind.VIDEO),
    "shortvideo": _media(MessageKind.VIDEO),
    "file": _file,
    "location": _place,
    "link": _link,
    "event": _event,
}


def _key(created: str, serial: str) -> str:
    """The provider's time and id together (L5).

    A message without an id is named by its digest, since the platform repeats it word for
    word; so is an id too long for a key.
    """
    key = f"{created}:{serial}"
    if len(key) <= LONGEST_KEY:
        return key
    return f"{created}:{hashlib.sha256(serial.encode()).hexdigest()}"


def _instant(created: str) -> datetime:
    if not (created.isascii() and created.isdigit() and len(created) <= 11):
        raise CallbackRefused(400, "CreateTime is no time")
    try:
        return datetime.fromtimestamp(int(created), UTC)
    except (OverflowError, OSError, ValueError):
        raise CallbackRefused(400, "CreateTime is no time") from None
