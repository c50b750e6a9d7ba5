"""Composing a broadcast in chat: one question at a time, up to the confirmation (R116, L8).

The draft is a row of its own and what is asked about it waits on the desk, so an admin who is
interrupted finds both again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from handlers import audiences, broadcasts
from handlers.audiences import PARTS, Receiver
from handlers.broadcasts import PACES, Preview
from handlers.choices import fold, whole_number
from handlers.commands import recognise
from handlers.consent import consent, is_slight, pick
from handlers.dialogs.broadcast_questions import (
    Pending,
    actor_of,
    draft_of,
    local,
    look,
    moment_of,
    question,
)
from handlers.fields.base import Accepted, Asked
from handlers.fields.choosing import UnionChoice
from handlers.messages import Line, Outcome, Reply, say
from handlers.rules.ladders import allowed_from, is_allowed
from handlers.rules.moments import read_moment
from handlers.turns import Turn
from storage.broadcasts import Broadcast

WAITING = "broadcast"

LEAVING = frozenset({"取消", "不发了", "先不发", "退出", "暂停", "算了", "不报了", "返回"})
KINDS = ("任务", "通知")
WITH_BACKUPS = re.compile(
    r"[,，、\s(（]*(?:含|和|加|连|带)\s*(?:[bB]\s*[岗角]?|备份(?:联系人)?)(?:一起)?[)）]?$"
)
_SEPARATORS = re.compile(r"[,，、;；\s]+")
CONFIRMING = re.compile(r"确认群发(?P<count>[0-9]{1,6})人?")


def ask(turn: Turn, step: str, broadcast_id: int, *lines: Line, outcome: Outcome, **detail: Any) -> Reply:
    """Open the question of a step behind `lines`."""
    turn.wait_for(WAITING, step=step, id=broadcast_id, **detail)
    return turn.reply(outcome, *lines, question(turn, turn.desk.pending or {}))


def go_on(turn: Turn, draft: Broadcast, *lines: Line, outcome: Outcome = Outcome.MOVED) -> Reply:
    """The first step that is still open; with nothing open the preview."""
    if not draft.kind:
        return ask(turn, "kind", draft.id, *lines, outcome=outcome)
    if not draft.text:
        return ask(turn, "text", draft.id, *lines, outcome=outcome)
    if not draft.audience["parts"]:
        return ask(turn, "audience", draft.id, *lines, outcome=outcome)
    return ask(turn, "preview", draft.id, *lines, outcome=outcome)


def resume(turn: Turn, pending: Pending, text: str) -> Reply | None:
    """Take an answer to the open step; 取消 puts the draft aside, another command goes first."""
    actor_of(turn)
    draft = draft_of(turn, pending)
    if draft.state != "draft":
        turn.settle()
        return turn.reply(Outcome.REJECTED, say("broadcast/begun"))
    if fold(text) in LEAVING:
        return put_aside(turn, draft)
    reply = _STEPS[pending["step"]](turn, draft, pending, text)
    if reply is not None:
        return reply
    command = recognise(text, turn.pack)
    if command is not None and command.certainty == "exact":
        return None
    return turn.reply(
        Outcome.NEEDS_CONFIRMATION, say("broadcast/not_understood", said=text), question(turn, pending)
    )


def put_aside(turn: Turn, draft: Broadcast) -> Reply:
    turn.settle()
    return turn.reply(Outcome.ANSWERED, say("broadcast/put_aside", has_text=bool(draft.text)))


def _change(turn: Turn, draft: Broadcast, **changes: Any) -> Broadcast:
    return broadcasts.change(turn.session, turn.campaign, turn.roles.actor, draft.id, changes)


# What each step makes of an answer; None if it is no answer to it.


def _kind(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    chosen = pick(text, KINDS)
    if chosen is None:
        return None
    return go_on(turn, _change(turn, draft, kind=("duty", "notice")[chosen]))


def _text(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    command = recognise(text, turn.pack)
    if command is not None and command.certainty == "exact":
        return None
    if is_slight(text):
        return ask(turn, "slight", draft.id, outcome=Outcome.NEEDS_CONFIRMATION, said=text)
    return _keep_text(turn, draft, text)


def _keep_text(turn: Turn, draft: Broadcast, text: str) -> Reply:
    return go_on(turn, _change(turn, draft, text=text), say("broadcast/text_kept", length=len(text)))


def _slight(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    """A yes takes the digit or the single word as the text; anything longer is the text itself."""
    agreed = consent(text)
    if agreed is None:
        return _text(turn, draft, pending, text)
    if agreed:
        return _keep_text(turn, draft, pending["said"])
    return ask(turn, "text", draft.id, outcome=Outcome.MOVED)


def _audience(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    """Numbers of the list, several at once; 含备份 adds the backups."""
    bare = WITH_BACKUPS.sub("", text.strip())
    numbers = [whole_number(fold(word)) for word in _SEPARATORS.split(bare) if word]
    if not numbers or any(number is None or not 1 <= number <= len(PARTS) for number in numbers):
        return None
    parts = [PARTS[number - 1] for number in dict.fromkeys(numbers) if number is not None]
    audience = {**audiences.EMPTY, "parts": parts, "backups": bare != text.strip()}
    return _complete(turn, draft, audience)


def _complete(turn: Turn, draft: Broadcast, audience: dict[str, Any], *lines: Line) -> Reply:
    """Ask for what an audience needs beside its parts: a union, names."""
    if "drafts" in audience["parts"] and not audience["unions"]:
        return ask(turn, "union", draft.id, *lines, outcome=Outcome.MOVED, audience=audience)
    if "people" in audience["parts"] and not audience["people"]:
        return ask(turn, "people", draft.id, *lines, outcome=Outcome.MOVED, audience=audience)
    return go_on(turn, _change(turn, draft, audience=audience, excluded=[]), *lines)


def _union(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    judged = UnionChoice().judge(text, Asked(turn.pack.spec("union"), turn.pack, {}))
    if not isinstance(judged, Accepted):
        return None
    return _complete(turn, draft, {**pending["audience"], "unions": [judged.value]})


def _people(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    names = [word for word in _SEPARATORS.split(text) if word]
    return _find(turn, draft, pending["audience"], names)


def _find(turn: Turn, draft: Broadcast, audience: dict[str, Any], names: Sequence[str]) -> Reply:
    """Turn names into people one after the other; of two people of one name the admin is asked which."""
    for place, name in enumerate(names):
        found = audiences.named(turn.session, turn.campaign, turn.roles.actor, name)
        if not found:
            unknown = say("broadcast/nobody_named", name=name)
            return ask(
                turn, "people", draft.id, unknown, outcome=Outcome.NEEDS_CONFIRMATION, audience=audience
            )
        if len(found) > 1:
            return ask(
                turn, "which", draft.id, outcome=Outcome.NEEDS_CONFIRMATION, audience=audience, name=name,
                ids=[one.person_id for one in found], names=list(names[place + 1 :]),
            )  # fmt: skip
        audience = _with(audience, found[0].person_id)
    return _complete(turn, draft, audience)


def _with(audience: dict[str, Any], person_id: int | None) -> dict[str, Any]:
    return {**audience, "people": list(dict.fromkeys([*audience["people"], person_id]))}


def _which(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    chosen = pick(text, [f"#{person_id}" for person_id in pending["ids"]])
    if chosen is None:
        return None
    return _find(turn, draft, _with(pending["audience"], pending["ids"][chosen]), pending["names"])


def _menu(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    chosen = pick(text, MENU)
    return None if chosen is None else _CHOICES[chosen](turn, draft)


def _test(turn: Turn, draft: Broadcast) -> Reply:
    broadcasts.test(
        turn.session, turn.roles.actor, draft, key=turn.message.key, render=turn.render, now=turn.now
    )
    return turn.reply(Outcome.ANSWERED, say("broadcast/tested"), say("broadcast/menu"))


def _discard(turn: Turn, draft: Broadcast) -> Reply:
    broadcasts.cancel(turn.session, turn.campaign, turn.roles.actor, draft.id, now=turn.now)
    turn.settle()
    return turn.reply(Outcome.ACCEPTED, say("broadcast/discarded"))


def _exclude(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    """Numbers or names of the preview's list; 0 lets everybody in again."""
    if fold(text) == "0":
        return go_on(turn, _change(turn, draft, excluded=[]))
    reached = look(turn, draft).gathered.reached
    chosen = [_pick_receiver(word, reached) for word in _SEPARATORS.split(text) if word]
    ids = [one.person_id for one in chosen if one is not None and one.person_id is not None]
    if not ids or len(ids) < len(chosen):
        return None
    excluded = list(dict.fromkeys([*draft.excluded, *ids]))
    return go_on(turn, _change(turn, draft, excluded=excluded), say("broadcast/excluded", count=len(ids)))


def _pick_receiver(word: str, reached: Sequence[Receiver]) -> Receiver | None:
    number = whole_number(fold(word))
    if number is not None:
        return reached[number - 1] if 1 <= number <= len(reached) else None
    named = [one for one in reached if one.name == word]
    return named[0] if len(named) == 1 else None


def _pace(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    chosen = pick(text, [f"#{place}" for place in range(len(PACES) + 1)])
    if chosen is None:
        return None
    return go_on(turn, _change(turn, draft, pace=None if chosen == 0 else PACES[chosen - 1]))


def _when(turn: Turn, draft: Broadcast, _: Pending, text: str) -> Reply | None:
    due_at = read_moment(text, now=local(turn, turn.now))
    if due_at is None:
        return None
    if due_at <= turn.now:
        past = say("broadcast/past", at=due_at)
        return ask(turn, "when", draft.id, past, outcome=Outcome.NEEDS_CONFIRMATION)
    return _at(turn, draft, due_at)


def _at(turn: Turn, draft: Broadcast, due_at: datetime | None) -> Reply:
    """Go on with a time (None: now); one at which people rest is asked about (R115)."""
    if not is_allowed(due_at or turn.now, turn.campaign.reminders, turn.campaign.zone):
        return ask(turn, "quiet", draft.id, outcome=Outcome.NEEDS_CONFIRMATION, at=_iso(due_at))
    return _ask_to_confirm(turn, draft, due_at)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _quiet(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    chosen = pick(text, ("#1", "#2"))
    if chosen is None:
        return None
    at = moment_of(pending)
    later = allowed_from(at or turn.now, turn.campaign.reminders, turn.campaign.zone)
    return _ask_to_confirm(turn, draft, later if chosen == 0 else at)


def _ask_to_confirm(turn: Turn, draft: Broadcast, at: datetime | None, *lines: Line) -> Reply:
    seen = look(turn, draft)
    if not seen.count:
        nobody = say("broadcast/nobody")
        return ask(turn, "audience", draft.id, nobody, outcome=Outcome.NEEDS_CONFIRMATION)
    return ask(
        turn, "confirm", draft.id, *lines, outcome=Outcome.NEEDS_CONFIRMATION, at=_iso(at),
        count=seen.count, mark=seen.mark,
    )  # fmt: skip


def _confirm(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    if not agreed:
        return go_on(turn, draft, outcome=Outcome.ANSWERED)
    seen = look(turn, draft)
    if seen.mark != pending["mark"]:
        return _changed(turn, draft, pending)
    if seen.is_many:
        return ask(
            turn, "confirm_many", draft.id, outcome=Outcome.NEEDS_CONFIRMATION, at=pending["at"],
            count=seen.count, mark=seen.mark,
        )  # fmt: skip
    return _send(turn, seen, pending)


def _confirm_many(turn: Turn, draft: Broadcast, pending: Pending, text: str) -> Reply | None:
    """Only the whole sentence with the right number counts: a yes may be meant for something else."""
    if consent(text) is False:
        return go_on(turn, draft, outcome=Outcome.ANSWERED)
    found = CONFIRMING.fullmatch(fold(text))
    if found is None or int(found["count"]) != pending["count"]:
        return None
    seen = look(turn, draft)
    return _send(turn, seen, pending) if seen.mark == pending["mark"] else _changed(turn, draft, pending)


def _changed(turn: Turn, draft: Broadcast, pending: Pending) -> Reply:
    """The list is not what was confirmed any more: somebody came, went or opted out."""
    return _ask_to_confirm(turn, draft, moment_of(pending), say("broadcast/list_changed"))


def _send(turn: Turn, seen: Preview, pending: Pending) -> Reply:
    at = moment_of(pending)
    broadcasts.confirm(
        turn.session, turn.campaign, turn.roles.actor, seen, due_at=at or turn.now, now=turn.now
    )
    turn.settle()
    shown = None if at is None else local(turn, at)
    return turn.reply(Outcome.ACCEPTED, say("broadcast/confirmed", count=seen.count, at=shown, on_page=False))


_CHOICES: tuple[Callable[[Turn, Broadcast], Reply], ...] = (
    _test,
    lambda turn, draft: _at(turn, draft, None),
    lambda turn, draft: ask(turn, "when", draft.id, outcome=Outcome.MOVED),
    lambda turn, draft: ask(turn, "text", draft.id, outcome=Outcome.MOVED),
    lambda turn, draft: ask(turn, "audience", draft.id, outcome=Outcome.MOVED),
    lambda turn, draft: ask(turn, "exclude", draft.id, outcome=Outcome.MOVED),
    lambda turn, draft: ask(turn, "pace", draft.id, outcome=Outcome.MOVED),
    lambda turn, draft: ask(turn, "kind", draft.id, outcome=Outcome.MOVED),
    _discard,
)
MENU = tuple(f"#{place}" for place in range(1, len(_CHOICES) + 1))
_STEPS: dict[str, Callable[[Turn, Broadcast, Pending, str], Reply | None]] = {
    "kind": _kind,
    "text": _text,
    "slight": _slight,
    "audience": _audience,
    "union": _union,
    "people": _people,
    "which": _which,
    "preview": _menu,
    "exclude": _exclude,
    "pace": _pace,
    "when": _when,
    "quiet": _quiet,
    "confirm": _confirm,
    "confirm_many": _confirm_many,
}
