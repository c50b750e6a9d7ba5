"""A paper at its unguessable address: for whoever was told it, while it holds."""

from __future__ import annotations

import io
from urllib.parse import quote

from flask import Blueprint, Response, make_response, render_template, send_file

from bot.papers import Drawn
from bot.wiring import Application


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("papers", __name__)

    @page.get("/p/<token>")
    def paper(token: str) -> Response:
        drawn = application.papers.draw(token, application.clock.now())
        response = _gone() if drawn is None else _file(drawn)
        response.headers["Cache-Control"] = "no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return page


def _gone() -> Response:
    """The same answer for a paper that ended and for one that never was."""
    return make_response(render_template("paper_gone.html"), 404)


def _file(drawn: Drawn) -> Response:
    """A picture to be seen, a document to be saved under its own name."""
    response = send_file(io.BytesIO(drawn.content), mimetype=drawn.mimetype)
    ending = f".{drawn.extension}" if drawn.extension else ""
    name = " ".join(drawn.name.split()) or "paper"
    name = name if name.lower().endswith(ending) else f"{name}{ending}"
    # What knows no Chinese name gets a plain one; left to the framework it would be ".xlsx" alone.
    names = {"filename": f"paper{ending}", "filename*": f"UTF-8''{quote(name, safe='')}"}
    how = "inline" if drawn.is_picture else "attachment"
    response.headers.set("Content-Disposition", how, **names)
    return response
