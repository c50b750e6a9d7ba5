"""Closed choices: unions, categories, yes or no; by number, name, initials or a near miss."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from handlers.choices import LONGEST_PICK, Candidate, fold, match
from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Options, Refused
from handlers.messages import Line, say
from handlers.packs import Choice as ChoiceSpec
from handlers.packs import Pack, Union
from handlers.rules.counting import excerpt

_UNION_SUFFIX = re.compile("(?:总工会|产业工会|工会|市|省)+$")
_UNION_PREFIX = re.compile("^(?:江苏省总工会|江苏省|江苏)[-—－ /、，,]*")
# 是 and 否 are product words, not a year's rule; the pack has no choices for this kind.
_YES = ("是", "是的", "属于", "对", "有", "符合", "算", "是新质生产力", "属于新质生产力", "yes", "y")
_NO = (
    "否",
    "不是",
    "不属于",
    "没有",
    "不符合",
    "不算",
    "不是新质生产力",
    "不属于新质生产力",
    "不",
    "no",
    "n",
)
_UNSURE = ("不确定", "不清楚", "不知道", "说不准", "拿不准", "待定", "不好说", "不太清楚", "不太确定")


def _decide(
    text: str, candidates: Sequence[Candidate], labels: Sequence[str], refused: Line, normalise: Any = None
) -> Judgement:
    """What a match means: certain is taken, likely is asked about, nothing is refused."""
    found = match(text, candidates, normalise=normalise)
    if found.certain is not None:
        return Accepted(candidates[found.certain].value)
    if len(found.likely) == 1:
        place = found.likely[0]
        return Doubtful(candidates[place].value, say("fields/did_you_mean", said=text, meant=labels[place]))
    if found.likely:
        options = tuple((candidates[place].value, labels[place]) for place in found.likely)
        return Options(options, say("fields/which_one", said=text, labels=[label for _, label in options]))
    return Refused(refused)


def _short_union(folded: str) -> str:
    """A union's name without what everybody leaves out (R37)."""
    return _UNION_SUFFIX.sub("", _UNION_PREFIX.sub("", folded)) or folded


@lru_cache(maxsize=8)
def _union_candidates(unions: tuple[Union, ...]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            value=union.code,
            names=(union.name, union.full_name, union.code, *union.aliases),
            initials=union.initials,
            hints=union.hints,
        )
        for union in unions
    )


class UnionChoice:
    """The kind "union"; the value is a union's code, the first level is fixed (R52)."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        pack = asked.pack
        labels = [union.full_name for union in pack.unions]
        said = _UNION_PREFIX.sub("", text) or text
        is_root = fold(text) == fold(pack.root_union)
        refused = say(
            "fields/union_unknown", spec=asked.spec, said=excerpt(text), labels=labels, is_root=is_root
        )
        judged = _decide(said, _union_candidates(pack.unions), labels, refused, _short_union)
        if isinstance(judged, Refused) and not is_root:
            return _mentioned(text, pack.unions) or judged
        return judged

    def describe(self, value: Any, asked: Asked) -> str:
        return f"{asked.pack.root_union}-{_union_name(asked.pack, value)}"

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return [union.full_name for union in asked.pack.unions]


def _mentioned(text: str, unions: Sequence[Union]) -> Judgement | None:
    """我是南京的, 南京市江宁区总工会: what is only named within a text is asked about."""
    said = fold(text)
    if len(said) > LONGEST_PICK:
        return None
    words = ((union, (union.name, *union.aliases, *union.hints)) for union in unions)
    found = [union for union, names in words if any(fold(name) in said for name in names)]
    if len(found) == 1:
        meant = found[0].full_name
        return Doubtful(found[0].code, say("fields/did_you_mean", said=excerpt(text), meant=meant))
    if not found:
        return None
    options = tuple((union.code, union.full_name) for union in found)
    labels = [label for _, label in options]
    return Options(options, say("fields/which_one", said=excerpt(text), labels=labels))


def _union_name(pack: Pack, code: str) -> str:
    union = pack.union_by_code.get(code)
    return code if union is None else union.full_name


@lru_cache(maxsize=32)
def _choice_candidates(choices: tuple[ChoiceSpec, ...]) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            value=choice.value,
            names=(choice.value, *choice.aliases),
            initials=choice.initials,
            hints=choice.hints,
        )
        for choice in choices
    )


class Choice:
    """The kind "choice"; the value is the option's word."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        labels = [choice.value for choice in asked.spec.choices]
        refused = say("fields/choice_unknown", spec=asked.spec, said=excerpt(text), labels=labels)
        return _decide(text, _choice_candidates(asked.spec.choices), labels, refused)

    def describe(self, value: Any, asked: Asked) -> str:
        return str(value)

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return [choice.value for choice in asked.spec.choices]


_YES_HINTS = ("shi", "应该是", "好像是", "大概是")
_NO_HINTS = ("fou", "bu", "bushi", "应该不是", "好像不是")
_UNSURE_HINTS = ("也许", "可能", "可能是", "或许", "不一定", "再说", "buqueding")
_LABELS = ("是", "否", "不确定")
_THREE = (
    Candidate(value=True, names=_YES, initials="s", hints=_YES_HINTS),
    Candidate(value=False, names=_NO, initials="f", hints=_NO_HINTS),
    Candidate(value=None, names=_UNSURE, initials="bqd", hints=_UNSURE_HINTS),
)


class YesNo:
    """The kind "yes_no"; True, False, or None for 不确定, to be settled later (R80)."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        return _decide(
            text, _THREE, _LABELS, say("fields/yes_no_unknown", spec=asked.spec, said=excerpt(text))
        )

    def describe(self, value: Any, asked: Asked) -> str:
        return _LABELS[0] if value else _LABELS[2] if value is None else _LABELS[1]

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return _LABELS
