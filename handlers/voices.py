"""Voice messages: the transcript is read back and saved only after a yes (R109)."""

from __future__ import annotations

from collections.abc import Callable

from handlers import files
from handlers.answers import LONGEST_TEXT, judge, refuse_long
from handlers.fields import is_media
from handlers.fields.base import Accepted, Doubtful
from handlers.messages import Outcome, Reply, say
from handlers.rules.cleaning import clean
from handlers.turns import Turn


def hear(turn: Turn, command: Callable[[Turn, str], Reply | None]) -> Reply:
    """Answer a voice message: as a file where sound is asked, as a command, or as a proposal."""
    spec = turn.asked_spec
    if spec is not None and spec.kind == "audio" and turn.message.media is not None:
        return files.receive(turn, turn.message.media)
    text = clean(turn.message.text).text
    if not text:
        return turn.reply(Outcome.REJECTED, say("message/voice_without_text", spec=spec))
    if len(text) > LONGEST_TEXT:
        return refuse_long(turn, text)
    obeyed = command(turn, text)
    if obeyed is not None:
        return obeyed
    if spec is None or is_media(spec):
        return turn.reply(Outcome.ANSWERED, say("message/voice_not_needed", heard=text, spec=spec))
    judgement = judge(turn, spec, text)
    if isinstance(judgement, Accepted):
        turn.wait_for("value", field=spec.key, value=judgement.value, wants_reason=False)
        return turn.reply(Outcome.NEEDS_CONFIRMATION, say("message/voice_heard", heard=text, spec=spec))
    if isinstance(judgement, Doubtful):
        turn.wait_for("value", field=spec.key, value=judgement.value, wants_reason=judgement.wants_reason)
        return turn.reply(
            Outcome.NEEDS_CONFIRMATION, say("message/voice_heard_with_doubt", heard=text), judgement.question
        )
    return turn.reply(Outcome.REJECTED, say("message/voice_not_saved", heard=text, spec=spec))
