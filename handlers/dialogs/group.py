"""The bot in the group: it answers when it is called by name, one message, nothing private (R91-R93)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import admins, groups, posters
from handlers.commands import Recognised, recognise
from handlers.dialogs import duties
from handlers.groups import Greeting
from handlers.messages import Line, MessageKind, Outcome, Reply, say
from handlers.rules.cleaning import clean
from handlers.telling import Message, tell_group
from handlers.turns import Turn
from storage.groups import Group

ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {}

SPOKEN = (MessageKind.TEXT, MessageKind.VOICE)


def answer(turn: Turn) -> Reply:
    """What a message in a group gets: nothing, unless it is the bound group and the bot was called.

    A code that binds is taken in any group. The speaker's private conversation stays as it is.
    """
    group = groups.bound(turn.session, turn.campaign)
    is_ours = group is not None and _is_here(turn, group)
    text = clean(turn.message.text).text if turn.message.kind in SPOKEN else ""
    command = recognise(text, turn.pack)
    if command is not None and command.name == "bind_group":
        return _bind(turn, group, str(command.argument))
    if command is not None and command.name == "bind_admin":
        admins.spoil(turn.session, str(command.argument), turn.desk.person_id, now=turn.now)
        return _said(turn, say("group/admin_code")) if is_ours else turn.reply(Outcome.IGNORED)
    if group is None or not is_ours:
        return turn.reply(Outcome.IGNORED)
    if turn.message.kind is MessageKind.EVENT:
        return _happen(turn, group)
    groups.join(turn.session, group, turn.desk.person_id, turn.now)
    if not turn.message.addressed:
        return turn.reply(Outcome.IGNORED)
    if turn.message.kind not in SPOKEN:
        return _said(turn, say("group/in_private", word=""))
    return _answer(turn, command)


def _is_here(turn: Turn, group: Group) -> bool:
    return (group.channel, group.chat_id) == (turn.message.channel, turn.message.chat_id)


def _said(turn: Turn, *lines: Line) -> Reply:
    return turn.reply(Outcome.ANSWERED, *lines)


def _bind(turn: Turn, before: Group | None, code: str) -> Reply:
    message = turn.message
    group = groups.bind(
        turn.session, turn.campaign, code, channel=message.channel, chat_id=message.chat_id,
        person_id=turn.desk.person_id, now=turn.now,
    )  # fmt: skip
    groups.join(turn.session, group, turn.desk.person_id, turn.now)
    is_moved = before is not None and before.id != group.id
    if before is not None and is_moved:
        farewell = Reply(Outcome.ANSWERED, (say("group/released", name=turn.pack.group_name),))
        parting = Message(farewell, "reply", f"released:{before.id}")
        tell_group(turn.session, before, parting, render=turn.render, now=turn.now)
    return turn.reply(Outcome.MOVED, say("group/bound", name=turn.pack.group_name, is_moved=is_moved))


def _happen(turn: Turn, group: Group) -> Reply:
    """Somebody came or went. Who was greeted is greeted again only after they were away."""
    person_id = turn.desk.person_id
    if turn.message.event == "leave":
        groups.leave(turn.session, group, person_id, turn.now)
    if turn.message.event != "join":
        return turn.reply(Outcome.IGNORED)
    groups.join(turn.session, group, person_id, turn.now)
    greeting = groups.greet(turn.session, group, person_id, now=turn.now)
    if greeting is None:
        return turn.reply(Outcome.IGNORED)
    told = Reply(Outcome.ANSWERED, (_greeting(turn, greeting),))
    key = f"{groups.greeting_key(group)}{person_id}:{turn.message.key}"
    message = Message(told, "reply", key, greeting.at)
    tell_group(turn.session, group, message, render=turn.render, now=turn.now)
    return turn.reply(Outcome.ANSWERED)


def _greeting(turn: Turn, greeting: Greeting) -> Line:
    unions = turn.pack.union_by_code
    others = [one for one in greeting.newcomers if one.contact is None]
    return say(
        "group/greeting",
        contacts=[
            (one.contact.name, unions[one.contact.union_code])
            for one in greeting.newcomers
            if one.contact is not None
        ],
        known=[one.name for one in others if one.name],
        count=len(others),
        deadline=turn.campaign.dates.contact_deadline,
        is_late=turn.now.astimezone(turn.campaign.zone).date() > turn.campaign.dates.contact_deadline,
    )


def _answer(turn: Turn, command: Recognised | None) -> Reply:
    """A call by name; a word that is only nearly meant is taken too, since nothing here changes anything."""
    if command is None:
        return _said(turn, say("group/help"))
    look_up = ANSWERS.get(command.name)
    if look_up is not None:
        return look_up(turn, command)
    # What followed the word stays out of the group, since it may be private.
    word = command.meant if command.argument is None else ""
    return _said(turn, say("group/in_private", word=word))


def _board(turn: Turn, _: Recognised) -> Reply:
    return duties.group_board(turn)


def _help(turn: Turn, _: Recognised) -> Reply:
    return _said(turn, say("group/help"))


def _helpdesk(turn: Turn, _: Recognised) -> Reply:
    return _said(turn, say("group/helpdesk", helpdesk=turn.pack.helpdesk))


def _attachment(turn: Turn, command: Recognised) -> Reply:
    found = [one for one in turn.pack.attachments if one.number == command.argument]
    return _said(turn, say("group/attachments", found=found, attachments=turn.pack.attachments))


def _manual(turn: Turn, command: Recognised) -> Reply:
    found = [one for one in turn.pack.attachments if one.number == turn.pack.manual_attachment]
    return _said(turn, say("group/attachments", found=found, attachments=turn.pack.attachments))


def _qr_code(turn: Turn, _: Recognised) -> Reply:
    """The group's own code, fresh each time it is asked for (A26)."""
    token, until = posters.issue_group(turn)
    return _said(turn, say("group/qr_code", token=token, name=turn.pack.group_name, until=until))


def _nothing(turn: Turn, _: Recognised) -> Reply:
    return turn.reply(Outcome.IGNORED)


ANSWERS: dict[str, Callable[[Turn, Recognised], Reply]] = {
    "progress": _board,
    "who_owes": _board,
    "help": _help,
    "explain": _help,
    "contact": _helpdesk,
    "handoff": _helpdesk,
    "attachment": _attachment,
    "manual": _manual,
    "qr_code": _qr_code,
    # A polite 收到 needs no answer that a whole group must read.
    "received": _nothing,
}
