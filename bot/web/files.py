"""Kept files on their way to a browser: nothing that somebody sent may act there as a page."""

from __future__ import annotations

import io
from collections.abc import Collection, Mapping
from typing import Any

from flask import Response, send_file


def send_kept(content: bytes, file: Mapping[str, Any], *, shown: Collection[str]) -> Response:
    """A kept file with its facts: shown where its format is one of `shown`, else to be saved.

    The type is told by content, as it was found when the file was kept, and not by its name.
    """
    is_shown = file["format"] in shown
    return send_file(
        io.BytesIO(content),
        mimetype=f"image/{file['format']}" if is_shown else "application/octet-stream",
        as_attachment=not is_shown,
        download_name=file["name"] or file["sha256"],
        max_age=3600,
    )
