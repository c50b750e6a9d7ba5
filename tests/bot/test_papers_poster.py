"""The poster: a phone reads its QR code, whatever the union is called."""

from __future__ import annotations

import io
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from bot.papers import draw
from bot.papers.poster import validity
from tests.bot.paper_facts import POSTER, PUBLIC_URL

NAMES = {
    "long": "江苏省部属企事业单位、驻苏中央企业及其所属单位（厅、局、企业）工会工作委员会联合会与省直机关各直属单位工会联合办公室筹备组",
    "rare": "𬭎㑇龘工会",
    "emoji": "南京😀总工会👩‍🔧️",
    "odd": "\x00\u202e南京\n\t市<b>&amp;{{ 7 }}{0}%s",
    "latin": "Aa" * 100,
    "empty": "",
}


def drawn(**facts: Any) -> Image.Image:
    paper = draw("poster", {**POSTER, **facts}, public_url=PUBLIC_URL)
    assert (paper.mimetype, paper.extension, paper.is_picture) == ("image/png", "png", True)
    return Image.open(io.BytesIO(paper.content)).convert("L")


def read(picture: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_it_is_a4_and_leads_to_the_union() -> None:
    picture = drawn()
    assert (picture.size, read(picture)) == ((1240, 1754), [f"{PUBLIC_URL}/simulator/?scene=union-nanjing"])


def test_a_phone_reads_it_from_another_phones_screen() -> None:
    picture = drawn(code="12345678").resize((360, 509))
    assert read(picture) == [f"{PUBLIC_URL}/simulator/?scene=union-nanjing"]


def test_four_modules_around_the_code_are_white() -> None:
    """A scanner wants them; nothing is written into them."""
    picture = drawn(union=NAMES["long"], code="12345678")
    [found] = zxingcpp.read_barcodes(picture)
    corner, other = found.position.top_left, found.position.bottom_right
    quiet = 4 * (other.x - corner.x) // 37
    square = picture.crop((corner.x - quiet, corner.y - quiet, other.x + quiet, other.y + quiet))
    ink = Image.eval(square, lambda value: 255 - value).getbbox()
    assert ink is not None
    assert min(ink[0], ink[1], square.width - ink[2], square.height - ink[3]) >= quiet - 2


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_any_name_leaves_the_code_readable(name: str) -> None:
    facts = {"union": name, "issuer": name, "title": name, "code": "12345678"}
    assert read(drawn(**facts)) == [f"{PUBLIC_URL}/simulator/?scene=union-nanjing"]


def test_an_address_of_its_own_goes_before_the_scene() -> None:
    assert read(drawn(address="https://example.org/q/1")) == ["https://example.org/q/1"]


def test_a_scene_cannot_leave_its_place_in_the_address() -> None:
    assert read(drawn(scene="组&a=1#x")) == [f"{PUBLIC_URL}/simulator/?scene=%E7%BB%84%26a%3D1%23x"]


@pytest.mark.parametrize("given", ["code", "valid_until", "issuer", "phones", "union", "title"])
def test_every_fact_is_seen(given: str) -> None:
    """With another value the picture is another one, and without it still a poster."""
    other: Any = ["025-1"] if given == "phones" else "2024-06-12"
    pictures = {drawn(**{given: value}).tobytes() for value in ("2024-06-11", other, None)}
    assert len(pictures) == 3


def test_the_groups_poster_says_something_else_than_a_unions() -> None:
    group = drawn(union=None, group_name=POSTER["union"])
    assert group.tobytes() != drawn().tobytes()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2024-06-11", "有效期至2024年6月11日（周二）"),
        ("2024-06-11T15:59:59+00:00", "有效期至2024年6月11日（周二） 23:59"),
        ("2024-06-11T23:59:59", "有效期至2024年6月11日（周二） 23:59"),
        ("长期", "有效期至长期"),
        (None, ""),
    ],
)
def test_validity(value: str | None, said: str) -> None:
    assert validity(value) == said


def test_an_address_that_no_phone_could_scan_is_refused() -> None:
    longest = "https://example.org/".ljust(500, "a")
    assert read(drawn(address=longest)) == [longest]
    with pytest.raises(ValueError, match="501 characters cannot be scanned"):
        drawn(address=longest + "a")
