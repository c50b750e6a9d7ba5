"""Lists of completers: any separator, everyone once, twenty at most (R43, section 6 test 5)."""

from __future__ import annotations

import pytest

from handlers.fields.base import Accepted, Asked, Doubtful, Refused
from handlers.fields.people import People
from handlers.messages import say
from tests.filing import fill
from tests.talk import Talk, campaign

PACK = campaign().pack
SPEC = PACK.spec("completers")
ASKED = Asked(spec=SPEC, pack=PACK, answers={})
SURNAMES, NAMES = "赵钱孙李周", "伟娜芳强敏"
TWENTY_FIVE = [surname + name for surname in SURNAMES for name in NAMES]


def read(text: str) -> object:
    judged = People().judge(text, ASKED)
    return judged.value if isinstance(judged, Accepted) else judged


@pytest.mark.parametrize(
    "text",
    [
        "张伟、李娜、王芳", "张伟，李娜,王芳", "张伟；李娜;王芳", "张伟 李娜 王芳", "张伟\n李娜\n王芳", "张伟/李娜|王芳",
        "1.张伟\n2.李娜\n3.王芳", "（1）张伟（2）李娜（3）王芳", "张 伟、李 娜、王 芳", "张 伟 李 娜 王 芳",
        "完成人：张伟、李娜、王芳", "张伟、李娜和王芳", "张伟、李娜以及王芳", "张伟、李娜，还有王芳", "张伟与李娜及王芳",
        "张伟.李娜.王芳", "张伟、李娜、王芳。", "张伟（组长）、李娜、王芳",
    ],
)  # fmt: skip
def test_every_usual_separator(text: str) -> None:
    assert read(text) == ["张伟", "李娜", "王芳"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("阿卜杜拉·买买提", ["阿卜杜拉·买买提"]),
        ("古丽努尔•阿不都热合曼，张伟", ["古丽努尔·阿不都热合曼", "张伟"]),
        ("迪丽热巴.迪力木拉提", ["迪丽热巴·迪力木拉提"]),
        ("买买提・艾力 张伟", ["买买提·艾力", "张伟"]),
        ("欧阳修远、司马相如", ["欧阳修远", "司马相如"]),
        ("李和平、张与归", ["李和平", "张与归"]),
        ("John Smith，张伟", ["John Smith", "张伟"]),
    ],
)
def test_names_of_every_sort(text: str, names: list[str]) -> None:
    assert read(text) == names


def test_a_name_that_stands_twice_counts_once_and_is_named() -> None:
    judged = People().judge("张伟、李娜、张伟", ASKED)
    assert judged == Accepted(["张伟", "李娜"], (say("fields/people_doubled", names=["张伟"]),))


def test_twenty_are_taken_and_the_twenty_first_is_refused_with_the_list() -> None:
    assert read("、".join(TWENTY_FIVE[:20])) == TWENTY_FIVE[:20]
    shown = say("fields/people_too_many", spec=SPEC, names=TWENTY_FIVE[:21], count=21, most=20)
    assert read("、".join(TWENTY_FIVE[:21])) == Refused(shown)


def test_of_very_many_only_the_first_are_shown() -> None:
    many = [f"{one}{two}" for one in TWENTY_FIVE[:20] for two in "甲乙丙"]
    judged = People().judge("、".join(many), ASKED)
    assert isinstance(judged, Refused)
    assert (judged.line.context["names"], judged.line.context["count"]) == (many[:30], 60)


@pytest.mark.parametrize("text", ["张伟等5人", "张伟等", "张伟、李娜等同志"])
def test_and_others_is_no_name(text: str) -> None:
    assert read(text) == Refused(say("fields/people_and_others", spec=SPEC))


@pytest.mark.parametrize(
    "text", ["张伟负责设计李娜参与", "张三丰李四光王五", "1", "张伟 13800138000", "我们班组"]
)
def test_what_hardly_is_a_name_is_asked_about(text: str) -> None:
    assert isinstance(read(text), Doubtful)


def test_nothing_but_separators() -> None:
    assert read("，、") == Refused(say("fields/people_none", spec=SPEC))


def test_the_receipt_says_how_many(talk: Talk) -> None:
    """A space within a name makes two of one: the number shows it."""
    talk.says("我要申报")
    assert "（共2位）：阿卜杜拉、买买提" in talk.says("阿卜杜拉 买买提").text


def test_the_list_of_twenty_one_is_shown_and_the_old_one_kept(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.says("修改1")
    heard = talk.says("、".join(TWENTY_FIVE[:21]))
    assert "21. 周伟（超出）" in heard.text and "多了1位" in heard.text and "张伟、李娜" in heard.text
    assert talk.answers()["completers"] == ["张伟", "李娜"]
