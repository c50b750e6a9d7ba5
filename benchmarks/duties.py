"""What it costs to decide who owes what, for 24 unions and many drafts, on SQLite and on PostgreSQL.

.venv/bin/python -m benchmarks.duties [--drafts 100000] [--rounds 5] [--output FILE.json]

Decided: the board of 24 rows, as it is asked for in chat, and whom a step about drafts concerns. Named beside it: what one
part of a long list of reminders costs, whose readers are told by name what they lack. The floor is a bare SELECT that
reads the same drafts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from bot.upgrading import upgrade
from handlers import duties, lacking
from handlers.campaigns import Campaign, with_dates
from handlers.pack_loading import load_pack
from storage import duties as duty_rows
from storage.db import Database
from storage.duties import Wanted
from storage.people import Address, Person
from storage.submissions import Answer, Submission
from tests import postgres

PACK = Path(__file__).parent.parent / "templates" / "packs" / "jiangsu-2024"
SHARE = 5_000
PART = 500
COMPLETE_EVERY = 10
NEVER_COUNTED_EVERY = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--drafts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path, help="write all figures there as JSON")
    options = parser.parse_args()
    figures = {}
    for kind, url in addresses():
        with contextmanager(prepared)(url, options.drafts) as database:
            figures[kind] = measure(database, options.rounds)
        show(kind, options.drafts, figures[kind])
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def addresses() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "sqlite", f"sqlite:///{folder}/bot.db"
    if postgres.why_not():
        print(f"not run: postgresql: {postgres.why_not()}")
        return
    with postgres.server() as address:
        yield "postgresql", address % "postgres"


def prepared(url: str, drafts: int) -> Iterator[Database]:
    """A migrated database with so many drafts of as many people, spread over the unions."""
    database = Database(url)
    upgrade(database)
    campaign = in_force()
    for start in range(0, drafts, SHARE):
        with database.writing() as session:
            fill(session, campaign, range(start + 1, min(start + SHARE, drafts) + 1))
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    yield database
    database.close()


def in_force() -> Campaign:
    return with_dates(load_pack(PACK), {})


def fill(session: Session, campaign: Campaign, ids: range) -> None:
    """Every tenth draft lacks nothing, the others the quiz; of some that was never counted."""
    opens = campaign.opens_at
    unions = [union.code for union in campaign.pack.unions]
    keys = [spec.key for spec in campaign.pack.fields if spec.required_when == "submit"][:12]
    session.execute(insert(Person), [{"id": one, "name": f"p{one}", "created_at": opens} for one in ids])
    addresses = [
        {"person_id": one, "channel": "none", "address": f"p{one}", "reachable": True, "created_at": opens}
        for one in ids
    ]
    session.execute(insert(Address), addresses)
    submissions = [
        {
            "id": one, "person_id": one, "campaign": campaign.pack.name, "pack_version": campaign.version,
            "state": "draft", "route": "self", "skipped": [], "created_at": opens, "changed_at": opens,
            "short": None if one % NEVER_COUNTED_EVERY == 0 else int(one % COMPLETE_EVERY != 0),
        }
        for one in ids
    ]  # fmt: skip
    session.execute(insert(Submission), submissions)
    answers = [
        {
            "submission_id": one, "field": key, "value": unions[one % len(unions)] if key == "union" else "填好了",
            "person_id": one, "answered_at": opens,
        }
        for one in ids
        for key in {*keys, "union", "title"}
    ]  # fmt: skip
    session.execute(insert(Answer), answers)


def measure(database: Database, rounds: int) -> dict[str, Any]:
    """Medians in seconds; how many people the step concerns."""
    campaign = in_force()
    now = campaign.opens_at
    wanted = Wanted(campaign.version, incomplete=True, complete=True, complete_before=now)

    def board(session: Session) -> object:
        return duties.board(session, campaign, duties.SYSTEM, now=now)

    def readers(session: Session) -> list[int]:
        return duty_rows.list_owing_people(session, campaign.pack.name, wanted, after=0)

    def part(session: Session) -> object:
        people = duty_rows.list_owing_people(session, campaign.pack.name, wanted, after=0, most=PART)
        rows = duty_rows.list_drafts(session, campaign.pack.name, campaign.version, people)
        return lacking.of_drafts(session, campaign, rows, now=now)

    def floor(session: Session) -> object:
        return session.execute(
            text("SELECT id, person_id, short FROM submissions WHERE state = 'draft'")
        ).all()

    works: dict[str, Callable[[Session], object]] = {
        "board": board, "whom a step concerns": readers, "decided": lambda session: (board(session), readers(session)),
        f"by name, of {PART} people": part, "bare select": floor,
    }  # fmt: skip
    figures: dict[str, Any] = {name: timed(database, work, rounds) for name, work in works.items()}
    with database.reading() as session:
        figures["people"] = len(readers(session))
    return figures


def timed(database: Database, work: Callable[[Session], object], rounds: int) -> float:
    taken = []
    for _ in range(rounds):
        with database.reading() as session:
            began = time.perf_counter()
            work(session)
            taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def show(kind: str, drafts: int, figures: dict[str, Any]) -> None:
    print(f"{kind}, {drafts} drafts, {figures['people']} people concerned")
    for name, seconds in figures.items():
        if name != "people":
            print(f"  {name:<28}{seconds * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
