"""Facts of papers as the handlers would issue them."""

from __future__ import annotations

from typing import Any

PUBLIC_URL = "https://wuxiao.example.org"
POSTER: dict[str, Any] = {
    "title": "全省职工“五小”创新成果项目征集",
    "union": "南京市总工会",
    "scene": "union-nanjing",
    "valid_until": "2024-06-11",
    "issuer": "江苏总工会劳动和经济工作部",
    "phones": ["025-83536240", "18118991940"],
}
WORKBOOK: dict[str, Any] = {"sheet": "名单", "header": ["单位"], "rows": [["南京市总工会"]]}


def union(name: str, kind: str = "city", **more: Any) -> dict[str, Any]:
    """A row of the board: all done, 120 of 120."""
    done = {"form": "registered", "in_group": True, "account": "signed_in", "counted": 120, "minimum": 120}
    return {"name": name, "kind": kind, **done, **more}
