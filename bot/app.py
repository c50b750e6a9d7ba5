"""The Flask application: every page; the busy callbacks are answered beside it (bot.asgi)."""

from __future__ import annotations

from flask import Flask, Response, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from bot.config import ServerConfig
from bot.web import (
    health,
    home,
    papers,
    portal,
    portal_access,
    portal_admin,
    portal_broadcasts,
    portal_plans,
    problems,
    sign_in,
    unfit,
)
from bot.wiring import Application
from handlers.errors import HandlerError

CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; frame-ancestors 'none'"
LARGEST_UPLOAD = 64 * 1024 * 1024


def create_app(application: Application) -> Flask:
    """Pages for one wired application."""
    app = Flask("bot", template_folder="../templates/web", static_folder="web/static")
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_UPLOAD
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    _keep_sessions(app, application.config.server)
    # Before the check of a form's token: whoever has no session is shown the sign-in page, not an error.
    app.before_request(portal_access.guard(application))
    app.before_request(unfit.refuse)
    app.url_map.converters["int"] = unfit.RowNumber
    protection = CSRFProtect(app)
    app.register_error_handler(HTTPException, problems.page)
    app.register_error_handler(CSRFError, portal_access.form_expired)
    app.register_error_handler(HandlerError, portal_access.refusal(application))
    for room in (home, health, papers, sign_in, portal, portal_admin, portal_broadcasts, portal_plans):
        app.register_blueprint(room.blueprint(application))
    if application.config.channels.simulator.enabled:
        # Here and not above: where the simulator is off, its drawing libraries stay out of memory.
        from bot.web import simulator

        page = simulator.blueprint(application)
        protection.exempt(page)
        app.register_blueprint(page)
    app.after_request(_secure)
    return app


def _keep_sessions(app: Flask, server: ServerConfig) -> None:
    """The portal's sessions: a signed cookie of the portal alone, which no script reads."""
    app.secret_key = server.secret_key.get_secret_value()
    app.config["SESSION_COOKIE_NAME"] = "portal"
    app.config["SESSION_COOKIE_PATH"] = portal_access.PORTAL
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.config["SESSION_COOKIE_SECURE"] = server.public_url.startswith("https://")
    # A form may lie open as long as its session lasts.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    # Our pages send no referrer, so it cannot be compared; token and SameSite cookie stand for it.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    if server.trusted_proxies:
        count = server.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]


def _secure(response: Response) -> Response:
    """Nothing is loaded from elsewhere, nothing is framed, nothing is guessed."""
    response.headers.setdefault("Content-Security-Policy", CSP)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    if request.path.startswith(portal_access.PORTAL):
        response.headers["Cache-Control"] = "no-store"
    return response
