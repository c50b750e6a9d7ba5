"""Broadcasts in chat: the list, what became of each, and what recipients answer (R116, L8).

Writing one is in `handlers.dialogs.composing`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import broadcast_delivery, broadcasts, files
from handlers.broadcasts import LARGEST_PICTURE, PICTURES
from handlers.consent import consent, pick
from handlers.dialogs import composing
from handlers.dialogs.broadcast_questions import actor_of, local, question
from handlers.dialogs.composing import ask, go_on
from handlers.home import answer_between, home, small_talk
from handlers.messages import Line, Media, Outcome, Reply, say
from handlers.turns import Turn
from storage import broadcasts as kept

LIST = "broadcasts"
SHOWN = "broadcast_shown"
STOPPING = "broadcast_stopping"
Pending = dict[str, Any]


def _broadcast(turn: Turn, _: Any) -> Reply:
    """群发: the first question where nothing was sent yet, else the list to choose from."""
    actor_of(turn)
    rows = broadcasts.latest(turn.session, turn.campaign, turn.roles.actor, now=turn.now)
    if not rows:
        return _new(turn)
    turn.wait_for(LIST, ids=[row.broadcast.id for row in rows])
    return turn.reply(Outcome.ANSWERED, _list(turn, {}))


def _new(turn: Turn) -> Reply:
    draft = broadcasts.begin(turn.session, turn.campaign, turn.roles.actor, now=turn.now)
    return ask(turn, "kind", draft.id, outcome=Outcome.MOVED)


def _list(turn: Turn, _: Pending) -> Line:
    rows = broadcasts.latest(turn.session, turn.campaign, turn.roles.actor, now=turn.now)
    zone = turn.campaign.zone
    shown = [
        (row, None if row.broadcast.due_at is None else row.broadcast.due_at.astimezone(zone)) for row in rows
    ]
    return say("broadcast/list", rows=shown, stuck=[row for row in rows if row.is_stuck])


def _choose(turn: Turn, pending: Pending, text: str) -> Reply | None:
    actor_of(turn)
    chosen = pick(text, ["#new", *(f"#{broadcast_id}" for broadcast_id in pending["ids"])])
    if chosen is None:
        return _leave(turn, text)
    if chosen == 0:
        return _new(turn)
    return _show(turn, pending["ids"][chosen - 1])


def _leave(turn: Turn, text: str) -> Reply | None:
    if consent(text) is not False and text.strip() not in ("0", "０"):
        return None
    turn.settle()
    spec = turn.asked_spec
    left = say("broadcast/left")
    return turn.reply(Outcome.ANSWERED, left) if spec is None else answer_between(turn, spec, left)


def _show(turn: Turn, broadcast_id: int, *lines: Line, outcome: Outcome = Outcome.ANSWERED) -> Reply:
    """A draft is gone on with; of any other its results are shown, with what can be done."""
    broadcast = broadcasts.get(turn.session, turn.campaign, actor_of(turn), broadcast_id)
    if broadcast.state == "draft":
        return go_on(turn, broadcast, *lines)
    turn.wait_for(SHOWN, id=broadcast_id)
    return turn.reply(outcome, *lines, _results(turn, {"id": broadcast_id}))


def _results(turn: Turn, pending: Pending) -> Line:
    actor = turn.roles.actor
    broadcast = broadcasts.get(turn.session, turn.campaign, actor, pending["id"])
    found = broadcast_delivery.results(turn.session, actor, broadcast)
    return say(
        "broadcast/results",
        broadcast=broadcast,
        at=None if broadcast.due_at is None else local(turn, broadcast.due_at),
        found=found,
        is_stuck=broadcasts.is_stuck(turn.session, broadcast, now=turn.now),
    )


def _act(turn: Turn, pending: Pending, text: str) -> Reply | None:
    """1 everybody by name, 2 failures again, 3 change, 4 stop: what the results offer."""
    actor = actor_of(turn)
    chosen = pick(text, ("#people", "#retry", "#change", "#stop"))
    broadcast = broadcasts.get(turn.session, turn.campaign, actor, pending["id"])
    if chosen is None:
        return _leave(turn, text)
    if chosen == 0:
        found = broadcast_delivery.results(turn.session, actor, broadcast)
        return turn.reply(Outcome.ANSWERED, say("broadcast/everybody", found=found))
    if chosen == 1:
        count = broadcast_delivery.retry(turn.session, turn.campaign, actor, broadcast, now=turn.now)
        return turn.reply(Outcome.ACCEPTED, say("broadcast/retried", count=count))
    if chosen == 2:
        draft = broadcasts.reopen(turn.session, turn.campaign, actor, broadcast.id, now=turn.now)
        return go_on(turn, draft, say("broadcast/reopened"))
    turn.wait_for(STOPPING, id=broadcast.id)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, say("broadcast/ask_stop", broadcast=broadcast))


def _stop(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    actor = actor_of(turn)
    if not agreed:
        return _show(turn, pending["id"])
    turn.settle()
    out = broadcasts.cancel(turn.session, turn.campaign, actor, pending["id"], now=turn.now)
    return turn.reply(Outcome.ACCEPTED, say("broadcast/cancelled", out=out))


def _ask_stop(turn: Turn, pending: Pending) -> Line:
    broadcast = broadcasts.get(turn.session, turn.campaign, turn.roles.actor, pending["id"])
    return say("broadcast/ask_stop", broadcast=broadcast)


def take_picture(turn: Turn, pending: Pending, media: Media) -> Reply:
    """A picture that an admin sends while composing goes with the broadcast."""
    actor_of(turn)
    if media.sha256 is None:
        return files.fetch_later(turn, media, field=composing.WAITING)
    if media.format not in PICTURES:
        return turn.reply(Outcome.REJECTED, say("broadcast/no_picture"), question(turn, pending))
    if media.size is not None and media.size > LARGEST_PICTURE:
        too_large = say("broadcast/picture_too_large", size=media.size, most=LARGEST_PICTURE)
        return turn.reply(Outcome.REJECTED, too_large, question(turn, pending))
    draft = broadcasts.change(
        turn.session, turn.campaign, turn.roles.actor, pending["id"], {"picture": media.sha256}
    )
    return go_on(turn, draft, say("broadcast/picture_kept"), outcome=Outcome.ACCEPTED)


def _received(turn: Turn, _: Any) -> Reply:
    """收到 is counted once for the broadcast that came last; else it is small talk, or about a reminder."""
    spec = turn.asked_spec
    if not broadcast_delivery.receive(turn.session, turn.desk.person_id, now=turn.now):
        if spec is None and turn.roles.contact is not None:
            return turn.reply(Outcome.ANSWERED, say("broadcast/noted"))
        return home(turn) if spec is None else small_talk(turn, spec)
    thanks = say("broadcast/thanks")
    return turn.reply(Outcome.ANSWERED, thanks) if spec is None else answer_between(turn, spec, thanks)


def _no_notices(turn: Turn, _: Any) -> Reply:
    is_new = kept.opt_out(turn.session, turn.desk.person_id, now=turn.now)
    return turn.reply(Outcome.ANSWERED, say("broadcast/opted_out", is_new=is_new))


def _notices(turn: Turn, _: Any) -> Reply:
    was_out = kept.opt_in(turn.session, turn.desk.person_id)
    return turn.reply(Outcome.ANSWERED, say("broadcast/opted_in", was_out=was_out))


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "broadcast": _broadcast,
    "received": _received,
    "no_notices": _no_notices,
    "notices": _notices,
}
RESOLVERS: dict[str, Callable[[Turn, Pending, str], Reply | None]] = {
    composing.WAITING: composing.resume,
    LIST: _choose,
    SHOWN: _act,
    STOPPING: _stop,
}
REPEATS: dict[str, Callable[[Turn, Pending], Line]] = {
    composing.WAITING: question,
    LIST: _list,
    SHOWN: _results,
    STOPPING: _ask_stop,
}
# Files that belong to an open question instead of to a submission.
FILES: dict[str, Callable[[Turn, Pending, Media], Reply]] = {composing.WAITING: take_picture}
