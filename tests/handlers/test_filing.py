"""One filing from 我要申报 to 提交, and what may come between."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.messages import Outcome
from handlers.rules.transitions import State
from storage import audit, submissions
from tests.filing import FILES, SKIPPED, TEXTS, answer, fill
from tests.talk import Talk

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_a_whole_filing_is_kept_and_numbered(talk: Talk) -> None:
    heard = fill(talk)
    assert heard is not None and "材料已齐" in heard.text  # L2: told unasked
    assert talk.missing() == []
    done = talk.says("提交")
    assert (done.outcome, done.asked) == (Outcome.MOVED, None)
    desk = talk.desk()
    assert (desk.state, desk.number) == (State.SUBMITTED, "WX2024-NJ-0001")
    assert desk.answers["completers"] == ["张伟", "李娜"]
    assert desk.answers["summary"] == TEXTS["summary"]
    assert desk.answers["industry"] == {
        "section": "C",
        "division": "34",
        "label": "制造业-通用设备制造业",
    }
    assert desk.answers["new_productive_forces"] is True
    assert [file["caption"] for file in talk.files("photos")] == ["主视图", "俯视图", "应用现场"]


def test_every_field_is_asked_in_the_order_of_the_notice(talk: Talk) -> None:
    asked = [talk.says("我要申报").asked]
    while asked[-1] is not None:
        asked.append(answer(talk, asked[-1]).asked)
    assert asked[:-1] == [spec.key for spec in talk.campaign.pack.asked]


def test_submitting_twice_is_one_submission(talk: Talk) -> None:
    fill(talk)
    first, second = talk.says("提交"), talk.says("提交")
    assert (first.outcome, second.outcome) == (Outcome.MOVED, Outcome.ANSWERED)
    assert "WX2024-NJ-0001" in second.text
    with talk.database.reading() as session:
        assert submissions.count_by_union(session, talk.campaign.pack.name, ["submitted"]) == {"nanjing": 1}


def test_submit_lists_everything_missing_at_once_each_with_its_command(talk: Talk) -> None:
    fill(talk, until="phone")
    heard = talk.says("提交")
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "phone")
    missing = talk.missing()
    assert missing == [key for key in (*TEXTS, *FILES) if key in missing] or len(missing) == 15
    for key in missing:
        spec = talk.campaign.pack.spec(key)
        assert f"→ 修改{spec.order if spec.order is not None else spec.short}" in heard.text


def test_a_number_is_gapless_in_each_union(database_of_talks: list[Talk]) -> None:
    numbers = []
    for talk in database_of_talks:
        fill(talk)
        if talk.name == "sunli":
            talk.says("修改5")
            talk.says("无锡")
        talk.says("提交")
        numbers.append(talk.desk().number)
    assert numbers == ["WX2024-NJ-0001", "WX2024-NJ-0002", "WX2024-WX-0001", "WX2024-NJ-0003"]


@pytest.mark.parametrize(
    ("moment", "outcome", "state"),
    [
        (datetime(2024, 4, 9, 23, 59, 59, tzinfo=SHANGHAI), Outcome.REJECTED, State.DRAFT),
        (datetime(2024, 4, 10, 0, 0, 0, tzinfo=SHANGHAI), Outcome.MOVED, State.SUBMITTED),
        (datetime(2024, 6, 11, 23, 59, 59, tzinfo=SHANGHAI), Outcome.MOVED, State.SUBMITTED),
        (datetime(2024, 6, 12, 0, 0, 0, tzinfo=SHANGHAI), Outcome.REJECTED, State.DRAFT),
    ],
)
def test_the_window_is_to_the_second(talk: Talk, moment: datetime, outcome: Outcome, state: State) -> None:
    """R5, R6, A1."""
    fill(talk)
    talk.now = moment
    heard = talk.says("提交")
    assert (heard.outcome, talk.desk().state) == (outcome, state)
    assert len(talk.answers()) == len(TEXTS)


def test_after_the_deadline_it_says_whom_to_ask_and_keeps_the_draft(talk: Talk) -> None:
    fill(talk)
    talk.now = datetime(2024, 6, 12, tzinfo=SHANGHAI)
    heard = talk.says("提交")
    assert "钱德乾" in heard.text and "025-83536240" in heard.text
    assert talk.says("预览").outcome is Outcome.ANSWERED
    assert talk.missing() == []


def test_the_last_two_hours_show_the_time_left(talk: Talk) -> None:
    talk.says("我要申报")
    talk.now = datetime(2024, 6, 11, 22, 35, tzinfo=SHANGHAI)
    assert "1小时25分钟" in talk.says("张伟").text


def test_before_the_window_a_draft_is_allowed_and_said_so(talk: Talk) -> None:
    talk.now = datetime(2024, 4, 9, 12, tzinfo=SHANGHAI)
    assert "4月10日" in talk.says("我要申报").text
    assert talk.says("张伟").outcome is Outcome.ACCEPTED


def test_withdrawing_keeps_answers_and_number(talk: Talk) -> None:
    fill(talk)
    talk.says("提交")
    assert talk.says("撤回").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.desk().state == State.SUBMITTED
    assert talk.says("1").outcome is Outcome.MOVED
    assert (talk.desk().state, talk.desk().number) == (State.DRAFT, "WX2024-NJ-0001")
    talk.says("提交")
    assert (talk.desk().state, talk.desk().number) == (State.SUBMITTED, "WX2024-NJ-0001")
    with talk.database.reading() as session:
        rows = audit.list_of(session, [talk.desk().submission_id or 0])
    assert [(row.action, row.before, row.after) for row in rows] == [
        ("open", None, "draft"),
        ("submit", "draft", "submitted"),
        ("withdraw", "submitted", "draft"),
        ("submit", "draft", "submitted"),
    ]


def test_a_refused_withdrawal_changes_nothing(talk: Talk) -> None:
    fill(talk)
    talk.says("提交")
    talk.says("撤回")
    assert talk.says("否").outcome is Outcome.ANSWERED
    assert talk.desk().state == State.SUBMITTED


def test_a_draft_has_nothing_to_withdraw(talk: Talk) -> None:
    talk.says("我要申报")
    assert talk.says("撤回").outcome is Outcome.ANSWERED


def test_editing_what_was_handed_in_asks_first(talk: Talk) -> None:
    fill(talk)
    talk.says("提交")
    assert talk.says("修改4").outcome is Outcome.NEEDS_CONFIRMATION
    heard = talk.says("是")
    assert (heard.outcome, heard.asked, talk.desk().state) == (Outcome.MOVED, "phone", State.DRAFT)


def test_a_video_may_follow_the_submission(talk: Talk) -> None:
    """A18: due by the recommendation, so it needs no withdrawal."""
    from tests.corpus_files import make

    fill(talk)
    talk.says("提交")
    assert talk.says("修改16").asked == "videos"
    assert talk.gives(make("mp4", "演示.mp4", 1, None), "演示.mp4").outcome is Outcome.ACCEPTED
    assert talk.desk().state == State.SUBMITTED
    assert [file["name"] for file in talk.files("videos")] == ["演示.mp4"]


def test_skipped_fields_are_named_at_the_end(talk: Talk) -> None:
    talk.says("我要申报")
    for _ in talk.campaign.pack.asked:
        asked = talk.desk().asked
        if asked is None:
            break
        answer(talk, asked) if asked in TEXTS and asked != "phone" else talk.says("跳过")
    assert talk.missing() == ["phone", "pledge", "authorization", "photos", "quiz"]
    assert set(talk.desk().skipped or []) == {"phone", *FILES, *SKIPPED}


def test_another_first_completer_brings_the_biography_up_for_a_check(talk: Talk) -> None:
    """R49: it belongs to the first completer; what is there stays until it is rewritten."""
    fill(talk, until="title")
    talk.says("修改1")
    heard = talk.says("王芳、张伟")
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "first_completer_bio")
    assert "王芳" in heard.text and TEXTS["first_completer_bio"] in heard.text
    assert talk.answers()["first_completer_bio"] == TEXTS["first_completer_bio"]
    talk.says("跳过")
    assert talk.says("1").asked == "title"


def test_others_may_change_places_behind_the_first_completer(talk: Talk) -> None:
    fill(talk, until="title")
    talk.says("修改1")
    assert talk.says("张伟、王芳、李娜").asked == "title"


def test_moving_to_another_union_before_handing_in_again_takes_its_number(talk: Talk) -> None:
    """R53: it counts for the union it names, and the audit says from where to where."""
    fill(talk)
    talk.says("提交")
    talk.says("修改5")
    talk.says("是")
    talk.says("苏州")
    talk.says("提交")
    assert talk.desk().number == "WX2024-SZ-0001"
    with talk.database.reading() as session:
        rows = audit.list_of(session, [talk.desk().submission_id or 0])
        counts = submissions.count_by_union(session, talk.campaign.pack.name, ["submitted"])
    assert rows[-1].note == "WX2024-NJ-0001 → WX2024-SZ-0001"
    assert counts == {"suzhou": 1}
