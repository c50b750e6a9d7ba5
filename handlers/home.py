"""What a message gets that answers no question: where things stand, and the open question again."""

from __future__ import annotations

from typing import Any

from handlers import prompts
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.transitions import State
from handlers.turns import Turn


def home(turn: Turn) -> Reply:
    """What to say to a message that answers no question: where things stand and what to send."""
    if turn.desk.submission_id is None:
        return turn.reply(
            Outcome.ANSWERED,
            say(
                "help/start",
                dates=turn.campaign.dates,
                title=turn.pack.title,
                phase=turn.campaign.phase(turn.now),
                helpdesk=turn.pack.helpdesk,
            ),
        )
    if turn.desk.state != State.DRAFT:
        return turn.reply(Outcome.ANSWERED, say("help/submitted", number=turn.desk.number))
    return turn.reply(
        Outcome.ANSWERED,
        say("help/draft_waiting", draft=prompts.draft_name(turn), short=len(missing(turn))),
    )


def small_talk(turn: Turn, spec: FieldSpec) -> Reply:
    """A greeting is answered and the open question asked again; nothing of it is saved."""
    told = say("message/small_talk", draft=prompts.draft_name(turn), short=len(missing(turn)))
    return answer_between(turn, spec, told)


def answer_between(turn: Turn, spec: FieldSpec, told: Line) -> Reply:
    """Answer something and go back to what was open: a value that waits for a yes, or the question."""
    held = turn.held
    if held is not None:
        return turn.reply(Outcome.ANSWERED, told, prompts.still_waiting(turn, held))
    return question_again(turn, spec, told)


def question_again(turn: Turn, spec: FieldSpec, *lines: Any) -> Reply:
    """The open question once more behind an answer; nothing is saved."""
    return turn.reply(Outcome.ANSWERED, *lines, prompts.question(turn, spec))
