"""Messages that we send first: to a person wherever they are reached, or to the bound group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.messages import GROUP, Render, Reply
from storage import outbox, people
from storage.groups import Group
from storage.outbox import OutboxRow


@dataclass(frozen=True, slots=True)
class Message:
    """What is told, and the class it belongs to: `kind` as in `storage.outbox`.

    `key` names it for ever: a second one of the same key raises IntegrityError. It goes out at
    `due_at`, or at once.
    """

    reply: Reply
    kind: str
    key: str
    due_at: datetime | None = None


def tell(session: Session, person_id: int, message: Message, *, render: Render, now: datetime) -> bool:
    """Put a message down for a person on the channel where they were reached last.

    False, with nothing written, if the person cannot be reached at all.
    """
    address = people.latest_address(session, person_id)
    if address is None:
        return False
    to: dict[str, Any] = {"channel": address.channel, "address": address.address, "person_id": person_id}
    parts = [(part, None) for part in render(message.reply)]
    _put_down(session, to, message, [*parts, *(("", token) for token in message.reply.pictures)], now=now)
    return True


def tell_group(session: Session, group: Group, message: Message, *, render: Render, now: datetime) -> None:
    """Put a message down for the group; the sender masks what is private (R93).

    A picture goes with the text as one message.
    """
    to: dict[str, Any] = {"channel": group.channel, "address": group.chat_id, "chat": GROUP}
    _put_down(session, to, message, with_pictures(render(message.reply), message.reply), now=now)


def with_pictures(parts: Sequence[str], reply: Reply) -> list[tuple[str, str | None]]:
    """Parts of a message to the group, each with the token of its picture: the last text has the first."""
    told: list[tuple[str, str | None]] = [(part, None) for part in parts]
    pictures = list(reply.pictures)
    if told and pictures:
        told[-1] = (told[-1][0], pictures.pop(0))
    return [*told, *(("", token) for token in pictures)]


def _put_down(
    session: Session,
    to: dict[str, Any],
    message: Message,
    parts: Sequence[tuple[str, str | None]],
    *,
    now: datetime,
) -> None:
    rows = [
        OutboxRow(
            **to, text=text, paper=paper, kind=message.kind, dedupe_key=f"{message.key}:{place}",
            due_at=message.due_at or now, created_at=now,
        )
        for place, (text, paper) in enumerate(parts)
    ]  # fmt: skip
    outbox.add(session, rows)
