"""Files that come in the chat: into the open field, into the one they fit, or explained away."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from handlers import prompts
from handlers.answers import draft_id, unskip
from handlers.consent import is_same_paper
from handlers.fields import Captions, file_kind_of, is_media, kind_of, shortfall
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

FETCH = "fetch"
_REMOVE = re.compile(r"^删(?:除|掉|去)?第?\s*([0-9]{1,2})\s*[张个份条]?[。.]?$")


def receive(turn: Turn, media: Media) -> Reply:
    """Take a file: fetch it later if the platform still has it, else judge and keep it."""
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.REJECTED, say("file/no_draft"))
    if media.sha256 is not None:
        return _place(turn, media)
    if media.media_id is None:
        return turn.reply(Outcome.REJECTED, say("file/cannot_be_fetched", name=media.name))
    message = turn.message
    jobs.add(
        turn.session,
        Job(
            kind=FETCH,
            dedupe_key=f"{message.channel}:{message.sender}:{message.key}",
            detail={
                "channel": message.channel,
                "sender": message.sender,
                "key": message.key,
                "kind": message.kind,
                "media_id": media.media_id,
                "name": media.name,
                "field": turn.desk.asked,
            },
            due_at=turn.now,
            created_at=turn.now,
        ),
    )
    return turn.reply(Outcome.ANSWERED, say("file/being_fetched"))


def _may_take(turn: Turn, spec: FieldSpec) -> bool:
    """After the submission only what was not due with it may still be added (A18)."""
    return turn.desk.state == State.DRAFT or spec.required_when is not RequiredWhen.SUBMIT


def _place(turn: Turn, media: Media) -> Reply:
    spec = turn.pack.field_by_key.get(media.field or turn.desk.asked or "")
    refusal: Line | None = None
    if spec is not None and is_media(spec) and _may_take(turn, spec):
        judgement = _judge(turn, spec, media)
        if isinstance(judgement, Accepted):
            return keep(turn, spec, [judgement.value], notes=judgement.notes)
        if isinstance(judgement, Refused):
            refusal = judgement.line
    others = [other for other in turn.pack.fields if _fits(turn, other, media)]
    if len(others) == 1 and turn.files(others[0].key):
        accepted = _judge(turn, others[0], media)
        if isinstance(accepted, Accepted):
            return keep(turn, others[0], [accepted.value], notes=accepted.notes)
    if others:
        return _offer(turn, media, others)
    if refusal is None:
        refusal = say("file/fits_nowhere", name=media.name, format=media.format)
    return turn.reply(Outcome.REJECTED, refusal)


def _judge(turn: Turn, spec: FieldSpec, media: Media) -> Any:
    return file_kind_of(spec).judge_file(media, turn.asking(spec), file_facts(turn.files(spec.key)))


def _fits(turn: Turn, spec: FieldSpec, media: Media) -> bool:
    """A field that takes this file as it is and is still open, or takes any number of files."""
    if not is_media(spec) or spec.key == turn.desk.asked or not _may_take(turn, spec):
        return False
    if not spec.asked_in_turn or (spec.kind == "scan" and is_filled(turn, spec)):
        return False
    return isinstance(_judge(turn, spec, media), Accepted)


def _offer(turn: Turn, media: Media, specs: Sequence[FieldSpec]) -> Reply:
    """A file of the wrong kind for the open question is kept and offered to others (R111)."""
    pending = turn.desk.pending or {}
    waiting = pending.get("media", []) if pending.get("kind") == "place" else []
    keys = [spec.key for spec in specs]
    turn.wait_for("place", media=[*waiting, asdict(media)], fields=keys)
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION,
        say("file/where_to", specs=specs, name=media.name, count=len(waiting) + 1),
    )


def settle_waiting(turn: Turn) -> Line | None:
    """Before the talk goes on about something else, say what becomes of files that wait.

    Where only one field can be meant they go there; otherwise their sender is told that they
    were not taken.
    """
    pending = turn.desk.pending or {}
    if pending.get("kind") != "place":
        return None
    turn.settle()
    if len(pending["fields"]) > 1:
        return say("file/put_aside", count=len(pending["media"]))
    spec = turn.pack.spec(pending["fields"][0])
    values, refusals = _judge_waiting(turn, spec, pending["media"])
    for value in values:
        _store(turn, spec, value)
    if not values:
        return refusals[0]
    unskip(turn, spec.key)
    return _received(turn, spec, values)


def _judge_waiting(
    turn: Turn, spec: FieldSpec, waiting: Sequence[dict[str, Any]]
) -> tuple[list[dict[str, Any]], list[Line]]:
    values: list[dict[str, Any]] = []
    lines: list[Line] = []
    for item in waiting:
        judgement = _judge(turn, spec, Media(**item))
        if isinstance(judgement, Accepted):
            values.append(judgement.value)
            lines.extend(judgement.notes)
        elif isinstance(judgement, Refused):
            lines.append(judgement.line)
    return values, lines


def place_waiting(turn: Turn, spec: FieldSpec, waiting: Sequence[dict[str, Any]]) -> Reply:
    """Put the files that waited for a decision into the chosen field."""
    values, lines = _judge_waiting(turn, spec, waiting)
    if not values:
        return turn.reply(Outcome.REJECTED, *lines)
    return keep(turn, spec, values, notes=lines)


def keep(
    turn: Turn, spec: FieldSpec, values: Sequence[dict[str, Any]], *, notes: Sequence[Line] = ()
) -> Reply:
    """Store files in a field, say what came and what is missing, and go on once it is filled."""
    was_complete = not missing(turn)
    _drop_stale(turn, spec)
    for value in values:
        _store(turn, spec, value)
    unskip(turn, spec.key)
    return _after_files(turn, spec, was_complete, _received(turn, spec, values), *notes)


def _received(turn: Turn, spec: FieldSpec, values: Sequence[dict[str, Any]]) -> Line:
    return say(
        "file/received",
        spec=spec,
        number=prompts.number_of(turn, spec),
        files=values,
        count=len(turn.files(spec.key)),
        short=shortfall(spec, file_facts(turn.files(spec.key))),
    )


def _after_files(turn: Turn, spec: FieldSpec, was_complete: bool, *lines: Line) -> Reply:
    asked = turn.asked_spec
    if turn.held is not None:
        return turn.reply(Outcome.ACCEPTED, *lines, prompts.still_waiting(turn, turn.held))
    if asked is None or asked.key == spec.key:
        if is_filled(turn, spec):
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


def _store(turn: Turn, spec: FieldSpec, value: dict[str, Any]) -> None:
    row = StoredFile(submission_id=draft_id(turn), field=spec.key, received_at=turn.now, **value)
    turn.session.add(row)
    turn.session.flush()
    turn.desk.files.setdefault(spec.key, []).append(
        DeskFile(row.id, row.name, row.caption, row.kind, row.size, row.sha256, row.status)
    )


def say_in_field(turn: Turn, spec: FieldSpec, text: str) -> Reply:
    """A text while files are asked for: a name, 删除2, 同上, or something to be explained."""
    removal = _REMOVE.match(text)
    if removal is not None:
        return _ask_to_remove(turn, spec, int(removal.group(1)))
    if spec.kind == "scan" and is_same_paper(text):
        return _same_paper(turn, spec)
    judgement = kind_of(spec).judge(text, turn.asking(spec))
    if isinstance(judgement, Accepted) and isinstance(judgement.value, Captions):
        return _name_files(turn, spec, judgement.value.names, judgement.notes)
    if isinstance(judgement, Refused):
        return turn.reply(Outcome.REJECTED, judgement.line)
    raise TypeError(f"a file field cannot answer a text with {type(judgement).__name__}")


def _name_files(turn: Turn, spec: FieldSpec, names: Sequence[str], notes: Sequence[Line]) -> Reply:
    was_complete = not missing(turn)
    unnamed = [file for file in turn.files(spec.key) if not file.caption]
    for file, name in zip(unnamed, names, strict=False):
        submissions.name_file(turn.session, file.id, name)
        file.caption = name
    named = say(
        "file/named",
        spec=spec,
        names=list(names),
        short=shortfall(spec, file_facts(turn.files(spec.key))),
    )
    return _after_files(turn, spec, was_complete, named, *notes)


def _same_paper(turn: Turn, spec: FieldSpec) -> Reply:
    """One scan may hold both papers (R32): the same bytes stand in both fields."""
    others = [other for other in turn.pack.fields if other.kind == "scan" and other.key != spec.key]
    source = next((other for other in others if is_filled(turn, other)), None)
    if source is None:
        return turn.reply(Outcome.REJECTED, say("file/no_same_paper", specs=others))
    copies = [
        {
            "name": f.name,
            "caption": f.caption,
            "kind": f.kind,
            "size": f.size,
            "sha256": f.sha256,
            "status": f.status,
        }
        for f in turn.files(source.key)
    ]
    return keep(turn, spec, copies)


def _ask_to_remove(turn: Turn, spec: FieldSpec, place: int) -> Reply:
    files = turn.files(spec.key)
    if not 1 <= place <= len(files):
        return turn.reply(Outcome.REJECTED, say("file/no_such", spec=spec, place=place, count=len(files)))
    file = files[place - 1]
    turn.wait_for("remove_file", field=spec.key, file=file.id)
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION, say("file/ask_remove", name=file.caption or file.name, place=place)
    )


def remove(turn: Turn, spec: FieldSpec, file_id: int) -> Reply:
    """Take a file out of its field; the field is asked again."""
    files = turn.files(spec.key)
    gone = next((file for file in files if file.id == file_id), None)
    if gone is None:
        return prompts.ask(turn, spec, Outcome.ANSWERED, say("file/gone_already"))
    submissions.forget_file(turn.session, file_id)
    files.remove(gone)
    return prompts.ask(turn, spec, Outcome.MOVED, say("file/removed", name=gone.caption or gone.name))


def finish(turn: Turn, spec: FieldSpec) -> Reply:
    """完成: go on if the field has all it needs, else say what is missing or still on its way."""
    if is_filled(turn, spec):
        return prompts.go_on(turn, Outcome.MOVED, after=spec.key, was_complete=not missing(turn))
    coming = jobs.count_open(turn.session, FETCH, f"{turn.message.channel}:{turn.message.sender}:")
    short = shortfall(spec, file_facts(turn.files(spec.key)))
    return turn.reply(
        Outcome.REJECTED,
        say("file/not_finished", spec=spec, coming=coming, short=short, number=prompts.number_of(turn, spec)),
    )
