"""Workbooks that people upload: read as text, refused with a reason, never unpacked beyond measure."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from bot.media.workbooks import LARGEST_FILE, MOST_COLUMNS, MOST_ROWS, Reason, WorkbookError, read_rows

Cells = dict[tuple[int, int], Any]


def workbook(*sheets: Cells) -> bytes:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for cells in sheets:
            sheet = book.add_worksheet()
            for (row, column), value in cells.items():
                sheet.write(row, column, value, *([day] if isinstance(value, date) else []))
    return kept.getvalue()


def why_not(content: bytes) -> Reason:
    with pytest.raises(WorkbookError) as error:
        read_rows(content)
    return error.value.reason


def archive(**parts: bytes) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return kept.getvalue()


def test_cells_as_a_person_reads_them() -> None:
    """A number in a numeric cell is written without its fraction, as a phone number is meant."""
    cells: Cells = {
        (0, 0): " 单位名称 ", (0, 1): "联系电话", (1, 0): "南京市总工会", (1, 1): 13800138000, (2, 1): 1.5,
        (3, 0): True, (3, 1): date(2024, 4, 12),
    }  # fmt: skip
    assert read_rows(workbook(cells)) == [
        ["单位名称", "联系电话"], ["南京市总工会", "13800138000"], ["", "1.5"], ["True", "2024-04-12"]
    ]  # fmt: skip


def test_rows_are_counted_from_the_first_line_of_the_sheet() -> None:
    assert read_rows(workbook({(2, 1): "张伟"})) == [["", ""], ["", ""], ["", "张伟"]]


def test_the_first_sheet_with_anything_in_it() -> None:
    assert read_rows(workbook({}, {(0, 0): "  "}, {(0, 0): "张伟"}, {(0, 0): "李娜"})) == [["张伟"]]


def test_a_formula_is_its_value() -> None:
    kept = io.BytesIO()
    with xlsxwriter.Workbook(kept) as book:
        book.add_worksheet().write_formula(0, 0, '=HYPERLINK("http://127.0.0.1","x")', None, "张伟")
    assert read_rows(kept.getvalue()) == [["张伟"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "not_xlsx"),
        ("单位名称,联系人".encode(), "not_xlsx"),
        (archive(word__document_xml=b"<x/>"), "not_xlsx"),
        (archive(xl__workbook_xml=b"<workbook/>"), "unreadable"),
        (archive(xl__workbook_xml=b"no xml <"), "unreadable"),
        (bytes(LARGEST_FILE + 1), "too_large"),
        (workbook({}), "no_rows"),
        (workbook({}, {(3, 3): " "}), "no_rows"),
    ],
)
def test_what_is_no_list(content: bytes, reason: Reason) -> None:
    assert why_not(content) == reason


@pytest.mark.parametrize("place", [(1_048_575, 0), (0, 16_383), (MOST_ROWS, 0), (0, MOST_COLUMNS)])
def test_a_cell_far_away(place: tuple[int, int]) -> None:
    """It would make millions of empty ones."""
    assert why_not(workbook({(0, 0): "张伟", place: "李娜"})) == "too_large"


def test_the_last_cells_that_are_taken() -> None:
    rows = read_rows(workbook({(MOST_ROWS - 1, MOST_COLUMNS - 1): "张伟"}))
    assert (len(rows), rows[-1][-1]) == (MOST_ROWS, "张伟")


def test_a_small_archive_with_a_huge_content() -> None:
    bomb = archive(xl__workbook_xml=b"<workbook/>", xl__worksheets__sheet1_xml=bytes(30 * 1024 * 1024))
    assert len(bomb) < 100_000 and why_not(bomb) == "too_large"


def test_a_cut_off_file() -> None:
    content = workbook({(0, 0): "张伟"})
    assert [why_not(content[:size]) for size in (10, len(content) // 2, len(content) - 30)] == [
        "not_xlsx"
    ] * 3


def test_a_damaged_part() -> None:
    content = bytearray(workbook({(row, 0): f"张伟{row}" for row in range(500)}))
    at = content.index(b"xl/worksheets/sheet1.xml") + 200
    content[at : at + 200] = bytes(200)
    assert why_not(bytes(content)) in ("not_xlsx", "unreadable")
