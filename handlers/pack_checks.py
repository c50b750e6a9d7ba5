"""What must be true of a whole pack, beyond the shape of each of its tables."""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from handlers.choices import fold
from handlers.fields import KINDS, is_media
from handlers.packs import FieldSpec, Limits, Pack, RequiredWhen, Union
from handlers.rules.counting import Length

CORE = {"title": "text", "union": "union"}
# The duties of people who submit; the others are unions'.
SUBMITTERS = frozenset({"draft", "complete"})

_REMEDIES = {
    "int": "write a whole number",
    "bool": "write true or false",
    "string_type": "write a text in quotes",
    "tuple": "write a list in square brackets",
    "date": "write a day as 2024-06-11",
    "model": "write a table",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a pack: where it stands and what to write instead."""

    file: str
    table: str
    key: str
    wrong: str
    remedy: str

    def __str__(self) -> str:
        place = " ".join(part for part in (self.file, self.table, self.key) if part)
        return f"{place}: {self.wrong}; {self.remedy}"


def problems_in(error: ValidationError, shape: type[BaseModel], file: str, table: str) -> list[Problem]:
    """What a table of a wrong shape lacks, has too much or has of the wrong sort."""
    found = []
    for detail in error.errors(include_url=False):
        path = [str(part + 1 if isinstance(part, int) else part) for part in detail["loc"]]
        wrong, remedy = _explained(detail, shape)
        if table or len(path) == 1:
            found.append(Problem(file, table, ".".join(path), wrong, remedy))
        elif isinstance(detail["loc"][1], int):
            found.append(Problem(file, f"[[{path[0]}]] #{path[1]}", ".".join(path[2:]), wrong, remedy))
        else:
            found.append(Problem(file, f"[{path[0]}]", ".".join(path[1:]), wrong, remedy))
    return found


def _explained(detail: Any, shape: type[BaseModel]) -> tuple[str, str]:
    kind, context, key = detail["type"], detail.get("ctx", {}), str(detail["loc"][-1])
    if kind == "missing":
        return "is missing", f"write {key} = …"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key, sorted(_keys(shape)), n=1)
        return "is no key of this table", f"write {near[0]}" if near else "take it out"
    wrong = f"is {str(detail['input'])[:40]!r}"
    if "expected" in context:
        return wrong, f"write one of {context['expected']}"
    if "pattern" in context:
        return wrong, f"write what fits {context['pattern']}"
    if "ge" in context:
        return wrong, f"write {context['ge']} or more"
    for start, remedy in _REMEDIES.items():
        if kind.startswith(start):
            return wrong, remedy
    return wrong, detail["msg"]


def _keys(shape: type[BaseModel]) -> set[str]:
    """The keys of a shape and of the shapes inside it."""
    found = set(shape.model_fields)
    for field in shape.model_fields.values():
        for part in (field.annotation, *get_args(field.annotation)):
            if isinstance(part, type) and issubclass(part, BaseModel):
                found |= _keys(part)
    return found


def check_pack(pack: Pack, folder_name: str) -> Iterator[Problem]:
    """Every contradiction between or inside the tables of a pack whose shapes are right."""
    yield from _campaign(pack, folder_name)
    yield from _unions(pack)
    yield from _fields(pack)
    yield from _attachments(pack)
    yield from _industries(pack)
    yield from _ladders(pack)


def _campaign(pack: Pack, folder_name: str) -> Iterator[Problem]:
    if pack.name != folder_name:
        yield Problem(
            "pack.toml", "", "name", f"is {pack.name!r}", f"write the folder's name, {folder_name!r}"
        )
    try:
        ZoneInfo(pack.timezone)
    except (ValueError, LookupError, OSError):
        yield Problem(
            "pack.toml", "", "timezone", f"is {pack.timezone!r}", 'write one such as "Asia/Shanghai"'
        )
    days = list(pack.dates.model_dump().items())
    for (before, first), (after, second) in pairwise(days):
        if second < first:
            remedy = f"write a day that is not before {before} = {first}"
            yield Problem("pack.toml", "[dates]", after, f"is {second}", remedy)
    yield from _circular(pack)
    for place, ratio in enumerate(pack.ratios, 1):
        spec = pack.field_by_key.get(ratio.field)
        options = [] if spec is None else [choice.value for choice in spec.choices]
        for share in ratio.shares:
            if share.value not in options:
                remedy = f"write one of {', '.join(options)}" if options else "name a field with choices"
                wrong = f"{share.value!r} is no choice of the field {ratio.field!r}"
                yield Problem("pack.toml", f"[[ratios]] #{place}", "shares", wrong, remedy)


def _circular(pack: Pack) -> Iterator[Problem]:
    """Each day of the circulars comes after the one before it, and none before the campaign."""
    days = [pack.dates.opens_on - timedelta(days=1), *pack.circular.dates]
    for place, (before, day) in enumerate(pairwise(days), 1):
        if day <= before:
            remedy = f"write a day after {before}" if place > 1 else f"write {pack.dates.opens_on} or later"
            yield Problem("pack.toml", "[circular]", f"dates.{place}", f"is {day}", remedy)


def _unions(pack: Pack) -> Iterator[Problem]:
    file = "unions.toml"
    rows = {f"[[unions]] #{place} ({union.code})": union for place, union in enumerate(pack.unions, 1)}
    for where, union in rows.items():
        yield from _quotas(pack, union, where)
    yield from _clashes(file, "code", {where: [union.code] for where, union in rows.items()})
    yield from _clashes(file, "number_code", {where: [union.number_code] for where, union in rows.items()})
    yield from _clashes(file, "initials", {where: union.initials.split() for where, union in rows.items()})
    names = {where: [union.name, union.full_name, *union.aliases] for where, union in rows.items()}
    yield from _clashes(file, "aliases", names)
    yield from _hints(file, names, {where: union.hints for where, union in rows.items()})


def _quotas(pack: Pack, union: Union, where: str) -> Iterator[Problem]:
    file = "unions.toml"
    if union.maximum is not None and union.maximum < union.minimum:
        remedy = f"write {union.minimum} or more, or leave it out"
        yield Problem(file, where, "maximum", f"is {union.maximum}, under the minimum", remedy)
    category = pack.field_by_key.get("category")
    options = [choice.value for choice in category.choices] if category else []
    for place, quota in enumerate(union.per_category, 1):
        key = f"per_category.{place}"
        if quota.category is not None and quota.category not in options:
            remedy = f"write one of {', '.join(options)}"
            yield Problem(file, where, f"{key}.category", f"is {quota.category!r}", remedy)
        if quota.maximum is not None and quota.maximum < quota.minimum:
            remedy = f"write {quota.minimum} or more, or leave it out"
            yield Problem(file, where, f"{key}.maximum", f"is {quota.maximum}, under the minimum", remedy)
    if len({quota.category for quota in union.per_category}) < len(union.per_category):
        yield Problem(file, where, "per_category", "names a category twice", "keep one rule for each")
    owed = sum(union.quota(option).minimum for option in options)
    if owed > union.minimum:
        wrong = f"is {union.minimum}, but its categories add up to {owed}"
        yield Problem(file, where, "minimum", wrong, f"write {owed} or more")


def _fields(pack: Pack) -> Iterator[Problem]:
    file = "fields.toml"
    rows = {f"[[fields]] #{place} ({spec.key})": spec for place, spec in enumerate(pack.fields, 1)}
    for where, spec in rows.items():
        yield from _field(spec, where)
    for key, kind in CORE.items():
        if key not in pack.field_by_key or pack.field_by_key[key].kind != kind:
            wrong = f"no field {key!r} of kind {kind!r}"
            yield Problem(file, "[[fields]]", "key", wrong, "write it: every submission is known by it")
    orders = [spec.order for spec in pack.numbered]
    if orders != list(range(1, len(orders) + 1)):
        remedy = f"number the fields 1 to {len(orders)} in their order, without a gap"
        yield Problem(file, "[[fields]]", "order", f"is {', '.join(map(str, orders))}", remedy)
    for where, spec in rows.items():
        yield from _references(pack, spec, where)
    yield from _clashes(file, "key", {where: [spec.key] for where, spec in rows.items()})
    yield from _clashes(file, "initials", {where: spec.initials.split() for where, spec in rows.items()})
    names = {where: [spec.label, spec.short, *spec.aliases] for where, spec in rows.items()}
    yield from _clashes(file, "aliases", names)


def _references(pack: Pack, spec: FieldSpec, where: str) -> Iterator[Problem]:
    """What a field says of other fields and of attachments must be there."""
    file = "fields.toml"
    orders = [other.order for other in pack.numbered]
    if spec.beside is not None and spec.beside not in orders:
        remedy = f"write one of {', '.join(map(str, orders))}"
        yield Problem(file, where, "beside", f"is {spec.beside}, no field's order", remedy)
    if spec.order is None and spec.beside is None:
        yield Problem(file, where, "beside", "is missing", "write the order of the field it stands beside")
    for key in spec.assembled_from:
        if key not in pack.field_by_key:
            remedy = f"write keys of fields, such as {pack.fields[0].key}"
            yield Problem(file, where, "assembled_from", f"{key!r} is no field", remedy)
    lines = {line.strip() for one in pack.attachments for line in one.text.splitlines()}
    if spec.paper and spec.paper not in lines:
        remedy = "write the heading of the form as it stands there"
        yield Problem(file, where, "paper", f"{spec.paper!r} is no line of an attachment", remedy)


def _field(spec: FieldSpec, where: str) -> Iterator[Problem]:
    file = "fields.toml"
    if spec.kind not in KINDS:
        yield Problem(file, where, "kind", f"is {spec.kind!r}", f"write one of {', '.join(sorted(KINDS))}")
    if spec.kind == "choice" and not spec.choices:
        yield Problem(file, where, "choices", "is missing", "write a [[fields.choices]] for each option")
    if is_media(spec) and not spec.limits.formats:
        yield Problem(file, where, "limits.formats", "is missing", 'write the formats taken, as ["jpeg"]')
    if spec.required_when is RequiredWhen.SUBMIT and not spec.asked_in_turn:
        wrong = "is required at submission but never asked"
        yield Problem(file, where, "asked_in_turn", wrong, 'write true, or required_when = "never"')
    yield from _bounds(spec.limits, where)
    length = Length.of(spec.example).count
    if spec.limits.hard_max is not None and length > spec.limits.hard_max:
        wrong = f"has {length} characters, over hard_max = {spec.limits.hard_max}"
        yield Problem(file, where, "example", wrong, "write a shorter one or a higher limit")
    for place, check in enumerate(spec.checks, 1):
        yield from _pattern(check.pattern, bool(check.words), f"{where} [[fields.checks]] #{place}")
    options = {f"{where} [[fields.choices]] #{place}": choice for place, choice in enumerate(spec.choices, 1)}
    names = {there: [choice.value, *choice.aliases] for there, choice in options.items()}
    yield from _clashes(file, "aliases", names)
    yield from _clashes(
        file, "initials", {there: choice.initials.split() for there, choice in options.items()}
    )
    yield from _hints(file, names, {there: choice.hints for there, choice in options.items()})


def _bounds(limits: Limits, where: str) -> Iterator[Problem]:
    """Each limit must not be under the one before it."""
    for keys in (
        ("quiet_min", "about", "quiet_max", "reason_over", "hard_max"),
        ("files_min", "files_max"),
        ("size_min", "size_max"),
    ):
        given = [(key, getattr(limits, key)) for key in keys if getattr(limits, key) is not None]
        for (lower, low), (upper, high) in pairwise(given):
            if high < low:
                wrong = f"is {high}, under {lower} = {low}"
                yield Problem("fields.toml", where, f"limits.{upper}", wrong, f"write {low} or more")
        for key, value in given:
            if value < 0:
                yield Problem("fields.toml", where, f"limits.{key}", f"is {value}", "write 0 or more")


def _pattern(pattern: str | None, has_words: bool, where: str) -> Iterator[Problem]:
    if pattern is None:
        if not has_words:
            yield Problem("fields.toml", where, "words", "is missing", "write words or a pattern")
        return
    try:
        re.compile(pattern)
    except re.error as error:
        wrong = f"is no regular expression ({error})"
        yield Problem("fields.toml", where, "pattern", wrong, "mend it, or name one of [patterns]")


def _attachments(pack: Pack) -> Iterator[Problem]:
    file = "attachments.toml"
    rows = {f"[[attachments]] #{place}": one for place, one in enumerate(pack.attachments, 1)}
    numbers = [one.number for one in pack.attachments]
    for number in range(1, max(numbers, default=0) + 1):
        if number not in numbers:
            yield Problem(
                file, "[[attachments]]", "number", f"{number} is missing", f"write number = {number}"
            )
    if numbers != sorted(numbers) or min(numbers, default=1) < 1:
        yield Problem(file, "[[attachments]]", "number", "are out of order", "number them 1, 2, 3 …")
    for where, one in rows.items():
        if not one.text:
            yield Problem(file, where, "file", "is empty", "write the attachment's text into it")
    if pack.manual_attachment is not None and pack.manual_attachment not in numbers:
        remedy = f"write one of {', '.join(map(str, numbers))}, or leave it out"
        wrong = f"is {pack.manual_attachment}, no attachment's number"
        yield Problem("pack.toml", "", "manual_attachment", wrong, remedy)
    yield from _clashes(file, "number", {where: [str(one.number)] for where, one in rows.items()})
    yield from _clashes(file, "aliases", {where: [one.title, *one.aliases] for where, one in rows.items()})


def _industries(pack: Pack) -> Iterator[Problem]:
    file = "industries.csv"
    rows = {f"division {industry.division}": industry for industry in pack.industries}
    yield from _clashes(file, "name", {where: [industry.label] for where, industry in rows.items()})


def _ladders(pack: Pack) -> Iterator[Problem]:
    file = "reminders.toml"
    rows = {f"[[ladders]] #{place} ({ladder.name})": ladder for place, ladder in enumerate(pack.ladders, 1)}
    yield from _clashes(file, "name", {where: [ladder.name] for where, ladder in rows.items()})
    yield from _clashes(file, "duties", {where: list(ladder.duties) for where, ladder in rows.items()})
    for where, ladder in rows.items():
        days = [step.workdays for step in ladder.steps]
        if days != sorted(set(days)):
            remedy = "write the steps in the order of time, each number of working days once"
            yield Problem(file, where, "steps", f"are at {', '.join(map(str, days))}", remedy)
        for place, step in enumerate(ladder.steps, 1):
            if step.last_day and step.workdays != 0:
                wrong = f"is true at {step.workdays} working days"
                yield Problem(file, where, f"steps.{place}.last_day", wrong, "write it only at workdays = 0")
            if step.to != "contact" and SUBMITTERS.intersection(ladder.duties):
                wrong = f"is {step.to!r}, but drafts are their owners' own"
                yield Problem(file, where, f"steps.{place}.to", wrong, 'write "contact" or leave it out')
        if ladder.since_complete is not None and "complete" not in ladder.duties:
            wrong = 'is of a ladder without the duty "complete"'
            yield Problem(file, where, "since_complete", wrong, 'take it out, or add the duty "complete"')


def _clashes(file: str, key: str, rows: dict[str, list[str]]) -> Iterator[Problem]:
    """Words that two rows claim, so that nobody could say which was meant."""
    owners: defaultdict[str, list[str]] = defaultdict(list)
    for where, words in rows.items():
        for word in dict.fromkeys(fold(word) for word in words):
            owners[word].append(where)
    for word, places in owners.items():
        for later in places[1:]:
            yield Problem(file, later, key, f"{word!r} is also in {places[0]}", "leave it to one of them")


def _hints(file: str, names: dict[str, list[str]], hints: dict[str, tuple[str, ...]]) -> Iterator[Problem]:
    """A hint that is a certain name somewhere would never be asked about."""
    owners = {fold(word): where for where, words in names.items() for word in words}
    for where, words in hints.items():
        for word in words:
            if fold(word) in owners:
                wrong = f"{word!r} is a name in {owners[fold(word)]}"
                yield Problem(file, where, "hints", wrong, "take it out of the hints")
