"""Who changed a submission's state, when, from what to what (R99)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime


class AuditRow(Base):
    """One act on a submission; never changed, never deleted."""

    __tablename__ = "audit"
    __table_args__ = (Index(None, "submission_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(String(20))
    after: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)


def add(session: Session, row: AuditRow) -> None:
    session.add(row)
    session.flush()


def list_of(session: Session, submission_ids: Sequence[int]) -> Sequence[AuditRow]:
    """Oldest first."""
    query = select(AuditRow).where(AuditRow.submission_id.in_(submission_ids)).order_by(AuditRow.id)
    return session.scalars(query).all()
