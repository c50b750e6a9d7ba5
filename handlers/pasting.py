"""Questions of a quiz pasted as text: each message becomes a set of its own, a text file like any other.

A platform that keeps documents to itself lets through no other way (附件4第17项). The file is
entered with the answer, so that it counts at once; the worker writes its bytes from a job that
lies in the same transaction.
"""

from __future__ import annotations

import hashlib
import itertools

from handlers import captions, files, prompts
from handlers.answers import LONGEST_TEXT, unskip
from handlers.consent import is_slight
from handlers.fields import Captions, captions_of, file_kind_of
from handlers.fields.base import Accepted, Refused
from handlers.fields.quiz import LONG, file_name, numbers_in, read_as
from handlers.messages import Line, Media, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.counting import count
from handlers.turns import Turn, file_facts
from storage import jobs
from storage.jobs import Job

WAITING = "questions"


def read(turn: Turn, spec: FieldSpec, text: str, notes: tuple[Line, ...]) -> Reply:
    """A text where a quiz is asked: kept as a set, taken as a name, or asked about."""
    kept = turn.files(spec.key)
    could_name = bool(turn.unnamed(spec.key))
    named = isinstance(captions_of(text, spec, file_facts(kept)), Captions)
    if is_slight(text) or captions.is_order(text):
        return captions.say_in_field(turn, spec, text)
    reading = read_as(text, is_name=named)
    if reading == "name" or (could_name and not named and reading == "doubtful" and len(text) <= LONG):
        return captions.say_in_field(turn, spec, text)
    if reading == "questions":
        return keep(turn, spec, text, notes)
    return _ask(turn, spec, text, notes)


def _ask(turn: Turn, spec: FieldSpec, text: str, notes: tuple[Line, ...]) -> Reply:
    """Neither saved nor thrown away; what waits already and what came now are asked about together."""
    pending = turn.desk.pending or {}
    if pending.get("kind") == WAITING:
        said = pending["said"]
        text = f"{said}\n{text}"
        if len(text) > LONGEST_TEXT:
            return turn.reply(Outcome.NEEDS_CONFIRMATION, say("file/answer_first"), question(spec, said))
    turn.wait_for(WAITING, field=spec.key, said=text)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, *notes, question(spec, text))


def question(spec: FieldSpec, text: str) -> Line:
    return say("file/are_they_questions", spec=spec, said=text, most=prompts.ECHOED)


def keep(turn: Turn, spec: FieldSpec, text: str, notes: tuple[Line, ...] = ()) -> Reply:
    """Enter the text as one more set and stay, since the next message may bring more questions."""
    content = text.encode()
    media = Media(
        name=_free_name(turn, spec),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        format="txt",
    )
    judged = file_kind_of(spec).judge_file(media, turn.asking(spec), file_facts(turn.files(spec.key)))
    if isinstance(judged, Refused):
        return turn.reply(Outcome.REJECTED, judged.line)
    if not isinstance(judged, Accepted):
        raise TypeError("a file is taken or refused")
    was_complete = not missing(turn)
    files.store(turn, spec, judged.value)
    _leave_to_worker(turn, text)
    unskip(turn, spec.key)
    waiting = _still_waiting(turn, spec)
    told = _kept(turn, spec, text, is_last=not was_complete and not missing(turn))
    return turn.reply(Outcome.ACCEPTED, told, *notes, *judged.notes, *waiting)


def _still_waiting(turn: Turn, spec: FieldSpec) -> list[Line]:
    """What came before and waits for a yes goes on waiting."""
    pending = turn.desk.pending or {}
    if pending.get("kind") == WAITING:
        return [question(spec, pending["said"])]
    turn.desk.pending = None
    return []


def _kept(turn: Turn, spec: FieldSpec, text: str, *, is_last: bool) -> Line:
    """The receipt of the set that came last; `is_last` says that nothing else is missing now (L2)."""
    kept = turn.files(spec.key)
    return say(
        "file/questions_kept",
        spec=spec,
        file=kept[-1],
        count=count(text),
        numbers=numbers_in(text),
        place=len(kept),
        unnamed=bool(turn.unnamed(spec.key)),
        is_last=is_last,
    )


def _free_name(turn: Turn, spec: FieldSpec) -> str:
    taken = {file.name for file in turn.files(spec.key)}
    numbers = itertools.count(len(taken) + 1)
    return next(name for number in numbers if (name := file_name(number)) not in taken)


def _leave_to_worker(turn: Turn, text: str) -> None:
    message = turn.message
    jobs.add(
        turn.session,
        Job(
            kind=jobs.KEEP_TEXT,
            dedupe_key=f"text:{message.channel}:{message.sender}:{message.key}",
            detail={"text": text},
            due_at=turn.now,
            created_at=turn.now,
        ),
    )
