"""Several files sent at once are kept one by one and answered for together (R71, L6).

Each is stored as soon as it was brought; while others of the same person are still on their
way only its receipt is put down, and the last reply carries them all. A platform lets us write
few messages of our own, and nobody wants nine.
"""

from __future__ import annotations

from datetime import timedelta

from handlers import files, prompts
from handlers.messages import Line, MessageKind, Outcome, Reply, say
from handlers.turns import Turn
from storage import outbox

# If what is still on its way takes longer, the receipts go out without it.
PATIENCE = timedelta(seconds=20)
NOTES = frozenset({files.RECEIPT, "fields/size_just_enough", "file/embedded", *files.WRONG_SIZE})


# A refusal is told at once; what was kept, or waits for a decision, is told with the last of them.
PATIENT = frozenset({Outcome.ACCEPTED, Outcome.NEEDS_CONFIRMATION})


def key_of(turn: Turn) -> str:
    """What the receipts put down for a person are known by in the outbox."""
    return f"burst:{turn.message.channel}:{turn.message.sender}:"


def gather(turn: Turn, reply: Reply) -> tuple[Reply, timedelta]:
    """The reply as it should be told, and for how long it may still wait for others."""
    if turn.message.kind is not MessageKind.FETCHED:
        return reply, timedelta(0)
    held = outbox.take_unsent(turn.session, key_of(turn), now=turn.now)
    before = [say("file/receipts_before", text="\n".join(held))] if held else []
    if reply.outcome in PATIENT and files.coming(turn) > 1:
        notes = [line for line in reply.lines if line.template in NOTES]
        if not before and not notes:
            notes = [say("file/waits")]
        return Reply(reply.outcome, (*before, *notes), reply.asked), PATIENCE
    after = _left_open(turn, bool(before)) if reply.outcome is Outcome.REJECTED else []
    return Reply(reply.outcome, (*before, *reply.lines, *after), reply.asked), timedelta(0)


def _left_open(turn: Turn, was_patient: bool) -> list[Line]:
    """What the replies that were not told would have asked."""
    pending = turn.desk.pending or {}
    if pending.get("kind") == "place":
        return [files.where_to(turn, pending["media"], pending["fields"])]
    spec = turn.asked_spec
    return [prompts.question(turn, spec)] if was_patient and spec is not None else []
