"""Who did what, when, from what to what (R99): to submissions, contacts, accounts, the group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, func, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime, connection_of
from storage.submissions import Submission


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


@dataclass(frozen=True, slots=True)
class Move:
    """From one state (None: there was no submission) to the next, and the union that it counts for, or did until now."""

    before: str | None
    after: str
    union_code: str | None = None


_ADD = insert(AuditRow)
_ADD_ACT = _ADD.returning(AuditRow.id)


def add(
    session: Session,
    submission_id: int,
    action: str,
    *,
    person_id: int | None,
    at: datetime,
    move: Move,
    note: str | None = None,
) -> int:
    """Keep one act on a submission; the id of its row."""
    row = {
        "submission_id": submission_id, "person_id": person_id, "at": at, "action": action,
        "before": move.before, "after": move.after, "union_code": move.union_code, "note": note,
    }  # fmt: skip
    return int(connection_of(session).execute(_ADD_ACT, row).scalar_one())


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


def count_by_union_before(
    session: Session, campaign: str, state: str, *, instant: datetime
) -> dict[str, int]:
    """How many submissions were in a state just before an instant, by the union that each counted for then.

    Of each submission its last move before the instant decides, whatever became of it since.
    Unions with none are absent.
    """
    last = (
        select(func.max(AuditRow.id).label("id"))
        .where(AuditRow.submission_id.is_not(None), AuditRow.after.is_not(None), AuditRow.at < instant)
        .group_by(AuditRow.submission_id)
        .subquery()
    )
    rows = session.execute(
        select(AuditRow.union_code, func.count())
        .join(last, last.c.id == AuditRow.id)
        .join(Submission, Submission.id == AuditRow.submission_id)
        .where(Submission.campaign == campaign, AuditRow.after == state, AuditRow.union_code.is_not(None))
        .group_by(AuditRow.union_code)
    )
    return {code: count for code, count in rows if code is not None}
