"""A populated campaign from 4/9 to 6/12: who does what when, and a walk through its time that can be killed.

As a program it walks in a process of its own: python -m tests.scenarios.reminder_world DATABASE
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from handlers import agenda
from handlers.campaigns import Campaign, with_dates
from handlers.rules.ladders import USUAL_REMINDERS
from storage import campaigns
from storage.contacts import RosterEntry
from storage.db import Database
from storage.people import Address
from storage.submissions import Answer, Submission
from tests import province
from tests.province import at
from tests.talk import campaign

BEGIN, END = at("04-09", "08:00"), at("06-12", "23:00")
# They speak for nobody yet, or for ever.
LATE, SILENT = "wuxi", ("changzhou", "jianshe")
OWN_STORY = ("nanjing", "suzhou", "xuzhou", "dianli", LATE, *SILENT)
Event = tuple[datetime, Callable[[Session], object]]


def golden(name: str = "reminders") -> list[str]:
    """What must be sent, a line each, as the file of that name lists it."""
    return (Path(__file__).parent / f"{name}.golden.txt").read_text(encoding="utf-8").splitlines()


def moved_to(deadline: date) -> Campaign:
    return with_dates(campaign().pack, {"submission_deadline": deadline})


def populate(session: Session) -> None:
    """As it is on the morning of 4/9; all unions without a story of their own are done with everything."""
    province.add_admin(session)
    province.bind_group(session)
    for union in campaign().pack.unions:
        if union.code not in OWN_STORY:
            province.add_contact(session, union.code, f"{union.name}的联系人")
            province.join(session, f"{union.name}的联系人")
            province.issue_account(session, union.code, until=None)
            province.add_submitted(session, union.code, union.minimum)
    _nanjing(session)
    _others(session)
    session.add(
        RosterEntry(
            campaign=campaign().pack.name,
            union_code=LATE,
            name="王芳",
            phone="13700137000",
            imported_at=BEGIN,
        )
    )
    session.flush()


def _nanjing(session: Session) -> None:
    """Done with all but one of the 120, and with 121 of them early."""
    province.add_contact(session, "nanjing", "张伟")
    province.add_contact(session, "nanjing", "李娜", role="B")
    province.join(session, "张伟")
    province.issue_account(session, "nanjing", until=None)
    province.add_submitted(session, "nanjing", 119)


def _others(session: Session) -> None:
    """苏州 owes everything and has no backup; 徐州 signs in in time; nobody reaches the contact of 省电力."""
    province.add_contact(session, "suzhou", "刘洋")
    province.add_contact(session, "xuzhou", "陈静")
    province.add_contact(session, "xuzhou", "赵敏", role="B")
    province.join(session, "陈静")
    province.issue_account(session, "xuzhou", until=at("04-12", "09:00"))
    province.add_contact(session, "dianli", "周强")
    province.add_contact(session, "dianli", "孙丽", role="B")
    session.scalars(select(Address).where(Address.address == "周强")).one().reachable = False


def _union_of_late(session: Session) -> None:
    province.add_contact(session, LATE, "王芳", now=at("04-18", "15:00"))
    province.join(session, "王芳", now=at("04-18", "15:05"))
    province.issue_account(session, LATE, until=at("04-21", "15:00"), now=at("04-18", "15:00"))


def _drafts(session: Session) -> None:
    """Of people who are slow, who are done, who have two, who were never counted, and of a contact."""
    now = at("04-26", "11:00")
    province.add_draft(session, "吴刚", "suzhou", lacks=("pledge", "photos"), now=now)
    province.add_draft(session, "郑爽", "suzhou", now=now)
    province.add_draft(session, "冯军", "wuxi", now=now)
    province.add_draft(session, "冯军", "wuxi", lacks=("objective",), now=now)
    province.add_draft(session, "褚明", "wuxi", lacks=("title",), now=now, counted=False)
    province.add_draft(session, "陈静", "xuzhou", lacks=("quiz",), now=now)


def _first_of(session: Session, name: str) -> Submission:
    query = select(Submission).where(Submission.person_id == province.person(session, name))
    return session.scalars(query.order_by(Submission.id)).first()  # type: ignore[return-value]


def _complete(session: Session) -> None:
    """On a Friday before a holiday."""
    row = _first_of(session, "褚明")
    session.add(
        Answer(
            submission_id=row.id, field="title", value="褚明的成果1", person_id=row.person_id,
            answered_at=at("06-07", "16:00"),
        )
    )  # fmt: skip
    row.short, row.changed_at = 0, at("06-07", "16:00")
    session.flush()


EVENTS: list[Event] = [
    (at("04-10", "10:00"), lambda session: province.sign_in(session, "xuzhou", now=at("04-10", "10:00"))),
    (at("04-18", "15:00"), _union_of_late),
    (at("04-20", "10:00"), lambda session: province.add_submitted(session, "nanjing", 2)),
    (at("04-26", "11:00"), _drafts),
    (at("05-28", "10:00"), lambda session: province.sign_in(session, LATE, now=at("05-28", "10:00"))),
    (at("05-29", "10:00"), lambda session: province.add_submitted(session, "xuzhou", 120)),
    (at("06-05", "08:55"), lambda session: province.wrote(session, "吴刚", now=at("06-05", "08:55"))),
    (
        at("06-06", "15:00"),
        lambda session: province.hand_in(session, _first_of(session, "郑爽").id, now=at("06-06", "15:00")),
    ),
    (at("06-07", "16:00"), _complete),
]


def position(session: Session) -> datetime:
    """How far the walk has come; kept with what was done there."""
    offset = campaigns.clock_offset(session)
    return BEGIN if offset is None else BEGIN + timedelta(seconds=offset)


def walk(
    database: Database,
    run: Callable[[datetime], object] | None = None,
    *,
    until: datetime = END,
    of: Campaign | None = None,
    pause: tuple[datetime, datetime] | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> None:
    """Go from due time to due time and `run` what falls due there; in a `pause` nothing runs.

    Where it is killed, the next walk goes on.
    """
    run = run or (lambda now: run_at(database, now, of=of))
    begins, ends = pause or (END, END)
    while (now := _go(database, of or campaign(), (ends, until))) is not None:
        tell(f"{now:%m-%d %H:%M}")
        if not begins <= now < ends:
            run(now)


def _go(database: Database, of: Campaign, stops: tuple[datetime, ...]) -> datetime | None:
    """The next time at which anything happens, with what people do there; None at the last of the stops."""
    with database.writing() as session:
        now, until = position(session), stops[-1]
        following = [agenda.next_due(session, of, USUAL_REMINDERS, after=now, until=until)]
        following += [moment for moment, _ in EVENTS if now < moment <= until]
        following += [moment for moment in stops if now < moment <= until]
        going = min((moment for moment in following if moment is not None), default=None)
        if going is None:
            return None
        for moment, act in EVENTS:
            if moment == going:
                act(session)
        campaigns.set_clock_offset(session, (going - BEGIN).total_seconds())
        return going


def run_at(database: Database, now: datetime, *, of: Campaign | None = None) -> None:
    """What a tick does, without sending."""
    with database.writing() as session:
        agenda.run_due(session, of or campaign(), USUAL_REMINDERS, now=now, render=province.render)


def resume(database: Database, *, tell: Callable[[str], object]) -> None:
    """Go on after a kill: what was due where it stopped may not have been done."""
    with database.reading() as session:
        stopped = position(session)
    if stopped > BEGIN:
        run_at(database, stopped)
    walk(database, tell=tell)


def run_in_process(url: str, now: str) -> None:
    """One tick, for two processes at once."""
    database = Database(url)
    run_at(database, datetime.fromisoformat(now))
    database.close()


if __name__ == "__main__":
    walked = Database(sys.argv[1])
    resume(walked, tell=lambda said: print(said, flush=True))
    walked.close()
