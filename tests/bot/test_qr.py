"""QR codes as pictures: readable, of the right size, with room around them."""

from __future__ import annotations

import io

import pytest
import zxingcpp
from PIL import Image

from bot.papers.qr import union_code

BOX, QUIET = 8, 4
ADDRESSES = {
    "short": ("http://127.0.0.1:8000/u/nanjing", 29),
    "long": ("https://wuxiao.example.org/simulator/?scan=union:lianyungang&from=poster", 37),
    "chinese": ("https://wuxiao.example.org/扫码/南京市总工会", 33),
}


def opened(picture: io.BytesIO) -> Image.Image:
    assert picture.tell() == 0
    with Image.open(picture) as image:
        assert image.format == "PNG"
        return image.convert("L")


@pytest.mark.parametrize(("address", "modules"), ADDRESSES.values(), ids=ADDRESSES)
def test_size_and_quiet_zone(address: str, modules: int) -> None:
    """Black on white, four modules of white on each side, and not one more."""
    image = opened(union_code(address))
    edge = (modules + 2 * QUIET) * BOX
    assert (image.size, image.getextrema()) == ((edge, edge), (0, 255))
    black = Image.eval(image, lambda value: 255 - value).getbbox()
    assert black == (QUIET * BOX, QUIET * BOX, edge - QUIET * BOX, edge - QUIET * BOX)


@pytest.mark.parametrize("address", [address for address, _ in ADDRESSES.values()], ids=ADDRESSES)
def test_a_phone_reads_what_was_written(address: str) -> None:
    [found] = zxingcpp.read_barcodes(opened(union_code(address)))
    assert found.text == address


def test_the_same_address_is_the_same_picture() -> None:
    address = ADDRESSES["short"][0]
    assert union_code(address).getvalue() == union_code(address).getvalue()
