"""What is asked while a broadcast is composed: the question of each step, from the draft as it is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from handlers import audiences, broadcasts
from handlers.access import Actor, require_admin
from handlers.broadcasts import PACES, Preview
from handlers.messages import Line, say
from handlers.rules.ladders import allowed_from
from handlers.turns import Turn
from storage.broadcasts import Broadcast

Pending = dict[str, Any]


def actor_of(turn: Turn) -> Actor:
    """Who broadcasts; HandlerError for anybody but an admin."""
    require_admin(turn.roles.actor)
    return turn.roles.actor


def draft_of(turn: Turn, pending: Pending) -> Broadcast:
    return broadcasts.get(turn.session, turn.campaign, turn.roles.actor, pending["id"])


def look(turn: Turn, draft: Broadcast) -> Preview:
    return broadcasts.preview(turn.session, turn.campaign, turn.roles.actor, draft, now=turn.now)


def local(turn: Turn, moment: datetime) -> datetime:
    return moment.astimezone(turn.campaign.zone)


def moment_of(pending: Pending) -> datetime | None:
    return None if pending["at"] is None else datetime.fromisoformat(pending["at"])


def question(turn: Turn, pending: Pending) -> Line:
    """What a step asks, from the draft as it is now."""
    draft = draft_of(turn, pending)
    return _QUESTIONS[pending["step"]](turn, draft, pending)


def _preview_question(turn: Turn, draft: Broadcast, _: Pending) -> Line:
    seen = look(turn, draft)
    return say("broadcast/preview", draft=draft, seen=seen, gathered=seen.gathered)


def _which_question(turn: Turn, draft: Broadcast, pending: Pending) -> Line:
    found = [
        audiences.known(turn.session, turn.campaign, turn.roles.actor, person_id)
        for person_id in pending["ids"]
    ]
    return say("broadcast/ask_which", name=pending["name"], found=found)


def _confirm_question(turn: Turn, draft: Broadcast, pending: Pending) -> Line:
    at = moment_of(pending)
    return say(
        "broadcast/ask_confirm",
        count=pending["count"],
        at=None if at is None else local(turn, at),
        draft=draft,
    )


def _quiet_question(turn: Turn, draft: Broadcast, pending: Pending) -> Line:
    at = moment_of(pending) or turn.now
    later = allowed_from(at, turn.campaign.reminders, turn.campaign.zone)
    settings = turn.campaign.reminders
    return say(
        "broadcast/ask_quiet", at=local(turn, at), later=local(turn, later), settings=settings,
        is_now=pending["at"] is None,
    )  # fmt: skip


_QUESTIONS: dict[str, Callable[[Turn, Broadcast, Pending], Line]] = {
    "kind": lambda turn, draft, _: say("broadcast/ask_kind"),
    "text": lambda turn, draft, _: say("broadcast/ask_text", text=draft.text, picture=draft.picture),
    "slight": lambda turn, draft, pending: say("broadcast/ask_whether_text", said=pending["said"]),
    "audience": lambda turn, draft, _: say("broadcast/ask_audience", short=turn.pack.group_name),
    "union": lambda turn, draft, _: say("broadcast/ask_union"),
    "people": lambda turn, draft, _: say("broadcast/ask_people"),
    "which": _which_question,
    "preview": _preview_question,
    "exclude": lambda turn, draft, _: say("broadcast/ask_exclude"),
    "pace": lambda turn, draft, _: say("broadcast/ask_pace", paces=PACES),
    "when": lambda turn, draft, _: say("broadcast/ask_when"),
    "quiet": _quiet_question,
    "confirm": _confirm_question,
    "confirm_many": lambda turn, draft, pending: say(
        "broadcast/ask_confirm_many", count=pending["count"], draft=draft
    ),
}
