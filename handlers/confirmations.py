"""Answers to the bot's own questions: what waits for a yes, a number or a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import captions, dialogs, drafts, files, pasting, prompts, submissions, taking_back
from handlers.answers import answer, judge, save
from handlers.choices import fold
from handlers.commands import recognise
from handlers.consent import command_or_content, consent, pick
from handlers.fields import is_media
from handlers.fields.base import Refused
from handlers.home import home, question_again
from handlers.messages import Line, Outcome, Reply, say
from handlers.orders import obey
from handlers.packs import FieldSpec
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
    reply = RESOLVERS[pending["kind"]](turn, pending, text)
    if reply is None and _is_wrong_number(turn, text):
        return turn.reply(Outcome.NEEDS_CONFIRMATION, say("message/wrong_number", said=text), *repeat(turn))
    return reply


def _is_wrong_number(turn: Turn, text: str) -> bool:
    """A number that the list does not have; a code of the open question's own is none."""
    said = fold(text)
    if not said.isdecimal() or len(said) > 2:
        return False
    spec = turn.asked_spec
    return spec is None or spec.kind != "industry" or isinstance(judge(turn, spec, text), Refused)


def repeat(turn: Turn) -> tuple[Line, ...]:
    """The pending question once more."""
    pending = turn.desk.pending or {}
    again = REPEATS.get(pending.get("kind", ""))
    return () if again is None else (again(turn, pending),)


def ask_whether_content(turn: Turn, spec: FieldSpec, text: str) -> Reply:
    """A text that hardly belongs into the form is saved only after a yes."""
    turn.wait_for("content", field=spec.key, said=text)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, say("message/is_it_content", said=text, spec=spec))


def _content(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    spec = turn.pack.spec(pending["field"])
    if not agreed:
        return _again(turn, spec)
    if is_media(spec):
        return captions.say_in_field(turn, spec, pending["said"])
    return answer(turn, spec, pending["said"])


def _questions(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    if not agreed:
        return _not_saved(turn, pending)
    turn.settle()
    return pasting.keep(turn, turn.pack.spec(pending["field"]), pending["said"])


def _again(turn: Turn, spec: FieldSpec) -> Reply:
    """Back to what was open before a question came between."""
    held = turn.held
    if held is not None:
        return turn.reply(Outcome.NEEDS_CONFIRMATION, prompts.still_waiting(turn, held))
    return question_again(turn, spec)


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
    again = recognise(text, turn.pack)
    if again is not None and again.certainty == "exact" and again.name == pending["command"]:
        meant = "command"  # Who only repeats the word has answered; to ask once more would go in circles.
    if meant is None:
        if consent(text) is None:
            return None
        # A bare yes or no does not say which of the two.
        return turn.reply(Outcome.NEEDS_CONFIRMATION, *repeat(turn))
    turn.settle()
    if meant == "command":
        return obey(turn, pending["command"], pending.get("argument"))
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


def _take_back(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    spec = turn.pack.spec(pending["field"])
    if agreed:
        return taking_back.take_back(turn, spec)
    return home(turn) if turn.asked_spec is None else question_again(turn, turn.asked_spec)


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
        return captions.remove(turn, spec, pending["file"])
    return question_again(turn, spec)


def _which(turn: Turn, pending: Pending) -> Line:
    spec = turn.pack.spec(pending["field"])
    meant = pending.get("meant", pending["said"])
    return say("message/command_or_content", said=pending["said"], meant=meant, spec=spec)


def _place_again(turn: Turn, pending: Pending) -> Line:
    return files.where_to(turn, pending["media"], pending["fields"])


REPEATS: dict[str, Callable[[Turn, Pending], Line]] = {
    "value": prompts.still_waiting,
    "options": prompts.still_waiting,
    "word": _which,
    "content": lambda turn, pending: say(
        "message/is_it_content", said=pending["said"], spec=turn.pack.spec(pending["field"])
    ),
    pasting.WAITING: lambda turn, pending: pasting.question(
        turn.pack.spec(pending["field"]), pending["said"]
    ),
    "guess": lambda turn, pending: say(
        "message/did_you_mean", said=pending.get("said", ""), meant=pending.get("meant", "")
    ),
    "submit": lambda turn, pending: prompts.offer_submission(turn),
    "take_back": lambda turn, pending: taking_back.question(turn, turn.pack.spec(pending["field"])),
    "withdraw": lambda turn, pending: submissions.withdrawal_question(turn),
    "edit_submitted": lambda turn, pending: submissions.edit_question(turn, turn.pack.spec(pending["field"])),
    "restart": lambda turn, pending: drafts.restart_question(turn),
    "drafts": lambda turn, pending: drafts.list_of_mine(turn),
    "place": _place_again,
    "remove_file": lambda turn, pending: captions.removal_question(
        turn, turn.pack.spec(pending["field"]), pending["file"]
    ),
    **dialogs.REPEATS,
}
RESOLVERS: dict[str, Resolver] = {
    "value": _value,
    "reason": _reason,
    "options": _options,
    "word": _word,
    "content": _content,
    pasting.WAITING: _questions,
    "guess": _guess,
    "submit": _submit,
    "take_back": _take_back,
    "withdraw": _withdraw,
    "edit_submitted": _edit_submitted,
    "restart": _restart,
    "drafts": _drafts,
    "place": _place,
    "remove_file": _remove_file,
    **dialogs.RESOLVERS,
}
