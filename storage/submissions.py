"""Submissions, their answers and their files; a draft is a submission in state draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from storage.db import Base, JsonValue, UtcDateTime, connection_of


class Submission(Base):
    """One result. `union_code` is set at submission: the union it counts for (R53).

    `number` is issued at the first submission and kept; `route` is "self" or "organised" (R7).
    `pack_version` is the version of the rules that its owner last saw, `skipped` the keys of
    fields left for later, `title_key` the title without spaces and punctuation (R58). `short` is
    how many fields were missing for a submission when its owner last wrote (None: not counted yet).
    `sub_unit_id` is the unit that its union has put it under (A30).
    """

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("number"),
        Index(None, "person_id"),
        Index(None, "campaign", "union_code"),
        Index(None, "campaign", "title_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    campaign: Mapped[str] = mapped_column(String(60))
    pack_version: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20))
    route: Mapped[str] = mapped_column(String(20))
    union_code: Mapped[str | None] = mapped_column(String(20))
    skipped: Mapped[Any] = mapped_column(JsonValue, default=list)
    title_key: Mapped[str | None] = mapped_column(Text)
    short: Mapped[int | None]
    number: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sub_unit_id: Mapped[int | None] = mapped_column(ForeignKey("sub_units.id"))


class Answer(Base):
    """The present value of one field; `note` is a reason its owner gave (A7)."""

    __tablename__ = "answers"

    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    field: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[Any] = mapped_column(JsonValue)
    note: Mapped[str | None] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    answered_at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoredFile(Base):
    """A file in a field; the bytes are in the blob store under `sha256`, `size` in bytes.

    `status`: "stored", or "stale" once the paper no longer names the result as it is now (R33).
    """

    __tablename__ = "files"
    __table_args__ = (Index(None, "submission_id", "field"), Index(None, "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    submission_id: Mapped[int] = mapped_column(ForeignKey("submissions.id"))
    field: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(Text)
    caption: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(20))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(20))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class NumberCounter(Base):
    """The last submission number given out for a union; gapless, since it rolls back too."""

    __tablename__ = "number_counters"

    campaign: Mapped[str] = mapped_column(String(60), primary_key=True)
    union_code: Mapped[str] = mapped_column(String(20), primary_key=True)
    last: Mapped[int]


# What every conversation needs speaks Core, as storage.desks does.
_s, _w = Submission.__table__, Answer.__table__
_ADD = insert(Submission).returning(Submission.id)
_OF_PERSON = (
    select(_s.c.id, _s.c.state, _s.c.number, _s.c.created_at, _w.c.value.label("title"))
    .select_from(_s.outerjoin(_w, (_w.c.submission_id == _s.c.id) & (_w.c.field == "title")))
    .where(_s.c.person_id == bindparam("person"), _s.c.campaign == bindparam("campaign"))
    .order_by(_s.c.id)
)
_WITH_TITLE = (
    select(_s.c.person_id)
    .where(
        _s.c.campaign == bindparam("campaign"),
        _s.c.title_key == bindparam("title_key"),
        _s.c.id != bindparam("besides"),
    )
    .limit(1)
)


def get(session: Session, submission_id: int) -> Submission:
    """Raises NoResultFound."""
    found = session.get(Submission, submission_id)
    if found is None:
        raise NoResultFound
    return found


def add(session: Session, submission: dict[str, Any]) -> int:
    """Add one, given by its columns; those not named are empty. Its id."""
    return int(connection_of(session).execute(_ADD, submission).scalar_one())


def list_of_person(session: Session, person_id: int, campaign: str) -> Sequence[Any]:
    """A person's submissions as rows of id, state, number, created_at and title, oldest first."""
    wanted = {"person": person_id, "campaign": campaign}
    return connection_of(session).execute(_OF_PERSON, wanted).all()


def list_of_campaign(session: Session, campaign: str) -> Sequence[Submission]:
    """All of a campaign by id, drafts included."""
    query = select(Submission).where(Submission.campaign == campaign).order_by(Submission.id)
    return session.scalars(query).all()


def count_by_union(session: Session, campaign: str, states: Sequence[str]) -> dict[str, int]:
    """How many submissions in these states count for each union; unions with none are absent."""
    rows = session.execute(
        select(Submission.union_code, func.count())
        .where(
            Submission.campaign == campaign, Submission.state.in_(states), Submission.union_code.is_not(None)
        )
        .group_by(Submission.union_code)
    )
    return {code: count for code, count in rows if code is not None}


def list_counting(session: Session, submission_ids: Sequence[int], state: str, union_code: str) -> set[int]:
    """Which of these are in a state and count for a union."""
    query = select(Submission.id).where(Submission.state == state, Submission.union_code == union_code)
    return set(session.scalars(query.where(Submission.id.in_(submission_ids))))


@dataclass(frozen=True, slots=True)
class Numbered:
    """A submission that has a number, with the two answers by which people know it."""

    number: str
    state: str
    submitted_at: datetime
    title: Any
    completers: Any


def count_numbered(session: Session, campaign: str, union_code: str) -> int:
    """How many a union was ever handed; what was taken back since keeps its number."""
    query = select(func.count()).where(*_numbered(campaign, union_code))
    return session.scalar(query) or 0


def list_numbered(
    session: Session, campaign: str, union_code: str, *, skip: int, most: int
) -> Sequence[Numbered]:
    """Those of a union, newest first."""
    title, completers = aliased(Answer), aliased(Answer)
    rows = session.execute(
        select(
            Submission.number, Submission.state, Submission.submitted_at,
            title.value.label("title"), completers.value.label("completers"),
        )
        .outerjoin(title, (title.submission_id == Submission.id) & (title.field == "title"))
        .outerjoin(
            completers, (completers.submission_id == Submission.id) & (completers.field == "completers")
        )
        .where(*_numbered(campaign, union_code))
        .order_by(Submission.submitted_at.desc(), Submission.id.desc())
        .offset(skip)
        .limit(most)
    )  # fmt: skip
    return [Numbered(**row._mapping) for row in rows]


def _numbered(campaign: str, union_code: str) -> tuple[ColumnElement[bool], ...]:
    return (
        Submission.campaign == campaign, Submission.union_code == union_code, Submission.number.is_not(None)
    )  # fmt: skip


def find_title(session: Session, campaign: str, title_key: str, *, besides: int) -> int | None:
    """Whose another submission of that title is, drafts included; None if there is none."""
    wanted = {"campaign": campaign, "title_key": title_key, "besides": besides}
    found: int | None = connection_of(session).execute(_WITH_TITLE, wanted).scalar()
    return found


def list_answers(session: Session, submission_ids: Sequence[int]) -> Sequence[Answer]:
    return session.scalars(select(Answer).where(Answer.submission_id.in_(submission_ids))).all()


def list_files(session: Session, submission_ids: Sequence[int]) -> Sequence[StoredFile]:
    """In the order in which they came."""
    query = select(StoredFile).where(StoredFile.submission_id.in_(submission_ids))
    return session.scalars(query.order_by(StoredFile.id)).all()


def forget_answer(session: Session, submission_id: int, field: str) -> None:
    session.execute(delete(Answer).where(Answer.submission_id == submission_id, Answer.field == field))


def name_file(session: Session, file_id: int, caption: str) -> None:
    session.execute(update(StoredFile).where(StoredFile.id == file_id).values(caption=caption))


def forget_file(session: Session, file_id: int) -> None:
    """The row goes, the bytes stay: another file may be the same bytes (L9)."""
    session.execute(delete(StoredFile).where(StoredFile.id == file_id))


def mark_files_stale(session: Session, submission_id: int, fields: Sequence[str]) -> int:
    """How many stored files of these fields became stale."""
    done = session.execute(
        update(StoredFile)
        .where(
            StoredFile.submission_id == submission_id,
            StoredFile.field.in_(fields),
            StoredFile.status == "stored",
        )
        .values(status="stale")
    )
    return int(done.rowcount)  # type: ignore[attr-defined]


def next_in_union(session: Session, campaign: str, union_code: str) -> int:
    """Count one further for a union; the row stays locked until the transaction ends."""
    step = (
        update(NumberCounter)
        .where(NumberCounter.campaign == campaign, NumberCounter.union_code == union_code)
        .values(last=NumberCounter.last + 1)
        .returning(NumberCounter.last)
    )
    last = session.scalar(step)
    if last is not None:
        return int(last)
    session.execute(insert(NumberCounter).values(campaign=campaign, union_code=union_code, last=1))
    return 1
