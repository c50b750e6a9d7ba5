"""Chinese letters on pictures: fonts that hold rare names, lines that fit, text made fit to draw."""

from __future__ import annotations

import importlib.resources
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from PIL import Image, ImageFont
from PIL.ImageDraw import ImageDraw
from PIL.ImageFont import FreeTypeFont

from handlers.rules.cleaning import clean

# Both cover GBK and the 8105 characters of 通用规范汉字表; there is no bold one.
SANS = "NotoSansSC-Regular.otf"
SERIF = "NotoSerifSC-Regular.otf"
COLOURS = 64
# A line may break before any Chinese character, and between words of letters and figures.
_PIECES = re.compile(r"[A-Za-z0-9/:.,_?=&%#@+-]+|\s+|.", re.DOTALL)
_NOT_FIRST = "，。、；：！？）》〉”’】」』…—·,.;:!?)]%"
_NOT_LAST = "（《〈“‘【「『(["
# They choose between two looks of the character before them, and would be drawn as a box.
_SELECTORS = re.compile("[\\ufe00-\\ufe0f]")


@dataclass(frozen=True, slots=True)
class Lines:
    """A text broken into lines, and the letters that it fits in."""

    font: FreeTypeFont
    lines: tuple[str, ...]

    @property
    def step(self) -> int:
        """From one line to the next, in pixels."""
        return round(self.font.size * 1.4)

    @property
    def height(self) -> int:
        return self.step * len(self.lines)


@lru_cache(maxsize=64)
def letters(face: str, size: int) -> FreeTypeFont:
    return ImageFont.truetype(str(importlib.resources.files("pylopdf_fonts_zh_cn") / face), size)


def plain(value: Any) -> str:
    """A fact as one line without signs that nobody sees; what has no letter is drawn as a box."""
    text = "" if value is None else str(value)
    return " ".join(_SELECTORS.sub("", clean(text).text).split())


def fit(text: str, face: str, sizes: Sequence[int], *, width: int, most: int) -> Lines:
    """Break `text` into at most `most` lines in the largest of `sizes` that lets it.

    In the smallest it takes as many lines as it needs: nothing is ever cut off.
    """
    for size in sorted(sizes, reverse=True):
        font = letters(face, size)
        lines = tuple(broken(text, font, width))
        if len(lines) <= most:
            break
    return Lines(font, _even(text, font, width, lines))


def _even(text: str, font: FreeTypeFont, width: int, lines: tuple[str, ...]) -> tuple[str, ...]:
    """The same number of lines, about as long as each other, so that no last one is two letters long."""
    while len(lines) > 1 and width > font.size * 2:
        width -= round(font.size / 2)
        narrower = tuple(broken(text, font, width))
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def broken(text: str, font: FreeTypeFont, width: int) -> Iterator[str]:
    """Lines of at most `width` pixels, none beginning or ending with a mark that may not stand there."""
    line: list[str] = []
    for piece in _pieces(text, font, width):
        if line and font.getlength("".join(line) + piece) > width:
            moved = [] if piece.isspace() else _moved(line, piece)
            yield "".join(line[: len(line) - len(moved)]).strip()
            line = moved
        line.append(piece)
    if line:
        yield "".join(line).strip()


def _pieces(text: str, font: FreeTypeFont, width: int) -> Iterator[str]:
    """What is never parted; a word longer than a line is parted all the same."""
    for piece in _PIECES.findall(text):
        yield from [piece] if font.getlength(piece) <= width else list(piece)


def _moved(line: list[str], piece: str) -> list[str]:
    """What has to go to the next line together with `piece`; never the whole line."""
    count = 0
    if piece in _NOT_FIRST:
        count = 1
    while count < len(line) - 1 and line[len(line) - 1 - count] in _NOT_LAST:
        count += 1
    return line[len(line) - count :] if 0 < count < len(line) else []


def write(draw: ImageDraw, lines: Lines, place: tuple[int, int], *, fill: str, anchor: str = "m") -> int:
    """Draw `lines` from the point `place` down, "l"eft, "m"iddle or "r"ight of it; where the next may begin."""
    x, y = place
    for line in lines.lines:
        draw.text((x, y + lines.step // 2), line, font=lines.font, fill=fill, anchor=f"{anchor}m")
        y += lines.step
    return y


def as_png(picture: Image.Image) -> bytes:
    """The picture in few colours, which letters on plain grounds never miss and a phone loads sooner."""
    kept = io.BytesIO()
    picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(kept, "PNG")
    return kept.getvalue()
