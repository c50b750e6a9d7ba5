"""Fields that take files: what content, size and number are right (附件4第7、15–18项)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from handlers.fields.base import Accepted, Asked, Judgement, Refused
from handlers.fields.text import is_met
from handlers.messages import Line, Media, say
from handlers.packs import FieldSpec

MIB = 1024 * 1024
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")
# Names that cameras, phones and chats give by themselves say nothing about the picture.
_BY_MACHINE = re.compile(
    r"^(?:img|dsc|dscn|dscf|pic|photo|image|video|vid|mmexport|wx_camera|wechat|screenshot|mvimg|p|screen|"
    r"qq图片|微信图片|微信视频|截图|图片|照片|视频|录音|未命名|无标题|"
    r"新建(?:文本文档|文档|\s*microsoft.*|\s*docx? ?文档|\s*xlsx? ?工作表)?)?"
    r"[\s_\-]*(?:\(?\d*\)?|[0-9a-f]{8}-[0-9a-f-]{20,}|[0-9a-f]{16,}|[\d_\-. ]+)$",
    re.IGNORECASE,
)
_SPLIT = re.compile(r"[\n、，,;；]+")
LONGEST_CAPTION = 60


@dataclass(frozen=True, slots=True)
class Captions:
    """Names for the files that have none yet, in the order in which they came."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shortfall:
    """What a file field still lacks: how many files, and how many of those kept have no name."""

    files: int
    unnamed: int


def shortfall(spec: FieldSpec, files: Sequence[Mapping[str, Any]]) -> Shortfall | None:
    """None if the field has what it needs (R71, R66)."""
    lacking = max(0, (spec.limits.files_min or 1) - len(files))
    unnamed = sum(not file["caption"] for file in files) if spec.needs_caption else 0
    return Shortfall(lacking, unnamed) if lacking or unnamed else None


def caption_of(name: str | None) -> str | None:
    """What a file's own name says of it; None if a machine gave the name."""
    stem = _SUFFIX.sub("", name or "").strip()
    return None if not stem or _BY_MACHINE.match(stem) else stem


def captions_of(text: str, spec: FieldSpec, files: Sequence[Mapping[str, Any]]) -> Captions | Refused:
    """Read a text as names: one for the first file without any, or one for each of them."""
    unnamed = sum(not file["caption"] for file in files) if spec.needs_caption else 0
    if not unnamed:
        return Refused(say("fields/file_wanted", spec=spec, count=len(files)))
    names = tuple(name for part in _SPLIT.split(text) if (name := part.strip(" 。.")))
    if unnamed == 1:
        names = (" ".join(text.split("\n")).strip(),)
    if len(names) not in (1, unnamed):
        return Refused(say("fields/captions_do_not_match", spec=spec, unnamed=unnamed, given=len(names)))
    if any(len(name) > LONGEST_CAPTION for name in names):
        return Refused(say("fields/caption_too_long", spec=spec, most=LONGEST_CAPTION))
    return Captions(names)


class Files:
    """The kinds that take files; all that differs between them is in the pack's limits."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        """A text here names the files that have no name yet."""
        judged = captions_of(text, asked.spec, asked.answers.get(asked.spec.key, ()))
        return judged if isinstance(judged, Refused) else Accepted(judged)

    def judge_file(self, media: Media, asked: Asked, kept: Sequence[Mapping[str, Any]]) -> Judgement:
        spec = asked.spec
        refusal = _wrong_content(media, spec) or _wrong_size(media, spec)
        if refusal is not None:
            return Refused(refusal)
        if any(file["sha256"] == media.sha256 and file["status"] == "stored" for file in kept):
            return Refused(say("fields/file_twice", spec=spec, name=media.name))
        value = {
            "name": media.name or f"{spec.short}{len(kept) + 1}.{media.format}",
            "caption": caption_of(media.name),
            "kind": media.format,
            "size": media.size,
            "sha256": media.sha256,
            "status": "stored",
        }
        return Accepted(value, (*_grey_zone(media, spec), *_hints(spec, value, kept)))

    def describe(self, value: Any, asked: Asked) -> str:
        return "、".join(file["caption"] or file["name"] for file in value)

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()


def _wrong_content(media: Media, spec: FieldSpec) -> Line | None:
    if media.format in spec.limits.formats:
        return None
    named = (_SUFFIX.search(media.name or "") or [""])[0].lower().lstrip(".")
    return say(
        "fields/file_format",
        spec=spec,
        format=media.format,
        name=media.name,
        # The name promises what the content is not: photo.jpg that is a PNG.
        mislabelled=named.replace("jpg", "jpeg") in spec.limits.formats,
    )


def _wrong_size(media: Media, spec: FieldSpec) -> Line | None:
    size, limits = media.size or 0, spec.limits
    if limits.size_min is not None and size < limits.size_min:
        return say("fields/file_too_small", spec=spec, name=media.name, size=size, least=limits.size_min)
    if limits.size_max is not None and size > limits.size_max:
        return say("fields/file_too_large", spec=spec, name=media.name, size=size, most=limits.size_max)
    return None


def _grey_zone(media: Media, spec: FieldSpec) -> tuple[Line, ...]:
    """A size that is enough by one reading of 1M and not by the other is said to be enough (A24)."""
    size, least = media.size or 0, spec.limits.size_min
    if least is None or not least <= size < least / 10**6 * MIB:
        return ()
    return (say("fields/size_just_enough", spec=spec, name=media.name),)


def _hints(spec: FieldSpec, value: Mapping[str, Any], kept: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    """Once the number is reached and all are named: what the captions do not show yet (R72)."""
    files = [*kept, value]
    captions = " ".join(file["caption"] or "" for file in files)
    lacking = [check.label for check in spec.checks if not is_met(check, captions)]
    if lacking and shortfall(spec, files) is None and len(files) == (spec.limits.files_min or 1):
        return (say("fields/files_could_show", spec=spec, labels=lacking),)
    return ()
