"""The poster with a QR code that a union hangs out or the group is entered by (附件6, R91, A26).

Facts: "title" of the campaign, "union" (its full name) or "group_name", "scene", and where there
are any "code", "valid_until" (ISO), "issuer", "phones". The QR code holds "address", or else the
simulator's with the scene; a code that the official account itself makes is no part of this.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from bot.papers import Drawn
from bot.papers.labels import labels
from bot.papers.lettering import SANS, SERIF, Lines, as_png, fit, plain, write
from bot.papers.qr import code_within

# A4 at 150 dots per inch: sharp on paper, and whole on the screen of a phone.
WIDTH, HEIGHT = 1240, 1754
MARGIN = 90
CODE_EDGE = 860
RED, INK, GREY, PAPER = "#b3261e", "#1a1a1a", "#4a4a4a", "#ffffff"
ZONE = ZoneInfo("Asia/Shanghai")


def draw(facts: Mapping[str, Any], *, public_url: str) -> Drawn:
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(picture)
    top = _head(pen, facts)
    bottom = _foot(pen, facts)
    _middle(picture, pen, facts, (address_of(facts, public_url), top, bottom))
    return Drawn(as_png(picture), "image/png", "png")


def address_of(facts: Mapping[str, Any], public_url: str) -> str:
    """What the QR code says."""
    address = plain(facts.get("address"))
    return address or f"{public_url}/simulator/?scene={quote(plain(facts.get('scene')), safe='')}"


def _head(pen: ImageDraw.ImageDraw, facts: Mapping[str, Any]) -> int:
    """The title on a red ground and whose poster it is; where it ends."""
    title = _line(facts.get("title"), SERIF, (76, 68, 60), most=1)
    height = title.height + 110
    pen.rectangle((0, 0, WIDTH, height), fill=RED)
    write(pen, title, (WIDTH // 2, 55), fill=PAPER)
    name = facts.get("union") or facts.get("group_name")
    lines = _line(name, SANS, (92, 84, 76, 68), most=1)
    if len(lines.lines) > 1:
        lines = _line(name, SANS, (64, 56, 48, 42), most=3)
    return write(pen, lines, (WIDTH // 2, height + 40), fill=INK)


def _middle(
    picture: Image.Image, pen: ImageDraw.ImageDraw, facts: Mapping[str, Any], place: tuple[str, int, int]
) -> None:
    """What to do, the QR code as large as the room allows, the code in letters below."""
    address, top, bottom = place
    said = labels("poster")
    kind = "union" if facts.get("union") else "group"
    top = write(pen, _line(said[f"{kind}_action"], SANS, (58,), most=1), (WIDTH // 2, top + 6), fill=RED)
    code = plain(facts.get("code"))
    below = [_line(said[f"{kind}_hint"], SANS, (40, 36), most=1)]
    if code:
        below.insert(0, _line(said["code"].format(code=code), SANS, (52, 44, 36), most=1))
    room = bottom - top - sum(lines.height for lines in below)
    square = code_within(address, max(240, min(CODE_EDGE, room)))
    top += max(0, (room - square.height) // 2)
    picture.paste(square, ((WIDTH - square.width) // 2, top))
    top += square.height
    for lines in below:
        top = write(pen, lines, (WIDTH // 2, top), fill=INK)


def _foot(pen: ImageDraw.ImageDraw, facts: Mapping[str, Any]) -> int:
    """Until when it holds, who issued it and whom to call; where it begins."""
    said = labels("poster")
    phones = "，".join(plain(phone) for phone in facts.get("phones") or ())
    shown = [
        (_line(validity(facts.get("valid_until")), SANS, (44, 36), most=1), RED),
        (_line(facts.get("issuer"), SERIF, (42, 36), most=2), INK),
        (_line(said["phones"].format(phones=phones) if phones else "", SANS, (38, 34), most=2), GREY),
    ]
    top = HEIGHT - 50 - sum(lines.height for lines, _ in shown)
    pen.line((MARGIN, top - 16, WIDTH - MARGIN, top - 16), fill=RED, width=3)
    y = top
    for lines, fill in shown:
        y = write(pen, lines, (WIDTH // 2, y), fill=fill)
    return top - 40


def _line(value: Any, face: str, sizes: tuple[int, ...], *, most: int) -> Lines:
    return fit(plain(value), face, sizes, width=WIDTH - 2 * MARGIN, most=most)


def validity(value: Any) -> str:
    """The sentence of until when; "" for a poster without an end, and as it stands for what is no date."""
    text = plain(value)
    if not text:
        return ""
    said = labels("poster")
    try:
        until = datetime.fromisoformat(text)
    except ValueError:
        return str(said["valid_until"].format(day=text))
    until = until if until.tzinfo is None else until.astimezone(ZONE)
    weekday = said["weekdays"][until.weekday()]
    day = said["day"].format(year=until.year, month=until.month, day=until.day, weekday=weekday)
    form = "valid_until" if len(text) == len("2024-04-12") else "valid_until_time"
    return str(said[form].format(day=day, time=f"{until:%H:%M}"))
