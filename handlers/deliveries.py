"""What may be sent now, and what becomes of a message that was not taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import inbound, outbox, people
from storage.outbox import OutboxRow

LEASE = timedelta(seconds=90)
BATCH = 40
LONGEST_WAIT = timedelta(hours=2)
# No outage may cost a message; one that is as old as a campaign nobody waits for.
GIVEN_UP_AFTER = timedelta(days=30)
# What follows a passive reply must not overtake it.
PASSIVE_FIRST = timedelta(seconds=1)
# A message that came before a row was parked may be stored only after it.
STILL_QUEUED = timedelta(seconds=3)
# What waited for a person's return is told in as few messages as every platform takes.
JOINED_BYTES = 2000
MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Window:
    """A platform's rule: `quota` messages within `lasts` after the person did something."""

    quota: int
    lasts: timedelta


@dataclass(frozen=True, slots=True)
class Delivery:
    """A claimed outbox row, free of the session."""

    id: int
    channel: str
    address: str
    text: str
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended: "sent", "new" (again at `due_at`), "parked" or "failed"."""

    state: str
    error: str | None = None
    due_at: datetime | None = None
    unreachable: bool = False


def claim(session: Session, windows: Mapping[str, Mapping[str, Window]], *, now: datetime) -> list[Delivery]:
    """Take what is due on these channels. A row whose window is closed or used up is parked.

    `windows` maps a channel to its rules by what opens the window: "message", or the name of an
    event; a channel without rules may always send.
    """
    for row_id in outbox.wake_parked(session, now=now):
        outbox.join_waiting(session, row_id, most=JOINED_BYTES)
    taken = []
    for row in outbox.claim_due(session, channels=list(windows), now=now, lease=LEASE, most=BATCH):
        rules = windows[row.channel]
        if rules and now < row.created_at + PASSIVE_FIRST:
            _put_off(session, row, "new", None, due_at=row.created_at + PASSIVE_FIRST, now=now)
        elif rules and not _may_send(session, row, rules, now=now):
            _put_off(session, row, "parked", "window closed", due_at=now - STILL_QUEUED, now=now)
        else:
            taken.append(Delivery(row.id, row.channel, row.address, row.text, row.attempts, row.created_at))
    return taken


def _put_off(
    session: Session, row: OutboxRow, state: str, reason: str | None, *, due_at: datetime, now: datetime
) -> None:
    outbox.settle(session, row.id, row.attempts, state=state, error=reason, due_at=due_at, now=now)


def _may_send(session: Session, row: OutboxRow, windows: Mapping[str, Window], *, now: datetime) -> bool:
    """Whether the person's last message or one of their last acts still allows one more."""
    if row.person_id is None:
        return True
    wrote_at = inbound.latest_message(session, row.channel, row.person_id)
    if wrote_at is not None and _is_open(session, row, windows[MESSAGE], wrote_at, now=now):
        return True
    longest = max(window.lasts for opened_by, window in windows.items() if opened_by != MESSAGE)
    acts = inbound.list_events(session, row.channel, row.person_id, since=now - longest)
    return any(
        _is_open(session, row, windows[event], at, now=now)
        for event, at in acts
        if event in windows and event != MESSAGE
    )


def _is_open(session: Session, row: OutboxRow, window: Window, since: datetime, *, now: datetime) -> bool:
    if now - since > window.lasts:
        return False
    return outbox.count_sent_since(session, row.channel, row.address, since) < window.quota


def held_up(session: Session) -> list[tuple[str, str, int]]:
    """What keeps messages from going out: channel, the platform's reason, how many wait."""
    return outbox.count_held_up(session)


def give_back(
    delivery: Delivery, action: str, reason: str, *, now: datetime, wait: float | None
) -> Settlement:
    """What to do with a refused message: `action` as in `bot.channels.base.ChannelError`."""
    if action == "park":
        return Settlement("parked", reason, now)
    if action == "drop":
        return Settlement("failed", reason, unreachable=True)
    if action == "fail" or (action == "retry" and now - delivery.created_at > GIVEN_UP_AFTER):
        return Settlement("failed", reason)
    pause = timedelta(seconds=wait) if wait is not None else _back_off(delivery.attempts)
    return Settlement("new", reason, now + pause)


def _back_off(attempts: int) -> timedelta:
    """2 s, 4 s, 8 s … up to two hours."""
    return min(timedelta(seconds=float(2 ** min(attempts, 13))), LONGEST_WAIT)


def settle(session: Session, delivery: Delivery, settlement: Settlement, *, now: datetime) -> None:
    """Record how it went; an address that cannot be reached is marked."""
    outbox.settle(
        session,
        delivery.id,
        delivery.attempts,
        state=settlement.state,
        error=settlement.error,
        due_at=settlement.due_at,
        now=now,
    )
    if settlement.unreachable:
        address = people.find_address(session, delivery.channel, delivery.address)
        if address is not None:
            address.reachable = False
