"""Text fields: hard limits refuse with the count, soft ones advise once, nothing is cut (section 6, tests 2–4)."""

from __future__ import annotations

import pytest

from handlers.messages import Outcome
from tests.filing import TEXTS, fill
from tests.talk import Heard, Talk, campaign

PACK = campaign().pack
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HARD = [("first_completer_bio", 100), ("summary", 500), ("innovation", 500), ("benefits", 500)]
BODY = "经济效益社会效益一二三四五六七八九十"


def at(talk: Talk, field: str) -> None:
    """Open one field of a draft in which little is filled."""
    talk.says("我要申报")
    talk.says(f"修改{PACK.spec(field).order}")


def long(count: int) -> str:
    return (BODY * 40)[:count]


@SQLITE
@pytest.mark.parametrize(("field", "limit"), HARD)
def test_hard_limits_to_the_character(talk: Talk, field: str, limit: int) -> None:
    """R48, R59, R64, R65: n−1 and n pass, n+1 is refused with its count and the cut point."""
    at(talk, field)
    for count in (limit - 1, limit):
        assert talk.says(long(count)).outcome is Outcome.ACCEPTED
        assert talk.answers()[field] == long(count)
        talk.says(f"修改{PACK.spec(field).order}")
    heard = talk.says(long(limit + 1))
    assert heard.outcome is Outcome.REJECTED and talk.answers()[field] == long(limit)
    told = (
        f"不能超过{limit}字",
        f"{limit + 1}字",
        "多1字",
        f"第{limit}字",
        long(limit)[-10:],
        PACK.spec(field).source,
    )
    assert [part for part in told if part not in heard.text] == []


@SQLITE
@pytest.mark.parametrize(
    ("text", "outcome", "part"),
    [
        ("字 " * 100, Outcome.ACCEPTED, "（共100字）"),
        ("字\n" * 100, Outcome.ACCEPTED, "（共100字）"),
        ("字　" * 101, Outcome.REJECTED, "101字"),
        ("１" * 100, Outcome.ACCEPTED, "（共100字）"),
        ("１" * 101, Outcome.REJECTED, "101字"),
        ("word " * 25, Outcome.ACCEPTED, "（共100字，Word字数统计为25）"),
        ("word " * 26, Outcome.REJECTED, "104字（不计空格；Word字数统计为26）"),
        ("字" * 100 + "😀", Outcome.NEEDS_CONFIRMATION, "😀"),
        ("字" * 101 + "😀", Outcome.REJECTED, "101字"),
    ],
)
def test_spaces_breaks_digits_emoji_and_words(talk: Talk, text: str, outcome: Outcome, part: str) -> None:
    """A23: our count decides; Word's is told where it differs."""
    at(talk, "first_completer_bio")
    heard = talk.says(text)
    assert (heard.outcome, part in heard.text) == (outcome, True)


@SQLITE
def test_the_titles_silent_band(talk: Talk) -> None:
    """R57, A7: 12 to 30 pass in silence, 21 among them."""
    for count in (12, 21, 30):
        at(talk, "title")
        heard = talk.says(long(count))
        assert heard.outcome is Outcome.ACCEPTED and "提醒" not in heard.text
        assert talk.answers()["title"] == long(count)


@SQLITE
@pytest.mark.parametrize("count", [31, 40])
def test_a_longish_title_is_asked_about_once(talk: Talk, count: int) -> None:
    at(talk, "title")
    asked = talk.says(long(count))
    assert (
        asked.outcome is Outcome.NEEDS_CONFIRMATION
        and "附件4第8项" in asked.text
        and f"{count}字" in asked.text
    )
    assert talk.says(long(count - 1)).outcome is Outcome.ACCEPTED
    assert talk.answers()["title"] == long(count - 1)


@SQLITE
def test_a_title_over_forty_needs_a_reason_and_is_not_cut(talk: Talk) -> None:
    at(talk, "title")
    for _ in range(2):
        assert talk.says(long(41)).outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("1").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("型号名称较长").outcome is Outcome.ACCEPTED
    assert (talk.answers()["title"], talk.desk().notes["title"]) == (long(41), "型号名称较长")


@SQLITE
@pytest.mark.parametrize("field", ["background", "objective"])
def test_about_a_hundred(talk: Talk, field: str) -> None:
    """R62, R63."""
    figures = "达到98%、12min。"
    at(talk, field)
    assert "提醒" not in talk.says(figures + long(100 - 11)).text
    at(talk, field)
    assert talk.says(figures + long(160)).outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("1").outcome is Outcome.ACCEPTED
    at(talk, field)
    talk.says(figures + long(210))
    assert talk.says("1").outcome is Outcome.NEEDS_CONFIRMATION
    assert "略短" in _after_reason(talk, field, figures).text


def _after_reason(talk: Talk, field: str, text: str) -> Heard:
    talk.says("指标较多")
    at(talk, field)
    return talk.says(text)


@SQLITE
@pytest.mark.parametrize("field", ["title", "summary", "industry", "objective", "benefits"])
def test_the_notices_own_examples_pass(talk: Talk, field: str) -> None:
    """Section 6 test 4."""
    at(talk, field)
    assert talk.says(PACK.spec(field).example).outcome is Outcome.ACCEPTED


@SQLITE
@pytest.mark.parametrize(
    ("field", "text", "part"),
    [
        ("objective", "解决了焊缝成形不匀的难题，" + long(60), "技术指标数据"),
        ("benefits", "1.节约费用。2.增加产值。", "社会效益"),
        ("benefits", "1.保障安全。2.减轻劳动强度。", "经济效益"),
        ("work_unit", "南京机电", "单位全称"),
    ],
)
def test_what_the_notice_wants_to_see_is_asked_about_once(
    talk: Talk, field: str, text: str, part: str
) -> None:
    """R50, R63, R65."""
    at(talk, field)
    heard = talk.says(text)
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and part in heard.text
    assert PACK.spec(field).source in heard.text
    assert talk.says("1").outcome is Outcome.ACCEPTED
    assert talk.answers()[field] == text


@SQLITE
@pytest.mark.parametrize(
    ("field", "text", "part"),
    [("summary", "把夹具改了一下，用着顺手。", "分点分条"), ("innovation", "1.首创。2.易于安装。", "及时性")],
)
def test_what_is_advised_is_only_mentioned(talk: Talk, field: str, text: str, part: str) -> None:
    """A12, R59, R60, R64."""
    at(talk, field)
    heard = talk.says(text)
    assert heard.outcome is Outcome.ACCEPTED and part in heard.text


@SQLITE
@pytest.mark.parametrize("text", ["😀😀", "https://example.com/a", "www.example.com/a"])
def test_plain_text_means_text(talk: Talk, text: str) -> None:
    """R56."""
    at(talk, "title")
    assert talk.says(text).outcome is Outcome.REJECTED


@SQLITE
def test_an_emoji_goes_after_a_yes(talk: Talk) -> None:
    at(talk, "title")
    assert talk.says("管道焊口自动👍旋转夹具的研制").outcome is Outcome.NEEDS_CONFIRMATION
    talk.says("1")
    assert talk.answers()["title"] == "管道焊口自动旋转夹具的研制"


@SQLITE
def test_a_title_is_one_line_and_keeps_chinese_marks(talk: Talk) -> None:
    at(talk, "title")
    talk.says("创新成果名称：管道“焊口”\n自动旋转夹具的研制，及应用")
    assert talk.answers()["title"] == "管道“焊口”自动旋转夹具的研制，及应用"


@SQLITE
def test_a_long_text_is_receipted_in_short_and_kept_whole(talk: Talk) -> None:
    """What was just sent stands above; the next question must not drown (L16)."""
    at(talk, "summary")
    heard = talk.says("1." + long(490))
    assert len(heard.text.encode()) < 2000 and "（共492字" in heard.text and "预览" in heard.text
    assert talk.answers()["summary"] == "1." + long(490)


@SQLITE
def test_a_replaced_value_is_shown(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.says("修改3")
    assert f"（原来填的是：{TEXTS['work_unit']}）" in talk.says("南京第三机床厂").text


@SQLITE
@pytest.mark.parametrize(
    "field", ["completers", "work_unit", "phone", "title", "photos", "industry", "craftsmen"]
)
def test_no_field_takes_a_book(talk: Talk, field: str) -> None:
    """R82: no invented limits beyond sanity; the reply stays readable."""
    talk.says("我要申报")
    talk.says(f"修改{PACK.spec(field).order or PACK.spec(field).short}")
    for text in ("长" * 5001, "张伟、" * 2000):
        heard = talk.says(text)
        assert heard.outcome is Outcome.REJECTED and "没有保存" in heard.text and len(heard.text) < 200
    assert talk.answers() == {} and talk.desk().asked == field


@SQLITE
@pytest.mark.parametrize("field", ["union", "category", "new_productive_forces"])
def test_a_wrong_choice_is_quoted_in_short(talk: Talk, field: str) -> None:
    at(talk, field)
    heard = talk.says("很长的内容" * 900)
    assert heard.outcome is Outcome.REJECTED and len(heard.text) < 500
