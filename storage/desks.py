"""All that conversations need of people, read and written in few statements for many at once.

This is the path of every callback, so it speaks SQLAlchemy Core with statements built once; the
ORM costs several times as much here (docs/performance.md). Within one transaction each desk is
read once. What conversations change is gathered and written together: before any ORM statement
of the same session, which might look for it, and before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, event, insert, literal, null, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ORMExecuteState, Session

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
    """A person, the open draft with its answers and files, and where the talk stands.

    `title_key` is the draft's title for comparison, as far as it was set in this transaction;
    `short` how many fields the draft lacks for a submission (None: not counted yet).
    """

    person_id: int
    name: str | None
    asked: str | None
    pending: dict[str, Any] | None
    union_hint: str | None
    submission_id: int | None
    state: str | None = None
    number: str | None = None
    pack_version: str | None = None
    skipped: list[str] | None = None
    answers: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    files: dict[str, list[DeskFile]] = field(default_factory=dict)
    earlier: StoredReply | None = None
    title_key: str | None = None
    short: int | None = None
    cursor: tuple[Any, ...] = ()
    draft: tuple[Any, ...] = ()


_p, _a, _s = Person.__table__, Address.__table__, Submission.__table__
_w, _f, _i = Answer.__table__, StoredFile.__table__, InboundRow.__table__

# Rows are locked in the order of their ids, so that two processes cannot wait for each other.
_PEOPLE = (
    select(
        _a.c.address,
        _p.c.id, _p.c.name, _p.c.asked, _p.c.pending, _p.c.union_hint, _p.c.submission_id,
    )
    .select_from(_a.join(_p, _p.c.id == _a.c.person_id))
    .where(_a.c.channel == bindparam("channel"), _a.c.address.in_(bindparam("senders", expanding=True)))
    .order_by(_p.c.id)
    .with_for_update(of=_p, key_share=True)
)  # fmt: skip

# The locks are taken in the statement before, so this one sees what the last message left. That
# statement itself waited for a lock with an old view of every row but the locked one.
_PAPERS = union_all(
    select(
        literal(0).label("what"), _w.c.submission_id.label("of"), _w.c.field, _w.c.value, _w.c.note,
        null().label("name"), literal(0).label("id"), null().label("kind"), literal(0).label("size"),
        null().label("sha256"),
    ).where(_w.c.submission_id.in_(bindparam("submissions", expanding=True))),
    select(
        literal(1), _f.c.submission_id, _f.c.field, null(), _f.c.caption, _f.c.name, _f.c.id, _f.c.kind,
        _f.c.size, _f.c.sha256 + literal(" ") + _f.c.status,
    ).where(_f.c.submission_id.in_(bindparam("submissions", expanding=True))),
    select(
        literal(2), literal(0), _i.c.asked, null(), _i.c.reply, _i.c.outcome, _i.c.id, null(), literal(0),
        _i.c.identity,
    ).where(_i.c.identity.in_(bindparam("identities", expanding=True))),
    select(
        literal(3), _s.c.id, _s.c.state, _s.c.skipped, _s.c.number, _s.c.pack_version, literal(0), null(),
        _s.c.short, null(),
    ).where(_s.c.id.in_(bindparam("submissions", expanding=True))),
).order_by("what", "id")  # fmt: skip

_KEEP_CURSOR = (
    update(Person)
    .where(_p.c.id == bindparam("person"))
    .values(
        asked=bindparam("asked"), pending=bindparam("pending"), submission_id=bindparam("submission"),
        union_hint=bindparam("union_hint"),
    )
)  # fmt: skip
_KEEP_DRAFT = (
    update(Submission)
    .where(_s.c.id == bindparam("submission"))
    .values(
        skipped=bindparam("skipped"), pack_version=bindparam("version"), title_key=bindparam("title_key"),
        short=bindparam("short"), changed_at=bindparam("now"),
    )
)  # fmt: skip
_KEEP_DRAFT_ONLY = (
    update(Submission)
    .where(_s.c.id == bindparam("submission"))
    .values(
        skipped=bindparam("skipped"), pack_version=bindparam("version"), short=bindparam("short"),
        changed_at=bindparam("now"),
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


class _Room:
    """The desks of one transaction, and what is still to be written of them."""

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self._put_answer = _PUT_ANSWER[self._connection.dialect.name]
        self.desks: dict[tuple[str, str], Desk | None] = {}
        self.replies: dict[str, StoredReply] = {}
        self.seen: set[str] = set()
        self.waiting: list[tuple[Any, list[dict[str, Any]]]] = []

    def fetch(self, channel: str, senders: Sequence[str], identities: Sequence[str]) -> None:
        """Read and lock the desks of some people of a channel, and what they were answered before."""
        new = [sender for sender in dict.fromkeys(senders) if (channel, sender) not in self.desks]
        desks: dict[int | None, Desk] = {}
        if new:
            self.desks.update(dict.fromkeys((channel, sender) for sender in new))
            rows = self._connection.execute(_PEOPLE, {"channel": channel, "senders": new})
            for sender, *facts in rows:
                desk = self.desks[channel, sender] = Desk(*facts)
                desk.cursor, desk.draft = _cursor(desk), _draft(desk)
                desks[desk.submission_id] = desk
        self._read_papers(desks, [identity for identity in identities if identity not in self.seen])

    def _read_papers(self, desks: dict[int | None, Desk], identities: Sequence[str]) -> None:
        self.seen.update(identities)
        drafts = [submission for submission in desks if submission is not None]
        if not drafts and not identities:
            return
        wanted = {"submissions": drafts or [0], "identities": list(identities) or [""]}
        for what, of, key, value, note, name, row_id, kind, size, rest in self._connection.execute(
            _PAPERS, wanted
        ):
            if what == 0:
                desks[of].answers[key] = value
                if note is not None:
                    desks[of].notes[key] = note
            elif what == 1:
                sha256, status = rest.split(" ")
                file = DeskFile(row_id, name, note, kind, size, sha256, status)
                desks[of].files.setdefault(key, []).append(file)
            elif what == 2:
                self.replies[rest] = StoredReply(name, key, note)
            else:
                desk = desks[of]
                desk.state, desk.skipped, desk.number, desk.pack_version = key, value, note, name
                desk.short = size
                desk.draft = _draft(desk)

    def reload(self, desk: Desk) -> None:
        self.write_out()
        self._read_papers({desk.submission_id: desk}, [])

    def write(self, statement: Any, row: dict[str, Any]) -> None:
        """Gather a row for `statement`, which is executed once for all its rows."""
        for known, rows in self.waiting:
            if known is statement:
                rows.append(row)
                return
        self.waiting.append((statement, [row]))

    def put_answer(self, row: dict[str, Any]) -> None:
        self.write(self._put_answer, row)

    def write_out(self) -> None:
        waiting, self.waiting = self.waiting, []
        for statement, rows in waiting:
            self._connection.execute(statement, rows)


def _cursor(desk: Desk) -> tuple[Any, ...]:
    return desk.asked, desk.pending, desk.submission_id, desk.union_hint


def _draft(desk: Desk) -> tuple[Any, ...]:
    return desk.submission_id, desk.skipped, desk.pack_version, desk.title_key, desk.short


def _room(session: Session) -> _Room:
    room = session.info.get("room")
    if room is None:
        room = session.info["room"] = _Room(session)
        session.info["write_out"] = room.write_out
    return room


@event.listens_for(Session, "before_commit")
def _write_before_commit(session: Session) -> None:
    room = session.info.get("room")
    if room is not None:
        room.write_out()


@event.listens_for(Session, "do_orm_execute")
def _write_before_looking(state: ORMExecuteState) -> None:
    _write_before_commit(state.session)


def identity(channel: str, sender: str, key: str) -> str:
    """What names a message for ever: the provider's time and id within channel and sender (L5)."""
    return f"{channel}/{sender}/{key}"


def expect(session: Session, messages: Iterable[tuple[str, str, str]]) -> None:
    """Read ahead, in two statements a channel, the desks of many (channel, sender, key)."""
    by_channel: dict[str, list[tuple[str, str]]] = {}
    for channel, sender, key in messages:
        by_channel.setdefault(channel, []).append((sender, identity(channel, sender, key)))
    for channel, wanted in by_channel.items():
        _room(session).fetch(channel, [sender for sender, _ in wanted], [name for _, name in wanted])


def open_desk(session: Session, channel: str, sender: str, key: str) -> Desk | None:
    """A person's desk, read and locked once in a transaction; None if nobody has that address.

    `earlier` is set when a message of that key was answered before. On PostgreSQL the
    person's row stays locked until the transaction ends, on SQLite the whole database is.
    """
    room = _room(session)
    name = identity(channel, sender, key)
    if (channel, sender) not in room.desks or name not in room.seen:
        room.fetch(channel, [sender], [name])
    desk = room.desks[channel, sender]
    if desk is not None:
        desk.earlier = room.replies.get(name)
    return desk


def new_desk(session: Session, channel: str, sender: str, person_id: int) -> Desk:
    """The desk of somebody who has just been added."""
    desk = Desk(person_id, None, None, None, None, None)
    desk.cursor, desk.draft = _cursor(desk), _draft(desk)
    _room(session).desks[channel, sender] = desk
    return desk


def clear_papers(desk: Desk) -> None:
    """The desk's draft has just been opened: there is nothing of it to read."""
    desk.title_key = desk.short = None
    desk.draft = _draft(desk)
    desk.answers, desk.notes, desk.files = {}, {}, {}


def reload_papers(session: Session, desk: Desk) -> None:
    """Read the answers and files of the desk's draft, which has just been exchanged."""
    clear_papers(desk)
    _room(session).reload(desk)


def put_answer(
    session: Session, desk: Desk, field_key: str, value: Any, *, now: datetime, note: str | None
) -> None:
    """Set one answer of the open draft; any earlier value of that field is replaced."""
    _room(session).put_answer(
        {
            "submission_id": desk.submission_id, "field": field_key, "value": value, "note": note,
            "person_id": desk.person_id, "answered_at": now,
        }
    )  # fmt: skip
    desk.answers[field_key] = value
    desk.notes.pop(field_key, None)
    if note is not None:
        desk.notes[field_key] = note


def close_desk(session: Session, desk: Desk, message: dict[str, Any], *, now: datetime) -> None:
    """Keep where the talk stands, if it moved, and the log row `message` with its reply."""
    room = _room(session)
    if desk.cursor != (cursor := _cursor(desk)):
        desk.cursor = cursor
        asked, pending, submission, union_hint = cursor
        room.write(
            _KEEP_CURSOR,
            {
                "person": desk.person_id, "asked": asked, "pending": pending, "submission": submission,
                "union_hint": union_hint,
            },
        )  # fmt: skip
    if desk.draft != (draft := _draft(desk)):
        desk.draft = draft
        submission, skipped, version, title_key, short = draft
        row = {
            "submission": submission, "skipped": skipped, "version": version, "short": short, "now": now,
        }  # fmt: skip
        if title_key is None:
            room.write(_KEEP_DRAFT_ONLY, row)
        else:
            room.write(_KEEP_DRAFT, {**row, "title_key": title_key})
    name = identity(message["channel"], message["sender"], message["key"])
    room.write(_LOG, {"identity": name, **message})
    room.replies[name] = StoredReply(message["outcome"], message["asked"], message["reply"])
