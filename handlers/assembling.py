"""A first draft of the summary, put together from the fields it should cover (R60, A13)."""

from __future__ import annotations

from handlers import prompts
from handlers.messages import Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.rules.counting import Length
from handlers.turns import Turn


def assemble(turn: Turn) -> Reply:
    """汇总: propose the draft for a yes; one that is too long is shown to be shortened by hand."""
    spec = _target(turn)
    if spec is None:
        return turn.reply(Outcome.ANSWERED, say("fields/nothing_to_assemble"))
    if not prompts.can_assemble(turn, spec):
        lacking = [turn.pack.spec(key) for key in spec.assembled_from if key not in turn.desk.answers]
        return turn.reply(Outcome.ANSWERED, say("fields/assemble_later", spec=spec, lacking=lacking))
    text = assembled(turn, spec)
    length, limit = Length.of(text), spec.limits.hard_max
    turn.desk.asked = spec.key
    if limit is not None and length.count > limit:
        over = length.count - limit
        line = say("fields/assembled_too_long", spec=spec, text=text, length=length, limit=limit, over=over)
        return turn.reply(Outcome.ANSWERED, line)
    turn.wait_for("value", field=spec.key, value=text, wants_reason=False)
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION, say("fields/assembled", spec=spec, text=text, length=length)
    )


def _target(turn: Turn) -> FieldSpec | None:
    """The open field if it can be assembled, else the one that can."""
    spec = turn.asked_spec
    if spec is not None and spec.assembled_from:
        return spec
    return next((one for one in turn.pack.fields if one.assembled_from), None)


def assembled(turn: Turn, spec: FieldSpec) -> str:
    """The fields in their order, each an item of its own, nothing left out."""
    parts = [turn.pack.spec(key) for key in spec.assembled_from]
    lines = [
        f"{place}.{part.short}：{''.join(prompts.describe(turn, part).splitlines())}"
        for place, part in enumerate(parts, 1)
    ]
    return "\n".join(lines)
