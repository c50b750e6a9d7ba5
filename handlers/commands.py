"""The words that steer a conversation, recognised only when they are the whole message (L1).

The words themselves, with their synonyms, are in `templates/chat/commands.toml`; the pack
adds the names of fields and attachments.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from rapidfuzz.distance import OSA

from handlers.choices import Candidate, fold, match, whole_number
from handlers.packs import Pack

LONGEST = 24
LONGEST_NEAR = 8
# A reason may follow the word.
LONGEST_SHAPED = 200
SHORTEST_NEAR = 3

_WORDS = Path(__file__).parent.parent / "templates" / "chat" / "commands.toml"
_PARTICLES = re.compile(r"(?<=..)[吧呀啊哦呢]+$")
_WHOLE_TEXT = re.compile(r"(?<=.)的?(?:全文|内容|原文|正文)$")
_BETWEEN = ":,、-—#《》"
_LETTERS = re.compile(r"([a-z]+)(\d*)$")

Certainty = Literal["exact", "initials", "near"]
Argument = str | int | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """A command that a message is, or may be.

    `argument` is a field key for edit, a number for attachment and switch, the raw text for a
    command with patterns, None where nothing was added or what was added names nothing. `role`
    "admin" is obeyed for admins alone; `never_content` needs no question in a text field. Only an "exact" one may be obeyed; for the
    others the person is asked whether `meant` was meant by `said`.
    """

    name: str
    argument: Argument
    certainty: Certainty
    said: str
    meant: str
    never_content: bool = False
    role: str = ""


@dataclass(frozen=True)
class _Command:
    """One table of commands.toml; the first word is the one that is asked back with."""

    name: str
    words: tuple[str, ...]
    before: tuple[str, ...] = ()
    initials: str = ""
    typos: tuple[str, ...] = ()
    takes: str = ""
    patterns: tuple[re.Pattern[str], ...] = ()
    never_content: bool = False
    role: str = ""


_WordsOf = Callable[[_Command], tuple[str, ...]]


class _Hit(NamedTuple):
    name: str
    argument: Argument
    meant: str


def recognise(text: str, pack: Pack) -> Recognised | None:
    """The command that the whole of `text` says; None if it is none or too long for one.

    Spaces, width, final punctuation and a polite 吧 do not matter. Initials and, in a message
    of at most eight characters, a known typo or one wrong character in a word of three or more
    are recognised with the certainty that says so.
    """
    words = _vocabulary(pack)
    shaped = words.by_pattern(text.strip()) if len(text) <= LONGEST_SHAPED else None
    if shaped is not None or len(text) > LONGEST:
        return shaped
    said = _folded(text)
    for form in dict.fromkeys((said, _PARTICLES.sub("", said))):
        hit = words.exact.get(form) or words.with_argument(form)
        if hit is not None:
            return _recognised(hit, "exact", text, words.by_name[hit.name])
    hit = words.by_initials(said)
    if hit is not None:
        return _recognised(hit, "initials", text, words.by_name[hit.name])
    hit = words.near(said) if len(said) <= LONGEST_NEAR else None
    return None if hit is None else _recognised(hit, "near", text, words.by_name[hit.name])


def _recognised(hit: _Hit, certainty: Certainty, text: str, command: _Command) -> Recognised:
    return Recognised(
        hit.name, hit.argument, certainty, text.strip(), hit.meant, command.never_content, command.role
    )


def _folded(text: str) -> str:
    """Folded; question marks behind a word go too, and several alone are one."""
    said = fold(text)
    return said.rstrip("?") or said[:1]


class _Vocabulary:
    """All that may be said under one pack, indexed for looking up."""

    def __init__(self, pack: Pack) -> None:
        self._commands = _commands()
        self._shaped = [(command, pattern) for command in self._commands for pattern in command.patterns]
        self.by_name = {command.name: command for command in self._commands}
        self._initials = {command.initials: command for command in self._commands if command.initials}
        self._names = {
            "field": tuple(
                Candidate(spec.key, (spec.label, spec.short, *spec.aliases), spec.initials, numbered=False)
                for spec in pack.fields
            ),
            "attachment": tuple(
                Candidate(one.number, (one.title, *one.aliases), numbered=False) for one in pack.attachments
            ),
        }
        self._numbers: dict[str, dict[int, Argument]] = {
            "field": {spec.order: spec.key for spec in pack.numbered if spec.order is not None},
            "attachment": {one.number: one.number for one in pack.attachments},
        }
        self._shown: dict[Argument, str] = {spec.key: spec.short for spec in pack.fields}
        self.exact = self._named_attachments() | self._whole(lambda command: command.words)
        self._nearly = [(word, hit, word == fold(hit.meant)) for word, hit in self.exact.items()]
        self._wrong = self._whole(lambda command: command.typos)
        self._prefixes = self._longest_first(lambda command: command.words)
        self._before = self._longest_first(lambda command: command.before)
        self._wrong_prefixes = self._longest_first(lambda command: command.typos)

    def by_pattern(self, text: str) -> Recognised | None:
        """绑定 12345678, 驳回 2 材料不全: a word with what belongs to it."""
        for command, pattern in self._shaped:
            found = pattern.fullmatch(text)
            if found is not None:
                argument = found["argument"].strip()
                hit = _Hit(command.name, argument, text)
                return _recognised(hit, "exact", text, command)
        return None

    def with_argument(self, said: str) -> _Hit | None:
        """修改8, 修改第八项, 修改联系电话, 附件三, 看授权书, 切换2."""
        return self._split(said, self._prefixes) or self._split(said, self._before, numbers=False)

    def by_initials(self, said: str) -> _Hit | None:
        """bz, or xg8 and fj4 with a number behind."""
        found = _LETTERS.fullmatch(said)
        command = self._initials.get(found.group(1)) if found else None
        if found is None or command is None:
            return None
        return self._taken(command, found.group(2)) if found.group(2) else self._hit(command)

    def near(self, said: str) -> _Hit | None:
        """A known typo, a nearly named argument, or a word with one wrong character."""
        return (
            self._wrong.get(said)
            or self._split(said, self._wrong_prefixes)
            or self._split(said, self._prefixes, likely=True)
            or self._one_off(said)
        )

    def _whole(self, words_of: _WordsOf) -> dict[str, _Hit]:
        return {fold(word): self._hit(command) for command in self._commands for word in words_of(command)}

    def _longest_first(self, words_of: _WordsOf) -> list[tuple[str, _Command]]:
        taking = [command for command in self._commands if command.takes]
        pairs = [(fold(word), command) for command in taking for word in words_of(command)]
        return sorted(pairs, key=lambda pair: -len(pair[0]))

    def _named_attachments(self) -> dict[str, _Hit]:
        command = next(command for command in self._commands if command.takes == "attachment")
        named = self._names["attachment"]
        return {fold(name): self._hit(command, one.value) for one in named for name in one.names}

    def _hit(self, command: _Command, argument: Argument = None) -> _Hit:
        shown = "" if argument is None else self._shown.get(argument, str(argument))
        return _Hit(command.name, argument, command.words[0] + shown)

    def _one_off(self, said: str) -> _Hit | None:
        """The one command a word of which differs in one character; its proper word goes first.

        A synonym must be longer to be nearly meant: 完成人 is not 完成了.
        """
        if len(said) < SHORTEST_NEAR or said.isascii() or any(sign.isdigit() for sign in said):
            return None
        proper: set[_Hit] = set()
        others: set[_Hit] = set()
        for word, hit, is_proper in self._nearly:
            shortest = SHORTEST_NEAR if is_proper else SHORTEST_NEAR + 1
            if len(word) >= shortest and OSA.distance(said, word, score_cutoff=1) <= 1:
                (proper if is_proper else others).add(hit)
        found = proper or others
        return found.pop() if len(found) == 1 else None

    def _split(
        self, said: str, prefixes: list[tuple[str, _Command]], *, numbers: bool = True, likely: bool = False
    ) -> _Hit | None:
        for prefix, command in prefixes:
            if len(said) > len(prefix) and said.startswith(prefix):
                hit = self._taken(command, said[len(prefix) :], numbers=numbers, likely=likely)
                if hit is not None:
                    return hit
        return None

    def _taken(
        self, command: _Command, rest: str, *, numbers: bool = True, likely: bool = False
    ) -> _Hit | None:
        """The command with its argument read; None if `rest` is no argument of it.

        A number that the list does not have leaves the argument open, as do several likely names.
        """
        rest = _WHOLE_TEXT.sub("", rest.strip(_BETWEEN))
        number = whole_number(rest)
        if command.takes == "number":
            return None if number is None else self._hit(command, number)
        if number is not None:
            return self._hit(command, self._numbers[command.takes].get(number)) if numbers else None
        named = self._names[command.takes]
        found = match(rest, named)
        if found.certain is not None:
            return self._hit(command, named[found.certain].value)
        if not likely or not found.likely:
            return None
        return self._hit(command, named[found.likely[0]].value if len(found.likely) == 1 else None)


_VOCABULARIES: dict[str, _Vocabulary] = {}


def _vocabulary(pack: Pack) -> _Vocabulary:
    """Built once for each version of a pack, since hashing a pack costs more than a look-up."""
    known = _VOCABULARIES.get(pack.version)
    if known is None:
        known = _VOCABULARIES[pack.version] = _Vocabulary(pack)
    return known


@lru_cache
def _commands() -> tuple[_Command, ...]:
    tables = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    return tuple(
        _Command(
            name=name,
            words=tuple(table["words"]),
            before=tuple(table.get("before", ())),
            initials=table.get("initials", ""),
            typos=tuple(table.get("typos", ())),
            takes=table.get("takes", ""),
            patterns=tuple(re.compile(pattern) for pattern in table.get("patterns", ())),
            never_content=table.get("never_content", False),
            role=table.get("role", ""),
        )
        for name, table in tables.items()
    )
