"""What each question says: number, place, label, the notice's own words, example and explanation on demand."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from handlers.packs import FieldSpec
from tests.filing import FILES, TEXTS, answer, fill
from tests.talk import Heard, Talk, campaign

PACK = campaign().pack
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NUMBERED = pytest.mark.parametrize("spec", PACK.numbered, ids=lambda spec: spec.key)
# The platform carries 2048 bytes in one message.
ONE_MESSAGE = 2000


def asked(talk: Talk, spec: FieldSpec) -> Heard:
    talk.says("我要申报")
    return talk.says(f"修改{spec.order or spec.short}")


@SQLITE
@NUMBERED
def test_a_prompt_names_its_place_its_label_and_the_requirement_in_the_notices_words(
    talk: Talk, spec: FieldSpec
) -> None:
    lines = asked(talk, spec).text.splitlines()
    assert lines[:2] == [f"第{spec.order}项／共19项，已填0项", f"【{spec.label}】"]
    wanted = [spec.prompt, *spec.requirement.splitlines()]
    if spec.requirement:
        wanted.append(f"要求（{spec.source}）：")
    assert [line for line in wanted if line not in lines] == []


@SQLITE
def test_the_place_counts_what_is_filled(talk: Talk) -> None:
    heard = fill(talk, until="title")
    assert heard is not None and "第8项／共19项，已填7项" in heard.text


@SQLITE
@NUMBERED
def test_an_example_is_shown_exactly_as_in_the_notice(talk: Talk, spec: FieldSpec) -> None:
    """R81; in a text field the word is asked about first (L1)."""
    offered = "发“示例”" in asked(talk, spec).text
    heard = talk.says("示例")
    if heard.outcome is Outcome.NEEDS_CONFIRMATION:
        heard = talk.says("1")
    assert (heard.outcome, heard.asked, offered) == (Outcome.ANSWERED, spec.key, bool(spec.example))
    if spec.example:
        assert f"（{spec.source}）：\n{spec.example}\n" in heard.text
    else:
        assert "通知没有给" in heard.text and [line for line in spec.guide if line not in heard.text] == []


@SQLITE
@NUMBERED
def test_a_question_mark_explains_with_the_notices_words(talk: Talk, spec: FieldSpec) -> None:
    """R2, R80."""
    asked(talk, spec)
    heard = talk.says("？")
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, spec.key)
    wanted = [spec.label, *spec.requirement.splitlines(), spec.remark, spec.reference, *spec.guide]
    wanted += [f"{place}. {one.value}：{one.definition}" for place, one in enumerate(spec.choices, 1)]
    assert [part for part in wanted if part not in heard.text] == []
    assert ("仅供参考" in heard.text) == bool(spec.choices)


@SQLITE
@pytest.mark.parametrize(
    ("key", "of_it", "of_the_other"),
    [("pledge", "五、自觉接受政府", "授权期限"), ("authorization", "授权期限：长期", "五、自觉接受政府")],
)
def test_the_papers_are_readable_word_by_word(talk: Talk, key: str, of_it: str, of_the_other: str) -> None:
    """R23, R27, R28."""
    asked(talk, PACK.spec(key))
    text = talk.says("？").text
    paper = text[text.index(f"\n{PACK.spec(key).paper}\n") :]
    assert of_it in paper and of_the_other not in text
    lines = {line.strip() for line in PACK.attachments[1].text.splitlines()}
    own = [line.strip() for line in paper.splitlines() if line.strip()]
    assert [line for line in own if line not in lines] == []


@SQLITE
def test_a_summary_of_the_licence_stands_in_its_question(talk: Talk) -> None:
    """R23."""
    text = asked(talk, PACK.spec("authorization")).text
    assert "第7项的另一份材料" in text and "非专有的，不含转授权；期限为长期" in text


@SQLITE
def test_a_question_with_a_value_shows_it_and_how_to_keep_it(talk: Talk) -> None:
    fill(talk, until="phone")
    text = talk.says("修改3").text
    assert f"现在填的是（共10字）：\n{TEXTS['work_unit']}\n" in text and "跳过" in text


@SQLITE
def test_the_biography_is_asked_for_by_name(talk: Talk) -> None:
    """R49."""
    talk.says("我要申报")
    assert "第一完成人：李娜" in talk.says("李娜、张伟").text


@SQLITE
def test_every_reply_of_a_filing_fits_into_one_message(talk: Talk) -> None:
    heard = talk.says("我要申报")
    texts = [heard.text]
    while heard.asked is not None:
        heard = answer(talk, heard.asked)
        texts.append(heard.text)
    texts += [
        talk.says(word).text for word in ("看全部", "还差什么", "帮助", "附件2", "附件3", "提交", "修改")
    ]
    assert [len(text.encode()) for text in texts if len(text.encode()) > ONE_MESSAGE] == []
    assert len(texts) == len(TEXTS) + len(FILES) + 2 + 1 + 7


@SQLITE
@pytest.mark.parametrize("number", range(1, 7))
def test_every_attachment_by_number_and_by_each_of_its_names(talk: Talk, number: int) -> None:
    """R20; A8: what 附件4 calls 附件1 is explained."""
    one = PACK.attachments[number - 1]
    texts = {
        talk.says(name).text for name in (f"附件{number}", f"附件{'一二三四五六'[number - 1]}", one.title)
    }
    texts |= {talk.says(name).text for name in one.aliases if name != "操作手册"}
    assert len(texts) == 1
    assert one.text in texts.pop().replace("\n\n\n", "\n\n")


@SQLITE
def test_the_contact_is_exactly_the_notices(talk: Talk) -> None:
    """R19."""
    for word in ("联系人", "转人工", "咨询电话"):
        text = talk.says(word).text
        assert "钱德乾，电话：025-83536240，18118991940" in text


@SQLITE
def test_the_manual_is_honestly_missing(talk: Talk) -> None:
    """R8: the notice's text has no picture of the code."""
    heard = talk.says("手册")
    assert heard.outcome is Outcome.ANSWERED
    assert "没有这张图" in heard.text and "联系人" in heard.text


@SQLITE
def test_what_was_looked_up_ends_with_the_open_question(talk: Talk) -> None:
    fill(talk, until="phone")
    for word in ("附件3", "联系人", "看全部", "还差什么", "预览"):
        assert talk.says(word).text.endswith("接着请填：第4项 联系电话。"), word
