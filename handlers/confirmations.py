"""Answers to the bot's own questions: what waits for a yes, a number or a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import drafts, files, prompts, submissions
from handlers.answers import answer, save
from handlers.consent import command_or_content, consent, pick
from handlers.messages import Outcome, Reply, say
from handlers.orders import home, obey, question_again
from handlers.turns import Turn

Pending = dict[str, Any]
Resolver = Callable[[Turn, Pending, str], Reply | None]


def resolve(turn: Turn, text: str) -> Reply | None:
    """The reply if `text` answers what is pending; None if it is about something else.

    A pending question stays open until it is answered, so that nothing asked about is lost.
    """
    pending = turn.desk.pending
    if pending is None:
        return None
    return RESOLVERS[pending["kind"]](turn, pending, text)


def _not_saved(turn: Turn, pending: Pending) -> Reply:
    """A no: the question is asked again; a former value stays."""
    turn.settle()
    spec = turn.pack.spec(pending["field"])
    return question_again(turn, spec, say("answer/not_saved", spec=spec))


def _value(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    if not agreed:
        return _not_saved(turn, pending)
    spec = turn.pack.spec(pending["field"])
    if pending.get("wants_reason"):
        turn.wait_for("reason", field=spec.key, value=pending["value"])
        return turn.reply(Outcome.NEEDS_CONFIRMATION, say("answer/ask_reason", spec=spec))
    turn.settle()
    return save(turn, spec, pending["value"])


def _reason(turn: Turn, pending: Pending, text: str) -> Reply | None:
    if consent(text) is False:
        return _not_saved(turn, pending)
    turn.settle()
    spec = turn.pack.spec(pending["field"])
    return save(turn, spec, pending["value"], note=text, notes=(say("answer/reason_kept", reason=text),))


def _options(turn: Turn, pending: Pending, text: str) -> Reply | None:
    chosen = pick(text, [label for _, label in pending["options"]])
    if chosen is None:
        return _not_saved(turn, pending) if consent(text) is False else None
    turn.settle()
    return save(turn, turn.pack.spec(pending["field"]), pending["options"][chosen][0])


def _word(turn: Turn, pending: Pending, text: str) -> Reply | None:
    meant = command_or_content(text)
    spec = turn.pack.spec(pending["field"])
    if meant is None:
        if consent(text) is None:
            return None
        # A bare yes or no does not say which of the two.
        return turn.reply(
            Outcome.NEEDS_CONFIRMATION, say("message/command_or_content", said=pending["said"], spec=spec)
        )
    turn.settle()
    if meant == "command":
        return obey(turn, pending["command"])
    return answer(turn, spec, pending["said"])


def _guess(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if agreed:
        return obey(turn, pending["command"], pending["argument"])
    spec = turn.asked_spec
    return home(turn) if spec is None else question_again(turn, spec)


def _submit(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if agreed:
        return submissions.submit(turn)
    return turn.reply(
        Outcome.ANSWERED, say("submission/later", deadline=turn.campaign.dates.submission_deadline)
    )


def _withdraw(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if not agreed:
        return turn.reply(Outcome.ANSWERED, say("submission/kept", number=turn.desk.number))
    submissions.withdraw(turn)
    return turn.reply(Outcome.MOVED, say("submission/withdrawn", number=turn.desk.number))


def _edit_submitted(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if not agreed:
        return turn.reply(Outcome.ANSWERED, say("submission/kept", number=turn.desk.number))
    submissions.withdraw(turn)
    told = say("submission/withdrawn_to_edit", number=turn.desk.number)
    return prompts.ask(turn, turn.pack.spec(pending["field"]), Outcome.MOVED, told)


def _restart(turn: Turn, pending: Pending, text: str) -> Reply | None:
    # Three ways, told apart by number alone: the template words them.
    chosen = pick(text, ("#1", "#2", "#3"))
    if chosen is None and consent(text) is not False:
        return None
    turn.settle()
    if chosen == 0:
        return prompts.ask(turn, turn.pack.asked[0], Outcome.MOVED)
    if chosen == 1:
        return drafts.open_new(turn)
    spec = turn.asked_spec
    return home(turn) if spec is None else question_again(turn, spec)


def _drafts(turn: Turn, pending: Pending, text: str) -> Reply | None:
    chosen = pick(text, [f"#{submission_id}" for submission_id in pending["ids"]])
    if chosen is None:
        return None
    turn.settle()
    return drafts.switch_to(turn, pending["ids"][chosen])


def _place(turn: Turn, pending: Pending, text: str) -> Reply | None:
    specs = [turn.pack.spec(key) for key in pending["fields"]]
    chosen = pick(text, [spec.short for spec in specs])
    if chosen is None and len(specs) == 1 and consent(text):
        chosen = 0
    if chosen is not None:
        turn.settle()
        return files.place_waiting(turn, specs[chosen], pending["media"])
    if consent(text) is not False and text.strip() not in ("0", "０"):
        return None
    turn.settle()
    spec = turn.asked_spec
    told = say("file/put_aside", count=len(pending["media"]))
    return turn.reply(Outcome.ANSWERED, told) if spec is None else question_again(turn, spec, told)


def _remove_file(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    spec = turn.pack.spec(pending["field"])
    if agreed:
        return files.remove(turn, spec, pending["file"])
    return question_again(turn, spec)


RESOLVERS: dict[str, Resolver] = {
    "value": _value,
    "reason": _reason,
    "options": _options,
    "word": _word,
    "guess": _guess,
    "submit": _submit,
    "withdraw": _withdraw,
    "edit_submitted": _edit_submitted,
    "restart": _restart,
    "drafts": _drafts,
    "place": _place,
    "remove_file": _remove_file,
}
