"""Answering a field: judge what was said, save it, and follow what depends on it."""

from __future__ import annotations

from typing import Any

from handlers import prompts
from handlers.fields import kind_of
from handlers.fields.base import Accepted, Doubtful, Judgement, Options, Refused
from handlers.fields.craftsmen import videos_owed
from handlers.messages import Line, Outcome, Reply, say
from handlers.own_deadlines import told_to_submitter
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.counting import count, title_key
from handlers.turns import Turn
from storage import desks, submissions

# Ten times the longest field: more was pasted by mistake, and would fill the store and the chat.
LONGEST_TEXT = 5000


def judge(turn: Turn, spec: FieldSpec, text: str, *, advised: bool = False) -> Judgement:
    return kind_of(spec).judge(text, turn.asking(spec, advised=advised))


def refuse_long(turn: Turn, text: str) -> Reply:
    """No field takes so much; it is counted and refused, not cut."""
    counted = count(text)
    line = say("message/too_long", count=counted, most=LONGEST_TEXT, spec=turn.asked_spec)
    return turn.reply(Outcome.REJECTED, line)


def answer(
    turn: Turn, spec: FieldSpec, text: str, *, advised: bool = False, notes: tuple[Line, ...] = ()
) -> Reply:
    """Judge `text` for a field and do what the judgement says; nothing typed is ever lost."""
    return follow(turn, spec, judge(turn, spec, text, advised=advised), notes=notes)


def follow(turn: Turn, spec: FieldSpec, judgement: Judgement, *, notes: tuple[Line, ...] = ()) -> Reply:
    """Turn a judgement into the saved answer, a question back, or a refusal."""
    match judgement:
        case Accepted(value=value, notes=more):
            return save(turn, spec, value, notes=notes + more)
        case Doubtful(value=value, question=question, wants_reason=wants_reason):
            turn.wait_for("value", field=spec.key, value=value, wants_reason=wants_reason)
            return turn.reply(Outcome.NEEDS_CONFIRMATION, *notes, question)
        case Options(options=options, question=question):
            turn.wait_for("options", field=spec.key, options=[list(option) for option in options])
            return turn.reply(Outcome.NEEDS_CONFIRMATION, *notes, question)
        case Refused(line=line):
            turn.desk.pending = None
            kept = (
                [say("answer/kept", value=prompts.describe(turn, spec))]
                if spec.key in turn.desk.answers
                else []
            )
            return turn.reply(Outcome.REJECTED, *notes, line, *kept)


def save(
    turn: Turn, spec: FieldSpec, value: Any, *, note: str | None = None, notes: tuple[Line, ...] = ()
) -> Reply:
    """Keep a value, say so, and ask the next field."""
    was_complete = not missing(turn)
    earlier = prompts.describe(turn, spec) if spec.key in turn.desk.answers else ""
    first = _first_completer(turn)
    consequences = keep(turn, spec, value, note=note)
    lines = (prompts.receipt(turn, spec, earlier=earlier), *notes, *consequences)
    if spec.kind == "craftsmen" and value:
        turn.desk.asked, turn.desk.pending = spec.key, None
        owed = videos_owed(value, len(turn.files(spec.key)))
        return turn.reply(Outcome.ACCEPTED, *lines, say("fields/craftsman_next", spec=spec, owed=owed))
    if first not in (None, _first_completer(turn)) and "first_completer_bio" in turn.desk.answers:
        return prompts.ask(turn, turn.pack.spec("first_completer_bio"), Outcome.ACCEPTED, *lines)
    return prompts.go_on(turn, Outcome.ACCEPTED, *lines, after=spec.key, was_complete=was_complete)


def _first_completer(turn: Turn) -> str | None:
    people = turn.desk.answers.get("completers")
    return people[0] if people else None


def keep(turn: Turn, spec: FieldSpec, value: Any, *, note: str | None = None) -> list[Line]:
    """Store one answer and return what its owner should know of its consequences (R104)."""
    before = turn.desk.answers.get(spec.key)
    desks.put_answer(turn.session, turn.desk, spec.key, value, now=turn.now, note=note)
    unskip(turn, spec.key)
    if spec.key == "title":
        return _after_title(turn, before, value)
    if spec.key == "completers":
        return _after_completers(turn, before, value)
    return told_to_submitter(turn) if spec.key == "union" else []


def unskip(turn: Turn, key: str) -> None:
    """A field that was left for later is no longer."""
    skipped = turn.desk.skipped or []
    if key in skipped:
        set_skipped(turn, [other for other in skipped if other != key])


def set_skipped(turn: Turn, skipped: list[str]) -> None:
    turn.desk.skipped = skipped


def draft_id(turn: Turn) -> int:
    """The open submission's id; an answer without one is a programming error."""
    if turn.desk.submission_id is None:
        raise LookupError("no submission is open on this desk")
    return turn.desk.submission_id


def _after_title(turn: Turn, before: str | None, title: str) -> list[Line]:
    key = title_key(title)
    turn.desk.title_key = key
    lines = []
    if before is not None and before != title and _make_stale(turn):
        lines.append(say("answer/papers_stale", spec=_papers(turn)[0], before=before))
    if not key:
        return lines
    owner = submissions.find_title(turn.session, turn.pack.name, key, besides=draft_id(turn))
    if owner is not None:
        own = owner == turn.desk.person_id
        lines.append(say("answer/same_title", own=own, source=turn.pack.spec("title").source))
    return lines


def _make_stale(turn: Turn) -> bool:
    """Papers that name another title must be stamped again (R33)."""
    keys = [spec.key for spec in _papers(turn)]
    if not submissions.mark_files_stale(turn.session, draft_id(turn), keys):
        return False
    for key in keys:
        for file in turn.files(key):
            file.status = "stale"
    return True


def _papers(turn: Turn) -> list[FieldSpec]:
    return [spec for spec in turn.pack.fields if spec.kind == "scan"]


def _after_completers(turn: Turn, before: list[str] | None, people: list[str]) -> list[Line]:
    """The biography belongs to the first completer (R49); craftsmen are asked for once (R44)."""
    lines = []
    craftsmen = next((spec for spec in turn.pack.fields if spec.kind == "craftsmen"), None)
    if before is None and craftsmen is not None and craftsmen.key not in turn.desk.answers:
        lines.append(say("answer/any_craftsmen", spec=craftsmen))
    if before and before[0] != people[0] and "first_completer_bio" in turn.desk.answers:
        lines.append(say("answer/first_completer_changed", before=before[0], after=people[0]))
    return lines
