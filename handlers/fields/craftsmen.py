"""Completers with a craftsman's honour: one text each (附件4第1项备注, R44, R46)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Refused
from handlers.fields.media import Files
from handlers.messages import say
from handlers.rules.counting import excerpt

_NONE = ("没有", "无", "没", "暂无", "没有工匠")
VIDEOS_EACH = 2
_NAME_END = re.compile(r"[\s：:；;，,、]+")


def videos_owed(craftsmen: Sequence[Mapping[str, str]], videos: int) -> int:
    """How many videos are still wanted: one of each of the two sorts for everybody (R45, A21)."""
    return max(0, VIDEOS_EACH * len(craftsmen) - videos)


class Craftsmen(Files):
    """The kind "craftsmen"; the value is [{"name", "text"}], empty when there is none.

    Their videos of any length are files of the same field (R45), named 完成人-类别 (R47).
    """

    def judge(self, text: str, asked: Asked) -> Judgement:
        if text.strip("。.！! ") in _NONE:
            return Accepted([])
        name, *rest = _NAME_END.split(text, maxsplit=1)
        about = rest[0].strip() if rest else ""
        if not about:
            return Refused(say("fields/craftsman_wanted", spec=asked.spec))
        kept = [entry for entry in asked.answers.get(asked.spec.key, []) if entry["name"] != name]
        value = [*kept, {"name": name, "text": about}]
        if name not in asked.answers.get("completers", [name]) and not asked.advised:
            return Doubtful(value, say("fields/craftsman_not_completer", name=excerpt(name)))
        return Accepted(value)

    def describe(self, value: Any, asked: Asked) -> str:
        return "\n".join(f"{entry['name']}：{entry['text']}" for entry in value) if value else "无"

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()
