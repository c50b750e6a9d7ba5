"""How many messages a platform takes: windows that a person opens, and the pace of a group."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from storage import inbound, outbox
from storage.outbox import Claimed

MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Window:
    """A platform's rule: `quota` messages within `lasts` after the person did something."""

    quota: int
    lasts: timedelta


def outside(
    session: Session, channel: str, rows: Iterable[Claimed], windows: Mapping[str, Window], *, now: datetime
) -> set[int]:
    """The ids of rows whose person's window is closed or used up.

    The person's last message opens one, and so does each of their last acts. Rows without a
    person need none.
    """
    of_person = {row.id: row.person_id for row in rows if row.person_id is not None}
    people = sorted(set(of_person.values()))
    if not people or not windows:
        return set()
    sent = defaultdict(list)
    longest = max(window.lasts for window in windows.values())
    for person, at in outbox.sent_to_people(session, channel, people, since=now - longest):
        sent[person].append(at)
    openings = _openings(session, channel, people, windows, now=now)
    return {
        row_id
        for row_id, person in of_person.items()
        if not any(_is_open(windows[by], at, sent[person], now) for by, at in openings[person])
    }


def _openings(
    session: Session, channel: str, people: Sequence[int], windows: Mapping[str, Window], *, now: datetime
) -> Mapping[int, list[tuple[str, datetime]]]:
    """What opened a window for each person, and when."""
    openings: Mapping[int, list[tuple[str, datetime]]] = defaultdict(list)
    for person, at in inbound.latest_messages(session, channel, people).items():
        openings[person].append((MESSAGE, at))
    acts = [window.lasts for by, window in windows.items() if by != MESSAGE]
    if acts:
        for person, event, at in inbound.list_events(session, channel, people, since=now - max(acts)):
            if event in windows:
                openings[person].append((event, at))
    return openings


def _is_open(window: Window, since: datetime, sent: Sequence[datetime], now: datetime) -> bool:
    return now - since <= window.lasts and sum(at >= since for at in sent) < window.quota


def too_fast(
    session: Session, channel: str, rows: Iterable[Claimed], pace: Window, *, now: datetime
) -> dict[int, datetime]:
    """The rows of groups that have had as much as they take, and from when on each may be sent."""
    groups = {row.address: row.id for row in rows}
    sent = defaultdict(list)
    for address, at in outbox.sent_to_groups(session, channel, groups, since=now - pace.lasts):
        sent[address].append(at)
    return {
        groups[address]: times[-pace.quota] + pace.lasts + timedelta(milliseconds=1)
        for address, times in sent.items()
        if len(times) >= pace.quota
    }
