"""How many counted for each union at any instant: the audit, replayed by a query, against a replay by hand (R42)."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from storage import audit
from storage.audit import Move
from storage.db import Database
from tests.storage.rows import CAMPAIGN, MINUTE, NOON, add_draft, add_person

UNIONS = ("nanjing", "wuxi", "jianshe")
Act = tuple[int, int, Move]


def history(chance: random.Random, submissions: int, acts: int) -> list[Act]:
    """Acts as (minute, submission, move): handed in, taken back, handed in to another union, moved while it counts."""
    held: dict[int, str | None] = dict.fromkeys(range(submissions))
    found = []
    minute = 0
    for _ in range(acts):
        minute += chance.choice((0, 0, 1, 5))
        one = chance.randrange(submissions)
        union = held[one]
        if union is None:
            move = Move("draft", "submitted", chance.choice(UNIONS))
        elif chance.random() < 0.2:
            move = Move("submitted", "submitted", chance.choice(UNIONS))
        else:
            move = Move("submitted", "draft", union)
        held[one] = move.union_code if move.after == "submitted" else None
        found.append((minute, one, move))
    return found


def replayed(acts: list[Act], minute: int) -> dict[str, int]:
    """What counted before that minute, act by act."""
    held: dict[int, str | None] = {}
    for at, one, move in acts:
        if at < minute:
            held[one] = move.union_code if move.after == "submitted" else None
    return dict(Counter(union for union in held.values() if union is not None))


def write(session: Session, acts: list[Act], submissions: int, *, campaign: str = CAMPAIGN) -> None:
    person = add_person(session, campaign)
    ids = [add_draft(session, person, campaign=campaign) for _ in range(submissions)]
    for one in ids:
        audit.add(session, one, "open", person_id=person, at=NOON - MINUTE, move=Move(None, "draft"))
    for minute, one, move in acts:
        audit.add(session, ids[one], "act", person_id=person, at=at(minute), move=move)


def at(minute: int) -> datetime:
    return NOON + timedelta(minutes=minute)


def counted(database: Database, minute: int, *, campaign: str = CAMPAIGN) -> dict[str, int]:
    with database.reading() as session:
        return audit.count_by_union_before(session, campaign, "submitted", instant=at(minute))


@pytest.mark.parametrize("seed", range(8))
def test_any_history_is_counted_as_it_was(database: Database, seed: int) -> None:
    acts = history(random.Random(seed), 12, 120)
    with database.writing() as session:
        write(session, acts, 12)
        audit.note_act(session, "contact:1", "approve", actor="admin:1", at=at(3))
    minutes = range(-1, acts[-1][0] + 2)
    assert [counted(database, minute) for minute in minutes] == [replayed(acts, minute) for minute in minutes]


def test_another_campaign_has_counts_of_its_own(database: Database) -> None:
    handed_in = [(0, 0, Move("draft", "submitted", "nanjing"))]
    with database.writing() as session:
        write(session, handed_in, 1)
        write(session, handed_in, 1, campaign="jiangsu-2025")
    assert (counted(database, 1), counted(database, 1, campaign="jiangsu-2025")) == (
        {"nanjing": 1},
        {"nanjing": 1},
    )


def test_the_instant_itself_is_after_it(database: Database) -> None:
    with database.writing() as session:
        write(session, [(5, 0, Move("draft", "submitted", "wuxi"))], 1)
    assert (counted(database, 5), counted(database, 6)) == ({}, {"wuxi": 1})
