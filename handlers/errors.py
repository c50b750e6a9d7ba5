"""Errors that handlers raise; each may be shown to the person through its template."""

from __future__ import annotations

from typing import Any

from handlers.messages import Line


class HandlerError(Exception):
    """A refusal with a sentence: `line` names the template and its context."""

    def __init__(self, template: str, **context: Any) -> None:
        super().__init__(template)
        self.line = Line(template, context)


class PackError(Exception):
    """A rule pack that cannot be used: names file, table, key and what to write instead."""
