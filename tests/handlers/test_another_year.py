"""Next year's pack is talked through without a line of code (section 6 test 15)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handlers.campaigns import with_dates
from handlers.messages import Outcome
from handlers.pack_loading import load_pack
from storage.db import Database
from tests.talk import Talk

PACK = load_pack(Path(__file__).parents[1] / "packs" / "jiangsu-2025")
MAY = datetime(2025, 5, 6, 10, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture
def talk(database: Database) -> Talk:
    return Talk(database, campaign=with_dates(PACK, {}), now=MAY)


def test_a_filing_of_another_year(talk: Talk) -> None:
    heard = [
        talk.says(text) for text in ("我要申报", "管道焊口自动旋转夹具", "省电力", "5", "新兴产业", "是")
    ]
    assert [one.asked for one in heard] == ["title", "union", "category", "industry_stage", None, None]
    assert (talk.desk().state, talk.desk().number) == ("submitted", "WX2025-DL-0001")
    assert talk.answers() == {
        "title": "管道焊口自动旋转夹具", "union": "dianli", "category": "小建议", "industry_stage": "新兴产业",
    }  # fmt: skip


def test_nothing_of_the_old_year_is_said(talk: Talk) -> None:
    texts = [talk.happens("subscribe").text]
    words = (
        "你好",
        "附件",
        "附件1",
        "手册",
        "联系人",
        "我要申报",
        "示例",
        "1",
        "管道焊口自动旋转夹具",
        "北京",
        "？",
        "帮助",
        "还差什么",
        "预览",
    )
    texts += [talk.says(word).text for word in words]
    assert [
        text for text in texts if "2024" in text or "附件4" in text or "24家" in text or "19项" in text
    ] == []


def test_without_a_manual_it_says_whom_to_ask(talk: Talk) -> None:
    assert "李娜，电话：025-80000000" in talk.says("手册").text


def test_its_own_limits_hold(talk: Talk) -> None:
    talk.says("我要申报")
    heard = talk.says("长" * 31)
    assert heard.outcome is Outcome.REJECTED and "不能超过30字（附件1第1项）" in heard.text
