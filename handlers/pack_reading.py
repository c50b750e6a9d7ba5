"""Reading the files of a pack's folder into plain tables, with the problems met on the way."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from handlers.pack_checks import Problem

COLUMNS = ("code", "name", "level", "section")
LEVELS = ("section", "division", "group", "class")

Rows = list[dict[str, Any]]


def read_folder(folder: Path) -> tuple[dict[str, Any], list[Problem]]:
    """All tables of a pack by name, unchecked, and what could not be read.

    Shared patterns of fields.toml are put in, texts of attachments and industries.csv are
    brought into the shapes of `handlers.packs`.
    """
    reader = _Reader(folder)
    parts = reader.toml("pack.toml")
    parts["unions"] = reader.rows("unions")
    parts["fields"] = reader.fields()
    parts["attachments"] = reader.attachments()
    parts["industries"] = reader.industries()
    parts.update(reader.reminders())
    return parts, reader.problems


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.problems: list[Problem] = []

    def report(self, file: str, where: str, key: str, wrong: str, remedy: str) -> None:
        self.problems.append(Problem(file, where, key, wrong, remedy))

    def text(self, name: str) -> str:
        """The text of a file of the folder, never of one outside it; "" with a problem."""
        path = self.folder / name
        if self.folder.resolve() not in path.resolve().parents:
            self.report(name, "", "", "lies outside the pack", "write a path inside its folder")
            return ""
        try:
            return path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            self.report(name, "", "", "there is no such file", "write it, or put its right name")
        except (OSError, UnicodeDecodeError) as error:
            self.report(name, "", "", f"cannot be read ({error})", "save it as a UTF-8 text file")
        return ""

    def toml(self, name: str) -> dict[str, Any]:
        try:
            return tomllib.loads(self.text(name))
        except tomllib.TOMLDecodeError as error:
            self.report(name, "", "", f"is not TOML: {error}", "mend that line")
            return {}

    def rows(self, name: str) -> Rows:
        """The tables `[[name]]` of the file of that name."""
        return self._tables(self.toml(f"{name}.toml"), name)

    def _tables(self, content: Mapping[str, Any], name: str) -> Rows:
        rows = content.get(name)
        if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
            return [dict(row) for row in rows]
        if not any(problem.file == f"{name}.toml" for problem in self.problems):
            self.report(
                f"{name}.toml", f"[[{name}]]", "", "there is none", f"write a table [[{name}]] for each"
            )
        return []

    def reminders(self) -> dict[str, Any]:
        """The ladders of reminders.toml, and what counts toward a minimum."""
        content = self.toml("reminders.toml")
        ladders = content.pop("ladders", [])
        if not isinstance(ladders, list) or not all(isinstance(row, dict) for row in ladders):
            self.report(
                "reminders.toml", "[[ladders]]", "", "is no table", "write a table [[ladders]] for each"
            )
            ladders = []
        counts = content.pop("counts", None)
        for key in content:
            self.report("reminders.toml", "", key, "is no key of this file", "take it out")
        return {"ladders": ladders} if counts is None else {"ladders": ladders, "counts": counts}

    def fields(self) -> Rows:
        """Fields with the shared patterns put in for their names and without edge line breaks."""
        content = self.toml("fields.toml")
        patterns = content.get("patterns", {})
        rows = self._tables(content, "fields")
        for row in rows:
            row.update({key: value.strip("\n") for key, value in row.items() if isinstance(value, str)})
            checks = row.get("checks")
            for check in checks if isinstance(checks, list) and isinstance(patterns, dict) else ():
                if isinstance(check, dict) and isinstance(name := check.get("pattern"), str):
                    check["pattern"] = patterns.get(name, name)
        return rows

    def attachments(self) -> Rows:
        rows = self.rows("attachments")
        for place, row in enumerate(rows, 1):
            name = row.pop("file", None)
            if isinstance(name, str):
                row["text"] = self.text(name).strip()
            else:
                where = f"[[attachments]] #{place}"
                self.report(
                    "attachments.toml", where, "file", "is missing", 'write file = "attachments/1.txt"'
                )
                row["text"] = ""
        return rows

    def industries(self) -> Rows:
        """Divisions of industries.csv with the names below them and their everyday words."""
        lines = list(csv.DictReader(self.text("industries.csv").splitlines()))
        if not lines or any(line.get(column) is None for line in lines for column in COLUMNS):
            if not any(problem.file == "industries.csv" for problem in self.problems):
                self.report(
                    "industries.csv", "", "", "lacks a column", f"give every line {', '.join(COLUMNS)}"
                )
            return []
        divisions = self._divisions(lines)
        for place, line in enumerate(lines, 2):
            if line["level"] in LEVELS[2:]:
                self._add_word(divisions, line, place)
        for code, words in self.toml("industry_aliases.toml").items():
            if code in divisions:
                divisions[code]["aliases"] = words
            else:
                self.report(
                    "industry_aliases.toml", "", code, "is no division", "write one of industries.csv, as 25"
                )
        return list(divisions.values())

    def _divisions(self, lines: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
        sections = {line["code"]: line["name"] for line in lines if line["level"] == "section"}
        divisions: dict[str, dict[str, Any]] = {}
        for place, line in enumerate(lines, 2):
            if line["level"] not in LEVELS:
                remedy = f"write one of {', '.join(LEVELS)}"
                self.report("industries.csv", f"line {place}", "level", f"is {line['level']!r}", remedy)
            elif line["section"] not in sections:
                wrong = f"{line['section']!r} has no line of its own"
                self.report(
                    "industries.csv", f"line {place}", "section", wrong, "write the letter of a section"
                )
            elif line["level"] == "division":
                if line["code"] in divisions:
                    self.report(
                        "industries.csv", f"line {place}", "code", "stands twice", "take one of them out"
                    )
                divisions[line["code"]] = {
                    "section": line["section"],
                    "section_name": sections[line["section"]],
                    "division": line["code"],
                    "name": line["name"],
                    "words": [],
                }
        return divisions

    def _add_word(self, divisions: Mapping[str, dict[str, Any]], line: Mapping[str, str], place: int) -> None:
        division = divisions.get(line["code"][:2])
        if division is None:
            wrong = f"{line['code']} has no division above it"
            self.report(
                "industries.csv", f"line {place}", "code", wrong, "write the line of its two digits first"
            )
        elif line["name"] != division["name"] and line["name"] not in division["words"]:
            division["words"].append(line["name"])
