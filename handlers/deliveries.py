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
MOST_ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=2)


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


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended: "sent", "new" (again at `due_at`), "parked" or "failed"."""

    state: str
    error: str | None = None
    due_at: datetime | None = None
    unreachable: bool = False


def claim(session: Session, windows: Mapping[str, Mapping[str, Window]], *, now: datetime) -> list[Delivery]:
    """Take what is due on these channels. A row whose window is closed or used up is parked.

    `windows` maps a channel to its rules by what opened the window: "message" or "event"; a
    channel without rules may always send.
    """
    outbox.wake_parked(session, now=now)
    taken = []
    for row in outbox.claim_due(session, channels=list(windows), now=now, lease=LEASE, most=BATCH):
        if _may_send(session, row, windows[row.channel], now=now):
            taken.append(Delivery(row.id, row.channel, row.address, row.text, row.attempts))
        else:
            outbox.settle(session, row.id, state="parked", error="window closed", due_at=now, now=now)
    return taken


def _may_send(session: Session, row: OutboxRow, windows: Mapping[str, Window], *, now: datetime) -> bool:
    if not windows:
        return True
    latest = inbound.latest_of_person(session, row.channel, row.person_id)
    if latest is None:
        return False
    window = windows["event" if latest.kind == "event" else "message"]
    if now - latest.received_at > window.lasts:
        return False
    return outbox.count_sent_since(session, row.channel, row.address, latest.received_at) < window.quota


def give_back(
    delivery: Delivery, action: str, reason: str, *, now: datetime, wait: float | None
) -> Settlement:
    """What to do with a refused message: `action` as in `bot.channels.base.ChannelError`."""
    if action == "park":
        return Settlement("parked", reason, now)
    if action == "drop":
        return Settlement("failed", reason, unreachable=True)
    if action == "fail" or (action == "retry" and delivery.attempts >= MOST_ATTEMPTS):
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
        state=settlement.state,
        error=settlement.error,
        due_at=settlement.due_at,
        now=now,
    )
    if settlement.unreachable:
        address = people.find_address(session, delivery.channel, delivery.address)
        if address is not None:
            address.reachable = False
