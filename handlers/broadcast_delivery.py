"""Broadcasts on their way: rows for the outbox when they are due, and what became of each (R116, L8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers import groups, papers, telling
from handlers.access import Actor, require_admin
from handlers.audiences import Receiver, gather
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Outcome, Render, Reply, say
from handlers.papers import Issued
from handlers.telling import Message
from storage import broadcasts, people
from storage.audit import note_act
from storage.broadcasts import Broadcast, BroadcastRecipient
from storage.outbox import OutboxRow

# So many rows at most are written in one transaction.
CHUNK = 500
ANSWERED_WITHIN = timedelta(days=14)
# What a message of several parts has come to: the first of these that any part is in.
_WORST_FIRST = ("failed", "unsure", "new", "parked")
# Nobody acts when the time has come; the admin who confirmed has acted.
_CLOCKWORK = Actor("system", "", is_admin=True)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one person's message.

    `state`: "waiting", "sent", "parked" (until the person writes again), "failed" or "unsure"
    with the `error`, "skipped" with the reason as `error`.
    """

    recipient: BroadcastRecipient
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Results:
    """A broadcast and everybody it was confirmed for, in the order of telling."""

    broadcast: Broadcast
    rows: tuple[Result, ...]

    def of(self, state: str) -> tuple[Result, ...]:
        return tuple(row for row in self.rows if row.state == state)

    @property
    def received(self) -> tuple[Result, ...]:
        """Those who answered 收到."""
        return tuple(row for row in self.rows if row.recipient.received_at is not None)

    @property
    def can_retry(self) -> bool:
        """What was stopped stays stopped."""
        again = any(row.state == "failed" or row.error == "unreachable" for row in self.rows)
        return again and self.broadcast.state != "cancelled"

    @property
    def is_open(self) -> bool:
        """Whether anything is left that could be stopped."""
        return any(row.state in ("waiting", "parked") for row in self.rows)


def key_of(broadcast_id: int, person_id: int | None) -> str:
    """What names one person's message of a broadcast for ever."""
    return f"broadcast:{broadcast_id}:{'group' if person_id is None else person_id}"


def told(broadcast: Broadcast, paper: str | None) -> Reply:
    """The message as one person gets it."""
    pictures = () if paper is None else (paper,)
    if broadcast.kind == "notice":
        return Reply(Outcome.ANSWERED, (say("broadcast/notice", text=broadcast.text),), pictures=pictures)
    return Reply(Outcome.ANSWERED, (say("broadcast/duty", text=broadcast.text),), pictures=pictures)


def _told_in_group(broadcast: Broadcast, paper: str | None) -> Reply:
    pictures = () if paper is None else (paper,)
    line = say("broadcast/in_group", text=broadcast.text, is_duty=broadcast.kind == "duty")
    return Reply(Outcome.ANSWERED, (line,), pictures=pictures)


def paper_of(session: Session, broadcast: Broadcast, *, now: datetime) -> str | None:
    """A new address for the picture of a broadcast; None if it has none."""
    if broadcast.picture is None:
        return None
    issued = Issued("picture", broadcast.picture[:8], {"sha256": broadcast.picture})
    return papers.issue(session, issued, person_id=None, now=now)


def run_due(session: Session, campaign: Campaign, *, now: datetime, render: Render) -> int:
    """Put the messages of due broadcasts down for the outbox, at most `CHUNK` of them; how many.

    Called again it goes on where it stopped; two workers at once share the rows, and what one
    has put down the other passes over.
    """
    written = 0
    for broadcast in broadcasts.list_scheduled(session, campaign.pack.name, until=now):
        if written >= CHUNK:
            break
        if broadcasts.move(session, broadcast.id, ("scheduled",), "sending", started_at=now):
            broadcast.paper = paper_of(session, broadcast, now=now)
            session.flush()
        # Another worker may have begun it, or an admin stopped it, since it was read.
        current = broadcasts.find(session, broadcast.id)
        if current is not None and current.state == "sending":
            written += _put_down(session, campaign, current, CHUNK - written, render=render, now=now)
    return written


def turn_of(broadcast: Broadcast, place: int) -> datetime | None:
    """When the pace lets the person of that place be told; None before the broadcast has begun."""
    if broadcast.started_at is None or broadcast.pace is None:
        return broadcast.started_at
    return broadcast.started_at + timedelta(minutes=1) * (place - 1) / broadcast.pace


def next_due(session: Session, campaign: Campaign, *, after: datetime, until: datetime) -> datetime | None:
    """The earliest time behind `after`, and not behind `until`, at which somebody is to be told."""
    times = []
    for broadcast in broadcasts.list_scheduled(session, campaign.pack.name, until=until):
        place = broadcasts.first_waiting(session, broadcast.id)
        times.append(broadcast.due_at if broadcast.state == "scheduled" else turn_of(broadcast, place or 1))
    return min((time for time in times if time is not None and after < time <= until), default=None)


def _put_down(
    session: Session, campaign: Campaign, broadcast: Broadcast, most: int, *, render: Render, now: datetime
) -> int:
    """Those whose turn has come; a row that waited in the outbox would hold up what comes behind it."""
    places = None
    if broadcast.pace is not None and broadcast.started_at is not None:
        places = (now - broadcast.started_at) * broadcast.pace // timedelta(minutes=1) + 1
    rows = broadcasts.claim_waiting(session, broadcast.id, places=places, most=most)
    present = _present(session, campaign, broadcast, now=now) if rows else {}
    for row in rows:
        why = _why_not(present, row)
        if why is None and not _tell(session, campaign, broadcast, row, render=render, now=now):
            why = "unreachable"
        row.state, row.reason = ("told", None) if why is None else ("skipped", why)
    session.flush()
    if broadcasts.first_waiting(session, broadcast.id) is None:
        broadcasts.move(session, broadcast.id, ("sending",), "sent", ended_at=now)
    return sum(row.state == "told" for row in rows)


def _present(
    session: Session, campaign: Campaign, broadcast: Broadcast, *, now: datetime
) -> dict[int | None, Receiver]:
    """The audience as it is now: nobody is told who is done, gone or wants none since the confirmation."""
    gathered = gather(
        session, campaign, _CLOCKWORK, broadcast.audience,
        kind=broadcast.kind, excluded=broadcast.excluded, now=now,
    )  # fmt: skip
    return {one.person_id: one for one in gathered.everybody}


def _why_not(present: dict[int | None, Receiver], row: BroadcastRecipient) -> str | None:
    now = present.get(row.person_id)
    return "settled" if now is None else now.why or None


def _tell(
    session: Session,
    campaign: Campaign,
    broadcast: Broadcast,
    row: BroadcastRecipient,
    *,
    render: Render,
    now: datetime,
) -> bool:
    key = key_of(broadcast.id, row.person_id)
    due_at = turn_of(broadcast, row.place)
    if row.person_id is not None:
        message = Message(told(broadcast, broadcast.paper), broadcast.kind, key, due_at)
        return telling.tell(session, row.person_id, message, render=render, now=now)
    group = groups.bound(session, campaign)
    if group is None:
        return False
    message = Message(_told_in_group(broadcast, broadcast.paper), broadcast.kind, key, due_at)
    telling.tell_group(session, group, message, render=render, now=now)
    return True


def results(session: Session, actor: Actor, broadcast: Broadcast) -> Results:
    """What became of the message of each person."""
    require_admin(actor)
    parts: dict[str, list[OutboxRow]] = {}
    for message in broadcasts.list_messages(session, broadcast.id):
        parts.setdefault(message.dedupe_key.rpartition(":")[0], []).append(message)
    rows = [
        _result(recipient, parts.get(key_of(broadcast.id, recipient.person_id), []))
        for recipient in broadcasts.list_recipients(session, broadcast.id)
    ]
    return Results(broadcast, tuple(rows))


def _result(recipient: BroadcastRecipient, messages: Sequence[OutboxRow]) -> Result:
    if recipient.state == "skipped":
        return Result(recipient, "skipped", recipient.reason or "")
    if not messages:
        return Result(recipient, "waiting")
    for state in _WORST_FIRST:
        for message in messages:
            if message.state == state:
                return Result(recipient, "waiting" if state == "new" else state, message.error or "")
    return Result(recipient, "sent")


def retry(session: Session, campaign: Campaign, actor: Actor, broadcast: Broadcast, *, now: datetime) -> int:
    """Send again what failed, and nothing else; how many people it is for.

    Who cannot be reached now either, is done or wants none since then stays as it is. HandlerError
    if that leaves nobody.
    """
    require_admin(actor)
    if broadcast.state == "cancelled":
        raise HandlerError("broadcast/cancelled_before")
    present = _present(session, campaign, broadcast, now=now)
    found = results(session, actor, broadcast)
    again = {row.recipient.id for row in found.of("failed") if _why_not(present, row.recipient) is None}
    done = _send_again(session, broadcast, [row for row in found.rows if row.recipient.id in again], now=now)
    back = [row.recipient for row in found.of("skipped") if row.error == "unreachable"]
    for recipient in back:
        if _why_not(present, recipient) is None:
            recipient.state, recipient.reason = "waiting", None
            broadcasts.move(session, broadcast.id, ("sent",), "sending")
            done += 1
    if not done:
        raise HandlerError("broadcast/none_to_retry")
    note_act(
        session, f"broadcast:{broadcast.id}", "retry", actor=actor.label, at=now, note=f"{done} recipients"
    )
    return done


def _send_again(session: Session, broadcast: Broadcast, rows: Sequence[Result], *, now: datetime) -> int:
    wanted = {key_of(broadcast.id, row.recipient.person_id) for row in rows}
    done = set()
    for message in broadcasts.list_messages(session, broadcast.id):
        key = message.dedupe_key.rpartition(":")[0]
        if message.state != "failed" or key not in wanted:
            continue
        channel, address = message.channel, message.address
        if message.person_id is not None:
            latest = people.latest_address(session, message.person_id)
            if latest is None:
                continue
            channel, address = latest.channel, latest.address
        if broadcasts.send_again(session, message, channel=channel, address=address, now=now):
            done.add(key)
    return len(done)


def receive(session: Session, person_id: int, *, now: datetime) -> bool:
    """Note that a person answered 收到; False if there is nothing that it could answer."""
    return broadcasts.mark_received(session, person_id, since=now - ANSWERED_WITHIN, now=now)
