"""One inbound message: never twice, one transaction, the answer kept before the reply exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from handlers import bursts, captions, dialogs, events, files, following, pasting, prompts
from handlers.answers import LONGEST_TEXT, answer, follow, judge, refuse_long
from handlers.campaigns import Campaign, Phase
from handlers.commands import Recognised, recognise
from handlers.confirmations import ask_whether_content, resolve
from handlers.consent import is_slight, is_small_talk
from handlers.dialogs import group
from handlers.drafts import adopt_rules
from handlers.errors import HandlerError
from handlers.fields import is_media, takes_files
from handlers.fields.base import Doubtful, Refused
from handlers.grace import phase_of
from handlers.home import home, small_talk
from handlers.messages import GROUP, InboundMessage, Line, Media, MessageKind, Outcome, Render, Reply, say
from handlers.orders import obey
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.cleaning import clean, storable
from handlers.rules.transitions import State
from handlers.turns import Turn
from handlers.voices import hear
from storage import desks, people

COMPLETE_TOO_LATE = "draft/complete_but_closed"
LAST_HOURS = timedelta(hours=2)
FILES = (MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.FILE, MessageKind.FETCHED)
UNSAVED = frozenset({"value", "reason", "options", pasting.WAITING})
_LETTERS = re.compile(r"\w")


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back at once: `text` is the passive reply, the rest waits in the outbox.

    `repeated` says that the message was answered before and nothing was done this time.
    """

    outcome: Outcome
    asked: str | None
    text: str
    repeated: bool = False


def expect(session: Session, messages: Iterable[InboundMessage]) -> None:
    """Read ahead what a batch of messages will need, together."""
    desks.expect(session, [(message.channel, message.sender, message.key) for message in messages])


def receive(
    session: Session,
    campaign: Campaign,
    message: InboundMessage,
    *,
    now: datetime,
    render: Render,
    passive: bool = True,
) -> Answered:
    """Answer one message; the same message again gets the stored reply and does nothing (R112).

    `render` turns a reply into parts that the channel can carry. The first is returned, the
    others become outbox rows in this transaction; with `passive` False all of them do.
    """
    message = _storable(message)
    desk = desks.open_desk(session, message.channel, message.sender, message.key)
    if desk is None:
        person_id = people.add(session, message.channel, message.sender, now=now)
        desk = desks.new_desk(session, message.channel, message.sender, person_id)
    if desk.earlier is not None:
        earlier = desk.earlier
        return Answered(Outcome(earlier.outcome), earlier.asked, earlier.reply, repeated=True)
    turn = Turn(session=session, campaign=campaign, desk=desk, message=message, now=now, render=render)
    reply, patience = bursts.gather(turn, respond(turn))
    parts = list(render(reply))
    first = parts.pop(0) if parts and passive and message.chat != GROUP else ""
    if desk.state == State.DRAFT:
        desk.short = len(missing(turn))
    desks.close_desk(session, desk, _log_row(turn, reply, first), now=now)
    following.put_down(turn, reply, parts, patience=patience)
    return Answered(reply.outcome, reply.asked, first)


def _storable(message: InboundMessage) -> InboundMessage:
    """The message with names that every database takes; its text is cleaned where it is read."""
    media = message.media
    if media is not None and media.name:
        return replace(message, media=replace(media, name=storable(media.name)))
    if message.kind is not MessageKind.EVENT:
        return message
    return replace(message, event=storable(message.event or ""), scene=storable(message.scene or "") or None)


def _log_row(turn: Turn, reply: Reply, text: str) -> dict[str, Any]:
    message = turn.message
    media = message.media
    detail: dict[str, Any] | None = None
    if media is not None:
        detail = {"name": media.name, "format": media.format, "size": media.size, "sha256": media.sha256}
    elif message.event is not None:
        detail = {"event": message.event, "scene": message.scene}
    return {
        "channel": message.channel, "sender": message.sender, "key": message.key,
        "person_id": turn.desk.person_id, "chat": message.chat, "kind": message.kind,
        "text": storable(message.text), "detail": detail, "outcome": reply.outcome,
        "asked": reply.asked, "reply": text, "received_at": turn.now,
    }  # fmt: skip


def respond(turn: Turn) -> Reply:
    """Decide what a message means and what follows from it."""
    try:
        if turn.message.chat == GROUP:
            return group.answer(turn)
        changed = adopt_rules(turn)
        reply = _by_kind(turn)
    except HandlerError as error:
        return turn.reply(Outcome.REJECTED, error.line)
    return _with_notices(turn, reply, changed)


def _with_notices(turn: Turn, reply: Reply, changed: Sequence[Line]) -> Reply:
    """Changed rules before the reply; in the last two hours the time left behind it (A1)."""
    if reply.outcome is Outcome.IGNORED:
        return reply
    behind: list[Line] = []
    left = turn.campaign.closes_at - turn.now
    if timedelta(0) < left <= LAST_HOURS and turn.desk.state == "draft":
        behind = [say("deadline/time_left", minutes=int(left.total_seconds() // 60))]
    elif _is_silent_about_the_end(turn, reply):
        behind = [say("deadline/passed", dates=turn.campaign.dates, helpdesk=turn.pack.helpdesk)]
    if not changed and not behind:
        return reply
    return replace(reply, lines=(*changed, *reply.lines, *behind))


def _is_silent_about_the_end(turn: Turn, reply: Reply) -> bool:
    """Whether something was saved after the deadline and the reply does not say what that is worth."""
    if phase_of(turn) is not Phase.CLOSED or reply.outcome is not Outcome.ACCEPTED:
        return False
    return turn.desk.state == "draft" and all(line.template != COMPLETE_TOO_LATE for line in reply.lines)


def _by_kind(turn: Turn) -> Reply:
    message = turn.message
    if message.kind is MessageKind.TEXT:
        return _read(turn, message.text)
    if message.kind is MessageKind.EVENT:
        if message.event == "click":
            return _read(turn, message.scene or "")
        return events.happen(turn)
    if message.kind is MessageKind.VOICE:
        return hear(turn, _read_command)
    if message.kind in FILES and message.media is not None:
        return _receive_file(turn, message.media)
    return turn.reply(
        Outcome.REJECTED, say("message/not_understood", kind=message.kind, spec=turn.asked_spec)
    )


def _receive_file(turn: Turn, media: Media) -> Reply:
    """A file that comes in place of a yes to pasted questions leaves them unsaved, and says so."""
    taken = dialogs.take_file(turn, media)
    if taken is not None:
        return taken
    pending = turn.desk.pending
    reply = files.receive(turn, media)
    is_left = pending is not None and pending["kind"] == pasting.WAITING and turn.desk.pending is not pending
    return _mention_unsaved(turn, reply, pending) if is_left else reply


def _read(turn: Turn, raw: str) -> Reply:
    """A text: an answer to the bot's question, a command, an answer to the form, or small talk."""
    cleaned = clean(raw)
    text = cleaned.text
    if not text:
        return turn.reply(Outcome.REJECTED, say("message/empty", spec=turn.asked_spec))
    if len(text) > LONGEST_TEXT:
        return refuse_long(turn, text)
    answered = resolve(turn, text)
    if answered is not None:
        return answered
    left = files.settle_waiting(turn)
    tray, draft = files.take_tray(turn), turn.desk.submission_id
    reply = _read_on(turn, text, cleaned.notes)
    if left is not None:
        reply = replace(reply, lines=(left, *reply.lines))
    return (
        files.offer_again(turn, reply, tray, is_of_draft=draft == turn.desk.submission_id) if tray else reply
    )


def _read_on(turn: Turn, text: str, notes: tuple[Line, ...]) -> Reply:
    spec = turn.asked_spec
    command = recognise(text, turn.pack)
    if command is not None and spec is not None and command.role and turn.roles.admin is None:
        command = None  # An admin's word in a submitter's form is content.
    if command is not None and command.certainty == "exact":
        return _command(turn, command, spec)
    if spec is None:
        return _guess(turn, command) if command is not None else home(turn)
    if is_small_talk(text):
        return small_talk(turn, spec)
    if _is_doubtful(turn, spec, text):
        return ask_whether_content(turn, spec, text)
    return _answer(turn, spec, text, command, notes)


def _is_doubtful(turn: Turn, spec: FieldSpec, text: str) -> bool:
    """Whether a text may hardly be meant for a field that would take it as it is."""
    if is_media(spec):
        return is_slight(text) and bool(turn.unnamed(spec.key))
    return spec.kind == "text" and is_slight(text)


def _read_command(turn: Turn, text: str) -> Reply | None:
    """A command that was spoken; None if it was none, for sure."""
    command = recognise(text, turn.pack)
    if command is None or command.certainty != "exact":
        return None
    return _command(turn, command, turn.asked_spec)


def _command(turn: Turn, command: Recognised, spec: FieldSpec | None) -> Reply:
    """Obey, unless the word may be content: in a text field a bare word is asked about (L1)."""
    may_be_content = spec is not None and spec.kind == "text" and command.argument is None
    may_be_content = may_be_content and not command.never_content
    if spec is not None and command.name == "assemble" and prompts.can_assemble(turn, spec):
        may_be_content = False  # It was offered for this very field.
    if may_be_content and spec is not None and _LETTERS.search(command.said):
        return _ask_which(turn, spec, command)
    pending = turn.desk.pending
    reply = obey(turn, command.name, command.argument)
    if pending is None or turn.desk.pending is not pending:
        return _mention_unsaved(turn, reply, pending)
    return reply


def _ask_which(turn: Turn, spec: FieldSpec, command: Recognised) -> Reply:
    turn.wait_for(
        "word", field=spec.key, said=command.said, command=command.name, argument=command.argument,
        meant=command.meant,
    )  # fmt: skip
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION,
        say("message/command_or_content", said=command.said, meant=command.meant, spec=spec),
    )


def _mention_unsaved(turn: Turn, reply: Reply, pending: dict[str, Any] | None) -> Reply:
    """A value that waited for a yes and was left behind by a command is named, not dropped silently."""
    if pending is None or pending["kind"] not in UNSAVED:
        return reply
    spec = turn.pack.field_by_key.get(pending["field"])
    if spec is None or (reply.outcome is Outcome.ANSWERED and pending["kind"] != pasting.WAITING):
        return reply
    unsaved = say("answer/left_unsaved", spec=spec, number=prompts.number_of(turn, spec))
    return replace(reply, lines=(unsaved, *reply.lines))


def _guess(turn: Turn, command: Recognised) -> Reply:
    """Initials and one wrong character are understood but asked about, never obeyed silently."""
    turn.wait_for(
        "guess", command=command.name, argument=command.argument, said=command.said, meant=command.meant
    )
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION, say("message/did_you_mean", said=command.said, meant=command.meant)
    )


def _answer(
    turn: Turn, spec: FieldSpec, text: str, command: Recognised | None, notes: tuple[Line, ...]
) -> Reply:
    if is_media(spec):
        if command is not None and not turn.files(spec.key):
            return _guess(turn, command)
        if spec.kind == "quiz" and command is None:
            return pasting.read(turn, spec, text, notes)
        return captions.say_in_field(turn, spec, text)
    if takes_files(spec) and captions.is_about_files(turn, spec, text):
        return captions.say_in_field(turn, spec, text)
    if spec.kind == "text" and command is not None:
        return _ask_which(turn, spec, command)
    pending = turn.desk.pending or {}
    advised = pending.get("kind") == "value" and pending.get("field") == spec.key
    if command is not None:
        judgement = judge(turn, spec, text, advised=advised)
        if isinstance(judgement, Refused | Doubtful):
            return _guess(turn, command)
        return follow(turn, spec, judgement, notes=notes)
    return answer(turn, spec, text, advised=advised, notes=notes)
