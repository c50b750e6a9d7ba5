"""Messages that we send first: to a person wherever they are reached, or to the bound group."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.messages import GROUP, Render, Reply
from storage import outbox, people
from storage.groups import Group
from storage.outbox import OutboxRow


def tell(
    session: Session,
    person_id: int,
    reply: Reply,
    *,
    render: Render,
    kind: str,
    key: str,
    now: datetime,
    due_at: datetime | None = None,
) -> bool:
    """Put a message down for a person on the channel where they were reached last.

    `kind` as in `storage.outbox`; `key` names the message for ever: a second one of the same key
    raises IntegrityError. False, with nothing written, if the person cannot be reached at all.
    """
    address = people.latest_address(session, person_id)
    if address is None:
        return False
    to: dict[str, Any] = {"channel": address.channel, "address": address.address, "person_id": person_id}
    _put_down(session, to, reply, render=render, kind=kind, key=key, now=now, due_at=due_at)
    return True


def tell_group(
    session: Session,
    group: Group,
    reply: Reply,
    *,
    render: Render,
    kind: str,
    key: str,
    now: datetime,
    due_at: datetime | None = None,
) -> None:
    """Put a message down for the group; the sender masks what is private (R93)."""
    to: dict[str, Any] = {"channel": group.channel, "address": group.chat_id, "chat": GROUP}
    _put_down(session, to, reply, render=render, kind=kind, key=key, now=now, due_at=due_at)


def _put_down(
    session: Session,
    to: dict[str, Any],
    reply: Reply,
    *,
    render: Render,
    kind: str,
    key: str,
    now: datetime,
    due_at: datetime | None,
) -> None:
    told = [(part, None) for part in render(reply)] + [("", token) for token in reply.pictures]
    rows = [
        OutboxRow(
            **to, text=text, paper=paper, kind=kind, dedupe_key=f"{key}:{place}", due_at=due_at or now,
            created_at=now,
        )
        for place, (text, paper) in enumerate(told)
    ]  # fmt: skip
    outbox.add(session, rows)
