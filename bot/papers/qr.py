"""QR codes as PNG pictures."""

from __future__ import annotations

import io

import qrcode
from qrcode.constants import ERROR_CORRECT_M


def union_code(address: str) -> io.BytesIO:
    """A QR code of `address`, black on white, about 300 pixels wide with its quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, box_size=8, border=4)
    code.add_data(address)
    picture = io.BytesIO()
    code.make_image().save(picture)
    picture.seek(0)
    return picture
