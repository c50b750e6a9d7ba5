"""Reminders: exactly what is owed, in one message, to nobody who is done, never twice, never at night (L7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pytest
from sqlalchemy import select

from handlers import forecasts, reminders
from handlers.letters import Planned
from handlers.rules.ladders import USUAL_REMINDERS
from storage.db import Database
from storage.outbox import OutboxRow
from storage.people import Address
from storage.reminders import Reminder, ReminderStep
from storage.submissions import Submission
from tests import province
from tests.province import at, run, sent
from tests.talk import campaign

LAST = at("06-11")
WEEKS_BEFORE = at("04-20")


@pytest.fixture
def two(database: Database) -> Database:
    """苏州 owes a group and an account, 无锡 owes nothing of it; an admin and the group are there."""
    with database.writing() as session:
        province.add_admin(session)
        province.bind_group(session)
        for union in campaign().pack.unions:
            if union.code != "suzhou":
                province.add_contact(session, union.code, union.name)
                province.join(session, union.name)
                province.issue_account(session, union.code, until=None)
                province.add_submitted(session, union.code, union.minimum)
        province.add_contact(session, "suzhou", "刘洋")
    return database


def done_before(database: Database, now: datetime) -> None:
    """Everything that was due before is over, and nobody was told of it."""
    with database.writing() as session:
        for rung in campaign().rungs(USUAL_REMINDERS):
            if rung.at < now:
                session.add(
                    ReminderStep(
                        campaign=campaign().pack.name, ladder=rung.ladder, step=rung.step, state="done",
                        planned_at=rung.at, ran_at=rung.at, reached=0,
                    )
                )  # fmt: skip


def draft(
    database: Database, name: str, *lacks: str, now: datetime = WEEKS_BEFORE, counted: bool = True
) -> int:
    with database.writing() as session:
        return province.add_draft(session, name, "suzhou", lacks=lacks, now=now, counted=counted)


def steps(database: Database) -> dict[str, str]:
    with database.reading() as session:
        rows = session.scalars(select(ReminderStep).order_by(ReminderStep.planned_at))
        return {f"{row.ladder}:{row.step}": row.state for row in rows}


def test_only_who_owes_is_told_and_once(two: Database) -> None:
    first, again = run(two, at("04-09")), run(two, at("04-09", "09:01"))
    assert sent(two) == ["04-09 09:00  刘洋  [contacts:2-before]  suzhou: group account minimum 0/120"]
    assert (first.steps, again) == ((("contacts", "2-before"),), reminders.Ran())


def test_nothing_is_due_before_the_hour(two: Database) -> None:
    assert run(two, at("04-09", "08:59")) == reminders.Ran()
    with two.reading() as session:
        seen = [
            reminders.is_due(session, campaign(), USUAL_REMINDERS, now=now)
            for now in (at("04-09", "08:59"), at("04-09"))
        ]
    assert seen == [False, True]


def test_the_message_says_what_by_when_and_what_to_send(two: Database) -> None:
    run(two, at("04-09"))
    assert province.texts_to(two, "刘洋") == [
        "【需办】刘洋您好，苏州市总工会还有3件事请办理：\n"
        "1. 进群：请加入全省职工“五小”创新成果征集群（附件6）。请发“二维码”，扫码进群。\n"
        "2. 领账号：请发“领账号”，账号和一次性密码只在私聊里给您（见通知“相关要求”）。\n"
        "3. 推荐数量（附件3）：最少120项，已提交0项，还差120项，6月11日（周二）24点截止（通知“征集时间”）。"
        "看已报的请发“名单”，提醒申报人请发“催办”。\n\n"
        "附件5还请发到邮箱jsldjs@126.com；已经发过的，请回复“已邮件报送”。\n\n"
        "办好后请回复“已办”；明天再提醒，请回复“明天”；不归您办，请回复“换人办”。"
    ]


def test_several_drafts_make_one_message_with_fields_and_files_by_name(two: Database) -> None:
    done_before(two, at("06-05"))
    draft(two, "吴刚", "photos", "quiz")
    draft(two, "吴刚")
    run(two, at("06-05"))
    assert province.texts_to(two, "吴刚") == [
        "【需办】您好，您有2份申报还没有提交，6月11日（周二）24点截止（通知“征集时间”）：\n"
        "1. 《吴刚的成果1》还差2项：成果照片、成果题库。请发“切换1”接着填。\n"
        "2. 《吴刚的成果2》材料已齐，只差提交。请先发“切换2”，再发“提交”。\n\n"
        "办好后请回复“已办”；明天再提醒，请回复“明天”。"
    ]


def test_a_contact_who_files_too_gets_one_message(two: Database) -> None:
    done_before(two, LAST)
    draft(two, "刘洋", "quiz")
    run(two, LAST)
    assert sent(two) == [
        "06-11 09:00  刘洋  [draft:on-the-day, minimum:on-the-day]  "
        "suzhou: group account minimum 0/120; lacks quiz"
    ]


def test_who_hands_in_a_second_before_is_not_told(two: Database) -> None:
    done_before(two, LAST)
    submission_id = draft(two, "吴刚")
    with two.writing() as session:
        province.hand_in(session, submission_id, now=LAST)
    run(two, LAST)
    assert [line for line in sent(two) if "吴刚" in line] == []


def test_a_draft_that_was_never_counted_is_counted_when_it_matters(two: Database) -> None:
    done_before(two, at("05-27"))
    incomplete = draft(two, "褚明", "title", counted=False)
    draft(two, "吴刚", counted=False)
    run(two, at("05-27"))
    assert [line for line in sent(two) if "刘洋" not in line] == [
        "05-27 09:00  吴刚  [complete:since-2024-05-27]  only to be submitted",
        "05-27 09:00  褚明  [draft:10-before]  lacks title",
    ]
    with two.reading() as session:
        assert session.get_one(Submission, incomplete).short == 1


def test_a_complete_draft_is_named_a_working_day_later_and_only_once(two: Database) -> None:
    """Complete on Friday 4/26, named on Sunday 4/28, which is worked, and not on Monday."""
    done_before(two, at("04-26"))
    draft(two, "吴刚", now=at("04-26", "16:00"))
    for day in ("04-26", "04-27", "04-28", "04-29", "04-30"):
        run(two, at(day, "17:00"))
    assert sent(two) == ["04-28 17:00  吴刚  [complete:since-2024-04-28]  only to be submitted"]


def test_nobody_is_told_to_submit_before_the_window_or_after_it(two: Database) -> None:
    done_before(two, at("06-13"))
    draft(two, "吴刚", now=at("04-08"))
    run(two, at("04-09"))
    run(two, at("06-12"))
    assert [line for line in sent(two) if "吴刚" in line] == []


@pytest.mark.parametrize("clock", ["21:00", "23:59", "03:00", "07:59"])
def test_what_is_late_waits_for_the_end_of_the_quiet_hours(two: Database, clock: str) -> None:
    done_before(two, at("05-27"))
    run(two, at("05-28", clock))
    assert (sent(two), steps(two).get("minimum:10-before")) == ([], None)
    run(two, at("05-28", "08:00"))
    assert [line[:11] for line in sent(two)] == ["05-28 08:00"]


def test_what_is_late_waits_for_the_end_of_the_holidays(two: Database) -> None:
    done_before(two, at("06-07"))
    run(two, at("06-08", "10:00"))
    assert sent(two) == []
    run(two, LAST)
    assert [line[:46] for line in sent(two)] == ["06-11 09:00  刘洋  [minimum:on-the-day]  suzhou: "[:46]]


def test_the_last_day_is_told_in_quiet_hours_too(two: Database) -> None:
    done_before(two, LAST)
    run(two, at("06-11", "22:30"))
    assert [line[:11] for line in sent(two)] == ["06-11 22:30"]


def test_what_was_missed_is_told_once_and_the_stale_is_named(two: Database) -> None:
    done_before(two, at("06-03"))
    ran = run(two, at("06-07", "10:00"))
    assert sent(two) == ["06-07 10:00  刘洋  [minimum:1-before]  suzhou: group account minimum 0/120"]
    stale = {
        (ladder, step) for ladder in ("complete", "draft", "minimum") for step in ("5-before", "3-before")
    }
    assert set(ran.dropped) == stale


def test_who_is_writing_is_told_ten_minutes_later(two: Database) -> None:
    done_before(two, at("06-05"))
    draft(two, "吴刚", "quiz")
    with two.writing() as session:
        province.wrote(session, "吴刚", now=at("06-05", "08:55"))
    assert run(two, at("06-05")).put_off == 1
    run(two, at("06-05", "09:04"))
    assert [line for line in sent(two) if "吴刚" in line] == []
    run(two, at("06-05", "09:05"))
    assert [line for line in sent(two) if "吴刚" in line] == [
        "06-05 09:05  吴刚  [draft:3-before]  lacks quiz"
    ]


def test_who_finishes_while_the_reminder_waits_is_not_told(two: Database) -> None:
    done_before(two, at("06-05"))
    submission_id = draft(two, "吴刚")
    with two.writing() as session:
        province.wrote(session, "吴刚", now=at("06-05", "08:59"))
    run(two, at("06-05"))
    with two.writing() as session:
        province.hand_in(session, submission_id, now=at("06-05", "09:03"))
    run(two, at("06-05", "09:10"))
    with two.reading() as session:
        states = session.scalars(select(Reminder.state).where(Reminder.ladder == "complete")).all()
    assert ([line for line in sent(two) if "吴刚" in line], set(states)) == ([], {"closed"})


def unreachable(database: Database, name: str) -> None:
    with database.writing() as session:
        session.scalars(select(Address).where(Address.address == name)).one().reachable = False


def test_it_climbs_from_contact_to_backup_to_the_admins(two: Database) -> None:
    with two.writing() as session:
        province.add_contact(session, "suzhou", "陈静", role="B")
    done_before(two, at("04-11"))
    for day in ("04-11", "04-15", "04-16"):
        run(two, at(day))
    assert sent(two) == [
        "04-11 09:00  刘洋  [contacts:on-the-day]  suzhou: group account minimum 0/120",
        "04-15 09:00  陈静  [contacts:1-after]  suzhou: group account minimum 0/120",
        "04-16 09:00  钱敏  [contacts:2-after]  1 unions: suzhou",
    ]
    assert province.texts_to(two, "钱敏") == [
        "【需办】钱敏您好，请打电话提醒下面1家单位：\n"
        "1. 苏州：进群、领账号、差120项。刘洋 13800138000，备份陈静 13800138000\n"
        "全部情况请发“谁还没报”。"
    ]
    assert province.texts_to(two, "陈静")[0].splitlines()[0] == (
        "【需办】陈静您好，您是苏州市总工会的备份联系人。下面的事到时间还没有办完，请您一起跟进："
    )


def test_a_contact_who_cannot_be_reached_is_stood_in_for(two: Database) -> None:
    with two.writing() as session:
        province.add_contact(session, "suzhou", "陈静", role="B")
    unreachable(two, "刘洋")
    run(two, at("04-09"))
    assert [line.split("  ")[1] for line in sent(two)] == ["陈静"]


def test_a_union_that_nobody_can_be_reached_for_is_named_in_the_group_and_called(two: Database) -> None:
    unreachable(two, "刘洋")
    run(two, at("04-09"))
    assert sent(two) == [
        "04-09 09:00  group  [contacts:2-before]  1 unions: suzhou",
        "04-09 09:00  钱敏  [contacts:2-before]  1 unions: suzhou",
    ]
    assert [
        name for name in ("刘洋", "13800138000") if name in "".join(province.texts_to(two, "group-1"))
    ] == []


@pytest.mark.parametrize(
    ("day", "ending"),
    [
        ("04-09", "请联系人加我私聊，发“登记联系人”。"),
        ("06-07", "成果申报6月11日（周二）24点截止（通知“征集时间”）。"),
        ("06-11", "成果申报6月11日（周二，今天）24点截止（通知“征集时间”）。"),
        ("06-12", "成果申报6月11日（周二）已截止（通知“征集时间”）。"),
    ],
)
def test_after_the_contacts_day_the_group_hears_of_the_deadline(two: Database, day: str, ending: str) -> None:
    unreachable(two, "刘洋")
    done_before(two, at(day))
    run(two, at(day))
    assert [text[-len(ending) :] for text in province.texts_to(two, "group-1")] == [ending]


def test_a_long_list_is_told_in_parts_and_nobody_twice(
    two: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "MOST", 2)
    done_before(two, at("05-27"))
    names = ["吴刚", "郑爽", "冯军", "褚明", "卫红"]
    for name in names:
        draft(two, name, "quiz")
    told: list[Sequence[Planned]] = [run(two, at("05-27", f"09:0{minute}")).told for minute in range(4)]
    assert [len(part) for part in told] == [3, 2, 1, 0]
    assert sorted(line.split("  ")[1] for line in sent(two)) == sorted([*names, "刘洋"])
    assert steps(two)["draft:10-before"] == "done"


def test_a_person_who_left_the_channel_stops_nothing(two: Database) -> None:
    done_before(two, at("05-27"))
    draft(two, "吴刚", "quiz")
    unreachable(two, "吴刚")
    run(two, at("05-27"))
    assert (steps(two)["draft:10-before"], [line for line in sent(two) if "吴刚" in line]) == ("done", [])


def test_every_message_is_a_duty_that_begins_with_what_is_to_be_done(two: Database) -> None:
    done_before(two, LAST)
    draft(two, "吴刚", "quiz")
    unreachable(two, "刘洋")
    run(two, LAST)
    with two.reading() as session:
        rows = session.scalars(select(OutboxRow)).all()
        assert {(row.kind, row.text[:4]) for row in rows} == {("duty", "【需办】")}
        assert len(rows) == 3


def test_the_forecast_is_what_comes(two: Database) -> None:
    """Seen from 4/9 for three months, with nobody doing anything."""
    draft(two, "吴刚", "quiz", now=at("04-08"))
    draft(two, "郑爽", now=at("04-08"))
    with two.reading() as session:
        seen = forecasts.forecast(
            session, campaign(), USUAL_REMINDERS, until=at("07-01"), now=at("04-09", "08:00")
        )
    told: list[Planned] = []
    now: datetime | None = at("04-09", "08:00")
    while now is not None:
        told += run(two, now).told
        with two.reading() as session:
            now = forecasts.next_step(session, campaign(), USUAL_REMINDERS, after=now, until=at("07-01"))
    assert sorted(map(str, seen)) == sorted(map(str, told))
    assert len(told) == 5 + 1 + 8 + 5 + 4  # the contact and the admins, a day's, minimum, 吴刚, 郑爽
