"""QR codes as PNG pictures."""

from __future__ import annotations

import io

import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_M

QUIET = 4
# In bytes. Of a longer one the squares are too small for a phone, and the search for a size takes seconds.
LONGEST_ADDRESS = 500


def union_code(address: str) -> io.BytesIO:
    """A QR code of `address`, black on white, about 300 pixels wide with its quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=8, border=QUIET)
    code.add_data(address)
    picture = io.BytesIO()
    code.make_image().save(picture)
    picture.seek(0)
    return picture


def code_within(address: str, edge: int) -> Image.Image:
    """The largest QR code of `address`, quiet zone included, that is at most `edge` pixels wide.

    ValueError for an address that is too long to be read by a phone.
    """
    if len(address.encode()) > LONGEST_ADDRESS:
        raise ValueError(f"an address of {len(address)} characters cannot be scanned")
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=QUIET)
    code.add_data(address)
    code.make(fit=True)
    code.box_size = max(1, edge // (code.modules_count + 2 * QUIET))
    made: Image.Image = code.make_image().get_image()
    return made.convert("RGB")
