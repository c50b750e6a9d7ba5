"""What the bot asks: the question of a field, the receipt of an answer, lists of a draft."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.campaigns import Phase
from handlers.fields import KINDS, is_media, kind_of
from handlers.grace import phase_of
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.progress import filled_count, is_filled, missing, next_field, owed_later
from handlers.rules.counting import Length
from handlers.turns import Turn

SHORT = 24
# A longer text stands right above its receipt; the whole of it twice would hide the next question.
ECHOED = 120


def number_of(turn: Turn, spec: FieldSpec) -> int | str:
    """What a person types behind 修改: the field's number in 附件4, else its short name."""
    return spec.order if spec.order is not None else spec.short


def describe(turn: Turn, spec: FieldSpec) -> str:
    """The present value as a person reads it; "" if there is none."""
    if is_media(spec):
        return "\n".join(
            f"{place}. {file.caption or file.name}" for place, file in enumerate(turn.files(spec.key), 1)
        )
    if spec.key not in turn.desk.answers:
        return ""
    said = kind_of(spec).describe(turn.desk.answers[spec.key], turn.asking(spec))
    videos = "、".join(file.caption or file.name for file in turn.files(spec.key))
    return f"{said}\n{videos}" if videos else said


def length_of(turn: Turn, spec: FieldSpec) -> Length | None:
    """How long a text answer is; None for what is not a text."""
    value = turn.desk.answers.get(spec.key)
    return Length.of(value) if spec.kind == "text" and isinstance(value, str) else None


def question(turn: Turn, spec: FieldSpec) -> Line:
    """The prompt of a field: number, label, requirement, position and what is there already."""
    return say(
        "prompt/field",
        spec=spec,
        place=spec.order if spec.order is not None else spec.beside,
        total=len(turn.pack.numbered),
        filled=filled_count(turn),
        options=list(KINDS[spec.kind].prompt_options(turn.asking(spec))),
        present=describe(turn, spec),
        length=length_of(turn, spec),
        takes_files=is_media(spec),
        stale=any(file.status == "stale" for file in turn.files(spec.key)),
        unnamed=[place for place, _ in turn.unnamed(spec.key)] if spec.needs_caption else [],
        first_completer=_first_completer(turn),
        root_union=turn.pack.root_union,
        can_assemble=can_assemble(turn, spec),
    )


def can_assemble(turn: Turn, spec: FieldSpec) -> bool:
    """Whether a first draft of this field can be put together from others (R60, A13)."""
    return bool(spec.assembled_from) and all(key in turn.desk.answers for key in spec.assembled_from)


def _first_completer(turn: Turn) -> str | None:
    people = turn.desk.answers.get("completers")
    return people[0] if people else None


def receipt(turn: Turn, spec: FieldSpec, *, earlier: str = "") -> Line:
    """已收到 with the value as it was saved, and what it replaced."""
    return say(
        "prompt/receipt",
        spec=spec,
        number=number_of(turn, spec),
        value=describe(turn, spec),
        length=length_of(turn, spec),
        people=len(turn.desk.answers[spec.key]) if spec.kind == "people" else 0,
        earlier=earlier,
        most=ECHOED,
    )


def ask(turn: Turn, spec: FieldSpec, outcome: Outcome, *lines: Line) -> Reply:
    """Open a field's question behind `lines`."""
    turn.desk.asked = spec.key
    turn.desk.pending = None
    return turn.reply(outcome, *lines, question(turn, spec))


def go_on(turn: Turn, outcome: Outcome, *lines: Line, after: str | None, was_complete: bool) -> Reply:
    """Ask the next open field; a draft that has just become complete is told so unasked (L2)."""
    complete = turn.desk.state == "draft" and not missing(turn)
    following = next_field(turn, after)
    if following is not None:
        told = [say("draft/complete_with_more")] if complete and not was_complete else []
        return ask(turn, following, outcome, *lines, *told)
    turn.desk.asked = None
    turn.desk.pending = None
    if not complete:
        return turn.reply(outcome, *lines, missing_list(turn))
    return turn.reply(outcome, *lines, offer_submission(turn))


def still_waiting(turn: Turn, held: dict[str, Any]) -> Line:
    """The question about a value once more, after something else came between."""
    spec = turn.pack.spec(held["field"])
    labels = [label for _, label in held.get("options", [])]
    shown = "" if labels else kind_of(spec).describe(held["value"], turn.asking(spec))
    return say("answer/still_waiting", spec=spec, labels=labels, value=shown, reason=held["kind"] == "reason")


def offer_submission(turn: Turn) -> Line:
    """材料已齐，现在提交？ — and wait for the answer, if it can be handed in now (L2)."""
    phase = phase_of(turn)
    if phase is not Phase.OPEN:
        dates, helpdesk = turn.campaign.dates, turn.pack.helpdesk
        return say(
            "draft/complete_but_closed", is_before=phase is Phase.BEFORE, dates=dates, helpdesk=helpdesk
        )
    turn.wait_for("submit")
    return say(
        "draft/complete",
        title=turn.desk.answers.get("title"),
        owed_later=_rows(turn, owed_later(turn)),
        deadline=turn.campaign.dates.submission_deadline,
    )


def missing_list(turn: Turn) -> Line:
    """Everything missing at once, each with the command that fixes it (L11)."""
    return say(
        "draft/missing",
        rows=_rows(turn, missing(turn)),
        owed_later=_rows(turn, owed_later(turn)),
        state=turn.desk.state,
        number=turn.desk.number,
    )


def _rows(turn: Turn, specs: Sequence[FieldSpec]) -> list[dict[str, Any]]:
    return [
        {
            "number": number_of(turn, spec),
            "spec": spec,
            "began": bool(turn.files(spec.key)),
            "stale": any(file.status == "stale" for file in turn.files(spec.key)),
        }
        for spec in specs
    ]


def overview(turn: Turn) -> Line:
    """All fields on one line each; a long value shows its beginning and says so."""
    rows = [
        {
            "number": number_of(turn, spec),
            "spec": spec,
            "filled": is_filled(turn, spec),
            "value": describe(turn, spec).replace("\n", "；"),
            "length": length_of(turn, spec),
            "files": len(turn.files(spec.key)),
            "takes_files": is_media(spec),
        }
        for spec in turn.pack.fields
        if spec.asked_in_turn or is_filled(turn, spec)
    ]
    return say("draft/overview", rows=rows, short=SHORT, draft=draft_name(turn), filled=filled_count(turn))


def preview(turn: Turn) -> Line:
    """The whole draft as it would be handed in, nothing shortened."""
    rows = [
        {"number": number_of(turn, spec), "spec": spec, "value": describe(turn, spec)}
        for spec in turn.pack.fields
        if spec.asked_in_turn or is_filled(turn, spec)
    ]
    return say(
        "draft/preview", rows=rows, draft=draft_name(turn), state=turn.desk.state, number=turn.desk.number
    )


def draft_name(turn: Turn) -> str | None:
    """How people know this submission: its title, None while it has none."""
    return turn.desk.answers.get("title")
