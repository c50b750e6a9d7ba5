"""What somebody says of a contact: union, name and phone, apart or all at once (附件5, R85). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from handlers.choices import fold
from handlers.fields import KINDS
from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Options
from handlers.fields.people import read_names
from handlers.packs import Pack

# Where the notice asks for it; a pack has these two fields for the submitters' form too.
_SOURCE = "附件5"
LONGEST_NAME = 20
LONGEST_FORM = 400
MOST_PIECES = 12
_DASHES = re.compile("[—–－‐‑−_]+")
_NUMBER = re.compile(r"[+＋(（]?[\d０-９][\d０-９\-()（） ]{5,}[\d０-９](?:\s*(?:转|分机)\s*[\d０-９]{1,6})?")
# The words of the form itself, as they come along when its table is copied.
_WORDS_OF_FORM = re.compile(
    "(?:全省职工.{0,2}五小.{0,2}创新成果\\s*)?(?:征集)?联系人信息表|^\\s*附件\\s*5"
    "|请各设区市总工会[\\s\\S]*$|设区市、产业（厅、局、企业）工会"
)
_LABELS = re.compile(
    "(?:全省职工.{0,2}五小.{0,2}创新成果\\s*征集\\s*)?"
    "(?:单位名称|工会名称|所在单位|联系人姓名|联系人|联系电话|手机号码|电话号码|手机号|姓名|单位|电话|手机)\\s*(?:是|为)?\\s*[:：]?"
)
_BETWEEN = re.compile(r"[\n\t、，,;；。/／|｜：:]+|\s{2,}")
_BEHIND_UNION = re.compile("(?<=工会)的?")
_SAID_BEFORE = re.compile("^(?:您好|你好|我是|我叫|我的|登记|叫|是)+")
_NUMBERING = re.compile("^[(（]?[0-9０-９一二三]{1,2}[)）.．、]?$")
_NO_NAME = re.compile("不知道|不清楚|不确定|没有|暂无|待定|未定|同上")
_TITLES = re.compile("(?:同志|老师|主任|主席|部长|先生|女士)$")


@dataclass(frozen=True, slots=True)
class Said:
    """What was found in a text; None for what was not."""

    union: Judgement | None = None
    name: str | None = None
    phone: Judgement | None = None


def read_union(text: str, pack: Pack) -> Judgement:
    """As field 5 of 附件4 understands it: a name, an alias, a number of the list; a hint is asked about."""
    return _judge("union", text, pack)


def read_phone(text: str, pack: Pack) -> Judgement:
    return _judge("phone", text, pack)


def _judge(key: str, text: str, pack: Pack) -> Judgement:
    spec = pack.spec(key).model_copy(update={"source": _SOURCE})
    return KINDS[spec.kind].judge(text, Asked(spec=spec, pack=pack, answers={}))


def read_name(text: str) -> str | None:
    """One person's name, padding and titles taken off; None if it is none, or several."""
    plain = _SAID_BEFORE.sub("", _LABELS.sub("", text.strip()).strip())
    read = read_names(_TITLES.sub("", plain) or plain)
    name = read.names[0] if len(read.names) == 1 else ""
    if not name or len(name) > LONGEST_NAME or _NO_NAME.fullmatch(name):
        return None
    return None if read.odd and not _may_be_name(name) else name


def _may_be_name(name: str) -> bool:
    """A long name without its dot; a sentence is longer, and a word for the office has no name."""
    return 4 < len(name) <= 8 and name.isalpha() and not re.search("工会|公司|单位|电话|我|不|是|的", name)


def read_all(text: str, pack: Pack, *, with_union: bool = True) -> Said:
    """Union, name and phone from one text: three lines with labels, a copied table, or in a row."""
    if len(text) > LONGEST_FORM:
        return Said()
    plain = _LABELS.sub("\n", _WORDS_OF_FORM.sub("\n", _DASHES.sub("-", text)))
    found = _NUMBER.search(plain)
    phone = None if found is None else read_phone(plain, pack)
    pieces = _pieces(_NUMBER.sub("\n", plain))
    if not 0 < len(pieces) <= MOST_PIECES:
        return Said(phone=phone)
    union, rest = _take_union(pieces, pack) if with_union else (None, pieces)
    # A short name is often padded with a space in the middle.
    between = "" if all(len(piece) == 1 for piece in rest) else "、"
    return Said(union, read_name(between.join(rest)) if rest else None, phone)


def _pieces(text: str) -> list[str]:
    parts = [word for part in _BETWEEN.split(text) for word in part.split(" ")]
    cut = [_SAID_BEFORE.sub("", piece) for part in parts for piece in _BEHIND_UNION.split(part)]
    return [piece.strip() for piece in cut if piece.strip() and not _NUMBERING.match(piece.strip())]


def _take_union(pieces: Sequence[str], pack: Pack) -> tuple[Judgement | None, list[str]]:
    """The union, a sure one before one to ask about, and the pieces that are left."""
    likely: tuple[Judgement, list[str]] | None = None
    for first, last in _spans(len(pieces)):
        said = "".join(pieces[first:last])
        judged = read_union(said, pack) if len(fold(said)) > 1 else None
        rest = [*pieces[:first], *pieces[last:]]
        if isinstance(judged, Accepted):
            return judged, rest
        if isinstance(judged, Doubtful | Options) and likely is None and last - first == 1:
            likely = judged, rest
    return likely or (None, list(pieces))


def _spans(count: int) -> Iterator[tuple[int, int]]:
    """Runs of pieces, the longest first, from the left."""
    for length in range(min(count, 3), 0, -1):
        for first in range(count - length + 1):
            yield first, first + length
