"""Free text: hard limits refuse, soft ones advise once, nothing is ever cut (附件4, A7, A12, A23)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Refused
from handlers.messages import Line, say
from handlers.packs import Check, FieldSpec
from handlers.rules.counting import Length, cut_point

_EMOJI = re.compile(
    "[\\U0001f000-\\U0001faff\\u2b50\\u2b55\\u2705\\u274c\\u274e\\u2753-\\u2755\\u2757\\u2764][\\ufe0f\\u200d\\U0001f3fb-\\U0001f3ff]*"
    "|[\\u00a9\\u00ae\\u203c-\\u3299]\\ufe0f"
)
_LINK_ONLY = re.compile(r"^(?:https?://|www\.)\S+$", re.IGNORECASE)
_LETTERS = re.compile(r"\w")
_JOIN_CJK = re.compile(r"(?<=[^\x00-\x7f])[ ]*\n[ ]*|[ ]*\n[ ]*(?=[^\x00-\x7f])")
_JOIN_REST = re.compile(r"[ ]*\n[ ]*")


@dataclass(frozen=True, slots=True)
class _Advice:
    """One thing worth a look: a template under fields/ decides how it is said."""

    what: str
    label: str = ""


class Text:
    """The kind "text"; the value is the text itself."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        spec = asked.spec
        text, notes = _without_label(text, spec)
        if spec.single_line:
            text = _JOIN_REST.sub(" ", _JOIN_CJK.sub("", text))
        plain = _EMOJI.sub("", text)
        refusal = _refusal(plain.strip(), spec)
        if refusal is not None:
            return refusal
        if plain != text:
            shown = "".join(dict.fromkeys(found.group() for found in _EMOJI.finditer(text)))
            question = say("fields/emoji", spec=spec, found=shown, without=plain.strip())
            return Doubtful(plain.strip(), question, notes)
        return _weigh(text, asked, notes)

    def describe(self, value: Any, asked: Asked) -> str:
        return str(value)

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()


def _without_label(text: str, spec: FieldSpec) -> tuple[str, tuple[Line, ...]]:
    """Drop the field's own name where it was typed in front: 成果名称：…

    Not its aliases: 经济效益： is how a text on benefits rightly begins.
    """
    head, colon, rest = text.partition("：") if "：" in text[:20] else text.partition(":")
    if colon and rest.strip() and head.strip() in (spec.label, spec.short):
        return rest.strip(), (say("fields/label_dropped", label=head.strip()),)
    return text, ()


def _refusal(text: str, spec: FieldSpec) -> Refused | None:
    if not text:
        return Refused(say("fields/no_text", spec=spec))
    if _LINK_ONLY.match(text):
        return Refused(say("fields/link_only", spec=spec))
    limit = spec.limits.hard_max
    length = Length.of(text)
    if limit is not None and length.count > limit:
        return Refused(
            say(
                "fields/too_long",
                spec=spec,
                limit=limit,
                length=length,
                over=length.count - limit,
                cut=cut_point(text, limit),
            )
        )
    return None


def _weigh(text: str, asked: Asked, notes: tuple[Line, ...]) -> Judgement:
    """Soft rules: some are asked about once, the others only mentioned."""
    spec = asked.spec
    length = Length.of(text)
    limits = spec.limits
    asks: list[_Advice] = []
    if not _LETTERS.search(text):
        asks.append(_Advice("no_words"))
    if limits.quiet_max is not None and length.count > limits.quiet_max:
        asks.append(_Advice("long"))
    missing = [check for check in spec.checks if not is_met(check, text)]
    asks.extend(_Advice("lacks", check.label) for check in missing if check.asks)
    mentions = [check.label for check in missing if not check.asks]
    if limits.quiet_min is not None and length.count < limits.quiet_min:
        notes = (*notes, say("fields/short", spec=spec, length=length))
    if mentions:
        notes = (*notes, say("fields/could_mention", spec=spec, labels=mentions))
    wants_reason = limits.reason_over is not None and length.count > limits.reason_over
    if (asks and not asked.advised) or wants_reason:
        question = say("fields/advice", spec=spec, asks=asks, length=length, wants_reason=wants_reason)
        return Doubtful(text, question, notes, wants_reason=wants_reason)
    return Accepted(text, notes)


def is_met(check: Check, text: str) -> bool:
    """Whether a text shows what a soft check looks for."""
    if any(word in text for word in check.words):
        return True
    return check.pattern is not None and _compiled(check.pattern).search(text) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
