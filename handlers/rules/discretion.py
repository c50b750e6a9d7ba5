"""What may be said before a whole group: no phone number but those that the notice itself publishes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# What people write between the digits of a number: spaces of every kind, hyphens, dots, brackets, nothing to see.
_BETWEEN = "[\\s\\xa0\\u2000-\\u200f\\u202f\\u205f\\u2060\\u3000\\ufeff\\-\\u2010-\\u2015\\u2212\\uff0d._\\u00b7/()\\uff08\\uff09]"
_MOST_BETWEEN = 3
_GAP = f"{_BETWEEN}{{0,{_MOST_BETWEEN}}}"
_MOBILE = f"(?<!\\d)(?:(?:\\+|00)?{_GAP}8{_GAP}6{_GAP})?(1{_GAP}[3-9](?:{_GAP}\\d){{9}})(?!\\d)"
# Area codes begin with 0 and have three or four digits; the number behind has seven or eight.
_LANDLINE = f"(?<!\\d)(0{_GAP}[1-9](?:{_GAP}\\d){{8,10}})(?!\\d)"
_NUMBER = re.compile(f"{_MOBILE}|{_LANDLINE}")
_SHORT_AREA_CODES = ("010", "02")
_LAST = 4
_HIDDEN = "****"


def for_group(text: str, *, public_phones: Sequence[str]) -> str:
    """The text with every Chinese mobile and landline number masked, as 138****8000 and 025-****6240.

    `public_phones` stay as they are, however they are written. Digits of every width count, with
    whatever people put between them; all the rest of the text is left untouched.
    """
    public = {_digits(phone) for phone in public_phones}
    # A digit of another width or script is one character too, so places in both texts are the same.
    plain = "".join(_plain(letter) for letter in text)
    parts, end = [], 0
    for found in _NUMBER.finditer(plain):
        start, stop = found.span(1) if found.group(1) else found.span(2)
        number = _digits(plain[start:stop])
        if number in public:
            continue
        parts += [text[end:start], _masked(number)]
        end = stop
    return "".join([*parts, text[end:]])


def _plain(letter: str) -> str:
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    return "+" if letter == "\uff0b" else letter


def _digits(text: str) -> str:
    return "".join(letter for letter in map(_plain, text) if letter.isdecimal())


def _masked(number: str) -> str:
    if number.startswith("1"):
        return number[:3] + _HIDDEN + number[-_LAST:]
    area = 3 if number.startswith(_SHORT_AREA_CODES) else 4
    return f"{number[:area]}-{_HIDDEN}{number[-_LAST:]}"
