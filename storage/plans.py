"""What a union has set for itself: an earlier deadline, and units of its own with their shares (A30)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, Integer, String, UniqueConstraint, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime, connection_of
from storage.submissions import Answer, Submission

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


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


@dataclass(frozen=True, slots=True)
class Placed:
    """A submission that counts, by what decides its sub-unit: what the union said, else the work unit."""

    sub_unit_id: int | None
    work_unit: Any


_p = UnionPlan.__table__


def list_deadlines(session: Session, campaign: str) -> list[tuple[str, date, datetime]]:
    """Of each union with a deadline of its own: code, day, and since when that stands."""
    query = select(_p.c.union_code, _p.c.deadline, _p.c.changed_at).where(
        _p.c.campaign == campaign, _p.c.deadline.is_not(None)
    )
    rows = connection_of(session).execute(query.order_by(_p.c.union_code))
    return [(row.union_code, row.deadline, row.changed_at) for row in rows]


def put_deadline(
    session: Session, campaign: str, union_code: str, deadline: date | None, *, by: str, now: datetime
) -> None:
    """Set or clear a union's deadline, whoever else does so at the same time."""
    connection = connection_of(session)
    changed = {"deadline": deadline, "changed_at": now, "changed_by": by}
    row = _INSERTS[connection.dialect.name](_p).values(campaign=campaign, union_code=union_code, **changed)
    connection.execute(row.on_conflict_do_update(index_elements=["campaign", "union_code"], set_=changed))


def list_sub_units(session: Session, campaign: str, union_code: str) -> Sequence[SubUnit]:
    """In the order in which the union named them."""
    query = select(SubUnit).where(SubUnit.campaign == campaign, SubUnit.union_code == union_code)
    return session.scalars(query.order_by(SubUnit.id).execution_options(populate_existing=True)).all()


def put_sub_unit(
    session: Session, campaign: str, union_code: str, name: str, minimum: int, *, now: datetime
) -> None:
    """Add a sub-unit, or change the number of the one of that name."""
    connection = connection_of(session)
    row = _INSERTS[connection.dialect.name](SubUnit.__table__).values(
        campaign=campaign, union_code=union_code, name=name, minimum=minimum, created_at=now
    )
    named = ["campaign", "union_code", "name"]
    connection.execute(row.on_conflict_do_update(index_elements=named, set_={"minimum": minimum}))


def forget_sub_unit(session: Session, sub_unit_id: int) -> None:
    """Remove one; what was put under it by hand is under none."""
    session.execute(update(Submission).where(Submission.sub_unit_id == sub_unit_id).values(sub_unit_id=None))
    session.execute(delete(SubUnit).where(SubUnit.id == sub_unit_id))


def find_handed_in(session: Session, campaign: str, union_code: str, number: str) -> Submission | None:
    """What was handed in to a union under that number and was not taken back."""
    return session.scalar(
        select(Submission).where(
            Submission.campaign == campaign, Submission.union_code == union_code,
            Submission.number == number, Submission.state != "draft",
        )
    )  # fmt: skip


def list_placed(session: Session, campaign: str, union_code: str, state: str) -> list[Placed]:
    """All that count for a union, being in that state."""
    s, w = Submission.__table__, Answer.__table__
    rows = connection_of(session).execute(
        select(s.c.sub_unit_id, w.c.value)
        .select_from(s.outerjoin(w, and_(w.c.submission_id == s.c.id, w.c.field == "work_unit")))
        .where(s.c.campaign == campaign, s.c.union_code == union_code, s.c.state == state)
    )
    return [Placed(row.sub_unit_id, row.value) for row in rows]
