"""Repeats, events, voices and messages that nobody can read (L5, R109, R112)."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from handlers.messages import GROUP, InboundMessage, MessageKind, Outcome
from storage.inbound import InboundRow
from tests.filing import fill
from tests.talk import Talk


def test_a_repeat_gets_the_stored_reply_and_does_nothing(talk: Talk) -> None:
    talk.says("我要申报")
    first = talk.says("张伟", key="1700000000:42")
    talk.says("张伟是班长，从事焊接二十年。")
    again = talk.says("张伟", key="1700000000:42")
    assert again == first
    assert set(talk.answers()) == {"completers", "first_completer_bio"}


def test_a_repeat_a_day_later_does_nothing_either(talk: Talk) -> None:
    talk.says("我要申报")
    first = talk.says("张伟", key="1700000000:42")
    talk.later(days=1)
    assert talk.says("张伟", key="1700000000:42") == first


def test_the_same_id_from_two_people_is_two_messages(talk: Talk) -> None:
    """WxJava#333: message ids alone collide."""
    other = Talk(talk.database, name="lina")
    for person in (talk, other):
        person.says("我要申报", key="1:1")
        assert person.says(f"{person.name} Wang", key="1:2").outcome is Outcome.ACCEPTED


def test_the_same_message_from_several_threads_at_once_has_one_effect(talk: Talk) -> None:
    talk.says("我要申报")
    heard = []
    barrier = threading.Barrier(6)

    def say() -> None:
        barrier.wait()
        heard.append(talk.says("张伟、李娜", key="1700000000:7"))

    threads = [threading.Thread(target=say) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [heard[0]] * 6
    with talk.database.reading() as session:
        assert session.scalar(select(func.count()).where(InboundRow.key == "1700000000:7")) == 1


def test_a_welcome_names_the_dates(talk: Talk) -> None:
    heard = talk.happens("subscribe")
    assert heard.outcome is Outcome.ANSWERED and "6月11日" in heard.text


def test_a_followed_union_code_fills_the_union(talk: Talk) -> None:
    """R52."""
    assert "苏州市总工会" in talk.happens("subscribe", "union-suzhou").text
    talk.says("我要申报")
    assert talk.answers() == {"union": "suzhou"}
    heard = fill(talk, until="category", start=False)
    assert heard is not None and heard.asked == "category"


def test_scanning_within_a_draft(talk: Talk) -> None:
    fill(talk, until="union")
    heard = talk.happens("scan", "union-wuxi")
    assert (heard.outcome, heard.asked) == (Outcome.MOVED, "category")
    assert talk.answers()["union"] == "wuxi"
    assert "没有自动更换" in talk.happens("scan", "union-nanjing").text
    assert talk.answers()["union"] == "wuxi"


def test_an_unknown_code_is_answered(talk: Talk) -> None:
    assert talk.happens("scan", "union-atlantis").outcome is Outcome.ANSWERED


@pytest.mark.parametrize("event", ["unsubscribe", "view", "location", "template_result", "brand_new_event"])
def test_events_that_ask_for_nothing_get_nothing(talk: Talk, event: str) -> None:
    heard = talk.happens(event)
    assert (heard.outcome, heard.text) == (Outcome.IGNORED, "")


def test_a_menu_button_is_a_command(talk: Talk) -> None:
    assert talk.happens("click", "我要申报").asked == "completers"


@pytest.mark.parametrize("kind", [MessageKind.UNKNOWN, MessageKind.LOCATION, MessageKind.LINK])
def test_what_cannot_be_read_is_answered_and_changes_nothing(talk: Talk, kind: MessageKind) -> None:
    fill(talk, until="phone")
    heard = talk.says("?", kind=kind)
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "phone")


def test_a_voice_is_read_back_and_saved_only_after_a_yes(talk: Talk) -> None:
    fill(talk, until="work_unit")
    heard = talk.says("南京机电安装有限公司", kind=MessageKind.VOICE)
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and "南京机电安装有限公司" in heard.text
    assert "work_unit" not in talk.answers()
    talk.says("是")
    assert talk.answers()["work_unit"] == "南京机电安装有限公司"


def test_a_voice_without_words(talk: Talk) -> None:
    fill(talk, until="work_unit")
    assert talk.says("", kind=MessageKind.VOICE).outcome is Outcome.REJECTED


def test_a_spoken_command_is_obeyed(talk: Talk) -> None:
    assert talk.says("我要申报。", kind=MessageKind.VOICE).asked == "completers"


def test_a_spoken_text_that_breaks_a_rule(talk: Talk) -> None:
    fill(talk, until="phone")
    heard = talk.says("一二三四", kind=MessageKind.VOICE)
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "phone")


@pytest.mark.parametrize("text", ["", "   ", "\0\0", "\u200b\u202e", "\n\n"])
def test_a_message_without_text_is_answered(talk: Talk, text: str) -> None:
    fill(talk, until="phone")
    heard = talk.says(text)
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "phone")


@pytest.mark.parametrize(
    "text",
    [
        "{{ config }}{% for x in y %}", "'; DROP TABLE answers; --", "=HYPERLINK(\"http://x\")", "<script>alert(1)</script>",
        "]]></Content><Content><![CDATA[x", "${jndi:ldap://x}", "[CQ:at,qq=all]", "%s%n%d", "../../etc/passwd",
    ],
)  # fmt: skip
def test_text_is_data(talk: Talk, text: str) -> None:
    fill(talk, until="background")
    heard = talk.says(text)
    assert heard.outcome is Outcome.ACCEPTED and text in heard.text
    assert talk.answers()["background"] == text


def test_what_is_invisible_is_not_kept(talk: Talk) -> None:
    fill(talk, until="background")
    talk.says("国内\u202e外现\u200b状\0良好\ud800")
    assert talk.answers()["background"] == "国内外现状良好"


def test_a_megabyte_is_refused_with_its_count(talk: Talk) -> None:
    fill(talk, until="summary")
    heard = talk.says("长" * 350_000)
    assert heard.outcome is Outcome.REJECTED and "350000字" in heard.text
    assert "summary" not in talk.answers()


def test_the_group_gets_no_data(talk: Talk) -> None:
    """R91: no group is bound."""
    heard = talk.sends(InboundMessage("test", talk.name, "1:9", MessageKind.TEXT, text="看全部", chat=GROUP))
    assert (heard.outcome, heard.text) == (Outcome.IGNORED, "")
