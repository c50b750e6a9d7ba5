"""Broadcasts by the province's admins: composed, looked at, confirmed, changed, stopped (R116).

What goes out and what became of it is in `handlers.broadcast_delivery`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from handlers import telling
from handlers.access import Actor, require_admin
from handlers.audiences import EMPTY, Gathered, gather
from handlers.broadcast_delivery import key_of, next_due, paper_of, run_due, told, turn_of
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Render
from handlers.rules.discretion import for_group
from handlers.telling import Message
from storage import admins, broadcasts
from storage.audit import note_act
from storage.broadcasts import Broadcast, BroadcastRecipient

# More people than this are confirmed a second time, with text and number (L8).
MANY = 20
LONGEST = 1500
LISTED = 8
STUCK_AFTER = timedelta(minutes=10)
PACES = (10, 30, 60)
PICTURES = frozenset({"jpeg", "png"})
LARGEST_PICTURE = 2 * 1024 * 1024

__all__ = ["next_due", "run_due"]


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as it would go out now; `group_text` is how the group would see it, None without it."""

    broadcast: Broadcast
    gathered: Gathered
    group_text: str | None

    @property
    def count(self) -> int:
        return len(self.gathered.reached)

    @property
    def mark(self) -> str:
        """Changes with anything that a confirmation is about: the message, and who gets it."""
        draft = self.broadcast
        ids = [one.person_id for one in self.gathered.reached]
        seen = json.dumps([draft.kind, draft.text, draft.picture, draft.pace, ids])
        return hashlib.sha256(seen.encode()).hexdigest()[:16]

    @property
    def is_many(self) -> bool:
        return self.count > MANY


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of the list of broadcasts; `is_stuck` says that it is overdue and not sent (L8)."""

    broadcast: Broadcast
    count: int
    is_stuck: bool


def begin(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> Broadcast:
    """A new draft of this admin."""
    require_admin(actor)
    draft = Broadcast(
        campaign=campaign.pack.name, kind="", text="", audience=dict(EMPTY), excluded=[], pace=None,
        state="draft", admin_id=_admin_id(actor), created_at=now,
    )  # fmt: skip
    return broadcasts.add(session, draft)


def _admin_id(actor: Actor) -> int:
    """The admin's row, as the label of an actor names it."""
    return int(actor.label.removeprefix("admin:"))


def get(session: Session, campaign: Campaign, actor: Actor, broadcast_id: int) -> Broadcast:
    """Raises HandlerError for one that does not exist in this campaign."""
    require_admin(actor)
    found = broadcasts.find(session, broadcast_id)
    if found is None or found.campaign != campaign.pack.name:
        raise HandlerError("broadcast/no_such")
    return found


def draft_of(session: Session, campaign: Campaign, actor: Actor) -> Broadcast | None:
    """What this admin has begun and neither confirmed nor thrown away."""
    require_admin(actor)
    return broadcasts.find_draft(session, campaign.pack.name, _admin_id(actor))


def latest(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> list[Summary]:
    """The newest broadcasts of all admins, newest first."""
    require_admin(actor)
    rows = broadcasts.list_latest(session, campaign.pack.name, most=LISTED)
    counts = broadcasts.count_recipients(session, [row.id for row in rows])
    return [Summary(row, counts.get(row.id, 0), is_stuck(session, row, now=now)) for row in rows]


def is_stuck(session: Session, broadcast: Broadcast, *, now: datetime) -> bool:
    """Whether it should have gone out ten minutes ago and did not, or nobody has tried to send it."""
    latest = now - STUCK_AFTER
    if broadcast.state == "scheduled":
        return broadcast.due_at is not None and broadcast.due_at <= latest
    if broadcast.state == "sending":
        turn = turn_of(broadcast, broadcasts.first_waiting(session, broadcast.id) or 1)
        return turn is not None and turn <= latest
    return broadcast.state == "sent" and broadcasts.has_late_messages(session, broadcast.id, before=latest)


def change(
    session: Session, campaign: Campaign, actor: Actor, broadcast_id: int, changes: Mapping[str, Any]
) -> Broadcast:
    """Set kind, text, picture, audience, excluded or pace of a draft.

    HandlerError if it is none any more, or if the text is too long for one message.
    """
    get(session, campaign, actor, broadcast_id)
    text = changes.get("text", "")
    if len(text) > LONGEST:
        raise HandlerError("broadcast/too_long", length=len(text), most=LONGEST, over=text[LONGEST:])
    if not broadcasts.change_draft(session, broadcast_id, **changes):
        raise HandlerError("broadcast/begun")
    return get(session, campaign, actor, broadcast_id)


def preview(
    session: Session, campaign: Campaign, actor: Actor, broadcast: Broadcast, *, now: datetime
) -> Preview:
    """Who would get it by name, who would not and why, and how the group would see it."""
    gathered = gather(
        session, campaign, actor, broadcast.audience,
        kind=broadcast.kind, excluded=broadcast.excluded, now=now,
    )  # fmt: skip
    in_group = any(one.person_id is None for one in gathered.everybody)
    masked = for_group(broadcast.text, public_phones=campaign.pack.helpdesk.phones)
    return Preview(broadcast, gathered, masked if in_group else None)


def test(
    session: Session, actor: Actor, broadcast: Broadcast, *, key: str, render: Render, now: datetime
) -> None:
    """Send the draft to the admin alone; HandlerError if their chat is not bound or not reachable."""
    require_admin(actor)
    reply = told(broadcast, paper_of(session, broadcast, now=now))
    message = Message(reply, "duty", f"broadcast-test:{broadcast.id}:{key}")
    mine = _admin_id(actor)
    where = next((one.person_id for one in admins.list_active(session) if one.id == mine), None)
    if where is None or not telling.tell(session, where, message, render=render, now=now):
        raise HandlerError("broadcast/no_chat")


def confirm(
    session: Session, campaign: Campaign, actor: Actor, seen: Preview, *, due_at: datetime, now: datetime
) -> None:
    """Let a draft go out at `due_at` to those whom the admin has seen.

    HandlerError if nobody would get it, the time is past, or it was confirmed before.
    """
    require_admin(actor)
    broadcast = seen.broadcast
    if not seen.count:
        raise HandlerError("broadcast/nobody")
    if due_at < now:
        raise HandlerError("broadcast/past", at=due_at.astimezone(campaign.zone))
    if not broadcasts.move(
        session, broadcast.id, ("draft",), "scheduled", due_at=due_at, confirmed_at=now, started_at=None
    ):
        raise HandlerError("broadcast/begun")
    rows = [
        BroadcastRecipient(
            broadcast_id=broadcast.id, person_id=one.person_id, name=one.name, union_code=one.union_code,
            outbox_key=f"{key_of(broadcast.id, one.person_id)}:0", place=place,
        )
        for place, one in enumerate(seen.gathered.reached, 1)
    ]  # fmt: skip
    broadcasts.put_recipients(session, rows)
    _note(session, actor, broadcast, "confirm", now=now, note=f"{len(rows)} recipients")


def reopen(
    session: Session, campaign: Campaign, actor: Actor, broadcast_id: int, *, now: datetime
) -> Broadcast:
    """Make a scheduled one a draft again, to be changed and confirmed anew; HandlerError if it has begun."""
    broadcast = get(session, campaign, actor, broadcast_id)
    if broadcast.state == "draft":
        return broadcast
    if not broadcasts.move(session, broadcast_id, ("scheduled",), "draft", due_at=None, confirmed_at=None):
        raise HandlerError("broadcast/begun")
    broadcasts.drop_recipients(session, broadcast_id)
    _note(session, actor, broadcast, "reopen", now=now)
    return get(session, campaign, actor, broadcast_id)


def cancel(session: Session, campaign: Campaign, actor: Actor, broadcast_id: int, *, now: datetime) -> int:
    """Stop what has not gone out; how many messages are out already and cannot be called back.

    HandlerError if it was cancelled before, or if nothing is left that could be stopped.
    """
    broadcast = get(session, campaign, actor, broadcast_id)
    if broadcast.state == "cancelled":
        raise HandlerError("broadcast/cancelled_before")
    if broadcasts.move(session, broadcast_id, ("draft", "scheduled"), "cancelled", ended_at=now):
        broadcasts.skip_waiting(session, broadcast_id, "cancelled")
        _note(session, actor, broadcast, "cancel", now=now)
        return 0
    out, stopped = _stop(session, broadcast_id, now=now)
    if not stopped:
        raise HandlerError("broadcast/all_out")
    broadcasts.move(session, broadcast_id, ("sending", "sent"), "cancelled", ended_at=now)
    _note(session, actor, broadcast, "cancel", now=now, note=f"{stopped} stopped")
    return out


def _stop(session: Session, broadcast_id: int, *, now: datetime) -> tuple[int, int]:
    """Take back what nobody is sending; how many are out, and how many were stopped now."""
    broadcasts.skip_waiting(session, broadcast_id, "cancelled")
    broadcasts.take_back(session, broadcast_id, now=now)
    left = {row.dedupe_key for row in broadcasts.list_messages(session, broadcast_id)}
    recipients = broadcasts.list_recipients(session, broadcast_id)
    for one in recipients:
        if one.state == "told" and one.outbox_key not in left:
            one.state, one.reason = "skipped", "cancelled"
    session.flush()
    out = sum(one.state == "told" for one in recipients)
    return out, sum(one.reason == "cancelled" for one in recipients)


def _note(
    session: Session,
    actor: Actor,
    broadcast: Broadcast,
    action: str,
    *,
    now: datetime,
    note: str | None = None,
) -> None:
    note_act(session, f"broadcast:{broadcast.id}", action, actor=actor.label, at=now, note=note)
