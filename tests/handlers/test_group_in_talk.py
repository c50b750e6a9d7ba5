"""The bot in the group, from outside: bound by a code, silent unless called, greeting, nothing private."""

from __future__ import annotations

import threading
import tomllib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from handlers import admins, contacts, groups
from handlers.access import Actor
from handlers.contacts import Entry
from handlers.messages import Media, MessageKind
from storage.admins import BindingCode
from storage.db import Database
from storage.outbox import OutboxRow
from storage.papers import Paper
from tests.talk import NOON, PACKS, Talk, campaign, group_rows, whole

IN_PRIVATE = "这件事请点助手头像私聊我办理，群里不方便处理。"
ADMIN = Actor("admin:1", "钱德乾", is_admin=True)


def new_code(database: Database) -> str:
    with database.writing() as session:
        return admins.group_code(session, "operator", now=NOON)


def registers(talk: Talk, union_code: str, name: str) -> None:
    """Make somebody the contact of a union."""
    talk.says("您好")
    with talk.database.writing() as session:
        entry = Entry(union_code, name, "13800138000")
        person_id = talk.desk().person_id
        contact = contacts.register(
            session, talk.campaign, entry, person_id=person_id, now=talk.now, render=whole
        ).contact
        contacts.approve(session, talk.campaign, ADMIN, contact.id, now=talk.now, render=whole)


def members(database: Database) -> set[int]:
    with database.reading() as session:
        return groups.members(session, campaign())


def told(database: Database) -> list[tuple[str, str, timedelta]]:
    """What groups are told: chat, text, how long after noon."""
    return [(row.address, row.text, row.due_at - NOON) for row in group_rows(database)]


def sends_out(database: Database) -> None:
    """The dispatcher has sent all that was due."""
    with database.writing() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == "new").values(state="sent"))


def sends_out_due(database: Database, now: datetime) -> None:
    """The dispatcher has sent what was due by then."""
    due = update(OutboxRow).where(OutboxRow.state == "new", OutboxRow.due_at <= now)
    with database.writing() as session:
        session.execute(due.values(state="sent"))


@pytest.fixture
def zhang(database: Database) -> Talk:
    """Has bound the group."""
    talk = Talk(database)
    assert talk.in_group(f"绑定 {new_code(database)}", addressed=False).outcome == "moved"
    sends_out(database)
    return talk


@pytest.mark.parametrize("addressed", [True, False])
def test_the_code_binds_the_chat_in_which_it_is_said(database: Database, addressed: bool) -> None:
    zhang, code = Talk(database), new_code(database)
    heard = zhang.in_group(f"绑定 {code}", addressed=addressed)
    assert (heard.outcome, campaign().pack.group_name in heard.text) == ("moved", True)
    assert members(database) == {zhang.desk().person_id}
    assert code not in heard.text


def test_nothing_is_told_before_a_group_is_bound(database: Database) -> None:
    zhang = Talk(database)
    said = [zhang.in_group(text).outcome for text in ("帮助", "进度", "我要申报", "联系人")]
    said += [zhang.in_group(event=event).outcome for event in ("join", "leave")]
    assert (said, told(database)) == (["ignored"] * 6, [])


@pytest.mark.parametrize("word", ["进度", "谁还没报"])
def test_the_board_is_one_card(database: Database, zhang: Talk, word: str) -> None:
    """Short sums and the picture in one message, no names where there are many (R93)."""
    before = len(group_rows(database))
    zhang.in_group(word)
    rows = group_rows(database)[before:]
    assert [(row.paper is not None, row.text.splitlines()) for row in rows] == [
        (
            True,
            [
                "全省进度，4月15日（周一）：24家共提交0项（附件3最少1850项），0家已达到最少数量。申报到6月11日（周二）24点截止。",
                "",
                "· 没登记联系人24家",
                "· 没进群24家",
                "· 没登录账号24家",
                "· 没到最少数量24家",
                "各单位的数字见图；自己单位的，请私聊我发“进度”。",
            ],
        )
    ]


def test_another_group_gets_nothing(database: Database, zhang: Talk) -> None:
    """Not even called by name, nor on joining (R91)."""
    said = [zhang.in_group(text, group="other").outcome for text in ("帮助", "进度", "谁还没报", "二维码")]
    said.append(zhang.in_group(event="join", group="other").outcome)
    assert said == ["ignored"] * 5
    assert [chat for chat, _, _ in told(database)] == ["group"]


def test_the_same_chat_on_another_channel_is_another_group(database: Database, zhang: Talk) -> None:
    stranger = Talk(database, channel="elsewhere")
    assert stranger.in_group("帮助").outcome == "ignored"


def test_a_wrong_code_binds_nothing(database: Database) -> None:
    heard = Talk(database).in_group("绑定 00000000")
    assert (heard.outcome, "bind-code" in heard.text, members(database)) == ("rejected", True, set())


def test_a_new_code_moves_the_group_and_says_so_in_both(database: Database, zhang: Talk) -> None:
    assert "已改绑" in zhang.in_group(f"绑定 {new_code(database)}", group="new").text
    assert [chat for chat, text, _ in told(database) if "已改到另一个群" in text] == ["group"]
    assert [zhang.in_group("帮助", group=chat).outcome for chat in ("group", "new")] == [
        "ignored",
        "answered",
    ]


def test_an_admins_code_said_before_all_is_worth_nothing_any_more(database: Database, zhang: Talk) -> None:
    with database.writing() as session:
        _, code = admins.add(session, "钱德乾", now=NOON)
    heard = zhang.in_group(f"绑定管理员 {code}", addressed=False)
    assert (heard.outcome, code in heard.text) == ("answered", False)
    assert zhang.says(f"绑定管理员 {code}").outcome == "rejected"
    with database.reading() as session:
        assert session.get_one(BindingCode, 2).used_at == NOON


def test_only_who_calls_by_name_is_answered(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    said = [
        li.in_group(text, addressed=False).outcome
        for text in ("帮助", "大家好", "进度", "联系人", "13800138000")
    ]
    assert (said, len(told(database))) == (["ignored"] * 5, 1)
    assert members(database) == {zhang.desk().person_id, li.desk().person_id}
    assert li.in_group("帮助").outcome == "answered"


@pytest.mark.parametrize(
    ("text", "part"),
    [("帮助", "进度、谁还没报、二维码、附件、联系人"), ("怎么用", "进度、谁还没报"), ("今天天气不错", "进度、谁还没报"),
     ("联系人", "025-83536240，18118991940"), ("附件", "1.申报操作手册二维码"), ("附件5", "征集联系人信息表"),
     ("手册", "附件1："), ("二维码", "/p/")],
)  # fmt: skip
def test_what_is_answered_in_the_group(zhang: Talk, text: str, part: str) -> None:
    """In one short message."""
    heard = zhang.in_group(text)
    assert (heard.outcome, part in heard.text, len(heard.text.encode()) < 600) == ("answered", True, True)


@pytest.mark.parametrize(
    "text",
    ["领账号", "登记联系人", "我要申报", "提交", "看全部", "预览", "名单", "待办", "群发", "已办", "催办",
     "撤回", "新建", "修改8", "切换2"],
)  # fmt: skip
def test_what_is_personal_is_told_in_1_to_1(zhang: Talk, text: str) -> None:
    heard = zhang.in_group(text)
    assert (heard.outcome, "私聊" in heard.text) == ("answered", True)


@pytest.mark.parametrize("text", ["账号 南京 重置", "驳回 3 张伟 13900139000 对不上", "通过 3"])
def test_what_follows_a_word_is_not_said_again_in_the_group(zhang: Talk, text: str) -> None:
    assert zhang.in_group(text).text == IN_PRIVATE


def test_the_private_conversation_stays_as_it_is(database: Database, zhang: Talk) -> None:
    """An open question, and a value that waits for a yes."""
    zhang.says("我要申报")
    assert zhang.says("张伟").asked == "first_completer_bio"
    zhang.says("帮助")
    before = zhang.desk()
    for text in ("帮助", "是", "1", "我要申报", "提交", "取消"):
        zhang.in_group(text)
    after = zhang.desk()
    assert (after.asked, after.pending, after.answers) == (before.asked, before.pending, before.answers)
    assert zhang.in_group("是", addressed=False).outcome == "ignored"


@pytest.mark.parametrize(("addressed", "outcome"), [(False, "ignored"), (True, "answered")])
def test_a_picture_in_the_group_is_kept_nowhere(
    database: Database, zhang: Talk, addressed: bool, outcome: str
) -> None:
    """Also of somebody whose draft asks for pictures; who called is asked to go 1:1."""
    zhang.says("我要申报")
    zhang.says("修改15")
    message = zhang.message_in_group(MessageKind.IMAGE, addressed=addressed, media=Media("m1"))
    assert (zhang.sends(message).outcome, zhang.files("photos")) == (outcome, [])
    assert [text for _, text, _ in told(database)[1:]] == [IN_PRIVATE] * addressed


# Greetings.


def test_a_contact_is_greeted_by_name_and_asked_to_go_1_to_1(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    registers(li, "wuxi", "李娜")
    li.in_group(event="join")
    [(chat, text, after)] = told(database)[1:]
    assert (chat, after) == ("group", timedelta())
    assert text == "欢迎李娜（无锡市总工会）！请点助手头像私聊我，发“我的任务”看本单位要办的事。"


def test_somebody_unknown_is_asked_to_register(database: Database, zhang: Talk) -> None:
    Talk(database, "lina").in_group(event="join")
    text = told(database)[-1][1]
    assert text == (
        "新进群的同事，您好，欢迎进群！请点助手头像私聊我，发“登记联系人”，附件5请各单位4月12日（周五）前报送，"
        "现在报仍然受理；登记后即可领账号。"
    )


def test_before_the_day_of_附件5_it_is_named(database: Database) -> None:
    day = datetime(2024, 4, 10, 4, 0, tzinfo=UTC)
    li = Talk(database, "lina", now=day)
    with database.writing() as session:
        code = admins.group_code(session, "operator", now=day)
    li.in_group(f"绑定 {code}")
    li.in_group(event="join")
    assert "附件5请各单位4月12日（周五）前报送；登记后" in told(database)[-1][1]


def test_who_comes_within_a_minute_is_greeted_with_the_others(database: Database, zhang: Talk) -> None:
    """The first at once, all others a minute later in one message (R93); then it begins anew."""
    talks = [Talk(database, f"p{place}") for place in range(5)]
    registers(talks[2], "wuxi", "李娜")
    talks[0].in_group(event="join")
    sends_out(database)
    for seconds, talk in enumerate(talks[1:4], 1):
        talk.now = NOON + timedelta(seconds=10 * seconds)
        talk.in_group(event="join")
    first, second = told(database)[1:]
    assert (first[2], second[2]) == (timedelta(), timedelta(seconds=60))
    assert ("欢迎李娜（无锡市总工会）！" in second[1], "新进群的2位同事" in second[1]) == (True, True)
    sends_out(database)
    talks[4].now = NOON + timedelta(seconds=120)
    talks[4].in_group(event="join")
    assert [after for _, _, after in told(database)[3:]] == [timedelta(seconds=120)]


def test_eight_who_join_at_the_same_moment_are_greeted_together(database: Database, zhang: Talk) -> None:
    """Nobody is lost, and nobody is named twice, however the transactions meet."""
    names = ("张伟", "李娜", "王芳", "赵敏", "孙丽", "周强", "吴军", "郑洁")
    talks = [Talk(database, f"p{place}") for place in range(8)]
    for talk, name, union in zip(talks, names, campaign().pack.unions, strict=False):
        registers(talk, union.code, name)
    start = threading.Barrier(8)

    def join(talk: Talk) -> str:
        start.wait()
        return str(talk.in_group(event="join").outcome)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(join, talks)) == ["answered"] * 8
    [(_, text, after)] = told(database)[1:]
    assert ([text.count(name) for name in names], after) == ([1] * 8, timedelta())


def test_who_left_before_the_greeting_is_not_named(database: Database, zhang: Talk) -> None:
    talks = [Talk(database, f"p{place}") for place in range(4)]
    for talk, union, name in zip(
        talks, ("nanjing", "wuxi", "xuzhou", "suzhou"), ("张伟", "李娜", "王芳", "赵敏"), strict=True
    ):
        registers(talk, union, name)
    talks[0].in_group(event="join")
    sends_out(database)
    for talk, event in ((talks[1], "join"), (talks[2], "join"), (talks[1], "leave"), (talks[3], "join")):
        talk.in_group(event=event)
    assert told(database)[-1][1].startswith("欢迎王芳（徐州市总工会）、赵敏（苏州市总工会）！")


def test_nobody_is_greeted_twice_unless_they_were_away(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    outcomes = []
    for minutes, event in enumerate(("join", "join", "leave", "leave", "join")):
        li.now = NOON + timedelta(minutes=2 * minutes)
        outcomes.append(str(li.in_group(event=event).outcome))
        sends_out(database)
    assert outcomes == ["answered", "ignored", "ignored", "ignored", "answered"]
    assert [after for _, _, after in told(database)[1:]] == [timedelta(), timedelta(minutes=8)]


def test_who_comes_and_goes_all_the_time_is_greeted_once_a_minute(database: Database, zhang: Talk) -> None:
    """Also where nobody else was greeted yet."""
    li = Talk(database, "lina")
    for second in range(0, 60, 10):
        li.now = NOON + timedelta(seconds=second)
        for event in ("join", "leave"):
            li.in_group(event=event)
        sends_out_due(database, li.now)
    assert [after.total_seconds() for _, _, after in told(database)[1:]] == [0, 60]


def test_who_spoke_first_is_greeted_on_joining(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    li.in_group("大家好", addressed=False)
    assert [str(li.in_group(event="join").outcome) for _ in range(2)] == ["answered", "ignored"]


def test_who_leaves_counts_as_in_the_group_no_more(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    li.in_group(event="join")
    assert members(database) == {zhang.desk().person_id, li.desk().person_id}
    li.in_group(event="leave")
    assert members(database) == {zhang.desk().person_id}


# The group's QR code, scanned in 1:1.


@pytest.mark.parametrize("event", ["scan", "subscribe"])
def test_scanning_the_groups_code_says_how_to_get_in(database: Database, event: str) -> None:
    heard = Talk(database).happens(event, "group")
    assert (heard.outcome, "登记联系人" in heard.text, "附件6" in heard.text) == ("answered", True, True)


def test_a_contact_who_is_in_the_group_is_told_so(database: Database, zhang: Talk) -> None:
    registers(zhang, "nanjing", "张伟")
    text = zhang.happens("scan", "group").text
    assert ("您已经在群里了" in text, "我的任务" in text, "登记联系人" in text) == (True, True, False)


def words() -> list[str]:
    """The first word of every order that has one."""
    tables = tomllib.loads((PACKS.parent / "chat" / "commands.toml").read_text(encoding="utf-8"))
    return [table["words"][0] for table in tables.values() if table["words"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("is_contact", [True, False])
def test_no_order_said_in_the_group_does_anything(database: Database, zhang: Talk, is_contact: bool) -> None:
    """Each is looked up or sent to 1:1; nothing is written but what the group is told."""
    if is_contact:
        registers(zhang, "nanjing", "张伟")
    zhang.says("我要申报")
    before = zhang.desk(), zhang.waiting()
    outcomes = {word: str(zhang.in_group(word).outcome) for word in words()}
    assert outcomes == {word: "ignored" if word == "收到" else "answered" for word in words()}
    assert (zhang.desk(), zhang.waiting()) == before
    assert not any("13800138000" in text for _, text, _ in told(database))


# The codes that are asked for in 1:1 (A26).


def posters(database: Database, talk: Talk) -> list[str | None]:
    """Whose posters the pictures are that somebody was given: a union's code, "group" for the group's."""
    with database.reading() as session:
        sent = select(OutboxRow.paper).where(OutboxRow.address == talk.name, OutboxRow.paper.is_not(None))
        facts = [
            session.scalars(select(Paper.facts).where(Paper.token == token)).one()
            for token in session.scalars(sent.order_by(OutboxRow.id))
        ]
    return [fact.get("code") or fact["scene"] for fact in facts]


def test_a_contact_who_is_not_in_the_group_gets_its_code_too(database: Database, zhang: Talk) -> None:
    li = Talk(database, "lina")
    registers(li, "wuxi", "李娜")
    assert "进群" in li.says("二维码").text
    assert posters(database, li) == ["wuxi", "group"]
    li.in_group(event="join")
    assert "进群" not in li.says("二维码").text
    assert posters(database, li) == ["wuxi", "group", "wuxi"]


def test_an_admin_gets_the_groups_code_and_others_none(database: Database, zhang: Talk) -> None:
    with database.writing() as session:
        _, code = admins.add(session, "钱德乾", now=NOON)
    admin, stranger = Talk(database, "qiandeqian"), Talk(database, "wangqiang")
    admin.says(f"绑定管理员 {code}")
    assert [str(talk.says("二维码").outcome) for talk in (admin, stranger)] == ["answered"] * 2
    assert [posters(database, talk) for talk in (admin, stranger)] == [["group"], []]
