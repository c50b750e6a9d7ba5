"""What a union has set for itself: an earlier deadline, and units of its own with their shares (A30)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import Base, UtcDateTime


class UnionPlan(Base):
    """A union's own deadline for its submitters; None where it keeps to the notice's."""

    __tablename__ = "union_plans"

    campaign: Mapped[str] = mapped_column(String(60), primary_key=True)
    union_code: Mapped[str] = mapped_column(String(20), primary_key=True)
    deadline: Mapped[date | None] = mapped_column(Date)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(60))


class SubUnit(Base):
    """A county's or an industry's union below one of the 24, with the number that is asked of it."""

    __tablename__ = "sub_units"
    __table_args__ = (UniqueConstraint("campaign", "union_code", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    union_code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    minimum: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
