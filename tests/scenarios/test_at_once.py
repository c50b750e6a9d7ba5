"""What comes twice, and what comes at the same moment, to one process and to several."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import requests

from handlers.messages import MessageKind
from tests.corpus_files import make
from tests.corpus_reading import SaidFile
from tests.fakes.wechat_api import DOWNLOAD, WechatApi
from tests.filing import fill
from tests.scenarios.crowd import Crowd, push_at_once, together
from tests.scenarios.phones import WechatPhone, follower, receipt_of
from tests.serving import Server
from tests.talk import Talk

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIFTEEN = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰"


@pytest.mark.parametrize("mode", ["plain", "aes"])
def test_the_same_message_three_times(crowd: Crowd, mode: str) -> None:
    (phone,) = crowd.joins(1, mode)
    for text in ("我要申报", "张伟、李娜", "新建", "指令", "王芳"):
        replies = push_at_once(phone.platform, [phone.platform.text(phone.openid, text)] * 3)
        assert replies == [replies[0]] * 3 != [""] * 3
    assert crowd.drafts() == [
        {"answers": {"completers": ["张伟", "李娜"]}, "acts": ["open"]},
        {"answers": {"completers": ["王芳"]}, "acts": ["open"]},
    ]


@pytest.mark.parametrize("mode", ["plain", "aes"])
def test_the_same_event_three_times(crowd: Crowd, mode: str) -> None:
    (phone,) = crowd.joins(1, mode)
    followed = phone.platform.event(phone.openid, "subscribe", "qrscene_union-wuxi")
    replies = push_at_once(phone.platform, [followed] * 3)
    assert replies == [replies[0]] * 3 != [""] * 3
    phone.says("我要申报")
    assert crowd.drafts() == [{"answers": {"union": "wuxi"}, "acts": ["open"]}]


def test_the_same_picture_three_times(crowd: Crowd) -> None:
    """It is fetched once and told of once, by the worker process where there is one."""
    (phone,), fetched = crowd.joins(1), crowd.api.count(DOWNLOAD)
    photo = SaidFile("主视图.jpg", "jpeg", 1, 1_100_000, "主视图")
    phone.says("我要申报")
    phone.says("修改15")
    replies = push_at_once(phone.platform, [phone.message(photo)] * 3)
    assert replies == [replies[0]] * 3 != [""] * 3
    phone.awaits(receipt_of(photo))
    assert [len(draft["answers"]["photos"]) for draft in crowd.drafts()] == [1]
    assert (crowd.api.count(DOWNLOAD) - fetched, len(crowd.api.told(phone.openid))) == (1, 1)


@pytest.mark.parametrize("mode", ["plain", "aes"])
@ON_SQLITE
def test_the_same_message_a_day_later(server: Server, wechat: WechatApi, mode: str) -> None:
    """The platform signs each try anew, so only the message itself is old."""
    phone = follower(server, wechat, mode)
    phone.says("我要申报")
    answer = phone.platform.text(phone.openid, "张伟、李娜")
    first = phone.platform.deliver(answer)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    requests.post(f"{server.url}/simulator/api/clock", json={"now": tomorrow.isoformat()}, timeout=30)
    phone.says("王芳，高级技师，从事焊接工作二十年，主持改进项目七项。")
    assert phone.platform.deliver(answer) == first
    answers = server.export()["submissions"][0]["answers"]
    assert (list(answers), answers["completers"]) == (["completers", "first_completer_bio"], ["张伟", "李娜"])


def test_two_messages_of_one_person(crowd: Crowd) -> None:
    """One after the other, whichever came first: the second answers the next question."""
    phones = crowd.joins(8)
    texts = ["南京机电安装有限公司第一分公司", "南京机电安装有限公司第二分公司"]
    for phone in phones:
        phone.says("我要申报")
        phone.says("张伟")
        push_at_once(phone.platform, [phone.platform.text(phone.openid, text) for text in texts])
    fields = ("first_completer_bio", "work_unit")
    kept = [sorted(draft["answers"].get(field) for field in fields) for draft in crowd.drafts()]
    assert kept == [texts] * len(phones)


def test_a_beginning_and_an_answer_of_one_person(crowd: Crowd) -> None:
    """An answer right behind the word that opens the draft finds the draft."""
    phones = crowd.joins(8)
    for phone in phones:
        phone.says("你好")
        words = ("我要申报", "张伟、李娜")
        push_at_once(phone.platform, [phone.platform.text(phone.openid, text) for text in words])
        phone.says("修改1")
        phone.says("张伟、李娜")
    assert crowd.drafts() == [{"answers": {"completers": ["张伟", "李娜"]}, "acts": ["open"]}] * len(phones)


def test_fifteen_people_with_the_same_id(crowd: Crowd) -> None:
    """L5: an id says nothing without its sender."""
    phones = crowd.joins(15)
    platform = phones[0].platform
    begin = [
        platform.text(phone.openid, "我要申报", message_id="1", created=1_700_000_000) for phone in phones
    ]
    assert all(push_at_once(platform, begin))
    named = [
        platform.text(phone.openid, f"张伟{name}", message_id="2", created=1_700_000_000)
        for phone, name in zip(phones, FIFTEEN, strict=True)
    ]
    push_at_once(platform, named)
    kept = [draft["answers"] for draft in crowd.drafts()]
    assert sorted(kept, key=str) == sorted(({"completers": [f"张伟{name}"]} for name in FIFTEEN), key=str)


def ready_to_submit(crowd: Crowd, phones: Sequence[WechatPhone]) -> None:
    """Complete drafts, filled in through the conversation itself."""
    for phone in phones:
        talk = Talk(crowd.database, name=phone.openid, channel="official_account")
        fill(talk)
        assert talk.missing() == []


def test_everybody_submits_at_once_and_twice(crowd: Crowd) -> None:
    """One submission each, one number each, none left out; the second word is told the number."""
    phones = crowd.joins(12, "aes")
    ready_to_submit(crowd, phones)
    platform = phones[0].platform
    twice = [platform.text(phone.openid, "提交") for phone in phones for _ in range(2)]
    replies = push_at_once(platform, twice)
    submitted = crowd.submissions()
    assert [[act["action"] for act in one["history"]] for one in submitted] == [["open", "submit"]] * 12
    numbers = sorted(one["number"] for one in submitted)
    assert numbers == [f"WX2024-NJ-{place:04d}" for place in range(1, 13)]
    assert [sum(number in reply for reply in replies) for number in numbers] == [2] * 12


def test_a_file_that_arrives_while_its_owner_submits(talk: Talk) -> None:
    """The worker brings a video in one transaction, the web process hands in by another."""
    fill(talk)
    talk.says("修改16")
    video = make("mp4", "演示.mp4", 1, None)
    fetched = lambda: talk.gives(video, "演示.mp4", kind=MessageKind.FETCHED)  # noqa: E731
    together([lambda: talk.says("提交"), fetched])
    assert (talk.desk().state, [file["name"] for file in talk.files("videos")]) == ("submitted", ["演示.mp4"])
