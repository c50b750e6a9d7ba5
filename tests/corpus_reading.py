"""Reads the corpus: what each of thirty people says, field by field, and what must be stored."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePath
from typing import Any

import yaml

from tests import corpus_files

CORPUS = Path(__file__).parent / "corpus"
SEPARATORS = re.compile("[\n、，,;；]")
NAMED = ("photos", "videos", "quiz", "audio")


@dataclass(frozen=True, slots=True)
class SaidFile:
    """A file that the person sends; `caption` is what it must be called in the end, `size` in bytes."""

    name: str
    kind: str
    seed: int
    size: int
    caption: str

    def content(self) -> bytes:
        return corpus_files.make(self.kind, self.name, self.seed, self.size)


Said = str | SaidFile


@dataclass(frozen=True, slots=True)
class Submission:
    """One person's way through the form.

    `said` is in the order in which the fields are asked. `stored` holds values as INTERFACES.md
    shapes them; a field that was left with 跳过 is not in it. `path` is "plain" (no advice, no
    refusal) or "awkward" (every message of a field but the last leaves its question open).
    """

    id: str
    about: str
    path: str
    said: Mapping[str, tuple[Said, ...]]
    stored: Mapping[str, Any]

    def messages(self, key: str, *, names_travel: bool = True) -> list[Said]:
        """What the person sends for a field, in order.

        Where a channel brings no file names (`names_travel` False) one message after the files names them.
        """
        said = list(self.said[key])
        files = [message for message in said if isinstance(message, SaidFile)]
        if names_travel or key not in NAMED or len(said) > len(files):
            return said
        return [*said, "、".join(file.caption for file in files)]


def _messages(value: Any) -> tuple[Said, ...]:
    if isinstance(value, str):
        return (value,)
    texts = [item for item in value if isinstance(item, str)]
    files = [item for item in value if isinstance(item, dict)]
    captions = (
        SEPARATORS.split(texts[0]) if files and texts else [PurePath(item["name"]).stem for item in files]
    )
    named = [SaidFile(**item, caption=caption) for item, caption in zip(files, captions, strict=True)]
    return (*named, *texts)


def _read(path: Path) -> Submission:
    record = yaml.safe_load(path.read_text(encoding="utf-8"))
    said = {key: _messages(value) for key, value in record.pop("said").items()}
    return Submission(said=said, **record)


@cache
def _all() -> tuple[Submission, ...]:
    return tuple(_read(path) for path in sorted(CORPUS.glob("*.yaml")))


def submissions() -> list[Submission]:
    """All thirty, by number; read once. The values are shared: do not change them."""
    return list(_all())
