"""What follows a passive reply, or takes its place: rows of the outbox, in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from handlers import bursts
from handlers.messages import GROUP, Reply
from handlers.telling import with_pictures
from handlers.turns import Turn
from storage import outbox
from storage.outbox import OutboxRow


def put_down(turn: Turn, reply: Reply, parts: Sequence[str], *, patience: timedelta) -> None:
    """Write what is still to be told: the other parts, then pictures, then what is secret.

    With `patience` it waits so long for what may be told together with it. In the group all
    goes this way, since the sender sees to it that nothing private is told there.
    """
    name = bursts.key_of(turn) if patience else f"reply:{turn.message.channel}:{turn.message.sender}:"
    rows = [
        OutboxRow(
            **_address(turn),
            **told,
            dedupe_key=f"{name}{turn.message.key}:{place}",
            due_at=turn.now + patience,
            created_at=turn.now,
        )
        for place, told in enumerate(_told(turn, reply, parts))
    ]
    if rows:
        outbox.add(turn.session, rows)


def _address(turn: Turn) -> dict[str, Any]:
    message = turn.message
    if message.chat == GROUP:
        return {"channel": message.channel, "address": message.chat_id, "chat": GROUP}
    return {"channel": message.channel, "address": message.sender, "person_id": turn.desk.person_id}


def _told(turn: Turn, reply: Reply, parts: Sequence[str]) -> Iterator[dict[str, Any]]:
    if turn.message.chat == GROUP:
        yield from ({"text": text, "paper": token} for text, token in with_pictures(parts, reply))
        return
    yield from ({"text": part} for part in parts)
    yield from ({"text": "", "paper": token} for token in reply.pictures)
    if reply.secret:
        secret = Reply(reply.outcome, reply.secret)
        yield from ({"text": part, "kind": "secret"} for part in turn.render(secret))
