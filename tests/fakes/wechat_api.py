"""A WeChat API server on loopback, with the faults that the real one shows.

Written from the platform's public pages, without the product's code. Knows the stable token,
customer-service messages and temporary media; every call is recorded. `python -m
tests.fakes.wechat_api [PORT]` runs it alone.
"""

from __future__ import annotations

import itertools
import json
import secrets
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

APP_ID = "wx0123456789abcdef"
APP_SECRET = "an-app-secret-for-tests-0123456789"
TEXT_BYTES = 2048
TOKEN_CALL = "stable_token"
SEND = "message/custom/send"
UPLOAD = "media/upload"
DOWNLOAD = "media/get"


@dataclass(frozen=True)
class Call:
    """One request: `path` without /cgi-bin/, the query, headers in lower case, the body."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What goes back; `declared` is a Content-Length that is not true."""

    body: bytes
    content_type: str = "application/json; encoding=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    declared: int | None = None


@dataclass
class Fault:
    """A misbehaviour of one call: `kind` is "errcode", "status", "slow", "reset", "taken", "cut", "drip" or "answer".

    "reset" breaks the connection before anything was done, "taken" after all was done; of "cut" and
    "drip" the answer never comes whole, though what was asked is done.
    Of the calls to `path` (all if "") every `every`-th is hit, at most `times` of them.
    """

    kind: str
    path: str = ""
    code: int = 0
    said: str = "invented for this test"
    seconds: float = 0.0
    answer: Answer | None = None
    every: int = 1
    times: int | None = None
    seen: int = 0
    hits: int = 0

    def hits_next(self, path: str) -> bool:
        if self.path not in ("", path) or (self.times is not None and self.hits >= self.times):
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        self.hits += 1
        return True


class WechatApi:
    """The platform as one account sees it. Start and stop it by `running()`."""

    def __init__(self, *, app_id: str = APP_ID, app_secret: str = APP_SECRET, port: int = 0) -> None:
        self.app_id = app_id
        self.app_secret = app_secret
        self.lifetime = 7200
        self.calls: list[Call] = []
        self.sent: list[dict[str, Any]] = []
        self.uploads: dict[str, tuple[str | None, bytes]] = {}
        self.media: dict[str, Answer] = {}
        self.videos: dict[str, Answer] = {}
        self.strangers: set[str] = set()
        self.faults: list[Fault] = []
        self.connections: list[Any] = []
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._token: str | None = None
        self._token_until = 0.0
        self._old_tokens: set[str] = set()
        self._numbers = itertools.count(1)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.api = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.hang_up()
        self._server.server_close()

    def fail(self, kind: str, path: str = "", **how: Any) -> Fault:
        """Misbehave from now on; see `Fault`."""
        fault = Fault(kind, path, **how)
        with self._lock:
            self.faults.append(fault)
        return fault

    def count(self, path: str) -> int:
        """How many calls of one path came, answered or not."""
        with self._lock:
            return sum(call.path == path for call in self.calls)

    def revoke_token(self) -> None:
        """Make the token in use invalid before its time, as another caller's forced refresh does."""
        with self._lock:
            self._forget_token()

    def give_video(self, media_id: str, content: bytes, content_type: str = "video/mp4") -> None:
        """Keep a video as the platform does: asked for, it gives only an address."""
        self.videos[media_id] = Answer(content, content_type)
        told = {"video_url": f"{self.url}/videos/{media_id}"}
        self.media[media_id] = Answer(json.dumps(told).encode(), "text/plain")

    def give(self, media_id: str, content: bytes, content_type: str = "application/octet-stream") -> None:
        """Keep what a person sent; as with the platform, its name tells nothing but the id."""
        named = {"Content-Disposition": f'attachment; filename="{media_id}"'}
        self.media[media_id] = Answer(content, content_type, named)

    def told(self, person: str) -> list[str]:
        """The texts of the customer-service messages that one person got."""
        with self._lock:
            texts = [message for message in self.sent if message["msgtype"] == "text"]
        return [message["text"]["content"] for message in texts if message["touser"] == person]

    def take(self, call: Call) -> Fault | None:
        """Record a call; the fault that hits it, if any."""
        with self._lock:
            self.calls.append(call)
            return next((fault for fault in self.faults if fault.hits_next(call.path)), None)

    def answer(self, call: Call) -> Answer:
        with self._lock:
            if call.path.startswith("/videos/"):
                return self.videos[call.path.removeprefix("/videos/")]
            if call.path == TOKEN_CALL:
                return _json(self._give_token(call))
            refused = self._refuse_token(call.query.get("access_token", ""))
            if refused:
                return _json(refused)
            return self._obey(call)

    def _obey(self, call: Call) -> Answer:
        if (call.method, call.path) == ("POST", SEND):
            return _json(self._send(call))
        if (call.method, call.path) == ("POST", UPLOAD):
            return _json(self._keep(call))
        if (call.method, call.path) == ("GET", DOWNLOAD):
            return self.media.get(call.query.get("media_id", ""), _json(_error(40007, "invalid media_id")))
        return _json(_error(40066, "invalid url"))

    def _give_token(self, call: Call) -> dict[str, Any]:
        asked = _read(call.body)
        if asked is None or asked.get("grant_type") != "client_credential":
            return _error(47001, "data format error")
        if asked.get("appid") != self.app_id:
            return _error(40013, "invalid appid")
        if asked.get("secret") != self.app_secret:
            return _error(40125, "invalid appsecret")
        if asked.get("force_refresh"):
            self._forget_token()
        if self._token is None or time.monotonic() >= self._token_until:
            self._token = f"{next(self._numbers)}_{secrets.token_urlsafe(96)}"
            self._token_until = time.monotonic() + self.lifetime
        left = max(1, round(self._token_until - time.monotonic()))
        return {"access_token": self._token, "expires_in": left}

    def _forget_token(self) -> None:
        if self._token is not None:
            self._old_tokens.add(self._token)
        self._token = None

    def _refuse_token(self, given: str) -> dict[str, Any] | None:
        if given and given == self._token and time.monotonic() < self._token_until:
            return None
        if given in self._old_tokens:
            return _error(40001, "invalid credential, access_token is invalid or not latest")
        return _error(42001, "access_token expired") if given else _error(41001, "access_token missing")

    def _send(self, call: Call) -> dict[str, Any]:
        message = _read(call.body)
        if message is None:
            return _error(47001, "data format error")
        if message.get("touser") in self.strangers:
            return _error(40003, "invalid openid")
        if len(message.get("text", {}).get("content", "").encode()) > TEXT_BYTES:
            return _error(45002, "content size out of limit")
        if message["msgtype"] == "image" and message["image"]["media_id"] not in self.uploads:
            return _error(40007, "invalid media_id")
        self.sent.append(message)
        return {"errcode": 0, "errmsg": "ok"}

    def _keep(self, call: Call) -> dict[str, Any]:
        head = f"Content-Type: {call.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + call.body)
        part = next(iter(form.iter_parts()), None)
        if part is None:
            return _error(41005, "media data missing")
        media_id = f"media-{next(self._numbers)}"
        self.uploads[media_id] = (part.get_filename(), part.get_payload(decode=True))
        return {"type": call.query["type"], "media_id": media_id, "created_at": int(time.time())}


def _read(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _error(code: int, said: str) -> dict[str, Any]:
    return {"errcode": code, "errmsg": f"{said} rid: 65f0-1234-5678"}


def _json(value: dict[str, Any]) -> Answer:
    return Answer(json.dumps(value, ensure_ascii=False).encode())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # As many may knock at once as a busy sender has in flight; a full queue would look like a fault.
    request_queue_size = 1024
    api: WechatApi

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        self.api.connections.append(client_address)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep open, so that their threads end too."""
        for connection in list(self._connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                self._connections.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left is no news here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent; `calls` tells."""

    def _serve(self) -> None:
        api = self.server.api
        call = self._call()
        fault = api.take(call)
        if fault is None:
            self._write(api.answer(call))
        elif fault.kind == "slow":
            api.stopping.wait(fault.seconds)
            self._write(api.answer(call))
        elif fault.kind == "status":
            self._write(Answer(b"<html>bad gateway</html>", "text/html", status=fault.code))
        elif fault.kind == "errcode":
            self._write(_json(_error(fault.code, fault.said)))
        elif fault.kind == "answer":
            assert fault.answer is not None
            self._write(fault.answer)
        elif fault.kind == "reset":
            self._reset()
        else:
            self._break_off(fault, api.answer(call))

    def _call(self) -> Call:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = parts.path.removeprefix("/cgi-bin/")
        return Call(self.command, path, dict(parse_qsl(parts.query)), headers, body)

    def _break_off(self, fault: Fault, answer: Answer) -> None:
        """ "cut": half of the body; "drip": all of it, slowly; "taken": nothing at all."""
        self.close_connection = True
        if fault.kind == "taken":
            self._reset()
        elif fault.kind == "cut":
            half = Answer(
                answer.body[: len(answer.body) // 2], answer.content_type, declared=len(answer.body)
            )
            self._write(half)
        else:
            self._head(answer, len(answer.body))
            for place in range(len(answer.body)):
                self.server.api.stopping.wait(fault.seconds)
                self.wfile.write(answer.body[place : place + 1])

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _write(self, answer: Answer) -> None:
        self._head(answer, answer.declared if answer.declared is not None else len(answer.body))
        self.wfile.write(answer.body)

    def _head(self, answer: Answer, length: int) -> None:
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.content_type, **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(length))
        self.end_headers()


@contextmanager
def running(**how: Any) -> Iterator[WechatApi]:
    """A server for the time of a with block."""
    api = WechatApi(**how)
    api.start()
    try:
        yield api
    finally:
        api.stop()


if __name__ == "__main__":
    with running(port=int(sys.argv[1]) if len(sys.argv) > 1 else 0) as lone:
        print(lone.url, flush=True)
        threading.Event().wait()
