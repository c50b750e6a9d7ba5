"""Where a submitter's own draft stands: what it still lacks, and the question that is open."""

from __future__ import annotations

from handlers import prompts
from handlers.messages import Line, Outcome, Reply, say
from handlers.own_deadlines import told_to_submitter
from handlers.progress import missing
from handlers.rules.transitions import State
from handlers.turns import Turn


def still_asked(turn: Turn) -> list[Line]:
    """What to go on with after something was looked up."""
    spec = turn.asked_spec
    return [] if spec is None else [say("help/still_asked", spec=spec)]


def what_is_missing(turn: Turn) -> Reply:
    """还差什么: a draft that lacks nothing is offered for submission instead."""
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    if missing(turn) or turn.desk.state != State.DRAFT:
        lines = (prompts.missing_list(turn), *told_to_submitter(turn), *still_asked(turn))
        return turn.reply(Outcome.ANSWERED, *lines)
    asked = turn.desk.asked
    told = prompts.offer_submission(turn)
    turn.desk.asked = asked
    return turn.reply(Outcome.ANSWERED, *told_to_submitter(turn), told)
