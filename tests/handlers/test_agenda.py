"""What falls due next: messages, jobs, reminders and broadcasts, so that the simulator's clock stops at each."""

from __future__ import annotations

from datetime import datetime

import pytest

from handlers import agenda
from handlers.rules.ladders import USUAL_REMINDERS
from storage.broadcasts import Broadcast, BroadcastRecipient
from storage.db import Database
from storage.jobs import Job
from storage.outbox import OutboxRow
from storage.reminders import Reminder
from tests import province
from tests.province import at, run
from tests.talk import campaign


def following(database: Database, after: datetime, until: datetime) -> datetime | None:
    with database.reading() as session:
        return agenda.next_due(session, campaign(), USUAL_REMINDERS, after=after, until=until)


def test_each_step_is_a_stop(database: Database) -> None:
    stops = []
    now: datetime | None = at("04-08")
    while (now := following(database, now, at("04-17"))) is not None:
        run(database, now)
        stops.append(f"{now:%m-%d %H:%M}")
    assert stops == [f"04-{day:02} 09:00" for day in (9, 10, 11, 12, 15, 16, 17)]


def test_what_was_done_is_no_stop(database: Database) -> None:
    run(database, at("06-05"))
    assert following(database, at("06-05", "08:00"), at("06-06", "08:59")) is None


@pytest.mark.parametrize("kind", ["message", "job", "broadcast", "reminder"])
def test_what_waits_for_its_time_is_a_stop(database: Database, kind: str) -> None:
    moment = at("06-05", "14:20")
    with database.writing() as session:
        session.add(
            {
                "message": OutboxRow(
                    channel="test", address="a", dedupe_key="k", text="", due_at=moment, created_at=moment
                ),
                "job": Job(kind="fetch", dedupe_key="k", detail={}, due_at=moment, created_at=moment),
                "broadcast": _broadcast(province.add_admin(session), moment),
                "reminder": Reminder(
                    campaign=campaign().pack.name, dedupe_key="k", ladder="tomorrow", step="1", detail={},
                    person_id=province.person(session, "吴刚"), state="snoozed", due_at=moment, created_at=moment,
                ),
            }[kind]
        )  # fmt: skip
    assert following(database, at("06-05", "10:00"), at("06-06", "08:00")) == moment


def _broadcast(_: int, moment: datetime) -> Broadcast:
    return Broadcast(
        campaign=campaign().pack.name, kind="notice", text="t", audience={}, excluded=[], state="scheduled",
        admin_id=1, created_at=moment, due_at=moment,
    )  # fmt: skip


def test_the_forecast_names_messages_and_broadcasts_too(database: Database) -> None:
    moment = at("06-05", "14:20")
    with database.writing() as session:
        wu = province.person(session, "吴刚")
        row = OutboxRow(
            channel="test",
            address="吴刚",
            person_id=wu,
            dedupe_key="k",
            text="",
            due_at=moment,
            created_at=moment,
        )
        session.add_all([row, _broadcast(province.add_admin(session), moment)])
        session.flush()
        session.add(
            BroadcastRecipient(
                broadcast_id=1, person_id=wu, name="吴刚", outbox_key="b", place=1, state="waiting"
            )
        )
    with database.reading() as session:
        planned = agenda.forecast(
            session, campaign(), USUAL_REMINDERS, until=at("06-05", "15:00"), now=at("06-05", "14:00")
        )
    assert [
        (f"{one.at:%H:%M}", one.kind, one.to, one.reason) for one in planned if one.reason[0] in "ob"
    ] == [
        ("14:20", "reply", f"person-{wu}", "outbox:1"),
        ("14:20", "notice", f"person-{wu}", "broadcast:1"),
    ]
