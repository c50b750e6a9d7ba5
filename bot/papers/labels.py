"""What stands printed on a paper beside its facts: the words of `templates/papers/<kind>.toml`."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

PAPERS = Path(__file__).parent.parent.parent / "templates" / "papers"


@cache
def labels(kind: str) -> dict[str, Any]:
    """The words of a kind, read once; sentences have {slots} for `str.format`."""
    return tomllib.loads((PAPERS / f"{kind}.toml").read_text(encoding="utf-8"))
