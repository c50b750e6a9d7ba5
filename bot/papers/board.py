"""Who owes what as one picture for the group: 24 unions in the order of 附件3, counts and no names of people.

Facts: "as_of" (ISO) and "rows", each with "name", "kind" (city or industry), "form", "in_group",
"account", "counted", "minimum". A form that waits for approval has come and counts as one; an
account counts once somebody has signed in with it, as its column says. One column of rows, since
on a phone two would be too small to read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from bot.papers import Drawn
from bot.papers.labels import labels
from bot.papers.lettering import SANS, SERIF, Lines, as_png, fit, plain, write

WIDTH = 1080
# A third of this is its size on a phone: 40 is read as 13.
SIZES = (40, 36, 32, 28)
ROW = 68
HEAD = 200
FOOT = 130
COLUMNS = (266, 148, 130, 166, 204, 166)
DONE, OPEN, INK, GREY = "#14602c", "#a3180f", "#1a1a1a", "#4a4a4a"
RED, BAND, STRIPE, PAPER = "#b3261e", "#f3d9d6", "#efefec", "#ffffff"
DONE_STATES = {"registered", "mailed", "signed_in", True}
# Done by the union, and now somebody else's to finish, or begun.
UNDER_WAY = {"waiting", "issued"}
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what stands in each column, and its colour."""

    cells: tuple[tuple[str, str], ...]
    ground: str


def draw(facts: Mapping[str, Any], *, public_url: str) -> Drawn:
    rows = table(facts["rows"])
    picture = Image.new("RGB", (WIDTH, HEAD + ROW * len(rows) + FOOT), PAPER)
    pen = ImageDraw.Draw(picture)
    said = labels("board")
    pen.rectangle((0, 0, WIDTH, HEAD), fill=RED)
    top = write(
        pen, _fit(facts.get("title") or said["title"], SERIF, (66, 56, 46)), (WIDTH // 2, 24), fill=PAPER
    )
    write(pen, _fit(_moment(facts.get("as_of")), SANS, (42, 36)), (WIDTH // 2, top), fill=PAPER)
    for place, row in enumerate(rows):
        _draw_row(pen, row, HEAD + place * ROW)
    write(pen, _fit(said["note"], SANS, (34,)), (WIDTH // 2, HEAD + ROW * len(rows) + 16), fill=GREY)
    return Drawn(as_png(picture), "image/png", "png")


def table(unions: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Each group with its heading, rows and sums, and the sums of both."""
    said = labels("board")
    table = [Row(tuple((name, INK) for name in said["columns"]), PAPER)]
    for kind, heading in said["groups"].items():
        group = [union for union in unions if union["kind"] == kind]
        if group:
            table.append(Row(((heading.format(count=len(group)), INK),), BAND))
            table.extend(_row(union, (PAPER, STRIPE)[place % 2]) for place, union in enumerate(group))
            table.append(_sums(said["sum"], group))
    return [*table, _sums(said["total"], unions)]


def _row(union: Mapping[str, Any], ground: str) -> Row:
    said = labels("board")
    states = (
        (said["form"].get(union["form"], ""), union["form"]),
        (said["in_group"]["yes" if union["in_group"] else "no"], bool(union["in_group"])),
        (said["account"].get(union["account"], ""), union["account"]),
    )
    counted, minimum = int(union["counted"]), int(union["minimum"])
    return Row(
        (
            (plain(union["name"]), INK),
            *((word, _colour(state)) for word, state in states),
            (said["ratio"].format(done=counted, all=minimum), INK),
            (_distance(counted - minimum), DONE if counted >= minimum else OPEN),
        ),
        ground,
    )


def _colour(state: str | bool) -> str:
    if state in UNDER_WAY:
        return INK
    return DONE if state in DONE_STATES else OPEN


def _distance(above: int) -> str:
    """The words beside the colour: how far it is, or by how much it is passed, which is welcome (R38)."""
    said = labels("board")
    if above == 0:
        return str(said["reached"])
    return str(said["missing" if above < 0 else "above"].format(count=abs(above)))


def _sums(name: str, unions: Sequence[Mapping[str, Any]]) -> Row:
    said = labels("board")

    def of(count: int) -> tuple[str, str]:
        return said["ratio"].format(done=count, all=len(unions)), INK

    counted = (sum(int(union[key]) for union in unions) for key in ("counted", "minimum"))
    reached = sum(int(union["counted"]) >= int(union["minimum"]) for union in unions)
    return Row(
        (
            (name, INK),
            of(sum(union["form"] != "none" for union in unions)),
            of(sum(bool(union["in_group"]) for union in unions)),
            of(sum(union["account"] in DONE_STATES for union in unions)),
            (said["ratio"].format(**dict(zip(("done", "all"), counted, strict=True))), INK),
            (said["reached_of"].format(done=reached), INK),
        ),
        BAND,
    )


def _draw_row(pen: ImageDraw.ImageDraw, row: Row, top: int) -> None:
    pen.rectangle((0, top, WIDTH, top + ROW), fill=row.ground)
    pen.line((0, top + ROW - 1, WIDTH, top + ROW - 1), fill="#c9c9c9")
    left = 0
    for place, (text, fill) in enumerate(row.cells):
        width = COLUMNS[place] if len(row.cells) > 1 else WIDTH
        lines = fit(text, SANS, SIZES, width=width - (24 if place == 0 else 12), most=1)
        x = left + 16 if place == 0 else left + width // 2
        write(pen, lines, (x, top + (ROW - lines.height) // 2), fill=fill, anchor="m" if place else "l")
        left += width


def _fit(text: Any, face: str, sizes: tuple[int, ...]) -> Lines:
    return fit(plain(text), face, sizes, width=WIDTH - 60, most=1)


def _moment(value: Any) -> str:
    said = labels("board")
    at = datetime.fromisoformat(str(value))
    at = at if at.tzinfo is None else at.astimezone(ZONE)
    weekday = said["weekdays"][at.weekday()]
    return str(said["as_of"].format(month=at.month, day=at.day, weekday=weekday, time=f"{at:%H:%M}"))
