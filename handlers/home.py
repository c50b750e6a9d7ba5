"""What a message gets that answers no question: where things stand, and the open question again."""

from __future__ import annotations

from typing import Any

from handlers import prompts
from handlers.choices import fold
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.transitions import State
from handlers.turns import Turn

# An admin's words that say nothing without what belongs to them: whether each is a yes, and those of accounts.
DECIDING = {"通过": True, "同意": True, "驳回": False, "不通过": False}
OF_AN_ACCOUNT = frozenset(
    {"账号重置", "账号停用", "账号启用", "账号发放", "帐号重置", "帐号停用", "帐号启用", "帐号发放"}
)


def home(turn: Turn) -> Reply:
    """What to say to a message that answers no question: where things stand and what to send."""
    unfinished = _unfinished(turn) if turn.roles.admin is not None else None
    if unfinished is not None:
        return turn.reply(Outcome.ANSWERED, unfinished)
    if turn.desk.submission_id is None:
        return turn.reply(
            Outcome.ANSWERED,
            say(
                "help/start",
                dates=turn.campaign.dates,
                title=turn.pack.title,
                phase=turn.campaign.phase(turn.now),
                helpdesk=turn.pack.helpdesk,
                is_admin=turn.roles.admin is not None,
                is_contact=turn.roles.contact is not None,
            ),
        )
    if turn.desk.state != State.DRAFT:
        return turn.reply(Outcome.ANSWERED, say("help/submitted", number=turn.desk.number))
    return turn.reply(
        Outcome.ANSWERED,
        say("help/draft_waiting", draft=prompts.draft_name(turn), short=len(missing(turn))),
    )


def _unfinished(turn: Turn) -> Line | None:
    """How to write 通过 with its number or 账号 重置 with its union; None for any other message."""
    said = fold(turn.message.text)
    if said in DECIDING:
        return say("admin/number_wanted", is_yes=DECIDING[said])
    return say("account/which_union", said="") if said in OF_AN_ACCOUNT else None


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
