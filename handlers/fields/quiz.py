"""Whether a text that comes where a quiz is asked holds questions, names a set, or may be either (附件4第17项)."""

from __future__ import annotations

import re
from typing import Literal

Reading = Literal["questions", "name", "doubtful"]

# A set that was pasted is called by this and its number, as its file would be.
SET = "题库"
# What is longer than a sentence said to the bot, and than any name.
LONG = 60
FEW = 3
_START = r"(?:^|(?<=[\s。；;？?！!]))"
_NUMBER = re.compile(
    rf"{_START}(?:第?\s?(\d{{1,3}})\s?(?:[.．、)）:：](?!\d)|题)|[（(](\d{{1,3}})[)）])", re.MULTILINE
)
# A question mark, an empty bracket or line to fill in, an option, an answer.
_SIGN = re.compile(
    r"[?？]|[（(]\s*[A-Fa-f√×对错]?\s*[)）]|_{2,}|＿{2,}"
    r"|(?:^|(?<=[\s)）]))[A-Fa-f][.．、)）]|答案\s*[:：]",
    re.MULTILINE,
)


def read_as(text: str, *, is_name: bool) -> Reading:
    """What a cleaned text is; `is_name` says that a set waits for a name that it could be.

    Doubtful is what hardly looks like questions: it is asked about, and kept only after a yes.
    """
    numbers, signs = len(_NUMBER.findall(text)), len(_SIGN.findall(text))
    lines = sum(bool(line.strip()) for line in text.splitlines())
    if is_name and not signs:
        return "name"
    is_full = numbers + signs >= FEW and (signs > 1 or len(text) > LONG)
    is_numbered = numbers > 0 and signs > 0 and lines > 1
    return "questions" if is_full or (is_numbered and not is_name) else "doubtful"


def numbers_in(text: str) -> tuple[int, int] | None:
    """First and last of the questions' numbers; None unless they stand one after the other without a gap."""
    found = [int(first or second) for first, second in _NUMBER.findall(text)]
    if len(found) < 2 or found != list(range(found[0], found[0] + len(found))):
        return None
    return found[0], found[-1]


def file_name(number: int) -> str:
    """The name of the file of a pasted set."""
    return f"{SET}{number}.txt"
