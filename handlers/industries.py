"""Finding a 大类 of GB/T 4754—2017 by its code, its name or any everyday word (R61, A14).

Pure. Names, the names below them and everyday words are split into characters and pairs of
characters; rare ones weigh more, so that 起重机制造 is found by 起重 and not by 制造.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from handlers.choices import fold
from handlers.packs import Industry

LONGEST_SEARCH = 60

NAME, WORD, ALIAS = 1.05, 1.0, 1.1
WHOLE = 0.2
LEAST = 0.15
UNKNOWN = 4.0
SINGLE = 0.35
PRECISION = 0.3
SECOND = 0.05

_CODE = re.compile(r"^([a-t]?)(\d{2})$")
_CODE_AND_NAME = re.compile(r"^([a-t]?\d{2})(\D.*)$")
_INSIDE = re.compile(r"^[a-z]?(\d{2})\d{0,2}$")
_EMPTY_TAIL = re.compile(r"(?:相关)?(?:行业|产业|领域|企业|公司|单位|工作|方面|类)$")
_SEPARATORS = re.compile(r"[、,，。;；/\\\-—–－－_·:：()（）\s]+")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One written form: which division it means, its features and their total weight."""

    place: int
    text: str
    kind: float
    total: float


@dataclass(frozen=True, slots=True)
class _Index:
    weights: dict[str, float]
    entries: tuple[_Entry, ...]
    postings: dict[str, tuple[int, ...]]
    exact: dict[str, frozenset[int]]
    sections: dict[str, tuple[int, ...]]


def find_exact(industries: tuple[Industry, ...], text: str) -> Industry | None:
    """The one division that `text` names beyond doubt; None if it names none or several.

    Beyond doubt are: the label as in 附件4 ("制造业-石油、煤炭及其他燃料加工业"), C25 or 25, the
    division's name, the two together, and a 门类 with a single division. The name of a 中类 or
    小类 is not: a person who types 医院 may mean another trade.
    """
    if len(text) > LONGEST_SEARCH:
        return None
    index, said = _indexed(industries), _plain(text)
    copied = _CODE_AND_NAME.match(said)
    if copied:
        places = _coded(industries, copied.group(1)) & index.exact.get(copied.group(2), frozenset())
    else:
        places = _coded(industries, said) or index.exact.get(said) or frozenset(index.sections.get(said, ()))
    return industries[next(iter(places))] if len(places) == 1 else None


def find_section(industries: tuple[Industry, ...], text: str) -> list[Industry]:
    """All divisions of the 门类 that `text` names, by name or letter; empty if it names none."""
    if len(text) > LONGEST_SEARCH:
        return []
    return [industries[place] for place in _indexed(industries).sections.get(_plain(text), ())]


def search(industries: tuple[Industry, ...], text: str, limit: int = 5) -> list[Industry]:
    """The divisions that `text` may mean, best first, at most `limit`; empty if nothing fits.

    A 门类 gives its own divisions alone. Otherwise exact forms come first, then what shares
    most with an everyday word or with the name of a division, 中类 or 小类.
    """
    if len(text) > LONGEST_SEARCH or (text.strip().isdecimal() and len(text.strip()) < 2):
        return []
    exact, section = find_exact(industries, text), find_section(industries, text)
    if section and not exact:
        return section[:limit]
    found = [exact] if exact else []
    said = _plain(text)
    inside = _INSIDE.match(said)
    if inside:
        found += [one for one in industries if one.division == inside.group(1)]
    found += [industries[place] for place in _ranked(_indexed(industries), said)]
    return list({one.division: one for one in found}.values())[:limit]


def _plain(text: str) -> str:
    """Folded, and without the marks between the parts of a name."""
    return _SEPARATORS.sub("", fold(text))


def _coded(industries: Sequence[Industry], said: str) -> frozenset[int]:
    found = _CODE.match(said)
    if found is None:
        return frozenset()
    letter, code = found.groups()
    return frozenset(
        place
        for place, one in enumerate(industries)
        if one.division == code and letter in ("", one.section.casefold())
    )


def _ranked(index: _Index, said: str) -> list[int]:
    """Divisions by their best written form, a second form that fits adding a little."""
    asked = _EMPTY_TAIL.sub("", said) or said
    features = _features(asked, index.weights, unknown=UNKNOWN)
    total = sum(features.values())
    shared: defaultdict[int, float] = defaultdict(float)
    hits: Counter[int] = Counter()
    for feature, weight in features.items():
        for number in index.postings.get(feature, ()):
            shared[number] += weight
            hits[number] += 1
    best: defaultdict[int, list[float]] = defaultdict(list)
    for number, weight in shared.items():
        if hits[number] < min(2, len(features)):  # One character in common says nothing: 口罩, 港口.
            continue
        entry = index.entries[number]
        score = ((1 - PRECISION) * weight / total + PRECISION * weight / entry.total) * entry.kind
        if entry.text == asked:
            score += WHOLE
        if score >= LEAST:
            best[entry.place].append(score)
    scores = {place: max(found) + SECOND * math.log(len(found)) for place, found in best.items()}
    return sorted(scores, key=lambda place: (-scores[place], place))


def _features(text: str, weights: dict[str, float], unknown: float = 0.0) -> dict[str, float]:
    """The characters and pairs of a text with their weights, single characters weighing less."""
    return {
        feature: weights.get(feature, unknown) * (SINGLE if len(feature) == 1 else 1.0)
        for feature in _cut(text)
    }


def _cut(text: str) -> set[str]:
    return set(text) | {text[place : place + 2] for place in range(len(text) - 1)}


@lru_cache(maxsize=8)
def _indexed(industries: tuple[Industry, ...]) -> _Index:
    forms = [(place, *form) for place, one in enumerate(industries) for form in _forms(one)]
    seen = Counter(feature for _, text, _ in forms for feature in _cut(text))
    weights = {feature: math.log(1 + len(forms) / count) for feature, count in seen.items()}
    entries, postings = [], defaultdict(list)
    exact: defaultdict[str, set[int]] = defaultdict(set)
    for number, (place, text, kind) in enumerate(forms):
        features = _features(text, weights)
        entries.append(_Entry(place, text, kind, sum(features.values())))
        for feature in features:
            postings[feature].append(number)
        if kind == NAME:
            exact[text].add(place)
    sections: defaultdict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(industries):
        exact[_plain(one.label)].add(place)
        sections[_plain(one.section_name)].append(place)
        sections[one.section.casefold()].append(place)
    return _Index(
        weights=weights,
        entries=tuple(entries),
        postings={feature: tuple(numbers) for feature, numbers in postings.items()},
        exact={text: frozenset(places) for text, places in exact.items()},
        sections={text: tuple(places) for text, places in sections.items()},
    )


def _forms(industry: Industry) -> Iterable[tuple[str, float]]:
    yield _plain(industry.name), NAME
    for word in industry.words:
        yield _plain(word), WORD
    for alias in industry.aliases:
        yield _plain(alias), ALIAS
