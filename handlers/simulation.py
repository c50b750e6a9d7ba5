"""What the simulator shows: people, their chats, and the draft exactly as it is stored."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import prompts
from handlers.campaigns import Campaign
from handlers.conversation import Answered
from handlers.errors import HandlerError
from handlers.fields import is_media
from handlers.messages import GROUP, PRIVATE, InboundMessage, MessageKind, Reply
from handlers.progress import missing
from handlers.rules.cleaning import storable
from handlers.turns import Turn, file_facts
from storage import campaigns, desks, people, simulated
from storage.simulated import SimulatedMessage

CHANNEL = "simulator"
BOT = "bot"
# The chat of the group's pane; others may be named, to see that nothing is told there.
GROUP_ID = "simulator-group"


def add_person(session: Session, name: str, *, now: datetime) -> str:
    """A new person on the simulator's channel; returns the address that names them there."""
    address = f"sim-{secrets.token_hex(6)}"
    people.add(session, CHANNEL, address, now=now, name=name)
    return address


def list_people(session: Session) -> list[dict[str, str | None]]:
    return [
        {"id": address.address, "name": person.name}
        for person, address in people.list_on_channel(session, CHANNEL)
    ]


def person_id_of(session: Session, address: str) -> int:
    """Raises HandlerError for an address that the simulator did not give out."""
    found = people.find_address(session, CHANNEL, address)
    if found is None:
        raise HandlerError("simulator/no_such_person")
    return found.person_id


@dataclass(frozen=True, slots=True)
class Told:
    """A message of the bot: `key` names it for ever, `paper` is the token of a picture."""

    text: str
    chat: str = PRIVATE
    key: str | None = None
    paper: str | None = None


def record(
    session: Session, message: InboundMessage, answered: Answered, *, said: str, now: datetime
) -> None:
    """Keep what was said and what was answered at once, for the chat on the screen.

    `said` is the text with the call by name that the message has lost. An event leaves no
    bubble of its own: on a phone nobody sees a scan, only its answer.
    """
    if message.kind is not MessageKind.EVENT:
        bubble = SimulatedMessage(
            person_id=person_id_of(session, message.sender),
            chat=message.chat,
            chat_id=message.chat_id or None,
            sender=message.sender,
            kind=message.kind,
            text=storable(said),
            file=_file(message),
            at=now,
        )
        simulated.add(session, bubble)
    if answered.text:
        told = Told(answered.text, key=f"{_reply_key(message.sender, message.key)}passive")
        tell(session, message.sender, told, now=now)


def _reply_key(address: str, key: str) -> str:
    """What all parts of the answer to one message are known by, here and in the outbox."""
    return f"reply:{CHANNEL}:{address}:{key}:"


def _file(message: InboundMessage) -> dict[str, Any] | None:
    media = message.media
    if media is None:
        return None
    return {
        "name": media.name,
        "size": media.size,
        "kind": message.kind,
        "sha256": media.sha256,
        "format": media.format,
    }


def tell(session: Session, address: str, told: Told, *, now: datetime) -> None:
    """Put a message of the bot on somebody's screen, or into the group; a second time nothing happens."""
    if told.key is not None and simulated.has_key(session, told.key):
        return
    is_group = told.chat == GROUP
    simulated.add(
        session,
        SimulatedMessage(
            person_id=None if is_group else person_id_of(session, address),
            key=told.key,
            paper=told.paper,
            chat=told.chat,
            chat_id=address if is_group else None,
            sender=BOT,
            kind=MessageKind.TEXT if told.paper is None else MessageKind.IMAGE,
            text=told.text,
            at=now,
        ),
    )


def seen_by(session: Session, campaign: Campaign, address: str, *, after: int) -> list[dict[str, Any]]:
    """The chat of one person behind the message `after`, private and group."""
    rows = simulated.list_seen_by(session, person_id_of(session, address), after=after)
    return [_shown(campaign, row, address) for row in rows]


def told_before(session: Session, campaign: Campaign, address: str, key: str) -> list[dict[str, Any]]:
    """What was answered to the message `key` when it came: its reply, and what was pushed behind it."""
    told = simulated.list_keyed(session, _reply_key(address, key))
    return [_shown(campaign, row, address) for row in told]


def _shown(campaign: Campaign, row: SimulatedMessage, address: str) -> dict[str, Any]:
    """A bubble as `address` sees it; the page adds the addresses of what is in it."""
    return {
        "id": row.id,
        "at": row.at.astimezone(campaign.zone).isoformat(),
        "chat": row.chat,
        "to": address,
        "from": row.sender,
        "kind": row.kind,
        "text": row.text,
        "file": row.file,
        "group": row.chat_id,
        "paper": row.paper,
    }


def file_of(session: Session, message_id: int) -> dict[str, Any] | None:
    """The file that a message brought: name, size, kind, sha256 and format; None if it brought none."""
    message = simulated.find(session, message_id)
    return None if message is None else message.file


def last_message(session: Session) -> int:
    return simulated.last_id(session)


def state_of(session: Session, campaign: Campaign, address: str, *, now: datetime) -> dict[str, Any]:
    """Where the conversation and the draft stand, read from the database (INTERFACES)."""
    person_id_of(session, address)
    desk = desks.open_desk(session, CHANNEL, address, "")
    if desk is None:
        raise HandlerError("simulator/no_such_person")
    message = InboundMessage(channel=CHANNEL, sender=address, key="", kind=MessageKind.TEXT)
    turn = Turn(session, campaign, desk, message, now, render=_unheard)
    return {
        "asked": desk.asked,
        "pending": desk.pending,
        "submission": None if desk.submission_id is None else _submission(turn),
        "roles": turn.roles.names,
        "fields": [
            {
                "key": spec.key,
                "order": spec.order,
                "label": spec.label,
                "value_text": prompts.describe(turn, spec),
            }
            for spec in campaign.pack.fields
        ],
    }


def _unheard(reply: Reply) -> list[str]:
    """Nobody is told anything while the state is looked at."""
    return []


def _submission(turn: Turn) -> dict[str, Any]:
    answers = dict(turn.desk.answers)
    files: list[dict[str, Any]] = []
    for spec in turn.pack.fields:
        if turn.files(spec.key):
            facts = file_facts(turn.files(spec.key))
            if is_media(spec):
                answers[spec.key] = facts
            files.extend({"field": spec.key, **fact} for fact in facts)
    return {
        "number": turn.desk.number,
        "state": turn.desk.state,
        "union": turn.desk.answers.get("union"),
        "answers": answers,
        "missing": [spec.key for spec in missing(turn)],
        "files": files,
    }


def clock_offset(session: Session) -> float | None:
    return campaigns.clock_offset(session)


def set_clock_offset(session: Session, offset: float) -> None:
    campaigns.set_clock_offset(session, offset)
