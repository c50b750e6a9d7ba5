"""What a field kind is: text or file in, a judgement out. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from handlers.messages import Line, Media
from handlers.packs import FieldSpec, Pack


@dataclass(frozen=True, slots=True)
class Asked:
    """The question being answered.

    `answers` holds the draft's present values by field key. `advised` is True when the
    soft advice on this field was just given: a soft limit advises once, then accepts.
    """

    spec: FieldSpec
    pack: Pack
    answers: Mapping[str, Any]
    advised: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """Save `value`; `notes` are told with the receipt (what was cleaned, what to watch)."""

    value: Any
    notes: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubtful:
    """`value` may be saved if the person says yes to `question`; a new text replaces it.

    With `wants_reason` a yes is not enough: the person must also say why (A7).
    """

    value: Any
    question: Line
    notes: tuple[Line, ...] = ()
    wants_reason: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Several readings: the person picks one by number. `(value, label)` each."""

    options: tuple[tuple[Any, str], ...]
    question: Line


@dataclass(frozen=True, slots=True)
class Refused:
    """Not saved: `line` names the rule, the value, the remedy and the notice's line."""

    line: Line


Judgement = Accepted | Doubtful | Options | Refused


class Kind(Protocol):
    """A field kind; `handlers.fields.KINDS` maps a kind's name to its one instance."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        """Judge what the person typed for this field (already cleaned by `cleaning.clean`)."""
        ...

    def describe(self, value: Any, asked: Asked) -> str:
        """The value as a person reads it, whole, never shortened."""
        ...

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        """Labels to be listed under the prompt, numbered from 1; empty for open fields."""
        ...


class FileKind(Protocol):
    """A field that takes files; text there means a caption or 完成."""

    def judge_file(self, media: Media, asked: Asked, kept: Sequence[Mapping[str, Any]]) -> Judgement:
        """Judge a fetched file by content format, size (bytes) and how many are kept."""
        ...
