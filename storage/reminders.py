"""Reminders: which step of which ladder was run, and what each person was told, never twice (R114)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.admins import Admin
from storage.campaigns import Campaign
from storage.contacts import RosterEntry
from storage.db import Base, JsonValue, UtcDateTime, connection_of
from storage.inbound import EVENT, FETCHED, InboundRow
from storage.people import Address

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class ReminderStep(Base):
    """A step of a ladder that is over: "done", or "dropped" because a later one was due as well.

    One with very many readers is "running" and has `reached` the person of that id. The key holds
    no date, so a deadline that is moved repeats nothing.
    """

    __tablename__ = "reminder_steps"

    campaign: Mapped[str] = mapped_column(String(60), primary_key=True)
    ladder: Mapped[str] = mapped_column(String(40), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    reached: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reminder(Base):
    """One thing that one recipient was reminded of; `dedupe_key` is duty, step and recipient.

    `state`: "sent" (an outbox row with `outbox_key` was written), "snoozed" (again at
    `due_at`), "closed" (was snoozed, and then nothing was owed any more). `person_id` None
    stands for the group. `detail` is what was owed then. Those of `storage.falls` are of a union
    instead of a person, and "waiting" before they are sent.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        UniqueConstraint("dedupe_key"),
        Index(None, "campaign", "state", "due_at"),
        Index(None, "person_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    dedupe_key: Mapped[str] = mapped_column(String(200))
    ladder: Mapped[str] = mapped_column(String(40))
    step: Mapped[str] = mapped_column(String(40))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    union_code: Mapped[str | None] = mapped_column(String(20))
    detail: Mapped[Any] = mapped_column(JsonValue)
    state: Mapped[str] = mapped_column(String(10))
    outbox_key: Mapped[str | None] = mapped_column(String(200))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def list_steps(session: Session, campaign: str) -> dict[tuple[str, str], ReminderStep]:
    """The steps of a campaign that are over or being run, by ladder and step."""
    rows = session.scalars(select(ReminderStep).where(ReminderStep.campaign == campaign))
    return {(row.ladder, row.step): row for row in rows}


def claim_step(session: Session, step: dict[str, Any]) -> bool:
    """Take a step, given by its columns; False if another process took it, now or before.

    On PostgreSQL this waits for a process that holds the same one.
    """
    connection = connection_of(session)
    insert = _INSERTS[connection.dialect.name](ReminderStep.__table__)
    taken = insert.values(**step).on_conflict_do_nothing().returning(ReminderStep.step)
    return connection.execute(taken).first() is not None


def hold_running(session: Session, campaign: str) -> Sequence[ReminderStep]:
    """The steps that are run in parts, locked; those that another process holds are passed over."""
    query = select(ReminderStep).where(ReminderStep.campaign == campaign, ReminderStep.state == "running")
    query = query.order_by(ReminderStep.ladder, ReminderStep.step).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def hold(session: Session, campaign: str) -> None:
    """Wait for whoever else reminds people by hand, and keep others waiting until the transaction ends."""
    session.execute(select(Campaign.name).where(Campaign.name == campaign).with_for_update())


def add(session: Session, rows: Sequence[Reminder]) -> None:
    session.add_all(rows)
    session.flush()


def known_keys(session: Session, keys: Sequence[str]) -> set[str]:
    """Which of these things were told, or are to be told, already."""
    return set(session.scalars(select(Reminder.dedupe_key).where(Reminder.dedupe_key.in_(keys))))


def hold_snoozed(session: Session, campaign: str, *, now: datetime, most: int) -> Sequence[Reminder]:
    """What was put off and is due again, locked; what another process holds is passed over."""
    query = select(Reminder).where(
        Reminder.campaign == campaign, Reminder.state == "snoozed", Reminder.due_at <= now
    )
    query = query.order_by(Reminder.due_at, Reminder.id).limit(most).with_for_update(skip_locked=True)
    return session.scalars(query.execution_options(populate_existing=True)).all()


def next_snoozed(session: Session, campaign: str, *, after: datetime | None = None) -> datetime | None:
    """When the next thing that was put off is due; with `after` the next behind it."""
    query = select(func.min(Reminder.due_at)).where(
        Reminder.campaign == campaign, Reminder.state == "snoozed"
    )
    return session.scalar(query if after is None else query.where(Reminder.due_at > after))


def list_snoozed(session: Session, campaign: str, *, until: datetime) -> Sequence[Reminder]:
    query = select(Reminder).where(
        Reminder.campaign == campaign, Reminder.state == "snoozed", Reminder.due_at <= until
    )
    return session.scalars(query.order_by(Reminder.due_at, Reminder.id)).all()


def list_told_since(session: Session, campaign: str, people_ids: Sequence[int], since: datetime) -> set[int]:
    """Which of these people were told something since then."""
    query = select(Reminder.person_id).where(
        Reminder.campaign == campaign, Reminder.state == "sent", Reminder.created_at >= since
    )
    found = session.scalars(query.where(Reminder.person_id.in_(people_ids)))
    return {person_id for person_id in found if person_id is not None}


def find_last(session: Session, campaign: str, person_id: int) -> Reminder | None:
    """What a person was told last."""
    query = select(Reminder).where(
        Reminder.campaign == campaign, Reminder.person_id == person_id, Reminder.state == "sent"
    )
    return session.scalar(query.order_by(Reminder.id.desc()).limit(1))


def list_reachable(session: Session, people_ids: Sequence[int]) -> set[int]:
    """Which of these people have an address at which they can be reached."""
    query = select(Address.person_id).where(Address.reachable.is_(True), Address.person_id.in_(people_ids))
    return set(session.scalars(query))


def list_writing(session: Session, people_ids: Sequence[int], *, since: datetime) -> dict[int, datetime]:
    """When those of these people who wrote or sent something after `since` did so last."""
    rows = session.execute(
        select(InboundRow.person_id, func.max(InboundRow.received_at))
        .where(InboundRow.person_id.in_(people_ids), InboundRow.received_at > since)
        .where(InboundRow.kind.not_in((EVENT, FETCHED)))
        .group_by(InboundRow.person_id)
    )
    return {row[0]: row[1] for row in rows}


def list_admins(session: Session) -> list[int]:
    """The people who get the province's lists."""
    query = select(Admin.person_id).where(Admin.person_id.is_not(None), Admin.revoked_at.is_(None))
    return [person_id for person_id in session.scalars(query.order_by(Admin.id)) if person_id is not None]


def list_roster(session: Session, campaign: str) -> Sequence[RosterEntry]:
    """Whom the province's own list names, in its order."""
    query = select(RosterEntry).where(RosterEntry.campaign == campaign)
    return session.scalars(query.order_by(RosterEntry.id)).all()
