"""Lists of people: any separator, everyone once, twenty at most (附件4第1项, R43)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Refused
from handlers.messages import Line, say
from handlers.rules.counting import excerpt

_DOTS = re.compile("[•・‧．･∙⋅●•·]")
_REMARK = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
_BRACKETED_NUMBER = re.compile(r"[（(【\[]\s*[0-9０-９一二三四五六七八九十]{1,3}\s*[）)】\]]")
_LABEL = re.compile(r"^[^：:\n]{0,12}(?:完成人|人员|名单|成员|作者|姓名)[^：:\n]{0,6}[：:]\s*")
_NUMBERING = re.compile(
    r"(?:^|(?<=[\s、，,;；]))\s*(?:第[一二三四五六七八九十]+[、，:：]?|[0-9０-９]{1,2}\s*[.．、)）]\s*)"
)
_SEPARATORS = re.compile(r"[\n、，,;；/／|｜]+")
_AND_OTHERS = re.compile(r"等(?:\s*[0-9０-９一二三四五六七八九十两]+\s*(?:人|位|名)|人|同志)?\s*[。.]?$")
_HAN = re.compile("^[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+$")
_HAN_DOTTED = re.compile(
    "^[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+(?:·[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+)+$"
)
_LATIN = re.compile(r"^[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ'’.\- ]+$")
_SPOKEN = re.compile("(?:负责|参与|设计|完成|研发|单位|公司|小组|班组|车间|同志们|我们|以及|还有)")
# 张伟和李娜: only between pieces that may be names, so that 李和平 stays whole.
_AND = re.compile("(?<=[\u3400-\u9fff]{2})(?:以及|还有|和|与|及|跟)(?=[\u3400-\u9fff]{2})")
_LEADING_AND = re.compile("^(?:以及|还有)(?=[\u3400-\u9fff]{2})")
_FULL_STOP_DOT = re.compile("(?<=[\u3400-\u9fff])\\s*[.]\\s*(?=[\u3400-\u9fff])")
LONGEST_NAME = 4
MOST_SHOWN = 30


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read: names in order, each once, and what a person should know of it."""

    names: list[str]
    doubled: list[str]
    remarks: bool
    odd: list[str]


class People:
    """The kind "people"; the value is a list of names, the first is the first completer."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        spec = asked.spec
        if _AND_OTHERS.search(text.strip()):
            return Refused(say("fields/people_and_others", spec=spec))
        read = read_names(text)
        if not read.names:
            return Refused(say("fields/people_none", spec=spec))
        most = spec.limits.people_max
        if most is not None and len(read.names) > most:
            shown = [excerpt(name) for name in read.names[:MOST_SHOWN]]
            return Refused(
                say("fields/people_too_many", spec=spec, names=shown, count=len(read.names), most=most)
            )
        notes = _notes(read)
        if read.odd and not asked.advised:
            odd = [excerpt(name) for name in read.odd]
            question = say("fields/people_odd", spec=spec, odd=odd, names=[excerpt(n) for n in read.names])
            return Doubtful(read.names, question, notes)
        return Accepted(read.names, notes)

    def describe(self, value: Any, asked: Asked) -> str:
        return "、".join(value)

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()


def _notes(read: _Read) -> tuple[Line, ...]:
    notes = []
    if read.doubled:
        notes.append(say("fields/people_doubled", names=read.doubled))
    if read.remarks:
        notes.append(say("fields/people_remarks"))
    return tuple(notes)


def read_names(text: str) -> _Read:
    """Names in the order given; padded two-character names are joined, remarks dropped."""
    text = _DOTS.sub("·", _LABEL.sub("", text.strip()))
    text = _BRACKETED_NUMBER.sub("\n", text)
    plain = _REMARK.sub("", text)
    remarks = plain != text
    plain = _NUMBERING.sub("\n", plain)
    names: list[str] = []
    doubled: list[str] = []
    for name in (name for piece in _split(plain.rstrip("。. ")) for name in _by_and(piece)):
        if name in names:
            doubled.append(name)
        else:
            names.append(name)
    return _Read(names, list(dict.fromkeys(doubled)), remarks, [name for name in names if _is_odd(name)])


def _split(text: str) -> list[str]:
    """Cut at separators; only where there are none do spaces separate."""
    parts = [part.strip(" 。.") for part in _SEPARATORS.split(text)]
    return [name for part in parts if part for piece in _by_dots(part) for name in _by_spaces(piece)]


def _by_dots(part: str) -> list[str]:
    """A full stop stands for · within a long name (迪丽热巴.迪力木拉提), else between names (张伟.李娜)."""
    pieces = _FULL_STOP_DOT.split(part)
    if any(len(piece) >= LONGEST_NAME for piece in pieces):
        return ["·".join(pieces)]
    return pieces


def _by_and(piece: str) -> list[str]:
    """张伟和李娜 are two people; a piece that may be one person's name is left alone."""
    piece = _LEADING_AND.sub("", piece)
    if not _is_odd(piece):
        return [piece]
    pieces = _AND.split(piece)
    return [piece] if any(map(_is_odd, pieces)) else pieces


def _by_spaces(part: str) -> list[str]:
    """ "张 伟" is one name, "张伟 李娜" are two, "John Smith" is one."""
    words = re.sub(r"\s*·\s*", "·", part).split()
    if len(words) == 1:
        return words
    if all(re.fullmatch(r"[A-Za-zÀ-ɏ'’.\-]+", word) for word in words):
        return [" ".join(words)]
    if all(len(word) == 1 for word in words):
        return ["".join(words)] if len(words) <= LONGEST_NAME - 1 else _pairs(words)
    return _rejoin(words)


def _pairs(characters: list[str]) -> list[str]:
    """A row of padded two-character names: 张 伟 李 娜."""
    if len(characters) % 2:
        return characters
    return ["".join(characters[place : place + 2]) for place in range(0, len(characters), 2)]


def _rejoin(words: list[str]) -> list[str]:
    """Single characters among longer names belong together in twos: 张 伟 王小明."""
    names: list[str] = []
    single = ""
    for word in words:
        if len(word) > 1:
            names.extend([single] if single else [])
            names.append(word)
            single = ""
        elif single:
            names.append(single + word)
            single = ""
        else:
            single = word
    return [*names, single] if single else names


def _is_odd(name: str) -> bool:
    """Whether a piece hardly looks like one person's name."""
    if _HAN_DOTTED.match(name):
        return False
    if _HAN.match(name):
        return not 2 <= len(name) <= LONGEST_NAME or _SPOKEN.search(name) is not None
    return not (_LATIN.match(name) and len(name) >= 2)
