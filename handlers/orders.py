"""Obeying the commands of a submitter: one small function each, one table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import drafts, files, prompts, submissions
from handlers.answers import set_skipped
from handlers.fields import is_media
from handlers.messages import Outcome, Reply, say
from handlers.packs import FieldSpec, RequiredWhen
from handlers.progress import field_before, is_filled, missing
from handlers.rules.transitions import State
from handlers.turns import Turn

Order = Callable[[Turn, Any], Reply]


def obey(turn: Turn, name: str, argument: Any = None) -> Reply:
    """Carry out a recognised command; KeyError for a name that has no order is a bug."""
    return ORDERS[name](turn, argument)


def _help(turn: Turn, _: Any) -> Reply:
    return turn.reply(
        Outcome.ANSWERED,
        say("help/commands", spec=turn.asked_spec, has_draft=turn.desk.submission_id is not None),
    )


def home(turn: Turn) -> Reply:
    """What to say to a message that answers no question: where things stand and what to send."""
    if turn.desk.submission_id is None:
        return turn.reply(
            Outcome.ANSWERED, say("help/start", dates=turn.campaign.dates, title=turn.pack.title)
        )
    if turn.desk.state != State.DRAFT:
        return turn.reply(Outcome.ANSWERED, say("help/submitted", number=turn.desk.number))
    return turn.reply(
        Outcome.ANSWERED,
        say("help/draft_waiting", draft=prompts.draft_name(turn), short=len(missing(turn))),
    )


def _example(turn: Turn, _: Any) -> Reply:
    spec = turn.asked_spec
    if spec is None:
        return home(turn)
    return turn.reply(Outcome.ANSWERED, say("help/example", spec=spec))


def _explain(turn: Turn, _: Any) -> Reply:
    spec = turn.asked_spec
    if spec is None:
        return _help(turn, None)
    return turn.reply(Outcome.ANSWERED, say("help/explain", spec=spec))


def _back(turn: Turn, _: Any) -> Reply:
    if turn.desk.state != State.DRAFT:
        return home(turn)
    before = field_before(turn, turn.desk.asked)
    if before is None:
        return prompts.ask(turn, turn.pack.asked[0], Outcome.ANSWERED, say("draft/at_first"))
    return prompts.ask(turn, before, Outcome.MOVED)


def _edit(turn: Turn, key: str | None) -> Reply:
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    spec = turn.pack.field_by_key.get(key or "")
    if spec is None:
        return turn.reply(Outcome.ANSWERED, say("draft/edit_which", specs=turn.pack.fields))
    if turn.desk.state == State.SUBMITTED and spec.required_when is RequiredWhen.SUBMIT:
        turn.wait_for("edit_submitted", field=spec.key)
        return turn.reply(
            Outcome.NEEDS_CONFIRMATION,
            say("submission/ask_edit", number=turn.desk.number, spec=spec),
        )
    return prompts.ask(turn, spec, Outcome.MOVED)


def _skip(turn: Turn, _: Any) -> Reply:
    spec = turn.asked_spec
    if spec is None:
        return home(turn)
    if is_filled(turn, spec):
        return prompts.go_on(turn, Outcome.MOVED, after=spec.key, was_complete=not missing(turn))
    skipped = turn.desk.skipped or []
    if spec.key not in skipped:
        set_skipped(turn, [*skipped, spec.key])
    told = say("draft/skipped", spec=spec, number=prompts.number_of(turn, spec))
    return prompts.go_on(turn, Outcome.MOVED, told, after=spec.key, was_complete=not missing(turn))


def _missing(turn: Turn, _: Any) -> Reply:
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    if missing(turn) or turn.desk.state != State.DRAFT:
        return turn.reply(Outcome.ANSWERED, prompts.missing_list(turn))
    asked = turn.desk.asked
    told = prompts.offer_submission(turn)
    turn.desk.asked = asked
    return turn.reply(Outcome.ANSWERED, told)


def _shown(turn: Turn, show: Callable[[Turn], Any]) -> Reply:
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    return turn.reply(Outcome.ANSWERED, show(turn))


def _done(turn: Turn, _: Any) -> Reply:
    spec = turn.asked_spec
    if spec is None:
        return home(turn)
    if is_media(spec):
        return files.finish(turn, spec)
    return prompts.ask(turn, spec, Outcome.ANSWERED)


def _resume(turn: Turn, _: Any) -> Reply:
    if turn.desk.submission_id is None:
        return drafts.start(turn)
    if turn.asked_spec is not None:
        return prompts.ask(turn, turn.asked_spec, Outcome.MOVED)
    return drafts.resume(turn)


def _switch(turn: Turn, place: int | None) -> Reply:
    rows = drafts.mine(turn)
    if place is not None and 1 <= place <= len(rows):
        return drafts.switch_to(turn, rows[place - 1]["id"])
    return drafts.choose(turn)


def _attachment(turn: Turn, number: int | None) -> Reply:
    found = [one for one in turn.pack.attachments if one.number == number]
    if not found:
        return turn.reply(Outcome.ANSWERED, say("help/attachments", attachments=turn.pack.attachments))
    return turn.reply(Outcome.ANSWERED, say("help/attachment", attachment=found[0]))


def _contact(turn: Turn, _: Any) -> Reply:
    return turn.reply(Outcome.ANSWERED, say("help/contact", helpdesk=turn.pack.helpdesk))


def question_again(turn: Turn, spec: FieldSpec, *lines: Any) -> Reply:
    """The open question once more behind an answer; nothing is saved."""
    return turn.reply(Outcome.ANSWERED, *lines, prompts.question(turn, spec))


ORDERS: dict[str, Order] = {
    "start": lambda turn, _: drafts.start(turn),
    "new": lambda turn, _: drafts.open_new(turn),
    "switch": _switch,
    "back": _back,
    "edit": _edit,
    "skip": _skip,
    "missing": _missing,
    "overview": lambda turn, _: _shown(turn, prompts.overview),
    "preview": lambda turn, _: _shown(turn, prompts.preview),
    "example": _example,
    "explain": _explain,
    "help": _help,
    "pause": lambda turn, _: drafts.pause(turn),
    "resume": _resume,
    "submit": lambda turn, _: submissions.submit(turn),
    "withdraw": lambda turn, _: submissions.ask_to_withdraw(turn),
    "restart": lambda turn, _: drafts.ask_to_restart(turn),
    "handoff": _contact,
    "contact": _contact,
    "manual": lambda turn, _: _attachment(turn, 1),
    "attachment": _attachment,
    "done": _done,
}
