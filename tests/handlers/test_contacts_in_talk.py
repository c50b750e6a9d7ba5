"""Registering as a union's contact in 1:1: in under a minute, apart or at once, with one yes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.messages import Outcome
from storage.db import Database
from tests.filing import TEXTS, fill
from tests.handlers.contact_people import (
    AT_ONCE,
    NOON,
    WANG,
    ZHANG,
    bound_admin,
    form_offered,
    kept,
    kept_id,
    on_roster,
    outcomes,
    told,
)
from tests.talk import Talk

MOVED, ACCEPTED, ASKING = Outcome.MOVED, Outcome.ACCEPTED, Outcome.NEEDS_CONFIRMATION
REJECTED, ANSWERED = Outcome.REJECTED, Outcome.ANSWERED
TALKS_AT = NOON


def test_three_answers_and_one_yes(talk: Talk) -> None:
    said = ("登记联系人", "1", "张伟", "138 0013 8000", "是")
    assert outcomes(talk, *said) == [MOVED, ACCEPTED, ACCEPTED, ASKING, ACCEPTED]
    assert kept(talk) == [("nanjing", "A", "张伟", "13800138000", "waiting")]
    assert talk.desk().pending is None


@pytest.mark.parametrize(
    "said",
    [
        AT_ONCE,
        "登记联系人，南京 张伟 １３８００１３８０００",
        "登记联系人\n单位名称：南京市总工会\n联系人：张伟\n联系电话：13800138000",
        "附件5\n全省职工“五小”创新成果\n征集联系人信息表\n单位名称\t南京市总工会\n联系人\t张 伟\n联系电话\t138-0013-8000",
    ],
)
def test_all_at_once(talk: Talk, said: str) -> None:
    assert outcomes(talk, said, "1") == [ASKING, ACCEPTED]
    assert kept(talk) == [("nanjing", "A", "张伟", "13800138000", "waiting")]


@pytest.mark.parametrize(
    "said",
    [
        "南京市总工会 张伟 13800138000",
        "单位名称：南京市总工会\n联系人：张伟\n联系电话：13800138000",
        "我是南京市总工会的张伟，电话13800138000",
        "张伟，13800138000，南京",
        "1、南京市 2、张伟 3、138 0013 8000",
        "南京市总工会张伟13800138000",
    ],
)
def test_all_at_once_where_the_union_is_asked(talk: Talk, said: str) -> None:
    assert outcomes(talk, "登记联系人", said, "是") == [MOVED, ASKING, ACCEPTED]
    assert kept(talk) == [("nanjing", "A", "张伟", "13800138000", "waiting")]


def test_name_and_phone_together(talk: Talk) -> None:
    assert outcomes(talk, "登记联系人", "无锡", "王芳 13700137000", "是")[2:] == [ASKING, ACCEPTED]
    assert kept(talk) == [("wuxi", "A", "王芳", "13700137000", "waiting")]


@pytest.mark.parametrize(
    ("said", "code"), [("省电力工会", "dianli"), ("24", "njtl"), ("江苏省总工会-南通市总工会", "nantong")]
)
def test_a_union_in_its_usual_forms(talk: Talk, said: str, code: str) -> None:
    outcomes(talk, "登记联系人", said, "张伟", "13800138000", "是")
    assert kept(talk) == [(code, "A", "张伟", "13800138000", "waiting")]


def test_a_hint_is_asked_about(talk: Talk) -> None:
    """昆山 belongs to 苏州, but nobody is put down for it without a yes."""
    assert outcomes(talk, "登记联系人", "昆山市总工会", "否") == [MOVED, ASKING, ANSWERED]
    assert outcomes(talk, "昆山市总工会", "是", "张伟", "13800138000", "是")[:2] == [ASKING, ACCEPTED]
    assert kept(talk) == [("suzhou", "A", "张伟", "13800138000", "waiting")]


def test_a_hint_within_all_at_once(talk: Talk) -> None:
    said = ("登记联系人 昆山市总工会 张伟 13800138000", "是", "是")
    assert outcomes(talk, *said) == [ASKING, ASKING, ACCEPTED]
    assert kept(talk) == [("suzhou", "A", "张伟", "13800138000", "waiting")]


@pytest.mark.parametrize("said", ["江苏省总工会", "上海市总工会", "25", "0", "不知道", "张伟"])
def test_no_union_of_the_list(talk: Talk, said: str) -> None:
    talk.says("登记联系人")
    assert outcomes(talk, said, "南京", "张伟") == [REJECTED, ACCEPTED, ACCEPTED]


@pytest.mark.parametrize("said", ["张伟、李娜", "不知道", "3", "南京市总工会", "王主任"])
def test_no_single_name(talk: Talk, said: str) -> None:
    assert outcomes(talk, "登记联系人", "南京", said, "张伟") == [MOVED, ACCEPTED, REJECTED, ACCEPTED]


@pytest.mark.parametrize("said", ["1380013800", "没有", "83536240"])
def test_no_phone(talk: Talk, said: str) -> None:
    heard = [talk.says(text) for text in ("登记联系人", "南京", "张伟", said, "13800138000")]
    assert [one.outcome for one in heard[3:]] == [REJECTED, ASKING]
    assert "附件5" in heard[3].text


def test_two_numbers(talk: Talk) -> None:
    said = ("登记联系人", "南京", "张伟", "13800138000或025-83530000", "2", "是")
    assert outcomes(talk, *said)[3:] == [ASKING, ASKING, ACCEPTED]
    assert kept(talk)[0][3] == "025-83530000"


def test_each_part_can_be_changed_before_the_yes(talk: Talk) -> None:
    said = (AT_ONCE, "否", "改电话", "13900139000", "改姓名李娜", "改单位 无锡", "025-83530000", "是")
    assert outcomes(talk, *said) == [ASKING, ASKING, MOVED, ASKING, ASKING, ASKING, ASKING, ACCEPTED]
    assert kept(talk) == [("wuxi", "A", "李娜", "025-83530000", "waiting")]


def test_back_goes_to_the_part_before(talk: Talk) -> None:
    outcomes(talk, "登记联系人", "南京", "张伟", "返回", "李娜", "13800138000", "是")
    assert kept(talk)[0][2] == "李娜"


@pytest.mark.parametrize("said", ["取消", "不报了", "退出"])
@pytest.mark.parametrize("before", [["登记联系人"], ["登记联系人", "南京"], [AT_ONCE]])
def test_leaving(talk: Talk, before: list[str], said: str) -> None:
    outcomes(talk, *before)
    assert (talk.says(said).outcome, talk.desk().pending, kept(talk)) == (MOVED, None, [])


def test_a_command_between_leaves_the_question_open(talk: Talk) -> None:
    assert outcomes(talk, "登记联系人", "南京", "帮助", "张伟") == [MOVED, ACCEPTED, ANSWERED, ACCEPTED]


def test_what_is_said_to_no_avail_asks_again(talk: Talk) -> None:
    outcomes(talk, AT_ONCE)
    assert outcomes(talk, "什么时候开会", "7", "是") == [ASKING, ASKING, ACCEPTED]


def test_the_open_question_of_the_form_is_asked_again(talk: Talk) -> None:
    fill(talk, until="phone")
    before = talk.answers()
    heard = [talk.says(text) for text in (AT_ONCE, "是")]
    assert [(one.outcome, one.asked) for one in heard] == [(ASKING, "phone"), (ACCEPTED, "phone")]
    assert heard[1].text.rstrip().splitlines()[-1] == talk.says("你好").text.rstrip().splitlines()[-1]
    assert talk.says(TEXTS["phone"]).outcome is ACCEPTED
    assert talk.answers() == {**before, "phone": TEXTS["phone"]}


def test_leaving_asks_the_open_question_again(talk: Talk) -> None:
    fill(talk, until="phone")
    outcomes(talk, "登记联系人", "取消")
    assert talk.says(TEXTS["phone"]).outcome is ACCEPTED
    assert talk.answers()["phone"] == TEXTS["phone"]


def test_a_value_that_waits_for_a_yes_waits_on(talk: Talk) -> None:
    fill(talk, until="work_unit")
    assert talk.says("南京机电").outcome is ASKING
    outcomes(talk, AT_ONCE, "是")
    assert talk.says("是").outcome is ACCEPTED
    assert talk.answers()["work_unit"] == "南京机电"


def test_the_word_in_a_text_field_is_asked_about(talk: Talk) -> None:
    fill(talk, until="title")
    assert outcomes(talk, "登记联系人", "1", "南京") == [ASKING, MOVED, ACCEPTED]


def test_an_ordinary_persons_contact_lines_stay_an_answer(talk: Talk) -> None:
    """单位名称, 联系人 and 电话 without the word are meant for the form that is open."""
    fill(talk, until="phone")
    heard = talk.says("单位名称：南京机电\n联系人：张伟\n联系电话：13800138000")
    assert (heard.outcome, talk.answers()["phone"], kept(talk)) == (ACCEPTED, "13800138000", [])


def test_on_the_roster_it_is_done_at_once(database: Database, talk: Talk) -> None:
    with database.writing() as session:
        on_roster(session, ZHANG, WANG)
        bound_admin(session)
    heard = [talk.says(text) for text in (AT_ONCE, "是")][1]
    assert (kept(talk)[0][4], told(database, "qian")) == ("active", [])
    assert "您已登记为南京市总工会的联系人" in heard.text and "领账号" in heard.text
    assert form_offered(talk, heard) == {
        "union_full_name": "南京市总工会",
        "name": "张伟",
        "phone": "13800138000",
        "title": "全省职工“五小”创新成果征集联系人信息表",
        "label_long": "全省职工“五小”创新成果征集联系人",
        "note": "请各设区市总工会，省有关产业（厅、局、企业）工会于4月12日前确定全省职工“五小”成果路演项目征集"
        "联系人，填写此表并发送至邮箱jsldjs@126.com。",
        "mailbox": "jsldjs@126.com",
    }


def test_not_on_the_roster_an_admin_is_asked(database: Database, talk: Talk) -> None:
    with database.writing() as session:
        bound_admin(session)
    heard = [talk.says(text) for text in (AT_ONCE, "是")][1]
    assert "省总工会核对后生效" in heard.text and "我不能代发" in heard.text
    number = kept_id(talk)
    ((text, _),) = Talk(database, name="qian", now=NOON).waiting()
    assert text.splitlines() == [
        "【需办】请核对联系人登记（附件5）", "单位：南京市总工会", "联系人：张伟", "电话：13800138000",
        "名册上没有这家单位", f"属实请回复：通过 {number}", f"不属实请回复：驳回 {number} 原因",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("now", "is_told"),
    [
        (datetime(2024, 4, 12, 15, 59, 59, tzinfo=UTC), False),
        (datetime(2024, 4, 12, 16, 0, tzinfo=UTC), True),
    ],
)
def test_late_is_taken_and_said_kindly(talk: Talk, now: datetime, is_told: bool) -> None:
    talk.now = now
    heard = [talk.says(text) for text in (AT_ONCE, "是")][1]
    assert heard.outcome is ACCEPTED
    assert ("4月12日（周五）前确定联系人，现在登记照样收下" in heard.text) is is_told
