"""撤回 in a draft: the last answer or file goes again, after asking (R110)."""

from __future__ import annotations

from typing import Any

from handlers import captions, prompts
from handlers.answers import draft_id
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.turns import Turn
from storage import submissions


def ask_to_take_back(turn: Turn) -> Reply:
    """Ask whether what was saved last should go; say so if nothing was saved yet."""
    last = _last(turn)
    if last is None:
        return turn.reply(Outcome.ANSWERED, say("submission/nothing_to_withdraw"))
    spec, file_id = last
    if file_id is not None:
        turn.wait_for("remove_file", field=spec.key, file=file_id)
        return turn.reply(Outcome.NEEDS_CONFIRMATION, captions.removal_question(turn, spec, file_id))
    turn.wait_for("take_back", field=spec.key)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, question(turn, spec))


def question(turn: Turn, spec: FieldSpec) -> Line:
    return say(
        "answer/ask_take_back",
        spec=spec,
        number=prompts.number_of(turn, spec),
        value=prompts.describe(turn, spec),
        most=prompts.ECHOED,
    )


def _last(turn: Turn) -> tuple[FieldSpec, int | None] | None:
    """The field of the newest answer, or of the newest file with its id."""
    submission_id = draft_id(turn)
    known = turn.pack.field_by_key
    saved: list[tuple[Any, str, int | None]] = [
        (answer.answered_at, answer.field, None)
        for answer in submissions.list_answers(turn.session, [submission_id])
        if answer.field in known
    ]
    saved += [
        (file.received_at, file.field, file.id)
        for file in submissions.list_files(turn.session, [submission_id])
        if file.field in known
    ]
    if not saved:
        return None
    order = list(known)
    _, key, file_id = max(saved, key=lambda one: (one[0], order.index(one[1]), one[2] or 0))
    return known[key], file_id


def take_back(turn: Turn, spec: FieldSpec) -> Reply:
    """Forget one answer and ask its field; no other answer changes."""
    submissions.forget_answer(turn.session, draft_id(turn), spec.key)
    turn.desk.answers.pop(spec.key, None)
    turn.desk.notes.pop(spec.key, None)
    if spec.key == "title":
        turn.desk.title_key = ""
    return prompts.ask(turn, spec, Outcome.MOVED, say("answer/taken_back", spec=spec))
