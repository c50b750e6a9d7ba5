"""Reading a workbook: the bytes of an .xlsx file in, rows of text out."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any, Literal

from python_calamine import CalamineError, CalamineWorkbook

LARGEST_FILE = 5 * 1024 * 1024
# What a small archive may unpack to; a bomb is refused before it is unpacked.
LARGEST_CONTENT = 20 * 1024 * 1024
MOST_ROWS = 5000
MOST_COLUMNS = 100
MOST_CHARACTERS = 500

Reason = Literal["empty", "too_large", "not_xlsx", "unreadable", "no_rows"]
_PLACE = re.compile(rb'\br="([A-Z]{1,3})(\d{1,7})"')


class WorkbookError(Exception):
    """A file that cannot be read as a workbook, and why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def read_rows(content: bytes) -> list[list[str]]:
    """The first sheet that has anything in it, from its first line, each cell as text.

    Empty lines stay, so that the place of a row is the one that a person sees; those at the end
    are cut. A whole number is written without a fraction, as a phone number in a numeric cell is
    meant. WorkbookError if it is no .xlsx, has nothing in it, is larger than LARGEST_FILE bytes,
    or has cells beyond MOST_ROWS and MOST_COLUMNS.
    """
    _refuse_unfit(content)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            rows = _texts(workbook.get_sheet_by_name(name).to_python(skip_empty_area=False))
            if rows:
                return rows
    except CalamineError as error:
        raise WorkbookError("unreadable") from error
    raise WorkbookError("no_rows")


def _refuse_unfit(content: bytes) -> None:
    if not content:
        raise WorkbookError("empty")
    if len(content) > LARGEST_FILE:
        raise WorkbookError("too_large")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise WorkbookError("not_xlsx")
            _refuse_large(archive)
    except zipfile.BadZipFile as error:
        raise WorkbookError("not_xlsx") from error
    except (RuntimeError, EOFError, zlib.error) as error:
        # zipfile's own for a part with a password or an unknown packing, and for a damaged one.
        raise WorkbookError("unreadable") from error


def _refuse_large(archive: zipfile.ZipFile) -> None:
    """One cell far away makes a whole sheet of empty ones, so places are looked at first."""
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > LARGEST_CONTENT:
        raise WorkbookError("too_large")
    for part in parts:
        if part.filename.startswith("xl/worksheets/") and part.filename.endswith(".xml"):
            for place in _PLACE.finditer(archive.read(part)):
                if int(place[2]) > MOST_ROWS or _column(place[1]) > MOST_COLUMNS:
                    raise WorkbookError("too_large")


def _column(letters: bytes) -> int:
    """A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number


def _texts(rows: Iterable[Iterable[Any]]) -> list[list[str]]:
    texts = [[_text(cell) for cell in row] for row in rows]
    while texts and not any(texts[-1]):
        texts.pop()
    return texts


def _text(cell: Any) -> str:
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()[:MOST_CHARACTERS]
