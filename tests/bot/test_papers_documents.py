"""Documents: the filled form of 附件5 in the notice's words, and lists whose cells are text."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Cm
from python_calamine import CalamineWorkbook

from bot.papers import Drawn, draw
from tests.bot.paper_facts import WORKBOOK

NOTICE = Path("templates/packs/jiangsu-2024/attachments/5.txt").read_text(encoding="utf-8").split("\n")
TITLE, _, UNION, LABEL, PHONE, _, NOTE = NOTICE[:7]
FORM = {
    "title": TITLE, "label_long": LABEL.rstrip("："), "note": NOTE,
    "union_full_name": "南京市总工会", "name": "李娜", "phone": "13800138000",
}  # fmt: skip


def form(**facts: Any) -> Any:
    return docx.Document(io.BytesIO(draw("contact_form", {**FORM, **facts}, public_url="").content))


def texts(document: Any) -> list[list[str]]:
    """Each row of the table, a merged cell once."""
    rows = [[cell.text for cell in row.cells] for row in document.tables[0].rows]
    return [list(dict.fromkeys(row)) for row in rows]


def test_the_form_in_the_notices_words() -> None:
    document = form()
    assert [paragraph.text for paragraph in document.paragraphs] == [
        "附件5", "全省职工“五小”创新成果\n征集联系人信息表",
    ]  # fmt: skip
    assert texts(document) == [
        ["单位名称", "南京市总工会"],
        ["全省职工“五小”创新成果征集\n联系人", "李娜", "联系电话", "13800138000"],
        [NOTE],
    ]
    assert [UNION.split("：")[0], PHONE.rstrip("：")] == ["单位名称", "联系电话"]


def test_both_names_of_the_contact_are_printed() -> None:
    """The title says 征集联系人, the note 路演项目征集联系人 (R87)."""
    document = form()
    printed = str([[one.text for one in document.paragraphs], *texts(document)])
    assert ("征集联系人信息表" in printed, "路演项目征集联系人" in printed) == (True, True)


def test_the_page_is_a_chinese_office_document() -> None:
    document = form()
    section, about = document.sections[0], document.core_properties
    assert (section.page_width.cm, section.page_height.cm) == pytest.approx((21, 29.7), abs=0.01)
    assert (about.author, about.comments, about.title, about.language) == ("", "", TITLE, "zh-CN")
    fonts = {element.get(qn("w:eastAsia")) for element in document.element.body.iter(qn("w:rFonts"))}
    assert fonts == {"黑体", "宋体", "仿宋"}


def test_the_table_is_as_wide_as_the_text() -> None:
    document = form()
    section = document.sections[0]
    widths = [column.width for column in document.tables[0].columns]
    text = section.page_width - section.left_margin - section.right_margin
    assert (sum(widths) / Cm(1), text / Cm(1)) == pytest.approx((15.6, 15.6), abs=0.01)


@pytest.mark.parametrize("name", ["欧阳\x00若\x0b兰", "李娜<w:t>&amp;", "𬭎㑇龘😀", "{0}%s"])
def test_any_name_stands_in_the_form(name: str) -> None:
    shown = "欧阳若 兰" if "\x00" in name else name
    assert texts(form(name=name))[1][1] == shown


def test_other_words_stay_as_they_are() -> None:
    """Another year's notice may call it differently."""
    document = form(title="联络员登记表", label_long="联络员")
    assert (document.paragraphs[1].text, texts(document)[1][0]) == ("联络员登记表", "联络员")


def workbook(**facts: Any) -> Drawn:
    return draw("workbook", {**WORKBOOK, **facts}, public_url="")


def sheet_of(paper: Drawn) -> tuple[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(paper.content))
    [name] = book.sheet_names
    return name, book.get_sheet_by_name(name).to_python()


def test_a_list_comes_back_as_it_was() -> None:
    header, rows = ["单位", "联系电话"], [["南京市总工会", "02583536240"], ["无锡市总工会", ""]]
    assert sheet_of(workbook(header=header, rows=rows)) == ("名单", [header, *rows])


def test_nothing_is_a_formula_a_link_or_a_number() -> None:
    typed = ["=1+1", "+86", "-1", "@SUM(1)", "http://example.org/", '=HYPERLINK("a")', "0012", "13800138000"]
    paper = workbook(rows=[[value] for value in typed])
    assert sheet_of(paper)[1] == [["单位"], *([value] for value in typed)]
    with zipfile.ZipFile(io.BytesIO(paper.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert re.findall(r"<f>|hyperlink|<c [^>]*t=\"(?!s\")", sheet) == []
    assert sheet.count('t="s"') == 1 + len(typed)


def test_what_is_no_text_becomes_one() -> None:
    assert sheet_of(workbook(rows=[[None], [120], [True]]))[1] == [["单位"], [""], ["120"], ["True"]]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("a[b]:*?/\\c", "a b      c"),
        ("长" * 40, "长" * 31),
        ("'名单'", "名单"),
        ("", "Sheet1"),
        (None, "Sheet1"),
    ],
)
def test_the_sheet_gets_a_name_that_excel_takes(given: str | None, name: str) -> None:
    assert sheet_of(workbook(sheet=given))[0] == name


def test_a_cell_is_whole_or_refused() -> None:
    assert sheet_of(workbook(rows=[["长" * 32767]]))[1][1] == ["长" * 32767]
    with pytest.raises(ValueError, match="32767 characters"):
        workbook(rows=[["长" * 32768]])
