"""The page for an address or a request that comes to nothing, in place of the framework's English one."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from werkzeug.exceptions import HTTPException

MEGABYTE = 1024 * 1024
KEPT = ("allow", "location", "www-authenticate", "retry-after")


def page(error: HTTPException) -> Response | HTTPException:
    """A kind page of the same status; what only leads elsewhere stays as it is."""
    plain = error.get_response()
    if plain.status_code < 400:
        return error
    most = (request.max_content_length or 0) // MEGABYTE
    shown = make_response(
        render_template("problem.html", status=plain.status_code, most=most), plain.status_code
    )
    for name, value in plain.headers:
        if name.lower() in KEPT:
            shown.headers[name] = value
    return shown
