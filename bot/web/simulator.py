"""The simulator's page and JSON: acts exactly as a channel does (INTERFACES, Simulator JSON)."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, send_file
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, HTTPException, NotFound, Unauthorized

from bot.inbox import Work
from bot.jobs import keep_file
from bot.papers.qr import union_code
from bot.scheduler import run_due
from bot.wiring import Application
from handlers import simulation
from handlers.conversation import Answered
from handlers.errors import HandlerError
from handlers.events import UNION_SCENE
from handlers.messages import GROUP, PRIVATE, InboundMessage, Media, MessageKind, Outcome, Reply

KINDS = ("text", "image", "voice", "video", "file", "event")


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("simulator", __name__, url_prefix="/simulator")
    desk = _Desk(application)
    page.before_request(_guard(application))
    page.register_error_handler(HTTPException, _as_json)
    page.register_error_handler(HandlerError, desk.refused)
    page.get("/")(desk.page)
    page.get("/qr/<code>.png")(desk.qr)
    page.get("/api/people")(desk.people)
    page.post("/api/people")(desk.add_person)
    page.get("/api/unions")(desk.unions)
    page.post("/api/messages")(desk.post_message)
    page.get("/api/messages")(desk.messages)
    page.get("/api/state")(desk.state)
    page.get("/api/clock")(desk.clock)
    page.post("/api/clock")(desk.move_clock)
    return page


def _guard(application: Application) -> Callable[[], None]:
    """Where a password is set, every request must bring it (Basic, any user name)."""
    secret = application.config.channels.simulator.password
    wanted = secret.get_secret_value()

    def check() -> None:
        given = request.authorization.password if request.authorization else None
        if wanted and not hmac.compare_digest((given or "").encode(), wanted.encode()):
            raise Unauthorized(www_authenticate=_challenge())

    return check


def _challenge() -> WWWAuthenticate:
    return WWWAuthenticate("basic", {"realm": "simulator"})


def _as_json(error: HTTPException) -> Response:
    response = error.get_response()
    body = jsonify(error=error.description)
    body.status_code = response.status_code
    for name, value in response.headers:
        if name.lower() == "www-authenticate":
            body.headers[name] = value
    return body


@dataclass(frozen=True, slots=True)
class _Sent:
    """A message that the page posts, checked."""

    person: str
    chat: str
    kind: str
    text: str
    event: str | None
    scene: str | None
    key: str


class _Desk:
    """The simulator's requests over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def page(self) -> str:
        return render_template("simulator.html", pack=self._application.campaign().pack)

    def refused(self, error: HandlerError) -> tuple[Response, int]:
        sentence = self._application.wording.text(Reply(Outcome.REJECTED, (error.line,)))
        return jsonify(error=sentence), 404

    def qr(self, code: str) -> Response:
        """The QR code that a union hangs out; scanning it is an event with its scene."""
        if code not in self._application.campaign().pack.union_by_code:
            raise NotFound
        address = f"{self._application.config.server.public_url}/simulator/?scene={UNION_SCENE}{code}"
        return send_file(union_code(address), mimetype="image/png", max_age=3600)

    def people(self) -> Response:
        with self._application.database.reading() as session:
            return jsonify(simulation.list_people(session))

    def add_person(self) -> Response:
        name = str(_json().get("name", "")).strip()[:40]
        if not name:
            raise BadRequest("name is missing")
        with self._application.database.writing() as session:
            person = simulation.add_person(session, name, now=self._application.clock.now())
        return jsonify(id=person)

    def unions(self) -> Response:
        pack = self._application.campaign().pack
        return jsonify(
            [
                {"code": union.code, "name": union.full_name, "qr": f"/simulator/qr/{union.code}.png"}
                for union in pack.unions
            ]
        )

    def post_message(self) -> Response:
        """Let a person say something; the replies are those that came before this returns."""
        sent = _sent()
        with self._application.database.reading() as session:
            simulation.person_id_of(session, sent.person)
            before = simulation.last_message(session)
        answered = [self._say(sent, media, place) for place, media in enumerate(self._media())][-1]
        self._application.dispatcher.deliver(self._application.clock.now, only=simulation.CHANNEL)
        with self._application.database.reading() as session:
            seen = simulation.seen_by(session, self._application.campaign(), sent.person, after=before)
        replies = [message for message in seen if message["from"] == simulation.BOT]
        return jsonify(outcome=answered.outcome, asked=answered.asked, replies=replies)

    def _media(self) -> Sequence[Media | None]:
        """The posted files, kept; one None where a message has no file."""
        uploads = request.files.getlist("file")
        if not uploads:
            return [None]
        return [
            keep_file(self._application.blobs, upload.read(), upload.filename or None) for upload in uploads
        ]

    def _say(self, sent: _Sent, media: Media | None, place: int) -> Answered:
        application = self._application
        now = application.clock.now()
        message = InboundMessage(
            channel=simulation.CHANNEL,
            sender=sent.person,
            key=sent.key if place == 0 else f"{sent.key}:{place}",
            kind=MessageKind(sent.kind),
            text=sent.text,
            chat=sent.chat,
            media=media,
            event=sent.event,
            scene=sent.scene,
        )
        shown = sent.text if media is None else ""

        def record(session: Any, answered: Answered) -> None:
            simulation.record(session, message, answered, shown=shown, now=now)

        return application.inbox.answer_now(Work(message, now, self._parts, also=record))

    def _parts(self, reply: Reply) -> list[str]:
        channel = self._application.channels[simulation.CHANNEL]
        return channel.split(self._application.wording.text(reply))

    def messages(self) -> Response:
        after = request.args.get("after", 0, type=int)
        with self._application.database.reading() as session:
            campaign = self._application.campaign()
            return jsonify(simulation.seen_by(session, campaign, _person(), after=after))

    def state(self) -> Response:
        application = self._application
        with application.database.reading() as session:
            return jsonify(
                simulation.state_of(session, application.campaign(), _person(), now=application.clock.now())
            )

    def clock(self) -> Response:
        zone = self._application.campaign().zone
        return jsonify(now=self._application.clock.now().astimezone(zone).isoformat())

    def move_clock(self) -> Response:
        """Set the campaign's time; all that falls due on the way happens, in order."""
        application = self._application
        instant = _instant(_json().get("now"))
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=application.campaign().zone)
        offset = application.clock.move_to(instant)
        with application.database.writing() as session:
            simulation.set_clock_offset(session, offset)
        run_due(application)
        return self.clock()


def _json() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadRequest("a JSON object is expected")
    return body


def _person() -> str:
    person = request.args.get("person", "")
    if not person:
        raise BadRequest("person is missing")
    return person


def _instant(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise BadRequest("now must be a time in ISO 8601, such as 2024-04-12T09:00:00+08:00") from None


def _sent() -> _Sent:
    body = request.form.to_dict() if request.files or request.form else _json()
    kind, chat = str(body.get("kind", "text")), str(body.get("chat", PRIVATE))
    if kind not in KINDS or chat not in (PRIVATE, GROUP):
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}, chat private or group")
    if kind in ("image", "video", "file") and not request.files.getlist("file"):
        raise BadRequest("the file is missing")
    return _Sent(
        person=str(body.get("person", "")),
        chat=chat,
        kind=kind,
        text=str(body.get("text") or ""),
        event=body.get("event"),
        scene=body.get("scene"),
        # A page that sends again after a lost answer names the message by the same key.
        key=str(body.get("key") or secrets.token_hex(12))[:100],
    )
