"""From a pack's folder to a checked `Pack`, and from one version of a pack to the next.

Reading the files is in `handlers.pack_reading`, what must be true of the whole in
`handlers.pack_checks`; every problem is found before anything is raised.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from handlers.errors import PackError
from handlers.pack_checks import Problem, check_pack, problems_in
from handlers.pack_reading import read_folder
from handlers.packs import Attachment, FieldSpec, Industry, Ladder, Pack, Union

ROWS: dict[str, tuple[type[BaseModel], str, str]] = {
    "unions": (Union, "code", "unions.toml"),
    "fields": (FieldSpec, "key", "fields.toml"),
    "attachments": (Attachment, "number", "attachments.toml"),
    "industries": (Industry, "division", "industries.csv"),
    "ladders": (Ladder, "name", "reminders.toml"),
}
RULES = frozenset(
    {"", "kind", "order", "requirement", "remark", "limits", "checks", "required_when", "choices"}
)


def load_pack(folder: Path) -> Pack:
    """Read and check a pack's folder.

    Raises PackError that lists every problem: file, table, key, what is wrong, what to write.
    """
    parts, problems = read_folder(folder)
    for name, (shape, key, file) in ROWS.items():
        parts[name] = _of_shape(shape, parts[name], file, f"[[{name}]]", key, problems)
    pack = _whole(parts, problems)
    if pack is not None:
        broken = {problem.file for problem in problems}
        problems += [found for found in check_pack(pack, folder.name) if found.file not in broken]
    if pack is None or problems:
        raise PackError(
            "\n".join([f"the pack in {folder} cannot be used:", *(f"  {one}" for one in problems)])
        )
    return pack


def _of_shape(
    shape: type[BaseModel],
    rows: list[dict[str, Any]],
    file: str,
    table: str,
    key: str,
    problems: list[Problem],
) -> list[dict[str, Any]]:
    """The rows that are of their shape; the problems of the others are added."""
    kept = []
    for place, row in enumerate(rows, 1):
        try:
            shape.model_validate(row)
        except ValidationError as error:
            named = f" ({row[key]})" if key in row else ""
            problems += problems_in(error, shape, file, f"{table} #{place}{named}")
        else:
            kept.append(row)
    return kept


def _whole(parts: Mapping[str, Any], problems: list[Problem]) -> Pack | None:
    if any(problem.file == "pack.toml" for problem in problems):
        return None
    try:
        return Pack.model_validate(parts)
    except ValidationError as error:
        problems += problems_in(error, Pack, "pack.toml", "")
        return None


def pack_version(pack: Pack) -> str:
    """The pack's content as a short hash; equal packs have equal versions."""
    return pack.version


def pack_from_json(content: Mapping[str, Any]) -> Pack:
    """A pack out of what `Pack.as_json` gave; PackError if it is of another shape."""
    try:
        return Pack.model_validate(content)
    except ValidationError as error:
        found = problems_in(error, Pack, "stored pack", "")
        raise PackError("\n".join(str(problem) for problem in found)) from error


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute that differs between two packs, as JSON values.

    `table` is unions, fields, attachments, industries, ladders or pack (everything else); `key`
    names the row (code, field key, number, division, name), "" in pack; `attribute` "" means that the
    whole row is new (`old` is None) or gone (`new` is None).
    """

    table: str
    key: str
    attribute: str
    old: Any
    new: Any

    @property
    def is_rule(self) -> bool:
        """Whether it changes what must be answered, and not only how it is asked."""
        return self.table == "fields" and self.attribute in RULES

    def __str__(self) -> str:
        """One line for who loads the pack, with both values whole."""
        place = " ".join(filter(None, (self.table, self.key, self.attribute)))
        if not self.attribute:
            return f"{place}: {'new' if self.old is None else 'gone'}"
        return f"{place}: {_shown(self.old)} → {_shown(self.new)}"


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def differences(old: Pack, new: Pack) -> list[Difference]:
    """What `new` changes: the pack itself first, then table by table; empty if nothing."""
    before, after = old.as_json(), new.as_json()
    rows: list[Difference] = []
    for table, (_, key, _) in ROWS.items():
        former = {str(row[key]): row for row in before.pop(table)}
        present = {str(row[key]): row for row in after.pop(table)}
        rows += _between(table, former, present)
    return _attributes("pack", "", before, after) + rows


def _between(table: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    found = []
    for key, row in new.items():
        if key in old:
            found += _attributes(table, key, old[key], row)
        else:
            found.append(Difference(table, key, "", None, row))
    return found + [Difference(table, key, "", row, None) for key, row in old.items() if key not in new]


def _attributes(table: str, key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    return [
        Difference(table, key, name, old.get(name), new.get(name))
        for name in dict.fromkeys([*new, *old])
        if old.get(name) != new.get(name)
    ]
