"""Falls: submissions that counted for a union and do no more, kept until the union was told (A29).

Their rows are reminders of a union, one for each act, whose key is that act.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from storage.reminders import Reminder

LADDER = "falls"
WAITING = "waiting"


def add(session: Session, campaign: str, union_code: str, *, act_id: int, row: dict[str, Any]) -> None:
    """Keep that the act of this audit row took something from a union; `row` has the times and the detail."""
    fall = Reminder(
        campaign=campaign, dedupe_key=f"{campaign}:{LADDER}:{act_id}", ladder=LADDER, step=str(act_id),
        union_code=union_code, state=WAITING, **row,
    )  # fmt: skip
    session.add(fall)
    session.flush()


def _is_waiting(campaign: str) -> tuple[ColumnElement[bool], ...]:
    return Reminder.campaign == campaign, Reminder.state == WAITING, Reminder.ladder == LADDER


def hold_due(session: Session, campaign: str, *, now: datetime) -> Sequence[Reminder]:
    """Those whose time has come, oldest first, locked; what another process holds is passed over."""
    query = select(Reminder).where(*_is_waiting(campaign), Reminder.due_at <= now)
    query = query.order_by(Reminder.id).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def list_waiting(session: Session, campaign: str, *, until: datetime) -> Sequence[Reminder]:
    """Those whose time comes by then, oldest first."""
    query = select(Reminder).where(*_is_waiting(campaign), Reminder.due_at <= until)
    return session.scalars(query.order_by(Reminder.id)).all()


def next_waiting(session: Session, campaign: str, *, after: datetime | None = None) -> datetime | None:
    """When the first is due; with `after` the next behind it."""
    query = select(func.min(Reminder.due_at)).where(*_is_waiting(campaign))
    return session.scalar(query if after is None else query.where(Reminder.due_at > after))
