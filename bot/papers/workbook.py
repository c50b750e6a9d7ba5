"""A list as an Excel workbook: one sheet, a header, and cells that are text and nothing else.

Facts: "sheet" (its name), "header" (a list), "rows" (lists). What somebody typed is never a formula,
a link or a number here: `=1+1` stays as it was typed, and a phone keeps its zeros.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Any
from unicodedata import east_asian_width

from xlsxwriter import Workbook

from bot.papers import Drawn

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LONGEST_CELL = 32767
# Excel's own rules for the name of a sheet.
LONGEST_SHEET_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
NARROWEST, WIDEST = 6, 60


def draw(facts: Mapping[str, Any], *, public_url: str) -> Drawn:
    """ValueError for a cell that Excel cannot hold whole."""
    kept = io.BytesIO()
    as_text = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    header = [_text(cell) for cell in facts["header"]]
    rows = [[_text(cell) for cell in row] for row in facts["rows"]]
    with Workbook(kept, {"in_memory": True, **as_text}) as book:
        body = {"num_format": "@", "valign": "top", "text_wrap": True}
        sheet = book.add_worksheet(_sheet_name(facts.get("sheet")))
        forms = [book.add_format({**body, "bold": True}), *[book.add_format(body)] * len(rows)]
        for place, (cells, form) in enumerate(zip([header, *rows], forms, strict=True)):
            for column, cell in enumerate(cells):
                sheet.write_string(place, column, cell, form)
        for column in range(len(header)):
            cells = [row[column] for row in [header, *rows] if column < len(row)]
            sheet.set_column(column, column, min(WIDEST, max(NARROWEST, *map(_width, cells))) + 2)
        sheet.freeze_panes(1, 0)
    return Drawn(kept.getvalue(), MIMETYPE, "xlsx")


def _text(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    if len(text) > LONGEST_CELL:
        raise ValueError(f"a cell holds {LONGEST_CELL} characters at most, not {len(text)}")
    return text


def _width(text: str) -> int:
    """In the width of a figure; of several lines the widest."""
    lines = text.split("\n")
    return max(sum(2 if east_asian_width(letter) in "WFA" else 1 for letter in line) for line in lines)


def _sheet_name(value: Any) -> str | None:
    """A name that Excel takes; None, for its own, where nothing is left."""
    name = _NOT_IN_A_NAME.sub(" ", str(value or ""))[:LONGEST_SHEET_NAME]
    return name.strip(" '") or None
