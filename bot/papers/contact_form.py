"""附件5, the form with a union's contact, filled in, as a Word document that looks like the notice's (R86, R87).

Facts: "union_full_name", "name", "phone", and from the pack, word for word, "title", "label_long"
(of the contact's cell) and "note" (below, with the mailbox in it).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import docx
from docx.document import Document
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT as VERTICAL
from docx.enum.table import WD_ROW_HEIGHT_RULE, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml.ns import qn
from docx.shared import Cm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

from bot.papers import Drawn
from bot.papers.labels import labels
from bot.papers.lettering import plain

MIMETYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# A4 with the margins of an official document; four columns as in the notice.
PAGE = (Cm(21), Cm(29.7))
MARGINS = (Cm(3.7), Cm(2.8), Cm(3.5), Cm(2.6))
COLUMNS = (Cm(4.2), Cm(4.6), Cm(2.8), Cm(4))
HEADING, TITLE, TEXT = Pt(16), Pt(22), Pt(14)
ROW = Cm(1.8)


def draw(facts: Mapping[str, Any], *, public_url: str) -> Drawn:
    said = labels("contact_form")
    document = _page(plain(facts.get("title")))
    heading = document.add_paragraph()
    _write(heading, said["attachment"], said["fonts"]["heading"], HEADING)
    title = document.add_paragraph()
    title.alignment = ALIGN.CENTER
    title.paragraph_format.space_after = Pt(18)
    _write(
        title,
        _in_two(facts.get("title"), said["title_second_line"]),
        said["fonts"]["title"],
        TITLE,
        bold=True,
    )
    _table(document, facts)
    kept = io.BytesIO()
    document.save(kept)
    return Drawn(kept.getvalue(), MIMETYPE, "docx")


def _page(title: str) -> Document:
    document = docx.Document()
    section = document.sections[0]
    section.page_width, section.page_height = PAGE
    section.top_margin, section.right_margin, section.bottom_margin, section.left_margin = MARGINS
    # The library's own name and language would stand in the file's properties.
    about = document.core_properties
    about.author, about.comments, about.title, about.language = "", "", title, "zh-CN"
    return document


def _table(document: Document, facts: Mapping[str, Any]) -> None:
    said = labels("contact_form")
    table: Table = document.add_table(rows=3, cols=4, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    # A program that lays out tables by their columns, and one that does so by their cells.
    for column, width in zip(table.columns, COLUMNS, strict=True):
        column.width = width
    for row in table.rows:
        row.height, row.height_rule = ROW, WD_ROW_HEIGHT_RULE.AT_LEAST
        for cell, width in zip(row.cells, COLUMNS, strict=True):
            cell.width = width
    (union_label, union, *_, last), people, (note, *_, note_end) = (row.cells for row in table.rows)
    _fill(union_label, said["union"])
    _fill(union.merge(last), plain(facts.get("union_full_name")))
    label = _in_two(facts.get("label_long"), said["label_second_line"])
    values = (label, plain(facts.get("name")), said["phone"], plain(facts.get("phone")))
    for cell, value in zip(people, values, strict=True):
        _fill(cell, value)
    _fill(note.merge(note_end), plain(facts.get("note")), is_note=True)


def _fill(cell: _Cell, text: str, *, is_note: bool = False) -> None:
    cell.vertical_alignment = VERTICAL.CENTER
    paragraph = cell.paragraphs[0]
    paragraph.alignment = ALIGN.LEFT if is_note else ALIGN.CENTER
    if is_note:
        paragraph.paragraph_format.first_line_indent = TEXT * 2
    _write(paragraph, text, labels("contact_form")["fonts"]["text"], TEXT)


def _write(paragraph: Paragraph, text: str, font: str, size: Pt, *, bold: bool = False) -> None:
    """Chinese letters take the font that is named for East Asia, which python-docx itself does not set."""
    run = paragraph.add_run(text)
    run.font.name, run.font.size, run.font.bold = font, size, bold
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), font)


def _in_two(text: Any, second: str) -> str:
    """The text with the line break that the notice has in it; as it is where the words differ."""
    first, found, rest = plain(text).partition(second)
    return f"{first}\n{found}{rest}" if first and found else plain(text)
