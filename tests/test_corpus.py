"""The corpus itself is what it claims to be: complete, varied, invented, and of the right lengths."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import re
import tomllib
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import puremagic
import pytest
from PIL import Image

from bot.media.sniffing import format_of
from handlers.fields import KINDS
from handlers.fields.base import Accepted, Asked
from handlers.pack_loading import load_pack
from handlers.rules.cleaning import Cleaned, clean
from handlers.rules.counting import count
from tests import corpus_files
from tests.corpus_reading import CORPUS, NAMED, SEPARATORS, SaidFile, Submission, submissions

PACK = Path(__file__).parent.parent / "templates" / "packs" / "jiangsu-2024"
TEXTS = [
    "first_completer_bio",
    "work_unit",
    "title",
    "summary",
    "background",
    "objective",
    "innovation",
    "benefits",
]
ORDER = [
    "completers",
    "first_completer_bio",
    "work_unit",
    "phone",
    "union",
    "category",
    "pledge",
    "authorization",
]
ORDER += ["title", "summary", "industry", "background", "objective", "innovation", "benefits"]
ORDER += ["photos", "videos", "quiz", "audio", "new_productive_forces"]
FILES = ("pledge", "authorization", *NAMED)
FORMATS = {
    "pledge": {"pdf", "jpeg", "png"},
    "authorization": {"pdf", "jpeg", "png"},
    "photos": {"jpeg"},
    "videos": {"mp4"},
    "quiz": {"docx", "xlsx", "txt"},
    "audio": {"mp3"},
}
# Fewest and most counted characters of what a plain submission says, well inside 附件4 第2项 and 第8–14项.
BANDS = {
    "first_completer_bio": (40, 100),
    "title": (12, 30),
    "summary": (150, 480),
    "background": (80, 120),
    "objective": (80, 130),
    "innovation": (150, 480),
    "benefits": (150, 480),
}
ITEM = re.compile(r"^\s*(?:\d{1,2}[.、)）]|[（(][\da-z一二三四五][)）]|[一二三四五]、|[①-⑤])", re.MULTILINE)
INVENTED = r"138001380\d\d|(?:025|05\d\d)-835300\d\d(?:-\d{1,3})?"
PLAIN = [submission for submission in submissions() if submission.path == "plain"]
ALL = pytest.mark.parametrize("submission", submissions(), ids=lambda submission: submission.id)
EVERY_PLAIN = pytest.mark.parametrize("submission", PLAIN, ids=lambda submission: submission.id)


def values(key: str) -> list[Any]:
    return [submission.stored[key] for submission in submissions()]


def said_files(submission: Submission) -> list[tuple[str, SaidFile]]:
    return [(key, said) for key in FILES for said in submission.said[key] if isinstance(said, SaidFile)]


def by_id(start: str) -> Submission:
    return next(submission for submission in submissions() if submission.id.startswith(start))


def test_thirty_in_order_of_number() -> None:
    assert [int(submission.id[:2]) for submission in submissions()] == list(range(1, 31))
    assert [submission.path for submission in submissions()] == ["plain"] * 24 + ["awkward"] * 6
    assert [path.stem for path in sorted(CORPUS.glob("*.yaml"))] == [one.id for one in submissions()]


@ALL
def test_every_field_is_answered_or_left(submission: Submission) -> None:
    assert list(submission.said) == ORDER
    left = [key for key in ORDER if submission.said[key] == ("跳过",)]
    assert set(left) <= {"videos", "audio"}
    assert list(submission.stored) == [key for key in ORDER if key not in left]


def test_unions_categories_and_answers_are_all_there() -> None:
    unions = [union["code"] for union in tomllib.loads((PACK / "unions.toml").read_text("utf-8"))["unions"]]
    assert sorted(submission.stored["union"] for submission in PLAIN) == sorted(unions)
    assert len(unions) == 24
    assert set(values("category")) == {"小发明", "小创造", "小革新", "小建议", "小设计"}
    assert set(values("new_productive_forces")) == {True, False, None}
    assert {kind for key in FILES for one in submissions() for kind in kinds(one, key)} == set.union(
        *FORMATS.values()
    )


def kinds(submission: Submission, key: str) -> set[str]:
    return {file["kind"] for file in submission.stored.get(key, [])}


def test_industries_are_of_the_standard_and_of_many_sections() -> None:
    with (PACK / "industries.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["code"]: row for row in csv.DictReader(file)}
    for industry in values("industry"):
        section, division = rows[industry["section"]], rows[industry["division"]]
        label = f"{section['name']}-{division['name']}"
        expected = {"section": division["section"], "division": division["code"], "label": label}
        assert (industry, division["level"]) == (expected, "division")
    assert len({industry["section"] for industry in values("industry")}) >= 15


def test_phones_are_invented_and_normalised() -> None:
    assert len(set(values("phone"))) == 30
    assert [phone for phone in values("phone") if not re.fullmatch(INVENTED, phone)] == []
    spoken = [str(submission.said["phone"][-1]) for submission in submissions()]
    shapes = {re.sub("[0-9]", "9", phone) for phone in spoken}
    assert len(shapes) >= 15


def test_people_are_said_in_every_usual_way() -> None:
    spoken = [str(submission.said["completers"][-1]) for submission in submissions()]
    used = {mark for mark in "、，；,/ \n\u3000·" if any(mark in text for text in spoken)}
    assert used == set("、，；,/ \n\u3000·")
    sizes = Counter(len(people) for people in values("completers"))
    assert (min(sizes), max(sizes)) == (1, 20)
    assert [len(set(people)) - len(people) for people in values("completers")] == [0] * 30


@ALL
def test_texts_are_stored_exactly_as_typed(submission: Submission) -> None:
    for key in TEXTS:
        assert submission.stored[key] in submission.said[key]
        assert submission.stored[key] == submission.stored[key].strip()


@EVERY_PLAIN
def test_plain_texts_are_of_ordinary_length(submission: Submission) -> None:
    lengths = {key: count(submission.stored[key]) for key in BANDS}
    assert {key: n for key, n in lengths.items() if not BANDS[key][0] <= n <= BANDS[key][1]} == {}
    assert {key: len(said) for key, said in submission.said.items() if key in TEXTS} == dict.fromkeys(
        TEXTS, 1
    )


@EVERY_PLAIN
def test_plain_answers_are_accepted_in_silence(submission: Submission) -> None:
    pack = load_pack(PACK)
    for spec in (spec for spec in pack.fields if spec.key in submission.said and spec.key not in FILES):
        typed = str(submission.said[spec.key][0])
        assert clean(typed).notes == ()
        judged = KINDS[spec.kind].judge(clean(typed).text, Asked(spec, pack, {}))
        assert judged == Accepted(submission.stored[spec.key])


@ALL
def test_stored_texts_are_clean(submission: Submission) -> None:
    assert [key for key in TEXTS if clean(submission.stored[key]) != Cleaned(submission.stored[key])] == []


@ALL
def test_long_texts_are_itemised_and_cover_the_points(submission: Submission) -> None:
    texts = submission.stored
    assert [key for key in ("summary", "innovation", "benefits") if len(ITEM.findall(texts[key])) < 2] == []
    assert len(ITEM.findall(texts["summary"])) >= 5
    points = ("适用领域", "工种", "解决的实际问题", "创新点", "经济效益", "社会效益", "其他")
    assert [point for point in points if point not in texts["summary"]] == []
    assert [point for point in ("创新性", "及时性", "实用性") if point not in texts["innovation"]] == []
    assert re.search(r"经济效益.*[0-9一二三四五六七八九].*社会效益.*\n", texts["benefits"], re.DOTALL)
    assert re.search(r"[0-9](?:\.[0-9]+)?\s?(?:%|毫米|秒|分钟|min)", texts["objective"])


@pytest.mark.parametrize("key", ["title", "summary", "background", "objective", "innovation", "benefits"])
def test_no_two_are_near_copies(key: str) -> None:
    pairs = itertools.combinations([(one.id, bigrams(one.stored[key])) for one in submissions()], 2)
    alike = [(a, b) for (a, first), (b, second) in pairs if len(first & second) > 0.3 * len(first | second)]
    assert alike == []


def bigrams(text: str) -> set[str]:
    plain = re.sub(r"\W", "", text)
    return {plain[at : at + 2] for at in range(len(plain) - 1)}


@ALL
def test_files_are_stored_as_they_were_sent(submission: Submission) -> None:
    sent: dict[str, list[dict[str, Any]]] = {}
    for key, file in said_files(submission):
        fact = {"name": file.name, "caption": file.caption, "kind": file.kind, "size": file.size}
        sent.setdefault(key, []).append(fact)
    assert {key: submission.stored[key] for key in FILES if key in submission.stored} == sent
    assert [key for key, files in sent.items() if not {file["kind"] for file in files} <= FORMATS[key]] == []
    assert 3 <= len(sent["photos"]) <= 5
    assert [file for file in sent["photos"] if not 1_000_000 <= file["size"] <= 10_485_760] == []
    assert [file for files in sent.values() for file in files if SEPARATORS.search(file["caption"])] == []
    assert any(re.search("应用|现场", file["caption"]) for file in sent["photos"])


@ALL
def test_files_are_what_they_say(submission: Submission) -> None:
    for _, file in said_files(submission):
        content = file.content()
        assert (len(content), format_of(content)) == (file.size, file.kind)
        assert puremagic.from_string(content, filename=file.name) == Path(file.name).suffix


def test_no_two_files_are_the_same_bytes() -> None:
    hashes = [hashlib.sha256(file.content()).digest() for one in submissions() for _, file in said_files(one)]
    assert len(set(hashes)) == len(hashes) > 150


@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_pictures_open_whole(kind: str) -> None:
    picture = Image.open(io.BytesIO(corpus_files.make(kind, "主视图", 1, 1_234_567)))
    picture.load()
    assert (picture.format, picture.size) == (kind.upper(), {"jpeg": (1800, 1200), "png": (1240, 1754)}[kind])


def test_pdf_points_at_its_own_table() -> None:
    content = corpus_files.make("pdf", "承诺书.pdf", 1, 50_000)
    table = int(content[-17:-7])
    assert content[table : table + 7] == b"xref\n0 "
    for number, line in enumerate(content[table:].split(b"\n")[3:10], start=1):
        assert content[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def _document_text(content: bytes, part: str) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return re.sub("<[^>]+>", "\n", archive.read(part).decode())


READERS: dict[str, Callable[[bytes], str]] = {
    "txt": lambda content: content.decode(),
    "docx": lambda content: _document_text(content, "word/document.xml"),
    "xlsx": lambda content: _document_text(content, "xl/worksheets/sheet1.xml"),
}


@pytest.mark.parametrize("kind", READERS)
def test_a_quiz_has_twenty_questions(kind: str) -> None:
    text = READERS[kind](corpus_files.make(kind, f"防夹题库.{kind}", 7, 30_000))
    assert re.findall(r"^(\d+)\.（单选题）", text, re.MULTILINE) == [str(number) for number in range(1, 21)]
    assert len(re.findall("^答案：[A-D]$", text, re.MULTILINE)) == 20


@pytest.mark.parametrize("kind", ["jpeg", "png", "pdf", "mp4", "mp3", "docx", "xlsx", "txt"])
def test_files_are_the_same_every_time(kind: str) -> None:
    once = corpus_files.make(kind, "甲", 1)
    assert corpus_files.make(kind, "甲", 1) == once
    assert corpus_files.make(kind, "甲", 2) != once
    with pytest.raises(ValueError, match="cannot be made 10 bytes"):
        corpus_files.make(kind, "甲", 1, 10)


def test_exact_limits_are_met_and_passed_by_one() -> None:
    exact = by_id("25").stored
    keys = ("first_completer_bio", "title", "summary", "background", "innovation", "benefits")
    assert [count(exact[key]) for key in keys] == [100, 30, 500, 100, 500, 500]
    said = by_id("25").said
    first = {key: count(str(said[key][0])) for key in ("first_completer_bio", "summary")}
    assert first == {"first_completer_bio": 101, "summary": 501}
    assert [file["size"] for file in exact["photos"]] == [1_000_000, 10_485_760, 1_000_001]


@pytest.mark.parametrize(
    ("number", "key", "parts"),
    [
        ("26", "summary", ["≥", "℃", "㎡", "①", "±７℃", "T₀", "￥"]),
        ("26", "background", ["２小时", "１２℃", "＞$200"]),
        ("27", "title", ["一键返回", "取消跳过"]),
        ("27", "summary", ["\n\n", "\n返回\n取消\n跳过\n暂停\n"]),
        ("27", "benefits", ["\n\n社会效益"]),
        ("28", "title", ["=SUM(A1:A9)"]),
        ("28", "background", ["=SUM、=VLOOKUP"]),
        ("28", "summary", ["{{ 科室 }}", "<script>", "'; DROP TABLE salary; --", "#REF!"]),
        ("28", "innovation", ["<b>加粗</b>", "{% if 差异 %}", '"%s"', "\\{year}\\", "&nbsp;", "]]>"]),
        ("29", "first_completer_bio", ["𬭎", "龘"]),
        ("30", "title", ['"免拆上盖"']),
        ("30", "summary", ["it's", "D:\\work\\leak\\2024\\", "100%"]),
    ],
)
def test_awkward_contents_are_there(number: str, key: str, parts: list[str]) -> None:
    text = by_id(number).stored[key]
    assert [part for part in parts if part not in text] == []


def test_names_are_said_where_they_do_not_travel() -> None:
    named, numbered = by_id("01"), by_id("02")
    assert [type(message) for message in named.messages("photos")] == [SaidFile] * 3
    assert named.messages("photos", names_travel=False)[3:] == ["主视图、侧视图、现场应用"]
    assert numbered.messages("photos", names_travel=False) == numbered.messages("photos")
    assert named.messages("pledge", names_travel=False) == named.messages("pledge")
