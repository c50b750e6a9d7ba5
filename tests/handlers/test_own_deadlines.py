"""Reminders towards a union's own deadline: whose drafts, in which words, and until when (A30)."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy import select

from handlers import agenda, duties, forecasts, reminders, schedules
from handlers.letters import Planned
from handlers.rules.ladders import USUAL_REMINDERS, own_rungs
from storage import plans
from storage import reminders as reminder_rows
from storage.db import Database
from storage.people import Address
from storage.reminders import ReminderStep
from tests import province
from tests.province import ZONE, at, run, sent, texts_to
from tests.scenarios.reminder_world import moved_to
from tests.talk import campaign

PACK = campaign().pack
END = date(2024, 5, 31)
EARLY = at("04-20")


@pytest.fixture
def one(database: Database) -> Database:
    """苏州 with a contact, done with all but its minimum, and two people whose drafts name it and 无锡."""
    with database.writing() as session:
        province.add_admin(session)
        for union in PACK.unions:
            if union.code != "suzhou":
                province.add_contact(session, union.code, f"{union.name}的联系人")
                province.issue_account(session, union.code, until=None)
                province.add_submitted(session, union.code, union.minimum)
        province.add_contact(session, "suzhou", "刘洋")
        province.issue_account(session, "suzhou", until=None)
        province.add_draft(session, "吴刚", "suzhou", lacks=("quiz",), now=at("04-20"))
        province.add_draft(session, "冯军", "suzhou", now=at("04-20"))
        province.add_draft(session, "冯军", "wuxi", lacks=("quiz",), now=at("04-20"))
    return database


def set_deadline(database: Database, day: date | None, *, now: datetime = EARLY) -> None:
    with database.writing() as session:
        plans.put_deadline(session, PACK.name, "suzhou", day, by="contact:1", now=now)


def done_before(database: Database, moment: datetime) -> None:
    """Every step before that time is over, as if somebody had run it."""
    with database.writing() as session:
        over = reminder_rows.list_steps(session, PACK.name)
        for rung in schedules.of_campaign(session, campaign()).rungs(USUAL_REMINDERS):
            if rung.at < moment and rung.key not in over:
                session.add(
                    ReminderStep(
                        campaign=PACK.name, ladder=rung.ladder, step=rung.step, state="done", reached=0,
                        planned_at=rung.at, ran_at=rung.at,
                    )
                )  # fmt: skip


def lines(database: Database, moment: datetime) -> list[str]:
    """What is sent by the one run at that time."""
    done_before(database, moment)
    run(database, moment)
    return [line.removeprefix(f"{moment:%m-%d %H:%M}  ") for line in sent(database)]


def test_the_steps_of_an_own_deadline() -> None:
    """Those of drafts and of the minimum, none after the day, none to the backup or the admins."""
    found = own_rungs(PACK.ladders, "suzhou", END, ZONE, USUAL_REMINDERS)
    assert [f"{rung.at:%m-%d %H:%M} {rung.ladder}:{rung.step} {rung.to}" for rung in found] == [
        "05-06 09:00 minimum@suzhou:20-before contact",
        "05-17 09:00 minimum@suzhou:10-before contact",
        "05-17 09:00 draft@suzhou:10-before contact",
        *(
            f"{day} 09:00 {ladder}@suzhou:{step} contact"
            for day, step in (
                ("05-24", "5-before"), ("05-28", "3-before"), ("05-30", "1-before"), ("05-31", "on-the-day"),
            )
            for ladder in ("minimum", "draft", "complete")
        ),
    ]  # fmt: skip
    assert {rung.ends_at for rung in found} == {at("06-01", "00:00")}
    assert {rung.union_code for rung in found} == {"suzhou"}


def test_a_step_fits_its_column() -> None:
    names = [f"{ladder.name}@{union.code}" for ladder in PACK.ladders for union in PACK.unions]
    assert max(map(len, names)) <= ReminderStep.__table__.c.ladder.type.length


def test_the_own_step_tells_the_own_drafts(one: Database) -> None:
    set_deadline(one, END)
    assert lines(one, at("05-24")) == [
        "冯军  [complete:since-2024-05-24, complete@suzhou:5-before]  only to be submitted",
        "刘洋  [minimum@suzhou:5-before]  suzhou: minimum 0/120",
        "吴刚  [draft@suzhou:5-before]  lacks quiz",
    ]


def test_the_provinces_step_leaves_them_alone_until_the_day_has_passed(one: Database) -> None:
    """On 5/27 only the draft that names 无锡 is told of; on 6/3 all are."""
    set_deadline(one, END)
    with one.writing() as session:
        session.add(
            ReminderStep(
                campaign=PACK.name, ladder="complete", step="since-2024-05-27", state="done", reached=0,
                planned_at=at("05-27"), ran_at=at("05-27"),
            )
        )  # fmt: skip
    assert lines(one, at("05-27")) == [
        "冯军  [draft:10-before]  lacks quiz",
        "刘洋  [minimum:10-before]  suzhou: minimum 0/120",
    ]
    done_before(one, at("06-03"))
    run(one, at("06-03"))
    assert [line.split("  ")[1] for line in sent(one) if line.startswith("06-03")] == ["冯军", "刘洋", "吴刚"]


def test_the_letters_name_both_days(one: Database) -> None:
    set_deadline(one, END)
    lines(one, at("05-24"))
    (text,) = texts_to(one, "吴刚")
    assert text.startswith(
        "【需办】您好，您有1份申报还没有提交，6月11日（周二）24点截止（通知“征集时间”），苏州市总工会要求5月31日（周五）前报送："
    )
    (told,) = texts_to(one, "刘洋")
    assert "6月11日（周二）24点截止（通知“征集时间”），本级截止5月31日（周五）。" in told


def test_after_the_day_no_letter_names_it(one: Database) -> None:
    set_deadline(one, END)
    lines(one, at("06-03"))
    told = "\n".join(texts_to(one, "吴刚") + texts_to(one, "刘洋"))
    assert ("6月11日" in told, "5月31日" in told) == (True, False)


def test_a_moved_deadline_moves_what_is_to_come_and_repeats_nothing(one: Database) -> None:
    """From 5/31 to 5/24, known on 5/20: the step of ten days was told on 5/17, the next is that of 5/22."""
    set_deadline(one, END)
    with one.reading() as session:
        assert next_own(session) == ["05-06", "05-17", "05-24", "05-28", "05-30", "05-31"]
    lines(one, at("05-17"))
    set_deadline(one, date(2024, 5, 24), now=at("05-20", "12:00"))
    with one.reading() as session:
        assert next_own(session) == ["05-21", "05-23", "05-24"]
    run(one, at("05-20", "12:05"))
    run(one, at("05-21"))
    steps = [line for line in sent(one) if "吴刚" in line]
    assert steps == [
        "05-17 09:00  吴刚  [draft@suzhou:10-before]  lacks quiz",
        "05-21 09:00  吴刚  [draft@suzhou:3-before]  lacks quiz",
    ]


def next_own(session: object) -> list[str]:
    rungs = schedules.of_campaign(session, campaign()).own_rungs(USUAL_REMINDERS)  # type: ignore[arg-type]
    return list(dict.fromkeys(f"{rung.at:%m-%d}" for rung in rungs))


def test_what_lay_behind_when_the_day_was_set_is_not_made_up_for(one: Database) -> None:
    done_before(one, at("05-28", "12:00"))
    set_deadline(one, END, now=at("05-28", "12:00"))
    run(one, at("05-28", "12:05"))
    assert [line for line in sent(one) if "@" in line] == []


def test_a_union_that_nobody_can_be_reached_for_is_not_told_on(one: Database) -> None:
    """Neither in the group nor on the list of calls: the province does not know that deadline."""
    set_deadline(one, END)
    with one.writing() as session:
        province.bind_group(session)
        session.scalars(select(Address).where(Address.address == "刘洋")).one().reachable = False
    done_before(one, at("05-28"))
    run(one, at("05-28"))
    assert [line for line in sent(one) if "minimum" in line] == []


def test_the_forecast_is_what_comes(one: Database) -> None:
    set_deadline(one, END)
    start, end = at("04-21", "08:00"), at("06-20")
    done_before(one, start)
    with one.reading() as session:
        seen = forecasts.forecast(session, campaign(), USUAL_REMINDERS, until=end, now=start)
    told: list[Planned] = []
    now: datetime | None = start
    while now is not None:
        told += run(one, now).told
        with one.reading() as session:
            now = forecasts.next_step(session, campaign(), USUAL_REMINDERS, after=now, until=end)
    assert sorted(map(str, seen)) == sorted(map(str, told))
    # Six for the contact, five and four for the two people.
    assert sum("@suzhou" in planned.reason for planned in seen) == 15


def test_the_board_knows_the_next_reminder(one: Database) -> None:
    def following() -> tuple[datetime | None, date | None]:
        with one.reading() as session:
            now = at("04-21", "08:00")
            row = duties.of_union(session, campaign(), duties.SYSTEM, "suzhou", now=now)
            others = duties.board(session, campaign(), duties.SYSTEM, now=now).rows
            assert {other.own_deadline for other in others if other.union.code != "suzhou"} == {None}
            return row.next_reminder, row.own_deadline

    assert following() == (at("05-13"), None)
    set_deadline(one, END)
    assert following() == (at("05-06"), END)


def test_a_step_that_is_due_is_seen_and_the_clock_stops_there(one: Database) -> None:
    set_deadline(one, END)
    done_before(one, at("05-17"))
    with one.reading() as session:
        assert not reminders.is_due(session, campaign(), USUAL_REMINDERS, now=at("05-17", "08:59"))
        assert reminders.is_due(session, campaign(), USUAL_REMINDERS, now=at("05-17"))
        after = agenda.next_due(
            session, campaign(), USUAL_REMINDERS, after=at("05-16", "09:01"), until=at("06-01")
        )
    assert after == at("05-17")


def test_a_deadline_that_is_not_before_the_notices_any_more_is_none(one: Database) -> None:
    set_deadline(one, END)
    moved = moved_to(date(2024, 5, 30))
    with one.reading() as session:
        assert schedules.of_campaign(session, moved).own == {}
        assert schedules.of_campaign(session, moved).rungs(USUAL_REMINDERS) == moved.rungs(USUAL_REMINDERS)


def test_a_long_list_goes_on_although_the_day_was_moved_meanwhile(
    one: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "MOST", 1)
    set_deadline(one, END)
    lines(one, at("05-28"))
    set_deadline(one, date(2024, 5, 30), now=at("05-28", "09:01"))
    for minute in range(2, 5):
        run(one, at("05-28", f"09:0{minute}"))
    assert {line.split("  ")[1] for line in sent(one) if "@suzhou" in line} == {"刘洋", "冯军", "吴刚"}
