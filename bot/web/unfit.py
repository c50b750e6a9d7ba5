"""What no request of ours holds: refused before any page looks at it, since no table could take it."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from werkzeug.exceptions import BadRequest
from werkzeug.routing import IntegerConverter

MOST_DIGITS = 9


class RowNumber(IntegerConverter):
    """The number of a row in an address; a longer one is nobody's, and PostgreSQL has no room for it."""

    regex = rf"\d{{1,{MOST_DIGITS}}}"


def row_numbers(said: Iterable[str]) -> list[int]:
    """Those of a form's values that can be the number of a row."""
    return [int(one) for one in said if one.isdecimal() and len(one) <= MOST_DIGITS]


def refuse() -> None:
    """400 for a NUL, which no keyboard types and PostgreSQL keeps in no text."""
    given = [*_values(request.args.lists()), *_values(request.form.lists())]
    if any("\x00" in value for value in given):
        raise BadRequest


def _values(fields: Iterable[tuple[str, list[str]]]) -> Iterable[str]:
    for _, values in fields:
        yield from values
