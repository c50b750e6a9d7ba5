"""Who did what, when, from what to what (R99): to submissions, contacts, accounts, the group."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime, connection_of


class AuditRow(Base):
    """One act; never changed, never deleted, and never with a secret in it.

    Of a submission `submission_id` is set and `person_id` acted, and `union_code` is the union it
    counted for then; of anything else `subject` names it ("contact:12", "account:nanjing") and
    `actor` is the label of `handlers.access.Actor`.
    """

    __tablename__ = "audit"
    __table_args__ = (Index(None, "submission_id", "id"), Index(None, "subject", "id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int | None] = mapped_column(ForeignKey("submissions.id"))
    subject: Mapped[str | None] = mapped_column(String(60))
    actor: Mapped[str | None] = mapped_column(String(60))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    action: Mapped[str] = mapped_column(String(40))
    before: Mapped[str | None] = mapped_column(String(20))
    after: Mapped[str | None] = mapped_column(String(20))
    note: Mapped[str | None] = mapped_column(Text)
    union_code: Mapped[str | None] = mapped_column(String(20))


_ADD = insert(AuditRow)


def add(
    session: Session,
    submission_id: int,
    action: str,
    *,
    person_id: int | None,
    at: datetime,
    move: tuple[str | None, str],
    note: str | None = None,
) -> None:
    """Keep one act; `move` is the state before (None: there was no submission) and after."""
    before, after = move
    connection_of(session).execute(
        _ADD,
        {
            "submission_id": submission_id, "person_id": person_id, "at": at, "action": action,
            "before": before, "after": after, "note": note,
        },
    )  # fmt: skip


def note_act(
    session: Session, subject: str, action: str, *, actor: str, at: datetime, note: str | None = None
) -> None:
    """Keep one act on something that is no submission; `note` must hold no secret and no phone number."""
    connection_of(session).execute(
        _ADD, {"subject": subject, "actor": actor, "at": at, "action": action, "note": note}
    )


def list_of_subject(session: Session, subject: str) -> Sequence[AuditRow]:
    """Oldest first."""
    return session.scalars(select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.id)).all()


def count_of_subject(session: Session, subject: str, action: str, *, since: datetime) -> int:
    """How often this was done on a subject from `since` on."""
    query = select(func.count()).where(
        AuditRow.subject == subject, AuditRow.action == action, AuditRow.at >= since
    )
    return session.scalar(query) or 0


def list_of(session: Session, submission_ids: Sequence[int]) -> Sequence[AuditRow]:
    """Oldest first."""
    query = select(AuditRow).where(AuditRow.submission_id.in_(submission_ids)).order_by(AuditRow.id)
    return session.scalars(query).all()
