"""What may be sent now, and what becomes of a message that was not taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy.orm import Session

from handlers.messages import GROUP
from handlers.quotas import Window as Window
from handlers.quotas import outside, too_fast
from handlers.rules.discretion import for_group
from storage import outbox, people
from storage.outbox import Claimed, Ending

LEASE = timedelta(seconds=90)
LONGEST_WAIT = timedelta(hours=2)
# No outage may cost a message; one that is as old as a campaign nobody waits for.
GIVEN_UP_AFTER = timedelta(days=30)
# What follows a passive reply must not overtake it.
PASSIVE_FIRST = timedelta(seconds=1)
# A message that came before a row was parked may be stored only after it.
STILL_QUEUED = timedelta(seconds=3)
# What waited for a person's return is told in as few messages as every platform takes.
JOINED_BYTES = 2000
SECRET = "secret"  # noqa: S105 - a kind of message
# What a person waits for: to lose it is worse than to get it twice.
REPLIES = ("reply", SECRET)
Delivery = Claimed
LEFT = "the worker that sent it ended without a word of how it went"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a channel promises and its platform allows; see `bot.channels.base.Channel`.

    `windows` maps what opens a window, "message" or the name of an event, to its rule; none: it
    may always be written. `pace` is how much a group takes.
    """

    windows: Mapping[str, Window]
    pace: Window | None = None
    repeats_are_safe: bool = False


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended: "sent", "new" (again at `due_at`), "parked", "failed" or "unsure"."""

    state: str
    error: str | None = None
    due_at: datetime | None = None
    unreachable: bool = False


@dataclass(frozen=True, slots=True)
class Claim:
    """What was taken to be sent; `is_all` says that nothing else is due."""

    taken: Sequence[Delivery]
    is_all: bool


def wake(session: Session, *, now: datetime) -> None:
    """Let go what was parked for people who have written since; what waits for one is told together."""
    for row_id in outbox.wake_parked(session, now=now):
        outbox.join_waiting(session, row_id, most=JOINED_BYTES)


def claim(session: Session, terms: Mapping[str, Terms], *, now: datetime, most: int) -> Claim:
    """Take up to `most` of what is due on these channels.

    A row whose window is closed or used up is parked, one of a group that has had enough is put
    off. One that a worker took and left, and that may have arrived, waits for a person.
    """
    rows = outbox.claim_due(session, channels=list(terms), now=now, lease=LEASE, most=most)
    put_off: dict[int, Settlement] = {}
    for channel, some in groupby(sorted(rows, key=lambda row: row.channel), lambda row: row.channel):
        put_off |= _put_off(session, channel, list(some), terms[channel], now=now)
    settle(session, [(row, put_off[row.id]) for row in rows if row.id in put_off], now=now)
    return Claim([row for row in rows if row.id not in put_off], is_all=not rows)


def _put_off(
    session: Session, channel: str, rows: Sequence[Delivery], terms: Terms, *, now: datetime
) -> dict[int, Settlement]:
    """What of one channel cannot be sent now, by its id."""
    found = {row.id: Settlement("unsure", LEFT) for row in rows if row.was_left and is_risky(row, terms)}
    if terms.windows:
        early = [row for row in rows if row.kind in REPLIES and now < row.created_at + PASSIVE_FIRST]
        found |= {row.id: Settlement("new", None, row.created_at + PASSIVE_FIRST) for row in early}
        personal = [row for row in rows if row.id not in found and row.chat != GROUP]
        closed = Settlement("parked", "window closed", now - STILL_QUEUED)
        found |= dict.fromkeys(outside(session, channel, personal, terms.windows, now=now), closed)
    groups = [row for row in rows if row.chat == GROUP and row.id not in found]
    if terms.pace is not None and groups:
        later = too_fast(session, channel, groups, terms.pace, now=now)
        found |= {row_id: Settlement("new", None, due_at) for row_id, due_at in later.items()}
    return found


def is_risky(delivery: Delivery, terms: Terms) -> bool:
    """Whether a message that may have arrived should rather not be sent again by itself.

    Twenty-four contacts who are reminded twice are worse than one who is reminded by hand; a
    person who waits for a reply is better served twice than never.
    """
    return not terms.repeats_are_safe and (delivery.chat == GROUP or delivery.kind not in REPLIES)


def text_for(delivery: Delivery, *, public_phones: Callable[[], Sequence[str]]) -> str | None:
    """The text as its chat may see it; None for a secret that would reach a group (R93)."""
    if delivery.chat != GROUP:
        return delivery.text
    if delivery.kind == SECRET:
        return None
    return for_group(delivery.text, public_phones=public_phones())


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


def settle(session: Session, settled: Iterable[tuple[Delivery, Settlement]], *, now: datetime) -> None:
    """Record how attempts went; an address that cannot be reached is marked."""
    endings = []
    for delivery, settlement in settled:
        endings.append(
            Ending(delivery.id, delivery.attempts, settlement.state, settlement.error, settlement.due_at)
        )
        if settlement.unreachable:
            address = people.find_address(session, delivery.channel, delivery.address)
            if address is not None:
                address.reachable = False
    if endings:
        outbox.settle(session, endings, now=now)


def troubled(session: Session) -> list[tuple[str, str, int]]:
    """Channel, state and number of messages that failed, may not have arrived, or wait for a contact."""
    return outbox.count_troubled(session)


@dataclass(frozen=True, slots=True)
class Unsure:
    """A message of which nobody knows whether it arrived; `ends` are its address's last characters."""

    id: int
    channel: str
    kind: str
    chat: str
    at: datetime
    ends: str
    reason: str


def list_unsure(session: Session) -> list[Unsure]:
    """What waits for a person's decision. Its text stays where it is."""
    return [
        Unsure(row.id, row.channel, row.kind, row.chat, row.due_at, row.address[-4:], row.error or "")
        for row in outbox.list_unsure(session)
    ]


def count_unsure(session: Session) -> list[tuple[str, int]]:
    """Channels with messages that wait for a person's decision, and how many."""
    return sorted(Counter(row.channel for row in outbox.list_unsure(session)).items())


def decide(session: Session, ids: Iterable[int] | None, *, again: bool, now: datetime) -> int:
    """Send unsure messages again, or give them up; None: all of them. How many there were.

    ValueError, and nothing is decided, for an id that is not among them.
    """
    rows = {row.id: row for row in outbox.list_unsure(session)}
    chosen = list(rows) if ids is None else sorted(set(ids))
    strange = [str(row_id) for row_id in chosen if row_id not in rows]
    if strange:
        raise ValueError(", ".join(strange))
    for row_id in chosen:
        row = rows[row_id]
        if again:
            row.state, row.due_at, row.error = "new", now, None
        else:
            row.state, row.error = "failed", f"given up by hand; {row.error or ''}"
    session.flush()
    return len(chosen)
