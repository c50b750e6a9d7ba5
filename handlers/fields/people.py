"""Lists of people: any separator, everyone once, twenty at most (附件4第1项, R43)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Refused
from handlers.messages import Line, say

_DOTS = re.compile("[•・‧．･∙⋅●•·]")
_REMARK = re.compile(r"[（(【\[][^（）()【】\[\]]*[）)】\]]")
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
LONGEST_NAME = 4


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
            return Refused(say("fields/people_too_many", spec=spec, names=read.names, most=most))
        notes = _notes(read)
        if read.odd and not asked.advised:
            question = say("fields/people_odd", spec=spec, odd=read.odd, names=read.names)
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
    plain = _REMARK.sub("", text)
    remarks = plain != text
    plain = _NUMBERING.sub("\n", plain)
    names: list[str] = []
    doubled: list[str] = []
    for name in _split(plain.rstrip("。. ")):
        if name in names:
            doubled.append(name)
        else:
            names.append(name)
    return _Read(names, list(dict.fromkeys(doubled)), remarks, [name for name in names if _is_odd(name)])


def _split(text: str) -> list[str]:
    """Cut at separators; only where there are none do spaces separate."""
    parts = [part.strip(" 。.") for part in _SEPARATORS.split(text)]
    return [name for part in parts if part for name in _by_spaces(part)]


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
