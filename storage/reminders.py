"""Reminders: which step of which ladder was run, and what each person was told, never twice (R114)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import Base, JsonValue, UtcDateTime


class ReminderStep(Base):
    """A step of a ladder that is over: "done", or "dropped" because a later one was due as well.

    The key holds no date, so a deadline that is moved repeats nothing.
    """

    __tablename__ = "reminder_steps"

    campaign: Mapped[str] = mapped_column(String(60), primary_key=True)
    ladder: Mapped[str] = mapped_column(String(40), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    planned_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ran_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Reminder(Base):
    """One thing that one recipient was reminded of; `dedupe_key` is duty, step and recipient.

    `state`: "sent" (an outbox row with `outbox_key` was written), "snoozed" (again at
    `due_at`), "closed" (was snoozed, and then nothing was owed any more). `person_id` None
    stands for the group. `detail` is what was owed then.
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
