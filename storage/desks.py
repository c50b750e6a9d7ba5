"""All that a conversation needs of one person, read and written in few statements.

This is the path of every callback, so it speaks SQLAlchemy Core with statements built once;
the ORM costs several times as much here (docs/performance.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, literal, null, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from storage.inbound import InboundRow
from storage.people import Address, Person
from storage.submissions import Answer, StoredFile, Submission


@dataclass(slots=True)
class DeskFile:
    """A file of the open draft; `size` in bytes."""

    id: int
    name: str
    caption: str | None
    kind: str
    size: int
    sha256: str
    status: str


@dataclass(slots=True)
class StoredReply:
    """What was answered to a message before."""

    outcome: str
    asked: str | None
    reply: str


@dataclass(slots=True)
class Desk:
    """A person, the open draft with its answers and files, and where the talk stands."""

    person_id: int
    name: str | None
    asked: str | None
    pending: dict[str, Any] | None
    union_hint: str | None
    submission_id: int | None
    state: str | None
    number: str | None
    pack_version: str | None
    skipped: list[str] | None
    answers: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[DeskFile]] = field(default_factory=dict)
    earlier: StoredReply | None = None
    cursor: tuple[Any, ...] = ()


_p, _a, _s = Person.__table__, Address.__table__, Submission.__table__
_w, _f, _i = Answer.__table__, StoredFile.__table__, InboundRow.__table__

_PERSON = (
    select(
        _p.c.id, _p.c.name, _p.c.asked, _p.c.pending, _p.c.union_hint,
        _s.c.id, _s.c.state, _s.c.number, _s.c.pack_version, _s.c.skipped,
    )
    .select_from(_a.join(_p, _p.c.id == _a.c.person_id).outerjoin(_s, _s.c.id == _p.c.submission_id))
    .where(_a.c.channel == bindparam("channel"), _a.c.address == bindparam("sender"))
    .with_for_update(of=_p)
)  # fmt: skip

# The lock is taken in the statement before, so this one sees what the last message left.
_PAPERS = union_all(
    select(
        literal(0).label("what"), _w.c.field, _w.c.value, _w.c.note,
        null().label("name"), literal(0).label("id"), null().label("kind"), literal(0).label("size"),
        null().label("sha256"),
    ).where(_w.c.submission_id == bindparam("submission")),
    select(
        literal(1), _f.c.field, null(), _f.c.caption, _f.c.name, _f.c.id, _f.c.kind, _f.c.size,
        _f.c.sha256 + literal(" ") + _f.c.status,
    ).where(_f.c.submission_id == bindparam("submission")),
    select(literal(2), _i.c.asked, null(), _i.c.reply, _i.c.outcome, _i.c.id, null(), literal(0), null()).where(
        _i.c.channel == bindparam("channel"), _i.c.sender == bindparam("sender"), _i.c.key == bindparam("key")
    ),
).order_by("what", "id")  # fmt: skip

_KEEP_CURSOR = (
    update(Person)
    .where(_p.c.id == bindparam("person"))
    .values(
        asked=bindparam("asked"), pending=bindparam("pending"), submission_id=bindparam("submission"),
        union_hint=bindparam("union_hint"),
    )
)  # fmt: skip
_LOG = insert(InboundRow)


def _upsert(dialect: Any) -> Any:
    statement = dialect.insert(_w)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=[_w.c.submission_id, _w.c.field],
        set_={
            "value": new.value,
            "note": new.note,
            "person_id": new.person_id,
            "answered_at": new.answered_at,
        },
    )


_PUT_ANSWER = {"sqlite": _upsert(sqlite), "postgresql": _upsert(postgresql)}


def open_desk(session: Session, channel: str, sender: str, key: str) -> Desk | None:
    """Read and lock a person's desk; None if nobody has that address.

    `earlier` is set when a message of that key was answered before. On PostgreSQL the
    person's row stays locked until the transaction ends, on SQLite the whole database is.
    """
    connection = session.connection()
    row = connection.execute(_PERSON, {"channel": channel, "sender": sender}).first()
    if row is None:
        return None
    desk = Desk(*row)
    desk.cursor = (desk.asked, desk.pending, desk.submission_id, desk.union_hint)
    _fill(desk, connection, channel=channel, sender=sender, key=key)
    return desk


def _fill(desk: Desk, connection: Any, *, channel: str, sender: str, key: str) -> None:
    where = {"submission": desk.submission_id, "channel": channel, "sender": sender, "key": key}
    for what, field_key, value, note, name, row_id, kind, size, rest in connection.execute(_PAPERS, where):
        if what == 0:
            desk.answers[field_key] = value
            if note is not None:
                desk.notes[field_key] = note
        elif what == 1:
            sha256, status = rest.split(" ")
            desk.files.setdefault(field_key, []).append(
                DeskFile(row_id, name, note, kind, size, sha256, status)
            )
        else:
            desk.earlier = StoredReply(name, field_key, note)


def reload_papers(session: Session, desk: Desk) -> None:
    """Read again the answers and files of the desk's (changed) draft."""
    desk.answers, desk.notes, desk.files = {}, {}, {}
    _fill(desk, session.connection(), channel="", sender="", key="")


def put_answer(
    session: Session, desk: Desk, field_key: str, value: Any, *, now: datetime, note: str | None
) -> None:
    """Set one answer of the open draft; any earlier value of that field is replaced."""
    connection = session.connection()
    connection.execute(
        _PUT_ANSWER[connection.dialect.name],
        {
            "submission_id": desk.submission_id, "field": field_key, "value": value, "note": note,
            "person_id": desk.person_id, "answered_at": now,
        },
    )  # fmt: skip
    desk.answers[field_key] = value
    desk.notes.pop(field_key, None)
    if note is not None:
        desk.notes[field_key] = note


def close_desk(session: Session, desk: Desk, message: dict[str, Any]) -> None:
    """Write where the talk stands, if it moved, and the log row `message` with its reply."""
    connection = session.connection()
    if desk.cursor != (desk.asked, desk.pending, desk.submission_id, desk.union_hint):
        connection.execute(
            _KEEP_CURSOR,
            {
                "person": desk.person_id, "asked": desk.asked, "pending": desk.pending,
                "submission": desk.submission_id, "union_hint": desk.union_hint,
            },
        )  # fmt: skip
    connection.execute(_LOG, message)
