"""Chatting in the terminal: the same conversation, typed lines in, text out."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from bot.channels.base import Outgoing
from bot.config import Config
from bot.inbox import Work
from bot.jobs import keep_file
from bot.starting import prepare
from bot.wiring import Application, wire
from handlers.deliveries import Window
from handlers.messages import InboundMessage, MessageKind, Reply

CHANNEL = "console"
FILE = "/file "
QUIT = "/quit"


class Console:
    """The terminal as a channel: no limits, no platform."""

    name = CHANNEL
    windows: Mapping[str, Window] = {}

    def split(self, text: str) -> list[str]:
        return [text] if text else []

    def send(self, message: Outgoing) -> None:
        click.echo(message.text)


def chat(config: Config, person: str) -> None:
    """Read lines until the end of input; `/file PATH` sends a file, `/quit` leaves."""
    prepare(config)
    application = wire(config)
    try:
        if sys.stdin.isatty():
            click.echo(f"{person}: 我要申报 / {FILE}PATH / {QUIT}")
        while (line := _read_line(person)) is not None and line != QUIT:
            click.echo(_say(application, person, line))
    finally:
        application.close()


def _read_line(person: str) -> str | None:
    if sys.stdin.isatty():
        click.echo(f"{person}> ", nl=False)
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None


def _say(application: Application, person: str, line: str) -> str:
    console = Console()

    def parts(reply: Reply) -> list[str]:
        return console.split(application.wording.text(reply))

    try:
        message = _message(application, person, line)
    except OSError as error:
        return f"{line}: {error.strerror}"
    now: datetime = application.clock.now()
    return application.inbox.answer_now(Work(message, now, parts)).text + "\n"


def _message(application: Application, person: str, line: str) -> InboundMessage:
    key = secrets.token_hex(12)
    if not line.startswith(FILE):
        return InboundMessage(CHANNEL, person, key, MessageKind.TEXT, text=line)
    path = Path(line.removeprefix(FILE).strip()).expanduser()
    media = keep_file(application.blobs, path.read_bytes(), path.name)
    return InboundMessage(CHANNEL, person, key, MessageKind.FILE, media=media)
