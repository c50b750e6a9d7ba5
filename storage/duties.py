"""What decides who owes what: drafts of a whole campaign in few rows, counted or one chunk of people at a time."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, cast, func, or_, select, update
from sqlalchemy.orm import Session

from storage.db import connection_of
from storage.submissions import Answer, Submission

_s, _w = Submission.__table__, Answer.__table__


@dataclass(frozen=True, slots=True)
class DraftRow:
    """An open draft. `short` is how many fields it lacks; None where that has to be counted again."""

    id: int
    person_id: int
    short: int | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which drafts are looked for: `incomplete` ones, `complete` ones, those complete since before a time.

    `version` is that of the rules in force: what was counted under others has to be counted again.
    With `unions` only drafts that name one of these.
    """

    version: str
    incomplete: bool = False
    complete: bool = False
    complete_before: datetime | None = None
    unions: frozenset[str] | None = None


def _of_campaign(campaign: str) -> ColumnElement[bool]:
    return and_(_s.c.campaign == campaign, _s.c.state == "draft")


def _unknown(version: str) -> ColumnElement[bool]:
    return or_(_s.c.short.is_(None), _s.c.pack_version != version)


def _fitting(wanted: Wanted) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if wanted.incomplete or wanted.complete:
        parts.append(_unknown(wanted.version))
    if wanted.incomplete:
        parts.append(_s.c.short > 0)
    if wanted.complete:
        parts.append(_s.c.short == 0)
    if wanted.complete_before is not None:
        is_complete = or_(_unknown(wanted.version), _s.c.short == 0)
        parts.append(and_(is_complete, _s.c.changed_at < wanted.complete_before))
    fitting = or_(*parts)
    return fitting if wanted.unions is None else and_(_s.c.id.in_(_naming(wanted.unions)), fitting)


def _naming(unions: Iterable[str]) -> Select[tuple[int]]:
    """Ids of submissions whose answer names one of these unions."""
    values = [json.dumps(union) for union in sorted(unions)]
    return select(_w.c.submission_id).where(_w.c.field == "union", cast(_w.c.value, Text).in_(values))


def count_drafts(session: Session, campaign: str) -> dict[str, int]:
    """How many open drafts name each union; those that name none are left out."""
    code = cast(_w.c.value, Text)
    rows = connection_of(session).execute(
        select(code, func.count())
        .select_from(_s.join(_w, and_(_w.c.submission_id == _s.c.id, _w.c.field == "union")))
        .where(_of_campaign(campaign))
        .group_by(code)
    )
    return {json.loads(union): count for union, count in rows}


def list_owing_people(
    session: Session, campaign: str, wanted: Wanted, *, after: int, most: int | None = None
) -> list[int]:
    """Ids above `after` of people with a draft that fits, in their order."""
    query = select(_s.c.person_id).where(_of_campaign(campaign), _s.c.person_id > after, _fitting(wanted))
    query = query.group_by(_s.c.person_id).order_by(_s.c.person_id).limit(most)
    return list(connection_of(session).execute(query).scalars())


def list_drafts(session: Session, campaign: str, version: str, people: Sequence[int]) -> list[DraftRow]:
    """All open drafts of these people, each person's in the order in which they were begun."""
    return _rows(session, version, _of_campaign(campaign) & _s.c.person_id.in_(people))


def list_drafts_of_union(session: Session, campaign: str, version: str, union: str) -> list[DraftRow]:
    """All open drafts that name a union."""
    return _rows(session, version, _of_campaign(campaign) & _s.c.id.in_(_naming([union])))


def _rows(session: Session, version: str, condition: ColumnElement[bool]) -> list[DraftRow]:
    query = select(_s.c.id, _s.c.person_id, _s.c.short, _s.c.pack_version, _s.c.changed_at)
    rows = connection_of(session).execute(query.where(condition).order_by(_s.c.person_id, _s.c.id))
    return [
        DraftRow(row.id, row.person_id, row.short if row.pack_version == version else None, row.changed_at)
        for row in rows
    ]


def list_places(session: Session, campaign: str, people: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Of each submission its place, from 1, in its owner's own list, as 切换 takes it, and the length of that."""
    query = select(_s.c.id, _s.c.person_id).where(_s.c.campaign == campaign, _s.c.person_id.in_(people))
    theirs: dict[int, list[int]] = {}
    for row in connection_of(session).execute(query.order_by(_s.c.id)):
        theirs.setdefault(row.person_id, []).append(row.id)
    return {
        submission_id: (place, len(ids))
        for ids in theirs.values()
        for place, submission_id in enumerate(ids, 1)
    }


def list_of_union(session: Session, campaign: str, union: str, *, most: int) -> list[dict[str, Any]]:
    """What was handed in for a union and the drafts that name it: number, state and title, oldest first."""
    title = _w.alias("title")
    named = _w.alias("named")
    rows = connection_of(session).execute(
        select(_s.c.number, _s.c.state, title.c.value.label("title"))
        .select_from(
            _s.outerjoin(title, and_(title.c.submission_id == _s.c.id, title.c.field == "title")).outerjoin(
                named, and_(named.c.submission_id == _s.c.id, named.c.field == "union")
            )
        )
        .where(_s.c.campaign == campaign)
        .where(
            or_(
                and_(_s.c.state != "draft", _s.c.union_code == union),
                and_(_s.c.state == "draft", cast(named.c.value, Text) == json.dumps(union)),
            )
        )
        .order_by(_s.c.state.desc(), _s.c.id)
        .limit(most)
    )
    return [dict(row._mapping) for row in rows]


def keep_short(session: Session, counted: dict[int, int], version: str) -> None:
    """Keep how many fields drafts lack that was counted for somebody else than their owner.

    Only where the owner has seen these rules: else the next message still has to say what changed.
    """
    for submission_id, short in counted.items():
        session.execute(
            update(Submission)
            .where(Submission.id == submission_id, Submission.short.is_(None))
            .where(Submission.pack_version == version, Submission.state == "draft")
            .values(short=short)
        )
