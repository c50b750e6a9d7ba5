"""The field kinds: one object each, found by the name that the pack uses."""

from __future__ import annotations

from typing import cast

from handlers.fields.base import FileKind, Kind
from handlers.fields.choosing import Choice, UnionChoice, YesNo
from handlers.fields.craftsmen import Craftsmen
from handlers.fields.industry import IndustryKind
from handlers.fields.media import Captions, Files, Shortfall, captions_of, shortfall
from handlers.fields.people import People
from handlers.fields.phone import Phone
from handlers.fields.text import Text
from handlers.packs import FieldSpec

__all__ = [
    "KINDS", "Captions", "Shortfall", "captions_of", "file_kind_of", "is_media", "kind_of", "shortfall",
    "takes_files",
]  # fmt: skip

_FILES = Files()
MEDIA = frozenset({"scan", "photos", "videos", "quiz", "audio"})
KINDS: dict[str, Kind] = {
    "text": Text(),
    "people": People(),
    "phone": Phone(),
    "union": UnionChoice(),
    "choice": Choice(),
    "yes_no": YesNo(),
    "industry": IndustryKind(),
    "craftsmen": Craftsmen(),
    **dict.fromkeys(MEDIA, _FILES),
}


def kind_of(spec: FieldSpec) -> Kind:
    return KINDS[spec.kind]


def is_media(spec: FieldSpec) -> bool:
    """Whether the field takes files rather than text."""
    return spec.kind in MEDIA


def takes_files(spec: FieldSpec) -> bool:
    """Whether the field takes files, be it beside a text (craftsmen and their videos)."""
    return bool(spec.limits.formats)


def file_kind_of(spec: FieldSpec) -> FileKind:
    """The kind of a media field as one that judges files."""
    return cast(FileKind, KINDS[spec.kind])
