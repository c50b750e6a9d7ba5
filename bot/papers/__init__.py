"""Pictures and papers: facts in, bytes out.

A kind of paper is one module with `draw(facts, *, public_url)`; its labels are in
`templates/papers/<kind>.toml`. Which paper a token opens is in `bot.papers.opening`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

# Modules by name, so that drawing libraries stay out of memory until somebody opens a paper.
_KINDS = {
    "poster": "bot.papers.poster",
    "board": "bot.papers.board",
    "contact_form": "bot.papers.contact_form",
    "workbook": "bot.papers.workbook",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A paper as bytes; `extension` is without its dot, `name` the file's own without it."""

    content: bytes
    mimetype: str
    extension: str
    name: str = ""

    @property
    def is_picture(self) -> bool:
        return self.mimetype.startswith("image/")


def draw(kind: str, facts: Mapping[str, Any], *, public_url: str) -> Drawn:
    """Draw `facts` as a paper of `kind`; the shape of the facts is in the docstring of its module.

    KeyError for a kind that is not known.
    """
    drawn: Drawn = import_module(_KINDS[kind]).draw(facts, public_url=public_url)
    return drawn
