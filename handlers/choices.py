"""Reading a pick from a numbered list: number, name, pinyin initials, one wrong character.

Pure and without wording: the caller asks about whatever is only likely.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rapidfuzz.distance import OSA

LONGEST_PICK = 40

_EDGE = " \t\r\n,.;:!~·…、。，；：！～'\"“”‘’「」『』《》【】[]()<>"
_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE = re.compile(r"([一二三四五六七八九]?)(十)([一二三四五六七八九]?)|([零〇一二两三四五六七八九])")
_PREFIX = re.compile(r"^(?:我?就?选择?(?:的是)?|我要|序?号码?|编号)")
_NUMBER = re.compile(
    r"^第?(\d{1,4}|[零〇一二两三四五六七八九十]{1,3})(?:[个项条号家位种类篇份](?:吧|的)?|吧)?$"
)
_COPIED = re.compile(r"^\(?第?(\d{1,4})[.、,:)号]*(\D.*)$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One option of a list, in the order in which it is shown.

    `names` are all its written forms, any of which is certain; `initials` one or more strings
    of pinyin initials, separated by spaces; `hints` are slips and words that only suggest it
    ("杨州", "昆山" for 苏州): asked about, never taken. Numbers count the candidates that are
    `numbered`, from 1.
    """

    value: Any
    names: tuple[str, ...]
    initials: str = ""
    numbered: bool = True
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a text picks: indexes into the candidates.

    `certain` may be taken as said. Otherwise `likely` holds those to be asked about, best
    first: one ("您是说南京吗") or several. Both empty: nothing of the list was said.
    """

    certain: int | None = None
    likely: tuple[int, ...] = ()


def fold(text: str) -> str:
    """The form in which short texts are compared.

    Full-width becomes half-width, capitals small; spaces, invisible characters and the
    punctuation round the text go, unless there is nothing else ("？" folds to "?").
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    visible = "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc"))
    return visible.strip(_EDGE) or visible


def chinese_number(text: str) -> int | None:
    """A number of 0 to 99 written as 八, 十三 or 二十四; None for anything else."""
    found = _CHINESE.fullmatch(text)
    if found is None:
        return None
    tens, ten, ones, single = found.groups()
    if not ten:
        return _DIGITS[single]
    return 10 * _DIGITS.get(tens, 1) + _DIGITS.get(ones, 0)


def whole_number(text: str) -> int | None:
    """The number that a whole folded text says: 3, 三, 第3项, 第三个; None if it says more."""
    found = _NUMBER.match(text)
    if found is None:
        return None
    said = found.group(1)
    return int(said) if said.isdecimal() else chinese_number(said)


def match(text: str, choices: Sequence[Candidate], *, normalise: Callable[[str], str] | None = None) -> Match:
    """Read `text` as a pick from `choices`.

    Certain: an exact name, a number in any usual form (3, ３, 三, ③, 选3, 第三个, 3.), or a
    line copied from the list ("6. 南通") whose number and name agree. Likely: a name that two
    options share, initials, a hint, one wrong, missing, extra or swapped character.
    `normalise` is applied to the folded text and names alike, for instance to drop 市 or 工会.
    """
    if len(text) > LONGEST_PICK:
        return Match()
    said = fold(text)
    asked = _PREFIX.sub("", said)
    for form in dict.fromkeys((said, asked)):
        if form and (found := _certain(form, choices, normalise)):
            return found
    return Match(likely=_likely(asked or said, choices, normalise))


def _certain(said: str, choices: Sequence[Candidate], normalise: Callable[[str], str] | None) -> Match | None:
    named = _named(said, choices, normalise)
    if named:
        return Match(certain=named[0]) if len(named) == 1 else Match(likely=named)
    picked = _numbered(whole_number(said), choices)
    if picked is not None:
        return Match(certain=picked)
    copied = _COPIED.match(said)
    if copied is None:
        return None
    number = _numbered(int(copied.group(1)), choices)
    named = _named(fold(copied.group(2)), choices, normalise)
    if not named:
        return None
    if number in named:
        return Match(certain=number)
    return Match(likely=_unique([*named, *([] if number is None else [number])]))


def _named(
    said: str, choices: Sequence[Candidate], normalise: Callable[[str], str] | None
) -> tuple[int, ...]:
    wanted = {said, normalise(said)} if normalise else {said}
    return tuple(place for place, choice in enumerate(choices) if wanted & _forms(choice.names, normalise))


def _numbered(number: int | None, choices: Sequence[Candidate]) -> int | None:
    shown = [place for place, choice in enumerate(choices) if choice.numbered]
    return shown[number - 1] if number is not None and 1 <= number <= len(shown) else None


def _likely(
    said: str, choices: Sequence[Candidate], normalise: Callable[[str], str] | None
) -> tuple[int, ...]:
    if len(said) < 2:
        return ()
    wanted = normalise(said) if normalise else said
    hinted = [place for place, choice in enumerate(choices) if {said, wanted} & _forms(choice.hints, None)]
    initials = [place for place, choice in enumerate(choices) if said in choice.initials.split()]
    if hinted or initials:
        return _unique([*hinted, *initials])
    near = [place for place, choice in enumerate(choices) if _is_near(said, wanted, choice, normalise)]
    # Of two characters one is half the word: only a slip that fits a single option is worth asking.
    return tuple(near) if len(wanted) > 2 or len(near) == 1 else ()


def _is_near(said: str, wanted: str, choice: Candidate, normalise: Callable[[str], str] | None) -> bool:
    return any(
        len(form) >= 2 and OSA.distance(text, form, score_cutoff=1) <= 1 and _is_spelling(text, form)
        for form in _forms(choice.names, normalise)
        for text in (said, wanted)
        if len(text) >= 2
    )


def _is_spelling(text: str, form: str) -> bool:
    """Digits and pairs of letters have no near misses: "12" is not nearly "13", nor "nj" "nt"."""
    return not (text.isascii() and len(text) < 3) and not (text.isdecimal() or form.isdecimal())


@lru_cache(maxsize=4096)
def _forms(names: tuple[str, ...], normalise: Callable[[str], str] | None) -> frozenset[str]:
    folded = {fold(name) for name in names}
    return frozenset(folded | {normalise(name) for name in folded}) if normalise else frozenset(folded)


def _unique(places: Iterable[int]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(places))
