"""Obeying the commands of a submitter: one small function each, one table of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import captions, dialogs, drafts, prompts, submissions
from handlers.answers import set_skipped
from handlers.assembling import assemble
from handlers.fields import is_media, takes_files
from handlers.home import home
from handlers.messages import Outcome, Reply, say
from handlers.packs import FieldSpec, RequiredWhen
from handlers.progress import field_before, is_filled, missing
from handlers.rules.transitions import State
from handlers.standing import still_asked, what_is_missing
from handlers.taking_back import ask_to_take_back
from handlers.turns import Turn

Order = Callable[[Turn, Any], Reply]


def obey(turn: Turn, name: str, argument: Any = None) -> Reply:
    """Carry out a recognised command; KeyError for a name that has no order is a bug."""
    return ORDERS[name](turn, argument)


def _help(turn: Turn, _: Any) -> Reply:
    return turn.reply(
        Outcome.ANSWERED,
        say(
            "help/commands",
            spec=turn.asked_spec,
            has_draft=turn.desk.submission_id is not None,
            is_admin=turn.roles.admin is not None,
            is_contact=turn.roles.contact is not None,
        ),
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
    return turn.reply(Outcome.ANSWERED, say("help/explain", spec=spec, paper=_paper(turn, spec)))


def _paper(turn: Turn, spec: FieldSpec) -> str:
    """The form to be stamped for a scan, verbatim from the attachment that holds it (R23, R27)."""
    headings = {other.paper for other in turn.pack.fields if other.paper}
    taken: list[str] = []
    is_of_it = False
    for attachment in turn.pack.attachments:
        for line in attachment.text.splitlines():
            if line.strip() in headings:
                is_of_it = line.strip() == spec.paper
            if is_of_it:
                taken.append(line)
        is_of_it = False
    return "\n".join(taken)


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
        return submissions.ask_to_edit(turn, spec)
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


def _shown(turn: Turn, show: Callable[[Turn], Any]) -> Reply:
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    return turn.reply(Outcome.ANSWERED, show(turn), *still_asked(turn))


def _done(turn: Turn, _: Any) -> Reply:
    spec = turn.asked_spec
    if spec is None:
        return home(turn)
    if is_media(spec) or (takes_files(spec) and is_filled(turn, spec)):
        return captions.finish(turn, spec)
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


def _withdraw(turn: Turn, _: Any) -> Reply:
    """A submission is taken back; in a draft the last answer or file is (R110)."""
    if turn.desk.state == State.DRAFT:
        return ask_to_take_back(turn)
    return submissions.ask_to_withdraw(turn)


def _assemble(turn: Turn, _: Any) -> Reply:
    """Only a draft may get a new text; what was handed in is changed by 修改."""
    return assemble(turn) if turn.desk.state == State.DRAFT else home(turn)


def _attachment(turn: Turn, number: int | None) -> Reply:
    found = [one for one in turn.pack.attachments if one.number == number]
    if not found:
        return turn.reply(Outcome.ANSWERED, say("help/attachments", attachments=turn.pack.attachments))
    return turn.reply(Outcome.ANSWERED, say("help/attachment", attachment=found[0]), *still_asked(turn))


def _manual(turn: Turn) -> Reply:
    """The manual if the notice has one; whom to ask if not (R8)."""
    if turn.pack.manual_attachment is None:
        return _contact(turn, None)
    return _attachment(turn, turn.pack.manual_attachment)


def _contact(turn: Turn, _: Any) -> Reply:
    return turn.reply(Outcome.ANSWERED, say("help/contact", helpdesk=turn.pack.helpdesk), *still_asked(turn))


ORDERS: dict[str, Order] = {
    "start": lambda turn, _: drafts.start(turn),
    "new": lambda turn, _: drafts.open_new(turn),
    "switch": _switch,
    "back": _back,
    "edit": _edit,
    "skip": _skip,
    "missing": lambda turn, _: what_is_missing(turn),
    "overview": lambda turn, _: _shown(turn, prompts.overview),
    "preview": lambda turn, _: _shown(turn, prompts.preview),
    "example": _example,
    "explain": _explain,
    "help": _help,
    "pause": lambda turn, _: drafts.pause(turn),
    "resume": _resume,
    "submit": lambda turn, _: submissions.submit(turn),
    "withdraw": _withdraw,
    "assemble": _assemble,
    "restart": lambda turn, _: drafts.ask_to_restart(turn),
    "handoff": _contact,
    "contact": _contact,
    "manual": lambda turn, _: _manual(turn),
    "attachment": _attachment,
    "done": _done,
    **dialogs.ORDERS,
}
