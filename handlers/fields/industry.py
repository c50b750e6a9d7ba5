"""The industry of a result: any word in, a 大类 of GB/T 4754—2017 out (附件4第10项, R61)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handlers.fields.base import Accepted, Asked, Doubtful, Judgement, Options, Refused
from handlers.industries import find_exact, find_section, search
from handlers.messages import say
from handlers.packs import Industry

SHOWN = 5
SECTION_SHOWN = 8


class IndustryKind:
    """Values are `{"section": "C", "division": "25", "label": "制造业-石油、煤炭及其他燃料加工业"}`."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        """Accept what names one division beyond doubt; otherwise offer the best, never guess."""
        industries = asked.pack.industries
        exact = find_exact(industries, text)
        if exact is not None:
            return Accepted(_value(exact))
        section = find_section(industries, text)
        if len(section) > SECTION_SHOWN:
            names = [one.name for one in section]
            line = say("fields/industry_section", spec=asked.spec, name=section[0].section_name, names=names)
            return Refused(line)
        found = section or search(industries, text, limit=SHOWN)
        if not found:
            return Refused(say("fields/industry_unknown", spec=asked.spec))
        if len(found) == 1:
            return Doubtful(_value(found[0]), say("fields/industry_one", label=found[0].label))
        return Options(
            tuple((_value(one), one.label) for one in found),
            say("fields/industry_options", spec=asked.spec, labels=[one.label for one in found]),
        )

    def describe(self, value: Any, asked: Asked) -> str:
        return str(value["label"])

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()


def _value(industry: Industry) -> dict[str, str]:
    return {"section": industry.section, "division": industry.division, "label": industry.label}
