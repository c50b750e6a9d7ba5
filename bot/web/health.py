"""Whether the process lives and whether it can serve."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from sqlalchemy.exc import SQLAlchemyError

from bot.config import ConfigError
from bot.wiring import Application
from handlers import leadership


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("health", __name__)

    @page.get("/healthz")
    def alive() -> Response:
        return jsonify(status="ok")

    @page.get("/readyz")
    def ready() -> tuple[Response, int]:
        """503 while the database does not answer, no pack is loaded, or no worker is at work."""
        try:
            application.campaign()
            with application.database.reading() as session:
                worker = leadership.is_held(session, now=application.clock.wall())
        except (SQLAlchemyError, ConfigError):
            return jsonify(status="unavailable", database=False, worker=False), 503
        if not worker or application.inbox.is_overloaded:
            return jsonify(status="unavailable", database=True, worker=worker), 503
        return jsonify(status="ok", database=True, worker=True), 200

    return page
