"""Files that come in the chat: into the open field, into the one they fit, or explained away.

What people say about files that are there already is in `handlers.captions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from handlers import prompts
from handlers.answers import draft_id, unskip
from handlers.fields import file_kind_of, shortfall, takes_files
from handlers.fields.base import Accepted, Refused
from handlers.messages import Line, Media, Outcome, Reply, say
from handlers.packs import FieldSpec, RequiredWhen
from handlers.progress import is_filled, missing
from handlers.rules.transitions import State
from handlers.turns import Turn, file_facts
from storage import jobs, submissions
from storage.desks import DeskFile
from storage.jobs import Job
from storage.submissions import StoredFile

RECEIPT = "file/receipt"
QUESTION = "prompt/field"
Waiting = list[dict[str, Any]]
# Photos pasted into one of these are no photos (附件4第15项, R73).
DOCUMENTS = frozenset({"docx", "doc", "pdf", "pptx", "ppt", "xlsx", "xls"})
# The right kind of file in a wrong size: its sender meant the open field and has to hear why not.
WRONG_SIZE = frozenset({"fields/file_too_small", "fields/file_too_large"})
TWICE = "fields/file_twice"


def receive(turn: Turn, media: Media) -> Reply:
    """Take a file: fetch it later if the platform still has it, else judge and keep it."""
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.REJECTED, say("file/no_draft"))
    if media.sha256 is not None:
        return _place(turn, media)
    if media.media_id is None:
        return turn.reply(Outcome.REJECTED, _cannot_be_fetched(turn, media))
    return fetch_later(turn, media, field=turn.desk.asked)


def fetch_later(turn: Turn, media: Media, *, field: str | None) -> Reply:
    """Have the worker bring a file that the platform still has; `field` is what it was sent for."""
    message = turn.message
    jobs.add(
        turn.session,
        Job(
            kind=jobs.FETCH,
            dedupe_key=f"{message.channel}:{message.sender}:{message.key}",
            detail={
                "channel": message.channel,
                "sender": message.sender,
                "key": message.key,
                "kind": message.kind,
                "media_id": media.media_id,
                "name": media.name,
                "field": field,
            },
            due_at=turn.now,
            created_at=turn.now,
        ),
    )
    return turn.reply(Outcome.ANSWERED, say("file/being_fetched", coming=coming(turn)))


def _cannot_be_fetched(turn: Turn, media: Media) -> Line:
    """What to do instead: questions may be pasted, other documents wait (L11)."""
    quiz = next((spec for spec in turn.pack.fields if spec.kind == "quiz"), None)
    number = None if quiz is None else prompts.number_of(turn, quiz)
    is_asked = quiz is not None and quiz.key == turn.desk.asked
    return say("file/cannot_be_fetched", name=media.name, quiz=quiz, number=number, is_asked=is_asked)


def coming(turn: Turn) -> int:
    """How many of this person's files are still to be brought."""
    return jobs.count_open(turn.session, jobs.FETCH, f"{turn.message.channel}:{turn.message.sender}:")


def _may_take(turn: Turn, spec: FieldSpec) -> bool:
    """After the submission only what was not due with it may still be added (A18)."""
    return turn.desk.state == State.DRAFT or spec.required_when is not RequiredWhen.SUBMIT


def _place(turn: Turn, media: Media) -> Reply:
    spec = turn.pack.field_by_key.get(media.field or turn.desk.asked or "")
    refusal: Line | None = None
    if spec is not None and takes_files(spec) and _may_take(turn, spec):
        judgement = _judge(turn, spec, media)
        if isinstance(judgement, Accepted):
            return keep(turn, spec, [judgement.value], notes=judgement.notes)
        if isinstance(judgement, Refused):
            refusal = judgement.line
    why = _why_not_here(spec, media, refusal)
    others = _fitting(turn, media) if why is None or why.template != TWICE else []
    if len(others) == 1 and turn.files(others[0].key) and why is None:
        accepted = _judge(turn, others[0], media)
        if isinstance(accepted, Accepted):
            return keep(turn, others[0], [accepted.value], notes=accepted.notes)
    if others:
        return _offer(turn, media, why)
    if refusal is None:
        refusal = say("file/fits_nowhere", name=media.name, format=media.format)
    return turn.reply(Outcome.REJECTED, refusal)


def _why_not_here(spec: FieldSpec | None, media: Media, refusal: Line | None) -> Line | None:
    """What is to be said before a file is offered to another field than the open one."""
    if spec is not None and spec.kind == "photos" and media.format in DOCUMENTS:
        return say("file/embedded", spec=spec)
    is_told = refusal is not None and refusal.template in {TWICE, *WRONG_SIZE}
    return refusal if is_told else None


def _judge(turn: Turn, spec: FieldSpec, media: Media) -> Any:
    return file_kind_of(spec).judge_file(media, turn.asking(spec), file_facts(turn.files(spec.key)))


def _fitting(turn: Turn, media: Media) -> list[FieldSpec]:
    return [spec for spec in turn.pack.fields if _fits(turn, spec, media)]


def _fits(turn: Turn, spec: FieldSpec, media: Media) -> bool:
    """A field that takes this file as it is and is still open, or takes any number of files."""
    if not takes_files(spec) or spec.key == turn.desk.asked or not _may_take(turn, spec):
        return False
    if not spec.asked_in_turn and not turn.desk.answers.get(spec.key):
        return False
    if spec.kind == "scan" and is_filled(turn, spec):
        return False
    return isinstance(_judge(turn, spec, media), Accepted)


def _offer(turn: Turn, media: Media, why: Line | None = None) -> Reply:
    """A file of the wrong kind for the open question is kept and offered to others (R111).

    `why` says what speaks against the open field; such a file goes nowhere without a word.
    """
    pending = turn.desk.pending or {}
    more = pending.get("kind") == "place"
    waiting = [*(pending["media"] if more else []), asdict(media)]
    question = _ask_where(turn, waiting, sure=(not more or pending["sure"]) and why is None)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, *([why] if why else []), question)


def _ask_where(turn: Turn, waiting: Sequence[dict[str, Any]], *, sure: bool = True) -> Line:
    keys = [spec.key for spec in turn.pack.fields if any(_fits(turn, spec, Media(**one)) for one in waiting)]
    turn.wait_for("place", media=list(waiting), fields=keys, sure=sure and len(keys) == 1)
    return where_to(turn, waiting, keys)


def where_to(turn: Turn, waiting: Sequence[dict[str, Any]], keys: Sequence[str]) -> Line:
    """The question into which field the waiting files belong."""
    specs = [turn.pack.spec(key) for key in keys]
    return say("file/where_to", specs=specs, name=waiting[-1]["name"], count=len(waiting))


def settle_waiting(turn: Turn) -> Line | None:
    """Before the talk goes on about something else: files that only one field can mean go there."""
    pending = turn.desk.pending or {}
    if pending.get("kind") != "place" or not pending["sure"]:
        return None
    turn.settle()
    spec = turn.pack.spec(pending["fields"][0])
    values, _, refusals = _judge_waiting(turn, spec, pending["media"])
    for value in values:
        store(turn, spec, value)
    if not values:
        return refusals[0]
    unskip(turn, spec.key)
    return _received(turn, spec, files=values)


def take_tray(turn: Turn) -> Waiting:
    """The files that wait for a decision, while something else is answered (R111)."""
    pending = turn.desk.pending or {}
    if pending.get("kind") != "place":
        return []
    turn.settle()
    return list(pending["media"])


def offer_again(turn: Turn, reply: Reply, tray: Waiting, *, is_of_draft: bool) -> Reply:
    """Ask about the waiting files once more, before the next question of the form.

    Where another question came up or another draft lies on the desk they are put aside, and
    their sender is told so.
    """
    fitting = [item for item in tray if _fitting(turn, Media(**item))] if is_of_draft else []
    if turn.desk.pending is not None or not fitting:
        told = say("file/put_aside", count=len(tray))
        return replace(reply, lines=(told, *reply.lines))
    lines = [line for line in reply.lines if line.template != QUESTION]
    return replace(reply, lines=(*lines, _ask_where(turn, fitting, sure=False)))


def _judge_waiting(
    turn: Turn, spec: FieldSpec, waiting: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], Waiting, list[Line]]:
    """The values that the field takes, the files that it does not, and what is to be said of both."""
    values: list[dict[str, Any]] = []
    left: Waiting = []
    lines: list[Line] = []
    for item in waiting:
        judgement = _judge(turn, spec, Media(**item))
        if isinstance(judgement, Accepted):
            values.append(judgement.value)
            lines.extend(judgement.notes)
        elif _fitting(turn, Media(**item)):
            left.append(item)
        elif isinstance(judgement, Refused):
            lines.append(judgement.line)
    return values, left, lines


def place_waiting(turn: Turn, spec: FieldSpec, waiting: Sequence[dict[str, Any]]) -> Reply:
    """Put the files that waited for a decision into the chosen field; ask on about the others."""
    values, left, lines = _judge_waiting(turn, spec, waiting)
    if not values:
        return turn.reply(Outcome.REJECTED, *lines)
    if not left:
        return keep(turn, spec, values, notes=lines)
    for value in values:
        store(turn, spec, value)
    unskip(turn, spec.key)
    received = _received(turn, spec, files=values)
    return turn.reply(Outcome.ACCEPTED, received, *lines, _ask_where(turn, left, sure=False))


def keep(
    turn: Turn, spec: FieldSpec, values: Sequence[dict[str, Any]], *, notes: Sequence[Line] = ()
) -> Reply:
    """Store files in a field, say what came and what is missing, and go on once it is filled."""
    was_complete = not missing(turn)
    _drop_stale(turn, spec)
    for value in values:
        store(turn, spec, value)
    unskip(turn, spec.key)
    _unskip_the_other_paper(turn, spec)
    receipt = say("file/receipt", files=values)
    return after_files(turn, spec, was_complete, receipt, _received(turn, spec), *notes)


def _unskip_the_other_paper(turn: Turn, spec: FieldSpec) -> None:
    """Both papers are stamped together, so the one that was left for later is asked for now (R32)."""
    if spec.kind == "scan":
        for other in turn.pack.fields:
            if other.kind == "scan" and not is_filled(turn, other):
                unskip(turn, other.key)


def _received(turn: Turn, spec: FieldSpec, *, files: Sequence[dict[str, Any]] = ()) -> Line:
    return say(
        "file/received",
        spec=spec,
        files=files,
        count=len(turn.files(spec.key)),
        number=prompts.number_of(turn, spec),
        is_open=turn.desk.asked in (None, spec.key) and turn.held is None,
        short=shortfall(spec, file_facts(turn.files(spec.key))),
        unnamed=[(place, file.name) for place, file in turn.unnamed(spec.key)],
    )


def after_files(turn: Turn, spec: FieldSpec, was_complete: bool, *lines: Line) -> Reply:
    """Once a field's files have changed: the next question, or the open one again."""
    asked = turn.asked_spec
    if turn.held is not None:
        return turn.reply(Outcome.ACCEPTED, *lines, prompts.still_waiting(turn, turn.held))
    if asked is None or asked.key == spec.key:
        if is_filled(turn, spec) and spec.asked_in_turn:
            return prompts.go_on(turn, Outcome.ACCEPTED, *lines, after=spec.key, was_complete=was_complete)
        turn.desk.asked, turn.desk.pending = spec.key, None
        return turn.reply(Outcome.ACCEPTED, *lines)
    complete = [say("draft/complete_with_more")] if not was_complete and not missing(turn) else []
    return prompts.ask(turn, asked, Outcome.ACCEPTED, *lines, *complete)


def _drop_stale(turn: Turn, spec: FieldSpec) -> None:
    """A newly stamped paper takes the place of one that names the former title (R33)."""
    files = turn.files(spec.key)
    for file in [file for file in files if file.status == "stale"]:
        submissions.forget_file(turn.session, file.id)
        files.remove(file)


def store(turn: Turn, spec: FieldSpec, value: dict[str, Any]) -> None:
    """Add a file to a field of the open draft."""
    row = StoredFile(submission_id=draft_id(turn), field=spec.key, received_at=turn.now, **value)
    turn.session.add(row)
    turn.session.flush()
    turn.desk.files.setdefault(spec.key, []).append(
        DeskFile(row.id, row.name, row.caption, row.kind, row.size, row.sha256, row.status)
    )
