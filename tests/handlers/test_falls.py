"""What a union hears of submissions that were taken back (A29): once a day, what is still missing, in 1:1 alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from handlers import agenda, falls
from handlers.campaigns import Campaign, with_dates
from handlers.messages import Reply
from handlers.rules.ladders import USUAL_REMINDERS, ReminderSettings
from storage.db import Database
from storage.outbox import OutboxRow
from storage.people import Address
from storage.reminders import Reminder
from storage.submissions import Answer, Submission
from tests import province
from tests.processes import Processes, running
from tests.province import at, render
from tests.serving import ROOT
from tests.talk import Talk, campaign

NOON = at("04-17", "12:00")
EVENING = at("04-17", "17:00")
NUMBER = "WX2024-SZ-0001"
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def place(database: Database) -> Database:
    """苏州 and 无锡 with contacts; 吴刚 and 冯军 have handed in to 苏州, which holds 118 beside theirs."""
    with database.writing() as session:
        province.bind_group(session)
        province.add_contact(session, "suzhou", "刘洋")
        province.add_contact(session, "suzhou", "孙丽", role="B")
        province.add_contact(session, "wuxi", "李娜")
        province.add_submitted(session, "suzhou", 118)
        for name in ("吴刚", "冯军"):
            draft = province.add_draft(session, name, "suzhou")
            session.get_one(Answer, (draft, "completers")).value = [name, "卫红"]
    for name in ("吴刚", "冯军"):
        who(database, name).says("我要申报")
        who(database, name).says("提交")
    return database


def who(database: Database, name: str, now: datetime = NOON, *, of: Campaign | None = None) -> Talk:
    return Talk(database, name=name, now=now, campaign=of or campaign())


def takes_back(database: Database, name: str, now: datetime = NOON, *, of: Campaign | None = None) -> None:
    talk = who(database, name, now, of=of)
    talk.says("撤回")
    talk.says("是")
    with database.reading() as session:
        row = session.scalars(
            select(Submission).where(Submission.person_id == province.person(session, name))
        ).one()
    assert row.state == "draft"


def run(database: Database, now: datetime, *, of: Campaign | None = None) -> list[str]:
    """One run of the falls; the codes of the unions that were told."""
    of = of or campaign()
    with database.writing() as session:
        return [one.to for one in falls.run_due(session, of, of.reminders, now=now, render=render)]


def told(database: Database, name: str) -> list[str]:
    """What somebody was told of falls."""
    query = select(OutboxRow.text).where(OutboxRow.address == name, OutboxRow.dedupe_key.startswith("falls:"))
    with database.reading() as session:
        return list(session.scalars(query.order_by(OutboxRow.id)))


def test_the_contacts_hear_in_the_evening_what_is_still_missing(place: Database) -> None:
    takes_back(place, "吴刚")
    assert run(place, EVENING - timedelta(seconds=1)) == []
    assert run(place, EVENING) == ["suzhou"]
    assert told(place, "刘洋") == [
        "【需办】刘洋您好，苏州市总工会有1项成果由申报人撤回了，现在不计入最少推荐数量（附件3）：\n"
        f"· {NUMBER}《吴刚的成果1》（吴刚），4月17日（周三，今天）12:00撤回\n"
        "现在已提交119，最少120，还差1。\n"
        "改好后请申报人再提交，编号不变；6月11日（周二）24点截止（通知“征集时间”）。看已报的请发“名单”。"
    ]
    assert [text[:7] for text in told(place, "孙丽")] == ["【需办】孙丽您"]


def test_it_is_a_duty_and_no_other_union_and_no_group_hears_of_it(place: Database) -> None:
    takes_back(place, "吴刚")
    run(place, EVENING)
    with place.reading() as session:
        rows = session.scalars(
            select(OutboxRow).where(OutboxRow.text.contains(NUMBER), OutboxRow.kind != "reply")
        )
        assert [(row.address, row.kind, row.chat) for row in rows] == [
            ("刘洋", "duty", "private"),
            ("孙丽", "duty", "private"),
        ]


def test_what_was_handed_in_again_is_not_told(place: Database) -> None:
    takes_back(place, "吴刚")
    who(place, "吴刚").says("提交")
    takes_back(place, "吴刚")
    who(place, "吴刚").says("提交")
    assert (run(place, EVENING), told(place, "刘洋")) == ([], [])


def test_one_message_lists_all_and_each_once(place: Database) -> None:
    takes_back(place, "吴刚")
    who(place, "吴刚").says("提交")
    takes_back(place, "吴刚", at("04-17", "15:30"))
    takes_back(place, "冯军")
    run(place, EVENING)
    (text,) = told(place, "刘洋")
    assert [line[:16] for line in text.splitlines() if line[0] == "·"] == [
        "· WX2024-SZ-0001",
        "· WX2024-SZ-0002",
    ]
    assert "有2项" in text and "15:30撤回" in text and "现在已提交118，最少120，还差2。" in text


def test_no_fall_is_told_twice(place: Database) -> None:
    takes_back(place, "吴刚")
    assert [run(place, moment) for moment in (EVENING, EVENING, at("04-18", "17:00"))] == [["suzhou"], [], []]
    who(place, "吴刚", at("04-18", "17:10")).says("提交")
    takes_back(place, "吴刚", at("04-18", "17:10"))
    assert run(place, at("04-18", "17:40")) == ["suzhou"]
    assert len(told(place, "刘洋")) == 2


def test_enough_is_left_so_nothing_is_to_be_done(place: Database) -> None:
    with place.writing() as session:
        province.add_submitted(session, "suzhou", 2)
    takes_back(place, "吴刚")
    run(place, EVENING)
    (text,) = told(place, "刘洋")
    assert text.startswith("刘洋您好") and "现在已提交121，最少120，多1。" in text


def test_the_former_union_hears_what_it_knew_and_nothing_of_the_new_one(place: Database) -> None:
    takes_back(place, "吴刚")
    worker = who(place, "吴刚")
    for said in ("修改5", "无锡", "提交"):
        worker.says(said)
    with place.writing() as session:
        moved = session.scalars(select(Submission).where(Submission.union_code == "wuxi")).one()
        assert (moved.state, moved.number) == ("submitted", "WX2024-WX-0001")
        session.get_one(Answer, (moved.id, "title")).value = "无锡的新名称"
    run(place, EVENING)
    (text,) = told(place, "刘洋")
    assert f"{NUMBER}《吴刚的成果1》" in text and "无锡" not in text
    assert told(place, "李娜") == []


def test_nobody_to_tell_is_nobody_told(place: Database) -> None:
    with place.writing() as session:
        for address in session.scalars(select(Address).where(Address.address.in_(("刘洋", "孙丽")))):
            address.reachable = False
    takes_back(place, "吴刚")
    assert run(place, EVENING) == []
    with place.reading() as session:
        assert [row.state for row in session.scalars(select(Reminder))] == ["closed"]


@SQLITE
def test_a_long_list_is_cut_and_says_so(place: Database) -> None:
    with place.writing() as session:
        for number in range(22):
            fall = {
                "detail": {"submission": number + 1, "number": f"N{number}", "title": "t", "submitter": ""},
                "due_at": EVENING, "created_at": NOON,
            }  # fmt: skip
            falls.falls.add(session, campaign().pack.name, "suzhou", act_id=1000 + number, row=fall)
            session.get_one(Submission, number + 1).state = "draft"
    run(place, EVENING)
    (text,) = told(place, "刘洋")
    assert ("有22项" in text, text.count("· N"), "另有2项，请登录网页查看。" in text) == (True, 20, True)


MOMENTS = [
    # (taken back, told)
    ("04-17 00:10", "04-17 17:00"),
    ("04-17 12:00", "04-17 17:00"),
    ("04-17 16:50", "04-17 17:20"),
    ("04-17 18:00", "04-17 18:30"),
    ("04-17 20:45", "04-17 20:59"),
    ("04-17 20:59", "04-17 20:59"),
    ("04-17 21:00", "04-18 08:00"),
    ("04-17 23:50", "04-18 08:00"),
    # Saturday 4/20; Sunday 4/28 is a working day; Wednesday 5/1 begins a holiday.
    ("04-20 12:00", "04-22 09:00"),
    ("04-28 12:00", "04-28 17:00"),
    ("04-30 22:00", "05-06 09:00"),
    # The last working day before the last day, and the holiday between them.
    ("06-07 20:50", "06-07 20:59"),
    ("06-07 21:30", "06-11 09:00"),
    ("06-10 12:00", "06-11 09:00"),
    # The last day: at once, but for the early hours.
    ("06-11 00:30", "06-11 08:00"),
    ("06-11 12:00", "06-11 12:00"),
    ("06-11 23:30", "06-11 23:30"),
]


@pytest.mark.parametrize(("moment", "due"), MOMENTS)
def test_when_it_is_told(moment: str, due: str) -> None:
    assert falls.told_at(campaign(), now=at(*moment.split())) == at(*due.split())


@pytest.mark.parametrize(
    ("settings", "due"),
    [
        (ReminderSettings(evening_hour=9), "12:30"),
        (ReminderSettings(evening_hour=22), "20:59"),
        (ReminderSettings(quiet_from=datetime.min.time()), "17:00"),
    ],
)
def test_the_operator_names_the_hour(settings: ReminderSettings, due: str) -> None:
    own = with_dates(campaign().pack, {}, settings)
    assert falls.told_at(own, now=NOON) == at("04-17", due)


def test_a_last_day_that_is_a_holiday_is_still_in_time() -> None:
    own = with_dates(campaign().pack, {"submission_deadline": date(2024, 5, 4)})
    assert [falls.told_at(own, now=at("05-03", "12:00")), falls.told_at(own, now=at("05-04", "12:00"))] == [
        at("05-04", "09:00"),
        at("05-04", "12:00"),
    ]


def test_on_the_last_day_it_is_told_at_once(place: Database) -> None:
    takes_back(place, "吴刚", at("06-11", "23:30"))
    assert run(place, at("06-11", "23:30")) == ["suzhou"]
    assert "6月11日（周二，今天）24点截止" in told(place, "刘洋")[0]


def test_what_was_missed_waits_for_the_morning_and_may_come_after_the_end(place: Database) -> None:
    takes_back(place, "吴刚", at("06-11", "23:30"))
    assert run(place, at("06-12", "00:30")) == []
    assert run(place, at("06-12", "08:00")) == ["suzhou"]
    assert "6月11日（周二）已截止（通知“征集时间”），有疑问请联系钱德乾" in told(place, "刘洋")[0]


def test_the_agenda_knows_it(place: Database) -> None:
    takes_back(place, "吴刚")
    with place.reading() as session:
        held = (session, campaign(), USUAL_REMINDERS)
        assert falls.next_due(*held, after=NOON, until=at("04-18")) == EVENING
        assert falls.next_due(*held, after=EVENING, until=at("04-18")) is None
        assert falls.next_due(*held, after=at("04-17", "21:30"), until=at("04-18")) == at("04-18", "08:00")
        assert [falls.is_due(*held, now=now) for now in (NOON, EVENING, at("04-17", "22:00"))] == [
            False,
            True,
            False,
        ]
        planned = falls.forecast(*held, until=at("04-18"), now=NOON)
        assert [(one.at, one.kind, one.to, one.template) for one in planned] == [
            (EVENING, "duty", "suzhou", "duty/fallen")
        ]
        assert planned[0].reason.startswith("falls:")
        assert planned[0] in agenda.forecast(*held, until=at("04-18"), now=NOON)
        assert agenda.next_due(*held, after=at("04-17", "16:00"), until=at("04-18", "08:59")) == EVENING


def test_nothing_is_foretold_that_was_handed_in_again(place: Database) -> None:
    takes_back(place, "吴刚")
    who(place, "吴刚").says("提交")
    with place.reading() as session:
        assert falls.forecast(session, campaign(), USUAL_REMINDERS, until=at("04-18"), now=NOON) == []


def test_the_run_of_all_that_is_due_tells_it_too(place: Database) -> None:
    takes_back(place, "吴刚")
    with place.writing() as session:
        done = agenda.run_due(session, campaign(), USUAL_REMINDERS, now=EVENING, render=render)
    assert [one.to for one in done.told if one.template == "duty/fallen"] == ["suzhou"]
    assert done.is_something and len(told(place, "刘洋")) == 1


def run_in_process(url: str) -> int:
    """A run in a process of its own."""
    database = Database(url)
    try:
        return len(run(database, EVENING))
    finally:
        database.close()


def test_two_workers_tell_once(place: Database, database_url: str) -> None:
    takes_back(place, "吴刚")
    with running() as two:
        together: Processes = two
        assert sorted(together.together(run_in_process, (database_url,), (database_url,))) == [0, 1]
    assert len(told(place, "刘洋")) == 1


def die_in_the_middle(url: str) -> None:
    """Be killed after the first of two contacts was written to."""
    written = []

    def deadly(reply: Reply) -> list[str]:
        written.append(reply)
        if len(written) == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return render(reply)

    with Database(url).writing() as session:
        falls.run_due(session, campaign(), USUAL_REMINDERS, now=EVENING, render=deadly)


def test_a_kill_between_two_contacts_loses_and_doubles_nothing(place: Database, database_url: str) -> None:
    takes_back(place, "吴刚")
    code = f"from tests.handlers.test_falls import die_in_the_middle; die_in_the_middle({database_url!r})"
    died = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert (died.returncode, told(place, "刘洋")) == (-signal.SIGKILL, [])
    assert run(place, EVENING) == ["suzhou"]
    assert (len(told(place, "刘洋")), len(told(place, "孙丽"))) == (1, 1)
