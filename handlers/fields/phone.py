"""Phone numbers in every usual form, kept as text (附件4第4项, R51)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import phonenumbers
from phonenumbers import PhoneNumber

from handlers.fields.base import Accepted, Asked, Judgement, Options, Refused
from handlers.messages import Line, say

_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－（）　", "0123456789+-() ")
_SPOKEN = re.compile("[〇零一二三四五六七八九幺○0-9]{7,}")
_SPOKEN_DIGITS = str.maketrans("〇○零一二三四五六七八九幺", "0001234567891")
_DASHES = re.compile("[—–－‐‑−_]+")
_CANDIDATE = re.compile(
    r"(?:\+|00)?\d[\d\s\-().]*\d(?:\s*(?:转|分机|ext\.?|x|\*)\s*[:：]?\s*\d{1,6})?", re.IGNORECASE
)
_EXTENSION = re.compile(r"\s*(?:转|分机|ext\.?|x|\*)\s*[:：]?\s*(\d{1,6})$|-(\d{1,6})$", re.IGNORECASE)
_LANDLINE_WITH_EXTENSION = re.compile(r"^\(?0\d{2,3}\)?[\s-]*\d{7,8}-(\d{1,6})$")
_HOTLINE = re.compile(r"^[48]00\d{7}$")
CODE_OF_3 = ("10", "20", "21", "22", "23", "24", "25", "27", "28", "29")


class Phone:
    """The kind "phone"; the value is text: 13800138000, 025-83536240, 025-83536240-801."""

    def judge(self, text: str, asked: Asked) -> Judgement:
        plain = _DASHES.sub("-", text.translate(_FULL_WIDTH))
        plain = _SPOKEN.sub(lambda found: found.group().translate(_SPOKEN_DIGITS), plain)
        said = [found.group().strip() for found in _CANDIDATE.finditer(plain)]
        numbers = list(dict.fromkeys(number for one in said for number in _read_all(one)))
        if len(numbers) == 1:
            return Accepted(numbers[0])
        if numbers:
            return Options(
                tuple((number, number) for number in numbers), say("fields/phone_which", numbers=numbers)
            )
        return Refused(_why_not(plain, asked))

    def describe(self, value: Any, asked: Asked) -> str:
        return str(value)

    def prompt_options(self, asked: Asked) -> Sequence[str]:
        return ()


def _read_all(said: str) -> list[str]:
    """One number, or two that stand beside each other with only a space between."""
    whole = read_number(said)
    if whole is not None:
        return [whole]
    return [number for part in said.split() if (number := read_number(part)) is not None]


def read_number(said: str) -> str | None:
    """The normal form of one written number; None if it is no number of this country."""
    rest, extension = said, ""
    if _LANDLINE_WITH_EXTENSION.match(said) or said.count("-") != 1 or re.search("[转分xX*]", said):
        found = _EXTENSION.search(said)
        if found is not None and _digits(said[: found.start()]) >= 10:
            rest, extension = said[: found.start()], found.group(1) or found.group(2)
    digits = re.sub(r"\D", "", rest)
    if _HOTLINE.match(digits):
        return _joined(f"{digits[:3]}-{digits[3:6]}-{digits[6:]}", extension)
    try:
        number = phonenumbers.parse(rest, "CN")
    except phonenumbers.NumberParseException:
        return None
    if number.country_code != 86 or not phonenumbers.is_valid_number(number):
        return None
    return _joined(_national(number), extension)


def _digits(text: str) -> int:
    return sum(character.isdigit() for character in text)


def _joined(number: str, extension: str) -> str:
    return f"{number}-{extension}" if extension else number


def _national(number: PhoneNumber) -> str:
    digits = str(number.national_number)
    if len(digits) == 11 and digits.startswith("1"):
        return digits
    code = 2 if digits.startswith(CODE_OF_3) else 3
    return f"0{digits[:code]}-{digits[code:]}"


def _why_not(text: str, asked: Asked) -> Line:
    """Name what is wrong: no digits, no area code, or a wrong number of digits."""
    digits = re.sub(r"\D", "", text)
    if not digits:
        return say("fields/phone_none", spec=asked.spec)
    # A number within a town begins neither with 0, as an area code does, nor with 1, as a mobile does.
    if len(digits) in (7, 8) and digits[0] not in "01":
        return say("fields/phone_no_area_code", spec=asked.spec, said=digits)
    return say("fields/phone_wrong", spec=asked.spec, count=len(digits), mobile=digits.startswith("1"))
