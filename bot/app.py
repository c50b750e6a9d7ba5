"""The Flask application: every page; the busy callbacks are answered beside it (bot.asgi)."""

from __future__ import annotations

from flask import Flask, Response

from bot.web import health, home
from bot.wiring import Application

CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; frame-ancestors 'none'"
LARGEST_UPLOAD = 64 * 1024 * 1024


def create_app(application: Application) -> Flask:
    """Pages for one wired application."""
    app = Flask("bot", template_folder="../templates/web", static_folder="web/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.register_blueprint(home.blueprint(application))
    app.register_blueprint(health.blueprint(application))
    if application.config.channels.simulator.enabled:
        # Here and not above: where the simulator is off, its drawing libraries stay out of memory.
        from bot.web import simulator

        app.register_blueprint(simulator.blueprint(application))
    app.after_request(_secure)
    return app


def _secure(response: Response) -> Response:
    """Nothing is loaded from elsewhere, nothing is framed, nothing is guessed."""
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
