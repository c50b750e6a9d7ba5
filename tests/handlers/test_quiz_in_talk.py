"""Questions pasted as text where 题库 is asked (附件4第17项, R76–R78, L11)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

from handlers.fields.quiz import numbers_in, read_as
from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from storage.jobs import KEEP_TEXT, Job
from tests.corpus_files import make
from tests.filing import fill
from tests.talk import Talk

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIRST = (
    "一、单选题\n1. 旋转夹具适用的管径是（ ）\nA. 50mm至300mm  B. 10mm至20mm\n答案：A\n"
    "2. 翻转时间由12min降到多少？\nA. 3min  B. 6min\n答案：A"
)
SECOND = "3. 一次合格率达到98%以上。（ ）\n答案：√\n4. 夹具用几个卡盘？\n答案：两个"
# It may be a question, or something said to the bot.
SINGLE = "夹具用几个卡盘？"


def fact(text: str, number: int) -> dict[str, Any]:
    """What the export says of a pasted set."""
    content = text.encode()
    return {
        "name": f"题库{number}.txt", "caption": f"题库{number}", "kind": "txt", "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(), "status": "stored",
    }  # fmt: skip


def texts_left(talk: Talk) -> list[str]:
    """What the worker has still to write."""
    query = select(Job).where(Job.kind == KEEP_TEXT, Job.state == "new").order_by(Job.id)
    with talk.database.reading() as session:
        return [job.detail["text"] for job in session.scalars(query)]


def said(talk: Talk, text: str) -> tuple[Outcome, str | None]:
    heard = talk.says(text)
    return heard.outcome, heard.asked


def test_pasted_questions_are_a_set_and_the_question_stays(talk: Talk) -> None:
    fill(talk, until="quiz")
    heard = talk.says(FIRST)
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "quiz")
    assert talk.files("quiz") == [fact(FIRST, 1)]
    assert texts_left(talk) == [FIRST]
    assert all(
        part in heard.text for part in ("题库1", "题号是1到2", "完成", "Word", fact(FIRST, 1)["sha256"][:8])
    )


def test_each_further_message_is_a_further_set_until_all_are_in(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says(FIRST)
    assert "题号是3到4" in talk.says(SECOND).text
    assert talk.files("quiz") == [fact(FIRST, 1), fact(SECOND, 2)]
    assert said(talk, "完成") == (Outcome.MOVED, "audio")


@SQLITE
def test_the_usual_cleaning_and_nothing_else(talk: Talk) -> None:
    fill(talk, until="quiz")
    heard = talk.says("\ufeff" + FIRST.replace("\n", "\r\n") + "\t第二列  \r\n")
    assert texts_left(talk) == [FIRST + "  第二列"]
    assert talk.files("quiz") == [fact(FIRST + "  第二列", 1)]
    assert "表格" in heard.text


def test_what_may_be_questions_is_asked_about_and_kept_after_a_yes(talk: Talk) -> None:
    fill(talk, until="quiz")
    assert said(talk, SINGLE) == (Outcome.NEEDS_CONFIRMATION, "quiz")
    assert (talk.files("quiz"), texts_left(talk)) == ([], [])
    assert said(talk, "是") == (Outcome.ACCEPTED, "quiz")
    assert (talk.files("quiz"), texts_left(talk)) == ([fact(SINGLE, 1)], [SINGLE])


def test_what_is_no_question_after_all_is_not_kept(talk: Talk) -> None:
    fill(talk, until="quiz")
    assert said(talk, "题库在我电脑上") == (Outcome.NEEDS_CONFIRMATION, "quiz")
    assert said(talk, "否") == (Outcome.ANSWERED, "quiz")
    assert (talk.files("quiz"), texts_left(talk)) == ([], [])


@SQLITE
def test_questions_sent_one_by_one_gather_until_a_yes(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says("1. 夹具用几个卡盘？")
    heard = talk.says("2. 最大管径是多少？")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and "1. 夹具用几个卡盘？\n2. 最大管径" in heard.text
    talk.says("1")
    assert talk.files("quiz") == [fact("1. 夹具用几个卡盘？\n2. 最大管径是多少？", 1)]


@SQLITE
def test_sure_questions_leave_the_doubtful_ones_waiting(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says(SINGLE)
    heard = talk.says(FIRST)
    assert heard.outcome is Outcome.ACCEPTED and SINGLE in heard.text
    talk.says("是")
    assert talk.files("quiz") == [fact(FIRST, 1), fact(SINGLE, 2)]


@SQLITE
def test_who_goes_on_without_a_yes_is_told_what_is_not_saved(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says(SINGLE)
    assert "没有保存" in talk.says("跳过").text
    talk.says("修改17")
    talk.says(SINGLE)
    heard = talk.gives(make("txt", "文字材料题库.txt", 1, None), "文字材料题库.txt")
    assert "还没有确认" in heard.text and len(talk.files("quiz")) == 1


@SQLITE
def test_an_offer_to_hand_in_does_not_hide_what_is_not_saved(talk: Talk) -> None:
    fill(talk)
    talk.says("修改17")
    talk.says(SINGLE)
    heard = talk.says("还差什么")
    assert (talk.desk().pending or {})["kind"] == "submit" and "还没有确认" in heard.text


@SQLITE
def test_what_waits_for_a_yes_does_not_grow_for_ever(talk: Talk) -> None:
    fill(talk, until="quiz")
    long = "长" * 3000
    talk.says(long)
    heard = talk.says(long)
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and "还没有保存" in heard.text
    talk.says("是")
    assert talk.files("quiz") == [fact(long, 1)]


@SQLITE
def test_a_text_that_no_message_may_hold_is_to_be_sent_in_parts(talk: Talk) -> None:
    fill(talk, until="quiz")
    heard = talk.says(FIRST * 70)
    assert (heard.outcome, "分几条发" in heard.text) == (Outcome.REJECTED, True)


@SQLITE
def test_a_pasted_set_is_taken_back(talk: Talk) -> None:
    """R110."""
    fill(talk, until="quiz")
    talk.says(FIRST)
    assert said(talk, "撤回") == (Outcome.NEEDS_CONFIRMATION, "quiz")
    talk.says("是")
    assert talk.files("quiz") == []


@SQLITE
@pytest.mark.parametrize(
    ("text", "outcome", "asked"),
    [
        ("跳过", Outcome.MOVED, "audio"), ("下一项", Outcome.MOVED, "audio"), ("你好", Outcome.ANSWERED, "quiz"),
        ("没有", Outcome.REJECTED, "quiz"), ("1", Outcome.REJECTED, "quiz"), ("删除1", Outcome.REJECTED, "quiz"),
        ("还差什么", Outcome.ANSWERED, "quiz"), ("跳国", Outcome.NEEDS_CONFIRMATION, "quiz"),
    ],
)  # fmt: skip
def test_words_for_the_bot_are_no_questions(talk: Talk, text: str, outcome: Outcome, asked: str) -> None:
    fill(talk, until="quiz")
    assert said(talk, text) == (outcome, asked)
    assert (talk.files("quiz"), texts_left(talk)) == ([], [])


def test_a_name_for_an_uploaded_set_is_a_name(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.gives(make("txt", "新建文本文档.txt", 1, None), "新建文本文档.txt")
    assert said(talk, "文字材料题库（20道）") == (Outcome.ACCEPTED, "audio")
    assert [file["caption"] for file in talk.files("quiz")] == ["文字材料题库（20道）"]


@SQLITE
def test_questions_before_the_name_of_an_uploaded_set(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.gives(make("txt", "新建文本文档.txt", 1, None), "新建文本文档.txt")
    heard = talk.says(FIRST)
    assert (heard.outcome, "还没有名字" in heard.text) == (Outcome.ACCEPTED, True)
    talk.says("视频题库")
    assert [file["caption"] for file in talk.files("quiz")] == ["视频题库", "题库2"]


@SQLITE
def test_the_same_questions_twice_count_once(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says(FIRST)
    assert said(talk, FIRST) == (Outcome.REJECTED, "quiz")
    assert (talk.files("quiz"), texts_left(talk)) == ([fact(FIRST, 1)], [FIRST])


@SQLITE
def test_the_same_message_twice_is_kept_once(talk: Talk) -> None:
    fill(talk, until="quiz")
    assert talk.says(FIRST, key="7:7") == talk.says(FIRST, key="7:7")
    assert (talk.files("quiz"), texts_left(talk)) == ([fact(FIRST, 1)], [FIRST])


@SQLITE
def test_a_set_is_renamed_and_removed_like_any_file(talk: Talk) -> None:
    fill(talk, until="quiz")
    talk.says(FIRST)
    talk.says("改名1 视频题库")
    talk.says("修改17")
    talk.says(SECOND)
    assert [file["caption"] for file in talk.files("quiz")] == ["视频题库", "题库2"]
    talk.says("删除1")
    talk.says("是")
    talk.says(FIRST)
    assert [file["name"] for file in talk.files("quiz")] == ["题库2.txt", "题库3.txt"]


@SQLITE
def test_the_last_thing_missing_is_told_to_be_in(talk: Talk) -> None:
    """L2: complete is not submitted."""
    fill(talk, until="quiz")
    talk.says("跳过")
    fill(talk, start=False)
    talk.says("修改17")
    assert "必填材料已经齐了" in talk.says(FIRST).text
    assert said(talk, "提交")[0] is Outcome.MOVED
    assert talk.desk().state == "submitted"


@SQLITE
@pytest.mark.parametrize(("until", "part"), [("quiz", "粘贴成文字直接发给我"), ("photos", "修改17")])
def test_a_document_that_stays_with_the_platform_may_be_pasted(talk: Talk, until: str, part: str) -> None:
    fill(talk, until=until)
    heard = talk.sends(
        InboundMessage("test", talk.name, "9:1", MessageKind.FILE, media=Media(name="题库.docx"))
    )
    assert (heard.outcome, part in heard.text) == (Outcome.REJECTED, True)


@SQLITE
def test_the_question_says_that_text_will_do(talk: Talk) -> None:
    fill(talk, until="quiz")
    assert "粘贴成文字" in talk.says("修改17").text
    assert "要求对每套题库进行命名" in talk.says("修改17").text


@pytest.mark.parametrize(
    ("text", "is_name", "reading"),
    [
        (FIRST, False, "questions"), (FIRST, True, "questions"), (SINGLE, False, "doubtful"),
        (SINGLE, True, "doubtful"), ("我明天再发可以吗？\n谢谢", False, "doubtful"), ("长" * 300, False, "doubtful"),
        ("1.文字材料题库\n2.视频题库", True, "name"), ("1.甲卡盘\n2.乙卡盘", False, "doubtful"),
        ("1.焊口怎么对？2.夹具怎么装？3.管件怎么转？", False, "questions"),
        ("1.夹具怎么装？\n答：先装底座。", False, "questions"),
        ("夹具可用于50mm管件（ ）A.对 B.错", False, "questions"),
        ("\n".join(f"第{n}题 {'长' * 20}" for n in (1, 2, 3)), False, "questions"),
        ("适用管径1.5倍", False, "doubtful"),
    ],
)  # fmt: skip
def test_how_a_text_is_read(text: str, is_name: bool, reading: str) -> None:
    assert read_as(text, is_name=is_name) == reading


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1.甲\n2.乙\n3.丙", (1, 3)), ("（9）甲\n（10）乙", (9, 10)), ("第1题 甲\n第2题 乙", (1, 2)),
        ("1.甲", None), ("1.甲\n3.丙", None), ("1.甲\n2.乙\n1.丙", None), ("1.5倍\n2.5倍", None), ("", None),
    ],
)  # fmt: skip
def test_numbers_are_told_only_where_they_are_certain(text: str, numbers: tuple[int, int] | None) -> None:
    assert numbers_in(text) == numbers
