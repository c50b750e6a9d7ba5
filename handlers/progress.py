"""How far a draft is: what is filled, what is missing, what is asked next."""

from __future__ import annotations

from handlers.fields import is_media, shortfall
from handlers.fields.craftsmen import videos_owed
from handlers.packs import FieldSpec, RequiredWhen
from handlers.turns import Turn, file_facts


def is_filled(turn: Turn, spec: FieldSpec) -> bool:
    """Answered; for files: enough of them, each named where that is asked, none stale (R33)."""
    if not is_media(spec):
        return spec.key in turn.desk.answers
    files = turn.files(spec.key)
    if not files or any(file.status != "stored" for file in files):
        return False
    return shortfall(spec, file_facts(files)) is None


def filled_count(turn: Turn) -> int:
    """How many of the numbered fields of 附件4 are filled."""
    return sum(is_filled(turn, spec) for spec in turn.pack.numbered)


def missing(turn: Turn) -> list[FieldSpec]:
    """What still stands between the draft and its submission, in the order of 附件4 (A18)."""
    return [
        spec
        for spec in turn.pack.fields
        if spec.required_when is RequiredWhen.SUBMIT and not is_filled(turn, spec)
    ]


def owed_later(turn: Turn) -> list[FieldSpec]:
    """What may be handed in after the submission, before the recommendation (A18).

    So may be the answer to a 不确定 (R80) and the videos of craftsmen (A21).
    """
    return [spec for spec in turn.pack.fields if _is_owed_later(turn, spec)]


def _is_owed_later(turn: Turn, spec: FieldSpec) -> bool:
    answers = turn.desk.answers
    if spec.kind == "yes_no":
        return answers.get(spec.key, True) is None
    if spec.kind == "craftsmen":
        return videos_owed(answers.get(spec.key, ()), len(turn.files(spec.key))) > 0
    return spec.required_when is RequiredWhen.RECOMMEND and not is_filled(turn, spec)


def next_field(turn: Turn, after: str | None) -> FieldSpec | None:
    """The next field to ask: the first open one behind `after`, else the first open one at all.

    A field that its owner left for later is not asked again on its own.
    """
    asked = turn.pack.asked
    keys = [spec.key for spec in asked]
    start = keys.index(after) + 1 if after in keys else 0
    skipped = turn.desk.skipped or []
    for spec in asked[start:] + asked[:start]:
        if spec.key != after and spec.key not in skipped and not is_filled(turn, spec):
            return spec
    return None


def field_before(turn: Turn, key: str | None) -> FieldSpec | None:
    """The field asked before `key`; the last one when no question is open; None at the first."""
    asked = turn.pack.asked
    keys = [spec.key for spec in asked]
    if key not in keys:
        return asked[-1]
    place = keys.index(key)
    return asked[place - 1] if place else None
