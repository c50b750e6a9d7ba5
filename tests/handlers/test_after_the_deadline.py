"""Outside the window drafts are kept, nothing is handed in, and nothing handed in is lost (R5, R6, A1)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from handlers.rules.transitions import State
from tests.filing import fill
from tests.talk import Talk

SHANGHAI = ZoneInfo("Asia/Shanghai")
BEFORE = datetime(2024, 4, 9, 12, tzinfo=SHANGHAI)
LATE = datetime(2024, 6, 12, 0, 0, 0, tzinfo=SHANGHAI)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HELP = "025-83536240"


@SQLITE
@pytest.mark.parametrize("command", ["撤回", "修改4"])
def test_what_was_handed_in_is_not_taken_back_when_it_could_not_be_handed_in_again(
    talk: Talk, command: str
) -> None:
    fill(talk)
    talk.says("提交")
    talk.now = LATE
    heard = talk.says(command)
    assert heard.outcome is Outcome.REJECTED and HELP in heard.text
    assert talk.desk().state == State.SUBMITTED


@SQLITE
@pytest.mark.parametrize("command", ["撤回", "修改4"])
def test_a_yes_after_the_bell_takes_nothing_back(talk: Talk, command: str) -> None:
    fill(talk)
    talk.says("提交")
    talk.says(command)
    talk.now = LATE
    assert talk.says("是").outcome is Outcome.REJECTED
    assert (talk.desk().state, talk.desk().pending) == (State.SUBMITTED, None)


@SQLITE
def test_a_complete_draft_is_not_offered_for_submission_when_it_is_too_late(talk: Talk) -> None:
    fill(talk)
    talk.now = LATE
    talk.says("修改4")
    heard = talk.says("13800138001")
    assert "现在提交吗" not in heard.text and heard.text.count(HELP) == 1
    assert talk.desk().pending is None
    assert talk.says("是").outcome is Outcome.ANSWERED
    assert talk.desk().state == State.DRAFT


@SQLITE
def test_a_complete_draft_before_the_window_is_told_when_to_hand_in(talk: Talk) -> None:
    talk.now = BEFORE
    heard = fill(talk)
    assert heard is not None and "4月10日开始受理" in heard.text and talk.desk().pending is None


@SQLITE
@pytest.mark.parametrize(("now", "part"), [(BEFORE, "4月10日"), (LATE, HELP)])
def test_who_comes_outside_the_window_is_told_so(talk: Talk, now: datetime, part: str) -> None:
    talk.now = now
    assert part in talk.happens("subscribe").text
    assert part in talk.says("你好").text
    assert part in talk.says("我要申报").text
    assert talk.says("张伟").outcome is Outcome.ACCEPTED


@SQLITE
def test_what_is_saved_too_late_says_what_that_is_worth(talk: Talk) -> None:
    talk.says("我要申报")
    talk.now = LATE
    assert "不能提交" in talk.says("张伟").text


@SQLITE
def test_the_last_minute_is_no_minute(talk: Talk) -> None:
    talk.says("我要申报")
    talk.now = datetime(2024, 6, 11, 23, 59, 30, tzinfo=SHANGHAI)
    assert "不到1分钟" in talk.says("张伟").text


@SQLITE
@pytest.mark.parametrize(
    ("sent", "handed_in", "state"),
    [
        ((23, 29), (0, 10), State.DRAFT),
        ((23, 30), (0, 29), State.SUBMITTED),
        ((23, 59), (0, 0), State.SUBMITTED),
        ((23, 59), (0, 30), State.DRAFT),
    ],
)
def test_an_upload_begun_before_the_bell_may_finish(
    talk: Talk, sent: tuple[int, int], handed_in: tuple[int, int], state: State
) -> None:
    """A1: within half an hour."""
    fill(talk)
    talk.now = datetime(2024, 6, 11, *sent, tzinfo=SHANGHAI)
    media = Media(media_id="m1")
    talk.sends(InboundMessage("test", talk.name, "p1", MessageKind.IMAGE, media=media))
    talk.now = datetime(2024, 6, 12, *handed_in, tzinfo=SHANGHAI)
    talk.says("提交")
    assert talk.desk().state == state
