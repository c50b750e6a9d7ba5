"""A folder becomes a pack only if everything in it fits; what does not is named, all at once."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers.errors import PackError
from handlers.pack_loading import Difference, differences, load_pack, pack_from_json, pack_version
from handlers.packs import Pack

PACKS = Path(__file__).parents[2] / "templates" / "packs"
SMALL = Path(__file__).parents[1] / "packs" / "jiangsu-2025"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the small pack, to be spoilt."""
    copy = tmp_path / SMALL.name
    shutil.copytree(SMALL, copy)
    return copy


def change(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def problems(folder: Path) -> list[str]:
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    first, *lines = str(caught.value).splitlines()
    assert first == f"the pack in {folder} cannot be used:"
    return [line.strip() for line in lines]


NEW_UNION = """
[[unions]]
code = "wuxi"
name = "无锡"
full_name = "无锡市总工会"
kind = "city"
minimum = 0
number_code = "WX"
initials = "wx"
"""
NEW_CHECK = """
limits = { hard_max = 30 }
checks = [{ rule = "R1", label = "一", pattern = "(" }, { rule = "R2", label = "二" }]
"""

SPOILT = [
    ("pack.toml", 'name = "jiangsu-2025"', 'name = "js25"',
     "pack.toml name: is 'js25'; write the folder's name, 'jiangsu-2025'"),
    ("pack.toml", 'number_prefix = "WX2025"', 'number_prefix = "WX2025"\nmanual_attachment = 3',
     "pack.toml manual_attachment: is 3, no attachment's number; write one of 1, or leave it out"),
    ("pack.toml", "opens_on = 2025-04-01\n", "",
     "pack.toml [dates] opens_on: is missing; write opens_on = …"),
    ("pack.toml", "contact_deadline = 2025-04-10", "contact_deadline = 2025-03-10",
     "pack.toml [dates] contact_deadline: is 2025-03-10; write a day that is not before opens_on = 2025-04-01"),
    ("pack.toml", "submission_deadline = 2025-05-30", 'submission_deadline = "五月底"',
     "pack.toml [dates] submission_deadline: is '五月底'; write a day as 2024-06-11"),
    ("pack.toml", '"Asia/Shanghai"', '"Asia/Nanjing"',
     "pack.toml timezone: is 'Asia/Nanjing'; write one such as \"Asia/Shanghai\""),
    ("pack.toml", "[helpdesk]", "[circular]\ndates = [2025-03-31]\n\n[helpdesk]",
     "pack.toml [circular] dates.1: is 2025-03-31; write 2025-04-01 or later"),
    ("pack.toml", "[helpdesk]", "[circular]\ndates = [2025-04-15, 2025-04-15]\n\n[helpdesk]",
     "pack.toml [circular] dates.2: is 2025-04-15; write a day after 2025-04-15"),
    ("pack.toml", "[helpdesk]", "[circular]\ndates = [15]\n\n[helpdesk]",
     "pack.toml [circular] dates.1: is '15'; write a day as 2024-06-11"),
    ("pack.toml", 'value = "新兴产业"', 'value = "新产业"',
     "pack.toml [[ratios]] #1 shares: '新产业' is no choice of the field 'industry_stage'; "
     "write one of 传统产业, 新兴产业, 未来产业"),
    ("pack.toml", "[dates]", "[dates",
     "pack.toml: is not TOML: Expected ']' at the end of a table declaration (at line 12, column 7); mend that line"),
    ("unions.toml", "minimum = 50", "minimun = 50",
     "unions.toml [[unions]] #1 (nanjing) minimum: is missing; write minimum = …"),
    ("unions.toml", "minimum = 50", "minimum = 40",
     "unions.toml [[unions]] #1 (nanjing) minimum: is 40, but its categories add up to 50; write 50 or more"),
    ("unions.toml", "minimum = 50", "minimum = -1",
     "unions.toml [[unions]] #1 (nanjing) minimum: is '-1'; write 0 or more"),
    ("unions.toml", "maximum = 25", "maximum = -25",
     "unions.toml [[unions]] #3 (dianli) maximum: is '-25'; write 0 or more"),
    ("unions.toml", "minimum = 0\nmaximum = 25", "minimum = 30\nmaximum = 25",
     "unions.toml [[unions]] #3 (dianli) maximum: is 25, under the minimum; write 30 or more, or leave it out"),
    ("unions.toml", 'category = "小建议"', 'category = "小意见"',
     "unions.toml [[unions]] #2 (suzhou) per_category.2.category: is '小意见'; "
     "write one of 小发明, 小创造, 小革新, 小设计, 小建议"),
    ("unions.toml", 'kind = "industry"', 'kind = "trade"',
     "unions.toml [[unions]] #3 (dianli) kind: is 'trade'; write one of 'city' or 'industry'"),
    ("unions.toml", 'number_code = "SZ"', 'number_code = "NJ"',
     "unions.toml [[unions]] #2 (suzhou) number_code: 'nj' is also in [[unions]] #1 (nanjing); leave it to one of them"),
    ("unions.toml", 'number_code = "SZ"', 'number_code = "苏"',
     "unions.toml [[unions]] #2 (suzhou) number_code: is '苏'; write what fits ^[A-Z]{2,4}$"),
    ("unions.toml", 'initials = "sz"', 'initials = "sz nj"',
     "unions.toml [[unions]] #2 (suzhou) initials: 'nj' is also in [[unions]] #1 (nanjing); leave it to one of them"),
    ("unions.toml", 'initials = "sz"', 'initials = "sz"\naliases = ["南京 市总工会"]',
     "unions.toml [[unions]] #2 (suzhou) aliases: '南京市总工会' is also in [[unions]] #1 (nanjing); "
     "leave it to one of them"),
    ("unions.toml", 'initials = "sz"', 'initials = "sz"\nhints = ["南京"]',
     "unions.toml [[unions]] #2 (suzhou) hints: '南京' is a name in [[unions]] #1 (nanjing); take it out of the hints"),
    ("unions.toml", 'initials = "sz"', 'initials = "sz"\nalias = ["姑苏"]',
     "unions.toml [[unions]] #2 (suzhou) alias: is no key of this table; write aliases"),
    ("fields.toml", 'kind = "union"', 'kind = "unions"',
     "fields.toml [[fields]] #2 (union) kind: is 'unions'; write one of audio, choice, craftsmen, industry, people, "
     "phone, photos, quiz, scan, text, union, videos, yes_no"),
    ("fields.toml", "order = 3", "order = 5",
     "fields.toml [[fields]] order: is 1, 2, 5, 4; number the fields 1 to 4 in their order, without a gap"),
    ("fields.toml", 'short = "产业类型"', 'short = "产业类型"\naliases = ["项目类别"]',
     "fields.toml [[fields]] #4 (industry_stage) aliases: '项目类别' is also in [[fields]] #3 (category); "
     "leave it to one of them"),
    ("fields.toml", '{ value = "小创造" }', '{ value = "小创造", aliases = ["小发明"] }',
     "fields.toml [[fields]] #3 (category) [[fields.choices]] #2 aliases: '小发明' is also in "
     "[[fields]] #3 (category) [[fields.choices]] #1; leave it to one of them"),
    ("fields.toml", "limits = { hard_max = 30 }", "limits = { hard_max = 30, quiet_max = 40 }",
     "fields.toml [[fields]] #1 (title) limits.hard_max: is 30, under quiet_max = 40; write 40 or more"),
    ("fields.toml", "limits = { hard_max = 30 }", 'limits = { hard_max = 3 }\nexample = "四个 汉字"',
     "fields.toml [[fields]] #1 (title) example: has 4 characters, over hard_max = 3; "
     "write a shorter one or a higher limit"),
    ("fields.toml", "limits = { hard_max = 30 }", "limits = { hard_mx = 30 }",
     "fields.toml [[fields]] #1 (title) limits.hard_mx: is no key of this table; write hard_max"),
    ("fields.toml", "limits = { hard_max = 30 }", "limits = { hard_max = 30 }\nasked_in_turn = false",
     "fields.toml [[fields]] #1 (title) asked_in_turn: is required at submission but never asked; "
     'write true, or required_when = "never"'),
    ("fields.toml", "limits = { hard_max = 30 }", 'required_when = "sometimes"',
     "fields.toml [[fields]] #1 (title) required_when: is 'sometimes'; "
     "write one of 'submit', 'recommend' or 'never'"),
    ("fields.toml", "order = 4\n", "beside = 9\n",
     "fields.toml [[fields]] #4 (industry_stage) beside: is 9, no field's order; write one of 1, 2, 3"),
    ("fields.toml", "order = 4\n", "",
     "fields.toml [[fields]] #4 (industry_stage) beside: is missing; write the order of the field it stands beside"),
    ("fields.toml", "limits = { hard_max = 30 }", 'assembled_from = ["titel"]',
     "fields.toml [[fields]] #1 (title) assembled_from: 'titel' is no field; write keys of fields, such as title"),
    ("fields.toml", "limits = { hard_max = 30 }", 'paper = "承诺书"',
     "fields.toml [[fields]] #1 (title) paper: '承诺书' is no line of an attachment; "
     "write the heading of the form as it stands there"),
    ("attachments.toml", "number = 1", "number = 2",
     "attachments.toml [[attachments]] number: 1 is missing; write number = 1"),
    ("attachments.toml", "attachments/1.txt", "attachments/9.txt",
     "attachments/9.txt: there is no such file; write it, or put its right name"),
    ("attachments.toml", "attachments/1.txt", "../../secret.txt",
     "../../secret.txt: lies outside the pack; write a path inside its folder"),
    ("attachments.toml", 'file = "attachments/1.txt"', "",
     'attachments.toml [[attachments]] #1 file: is missing; write file = "attachments/1.txt"'),
    ("attachments/1.txt", "项目名称、推荐单位、项目类别、产业类型", "",
     "attachments.toml [[attachments]] #1 file: is empty; write the attachment's text into it"),
    ("industries.csv", "343,物料", "993,物料",
     "industries.csv line 4 code: 993 has no division above it; write the line of its two digits first"),
    ("industries.csv", "大类,C,C", "大类,C,D",
     "industries.csv line 3 section: 'D' has no line of its own; write the letter of a section"),
    ("industries.csv", "group", "middle",
     "industries.csv line 4 level: is 'middle'; write one of section, division, group, class"),
    ("industries.csv", "code,name", "nummer,name",
     "industries.csv: lacks a column; give every line code, name, level, section"),
    ("industry_aliases.toml", "34 =", "35 =",
     "industry_aliases.toml 35: is no division; write one of industries.csv, as 25"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), SPOILT, ids=[f"{one[0]}-{one[2]}" for one in SPOILT]
)
def test_what_is_wrong_is_named_with_its_remedy(
    folder: Path, file: str, old: str, new: str, expected: str
) -> None:
    change(folder, file, old, new)
    assert expected in problems(folder)


def test_every_problem_is_named_at_once(folder: Path) -> None:
    change(folder, "pack.toml", 'name = "jiangsu-2025"', 'name = "js25"')
    change(folder, "unions.toml", "minimum = 50", "minimum = 40")
    change(folder, "fields.toml", "limits = { hard_max = 30 }", NEW_CHECK)
    change(folder, "attachments.toml", "number = 1", "number = 2")
    assert problems(folder) == [
        "pack.toml name: is 'js25'; write the folder's name, 'jiangsu-2025'",
        "unions.toml [[unions]] #1 (nanjing) minimum: is 40, but its categories add up to 50; write 50 or more",
        "fields.toml [[fields]] #1 (title) [[fields.checks]] #1 pattern: is no regular expression "
        "(missing ), unterminated subpattern at position 0); mend it, or name one of [patterns]",
        "fields.toml [[fields]] #1 (title) [[fields.checks]] #2 words: is missing; write words or a pattern",
        "attachments.toml [[attachments]] number: 1 is missing; write number = 1",
    ]


def test_a_field_that_every_submission_needs_is_missed(folder: Path) -> None:
    change(folder, "fields.toml", 'key = "union"', 'key = "organisation"')
    assert problems(folder) == [
        "fields.toml [[fields]] key: no field 'union' of kind 'union'; write it: every submission is known by it"
    ]


def test_an_empty_folder_lacks_every_file(tmp_path: Path) -> None:
    names = [
        "pack.toml",
        "unions.toml",
        "fields.toml",
        "attachments.toml",
        "industries.csv",
        "reminders.toml",
    ]
    found = problems(tmp_path)
    assert [line.split(":")[0] for line in found] == names


def test_a_file_that_is_no_text(folder: Path) -> None:
    (folder / "attachments" / "1.txt").write_bytes(b"\xff\xfe\x00")
    assert problems(folder)[0].startswith("attachments/1.txt: cannot be read")


def test_a_shared_pattern_is_put_in_for_its_name(folder: Path) -> None:
    change(folder, "fields.toml", "limits = { hard_max = 30 }",
           'checks = [{ rule = "R63", label = "数字", pattern = "digit" }]')  # fmt: skip
    path = folder / "fields.toml"
    path.write_text("[patterns]\ndigit = '\\d'\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    assert load_pack(folder).spec("title").checks[0].pattern == "\\d"


def test_a_stored_pack_comes_back_the_same() -> None:
    pack = load_pack(PACKS / "jiangsu-2024")
    back = pack_from_json(pack.as_json())
    assert back == pack
    assert pack_version(back) == pack_version(pack)


def test_a_stored_pack_of_another_shape_is_refused() -> None:
    content = load_pack(SMALL).as_json() | {"colour": "red"}
    with pytest.raises(PackError, match="stored pack colour: is no key of this table; take it out"):
        pack_from_json(content)


def test_the_version_follows_the_content(folder: Path) -> None:
    before = pack_version(load_pack(folder))
    assert before == pack_version(load_pack(SMALL))
    change(folder, "fields.toml", "hard_max = 30", "hard_max = 31")
    assert pack_version(load_pack(folder)) != before


def test_the_same_pack_has_no_differences() -> None:
    assert differences(load_pack(SMALL), load_pack(SMALL)) == []


def test_differences_name_table_row_and_attribute(folder: Path) -> None:
    old = load_pack(folder)
    change(folder, "pack.toml", "submission_deadline = 2025-05-30", "submission_deadline = 2025-06-06")
    change(folder, "unions.toml", "maximum = 25", "maximum = 30")
    change(folder, "fields.toml", 'prompt = "请问项目叫什么名称？"', 'prompt = "项目叫什么？"')
    change(folder, "fields.toml", "五类选一", "从五类中选一类")
    new = load_pack(folder)
    dates = old.dates.model_dump(mode="json")
    found = differences(old, new)
    assert found == [
        Difference("pack", "", "dates", dates, dates | {"submission_deadline": "2025-06-06"}),
        Difference("unions", "dianli", "maximum", 25, 30),
        Difference("fields", "title", "prompt", "请问项目叫什么名称？", "项目叫什么？"),
        Difference("fields", "category", "requirement", "五类选一", "从五类中选一类"),
    ]
    assert [one.is_rule for one in found] == [False, False, False, True]


def test_a_new_row_and_one_that_is_gone(folder: Path) -> None:
    old = load_pack(folder)
    path = folder / "unions.toml"
    first, second, _ = path.read_text(encoding="utf-8").split("[[unions]]")[1:]
    path.write_text(
        f"[[unions]]{first}[[unions]]{second}{NEW_UNION.replace('minimum = 0', 'minimum = 5')}", "utf-8"
    )
    new = load_pack(folder)
    assert [
        (one.table, one.key, one.attribute, one.old is None, one.new is None) for one in differences(old, new)
    ] == [
        ("unions", "wuxi", "", True, False),
        ("unions", "dianli", "", False, True),
    ]
    assert differences(old, new)[1].old == _row(old, "dianli")


def _row(pack: Pack, code: str) -> object:
    return pack.union_by_code[code].model_dump(mode="json")


KEY = re.compile(r"^(?:\[\[?(?P<table>[\w.]+)\]\]?|(?P<key>\w+) = (?P<value>[^\[{].*))$", re.MULTILINE)


def keys(file: str) -> Iterator[tuple[str, str, str]]:
    """Each plain key of a file of the small pack with the line that gives it, once for each table."""
    text, table = (SMALL / file).read_text(encoding="utf-8"), ""
    for found in KEY.finditer(text):
        if found["table"]:
            table = found["table"]
        elif text.index(found[0]) == found.start():
            yield table, found["key"], found[0]


EVERY_KEY = [
    (file, *one)
    for file in ("pack.toml", "unions.toml", "fields.toml", "attachments.toml")
    for one in keys(file)
]


@pytest.mark.parametrize(
    ("file", "table", "key", "line"), EVERY_KEY, ids=[f"{one[0]}-{one[1]}-{one[2]}" for one in EVERY_KEY]
)
def test_every_key_of_a_wrong_sort_is_named_with_file_table_and_remedy(
    folder: Path, file: str, table: str, key: str, line: str
) -> None:
    """A wrong sort of value anywhere is found where it stands."""
    change(folder, file, line, f"{key} = {{ wrong = 1 }}")
    named = [one for one in problems(folder) if one.startswith(f"{file} ") and f"{key}: is " in one]
    assert len(named) == 1
    assert named[0].startswith(f"{file} [[{table}]]" if f"[[{table}]]" in _text(file) else file)
    assert "; write " in named[0]


# `file` is put in for a text before the table is checked; that it is missing is named above.
SPELT = [one for one in EVERY_KEY if one[2] != "file"]


@pytest.mark.parametrize(
    ("file", "table", "key", "line"), SPELT, ids=[f"{one[0]}-{one[1]}-{one[2]}" for one in SPELT]
)
def test_every_misspelt_key_is_named_with_the_right_one(
    folder: Path, file: str, table: str, key: str, line: str
) -> None:
    change(folder, file, line, line.replace(key, f"{key}x", 1))
    expected = f"{key}x: is no key of this table; write {key}"
    assert [one for one in problems(folder) if one.endswith(expected) and one.startswith(file)] != []


def _text(file: str) -> str:
    return (SMALL / file).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("difference", "line"),
    [
        (
            Difference("fields", "title", "prompt", "名称？", "叫什么？"),
            'fields title prompt: "名称？" → "叫什么？"',
        ),
        (Difference("unions", "dianli", "maximum", None, 30), "unions dianli maximum: null → 30"),
        (
            Difference("pack", "", "dates", {"b": 1, "a": 2}, {"a": 2}),
            'pack dates: {"a": 2, "b": 1} → {"a": 2}',
        ),
        (Difference("unions", "dianli", "", None, {"code": "dianli"}), "unions dianli: new"),
        (Difference("unions", "dianli", "", {"code": "dianli"}, None), "unions dianli: gone"),
    ],
)
def test_a_difference_is_one_readable_line(difference: Difference, line: str) -> None:
    assert str(difference) == line
