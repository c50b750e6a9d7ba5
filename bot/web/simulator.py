"""The simulator's page and JSON: acts exactly as a channel does (INTERFACES, Simulator JSON)."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request, send_file
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import HTTPException, NotFound, ServiceUnavailable, Unauthorized

from bot.inbox import OverloadedError, Work
from bot.jobs import keep_file
from bot.papers.qr import union_code
from bot.scheduler import run_due
from bot.web import problems
from bot.web import simulator_input as read
from bot.web.files import send_kept
from bot.web.simulator_addresses import PICTURES, with_addresses
from bot.web.simulator_group import GroupDesk
from bot.wiring import Application
from handlers import agenda, simulation
from handlers.calling import take_call
from handlers.conversation import Answered
from handlers.errors import HandlerError
from handlers.events import UNION_SCENE
from handlers.messages import InboundMessage, Line, Media, Outcome, Reply, say
from handlers.rules.cleaning import storable

FARTHEST = timedelta(days=3653)
MEGABYTE = 1024 * 1024


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("simulator", __name__, url_prefix="/simulator")
    desk = _Desk(application)
    page.before_app_request(_guard(application))
    # Of the whole application, since an address or method that does not exist belongs to no blueprint.
    page.app_errorhandler(HTTPException)(desk.failed)
    page.register_error_handler(HandlerError, desk.refused)
    for busy in (OverloadedError, OperationalError, TimeoutError):
        page.register_error_handler(busy, desk.busy)
    page.get("/", strict_slashes=False)(desk.page)
    page.get("/qr/<code>.png")(desk.qr)
    page.get("/files/<int:number>")(desk.file)
    group = GroupDesk(application)
    page.get("/group.png")(group.poster)
    page.get("/api/group")(group.group)
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
    """Where a password is set, every request below /simulator must bring it (Basic, any user name)."""
    wanted = application.config.channels.simulator.password.get_secret_value()

    def check() -> None:
        if not wanted or not _is_here():
            return
        given = request.authorization.password if request.authorization else None
        if not hmac.compare_digest((given or "").encode(), wanted.encode()):
            raise Unauthorized(www_authenticate=WWWAuthenticate("basic", {"realm": "simulator"}))

    return check


def _is_here() -> bool:
    """Whether this request's address is the simulator's."""
    return request.path.split("/")[1] == "simulator"


class _Desk:
    """The simulator's requests over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._moving = threading.Lock()

    def page(self) -> str:
        campaign = self._application.campaign()
        return render_template("simulator.html", pack=campaign.pack, dates=campaign.dates)

    def refused(self, error: HandlerError) -> tuple[Response, int]:
        """What was asked for cannot be done; the sentence says why."""
        unknown = error.line.template == "simulator/no_such_person"
        conflict = error.line.template == "simulator/clock_backwards"
        return self._sentence(error.line), 404 if unknown else 409 if conflict else 400

    def failed(self, error: HTTPException) -> HTTPException | Response:
        """A sentence instead of a page; other pages have one."""
        if not _is_here():
            return problems.page(error)
        response = error.get_response()
        most = (request.max_content_length or 0) // MEGABYTE
        body = self._sentence(say("simulator/refused", status=response.status_code, most=most))
        body.status_code = response.status_code
        for name, value in response.headers:
            if name.lower() in ("allow", "location", "www-authenticate"):
                body.headers[name] = value
        return body

    def busy(self, _: Exception) -> HTTPException | Response:
        return self.failed(ServiceUnavailable())

    def _sentence(self, line: Line) -> Response:
        return jsonify(error=self._application.wording.text(Reply(Outcome.REJECTED, (line,))))

    def qr(self, code: str) -> Response:
        """The QR code that a union hangs out; scanning it is an event with its scene."""
        if code not in self._application.campaign().pack.union_by_code:
            raise NotFound
        address = f"{self._application.config.server.public_url}/simulator/?scene={UNION_SCENE}{code}"
        return send_file(union_code(address), mimetype="image/png", max_age=3600)

    def file(self, number: int) -> Response:
        """What was sent with message `number`: a picture to be seen, anything else to be kept."""
        with self._application.database.reading() as session:
            file = simulation.file_of(session, number)
        try:
            content = self._application.blobs.get(file["sha256"]) if file else b""
        except FileNotFoundError:
            content = b""
        if not file or not content:
            raise NotFound
        return send_kept(content, file, shown=PICTURES)

    def people(self) -> Response:
        with self._application.database.reading() as session:
            return jsonify(simulation.list_people(session))

    def add_person(self) -> Response:
        name = read.read_name()
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
        """Let a person say something; the replies are those that came before this returns.

        What was sent before under the same key is not done again: its replies are those of then.
        """
        sent = read.read_sent()
        with self._application.database.reading() as session:
            simulation.person_id_of(session, sent.person)
            before = simulation.last_message(session)
        answered = {
            _key(sent, place): self._say(sent, media, _key(sent, place))
            for place, media in enumerate(self._media())
        }
        self._application.dispatcher.deliver(self._application.clock.now, only=simulation.CHANNEL)
        replies = {
            shown["id"]: shown
            for shown in (
                *self._told_before(sent.person, [key for key, one in answered.items() if one.repeated]),
                *(shown for shown in self._seen(sent.person, before) if shown["from"] == simulation.BOT),
            )
        }
        last = list(answered.values())[-1]
        return jsonify(outcome=last.outcome, asked=last.asked, replies=list(replies.values()))

    def _told_before(self, person: str, keys: Sequence[str]) -> list[dict[str, Any]]:
        campaign = self._application.campaign()
        with self._application.database.reading() as session:
            told = [simulation.told_before(session, campaign, person, key) for key in keys]
        return [self._with_addresses(shown) for one in told for shown in one]

    def _media(self) -> Sequence[Media | None]:
        """The posted files, kept; one None where a message has no file."""
        uploads = request.files.getlist("file")
        if not uploads:
            return [None]
        return [
            keep_file(self._application.blobs, upload.read(), storable(upload.filename or "") or None)
            for upload in uploads
        ]

    def _say(self, sent: read.Sent, media: Media | None, key: str) -> Answered:
        application = self._application
        now = application.clock.now()
        # In 1:1 nobody is called by name, so there it is part of what is said.
        addressed, text = take_call(sent.text) if sent.group else (False, sent.text)
        message = InboundMessage(
            channel=simulation.CHANNEL,
            sender=sent.person,
            key=key,
            kind=sent.kind,
            text=text,
            chat=sent.chat,
            chat_id=sent.group,
            addressed=addressed,
            media=media,
            event=sent.event,
            scene=sent.scene,
        )

        def record(session: Any, answered: Answered) -> None:
            simulation.record(session, message, answered, said=sent.text, now=now)

        return application.inbox.answer_now(Work(message, now, self._parts, also=record))

    def _parts(self, reply: Reply) -> list[str]:
        channel = self._application.channels[simulation.CHANNEL]
        return channel.split(self._application.wording.text(reply))

    def messages(self) -> Response:
        return jsonify(self._seen(read.read_person(), read.read_after()))

    def _seen(self, person: str, after: int) -> list[dict[str, Any]]:
        with self._application.database.reading() as session:
            rows = simulation.seen_by(session, self._application.campaign(), person, after=after)
        return [self._with_addresses(row) for row in rows]

    def _with_addresses(self, message: dict[str, Any]) -> dict[str, Any]:
        return with_addresses(message, self._application.config.server.public_url)

    def state(self) -> Response:
        application = self._application
        with application.database.reading() as session:
            return jsonify(
                simulation.state_of(
                    session, application.campaign(), read.read_person(), now=application.clock.now()
                )
            )

    def clock(self) -> Response:
        return jsonify(now=self._now().isoformat())

    def _now(self) -> datetime:
        return self._application.clock.now().astimezone(self._application.campaign().zone)

    def move_clock(self) -> Response:
        """Set the campaign's time; all that falls due on the way happens at its own time, in order.

        HandlerError for a time that has passed, but the first time of all may be any: until then
        the clock is the wall's.
        """
        instant = read.read_instant(self._application.campaign().zone)
        with self._moving:
            self._check(instant)
            while (due := self._next_due(instant)) is not None:
                self._go(due)
            self._go(instant)
        return self.clock()

    def _check(self, instant: datetime) -> None:
        now = self._now()
        with self._application.database.reading() as session:
            is_moved = simulation.clock_offset(session) is not None
        if is_moved and instant < now:
            raise HandlerError("simulator/clock_backwards", now=now)
        if instant > now + FARTHEST:
            raise HandlerError("simulator/clock_too_far", latest=now + FARTHEST)

    def _next_due(self, until: datetime) -> datetime | None:
        application = self._application
        with application.database.reading() as session:
            campaign = application.campaign()
            now = application.clock.now()
            return agenda.next_due(session, campaign, campaign.reminders, after=now, until=until)

    def _go(self, instant: datetime) -> None:
        offset = self._application.clock.move_to(instant)
        with self._application.database.writing() as session:
            simulation.set_clock_offset(session, offset)
        run_due(self._application)


def _key(sent: read.Sent, place: int) -> str:
    """What the message of one of several files is known by."""
    return sent.key if place == 0 else f"{sent.key}:{place}"
