"""When people mean: a day, an hour, both, and what is neither."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from handlers.rules.moments import read_moment

ZONE = ZoneInfo("Asia/Shanghai")
# A Thursday afternoon.
NOW = datetime(2024, 4, 11, 15, 0, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("明天9点", (2024, 4, 12, 9, 0)),
        ("明天", (2024, 4, 12, 9, 0)),
        ("明天上午９点发送。", (2024, 4, 12, 9, 0)),
        ("明早8点", (2024, 4, 12, 8, 0)),
        ("今晚8点", (2024, 4, 11, 20, 0)),
        ("后天下午3点半", (2024, 4, 13, 15, 30)),
        ("大后天十点", (2024, 4, 14, 10, 0)),
        ("周一", (2024, 4, 15, 9, 0)),
        ("星期四16点", (2024, 4, 11, 16, 0)),
        ("下周一下午3点一刻", (2024, 4, 15, 15, 15)),
        ("6月3日9:00", (2024, 6, 3, 9, 0)),
        ("6月3号", (2024, 6, 3, 9, 0)),
        ("六月三日九点三刻", (2024, 6, 3, 9, 45)),
        ("2024年6月3日 14:05", (2024, 6, 3, 14, 5)),
        ("2024-06-03 09:00", (2024, 6, 3, 9, 0)),
        ("16:30", (2024, 4, 11, 16, 30)),
        ("9点", (2024, 4, 11, 9, 0)),
        ("中午12点", (2024, 4, 11, 12, 0)),
        ("中午1点", (2024, 4, 11, 13, 0)),
        ("4月1日9点", (2024, 4, 1, 9, 0)),
    ],
)
def test_days_and_hours_as_people_say_them(said: str, meant: tuple[int, ...]) -> None:
    year, month, day, hour, minute = meant
    assert read_moment(said, now=NOW) == datetime(year, month, day, hour, minute, tzinfo=ZONE)


@pytest.mark.parametrize(
    "said", ["", "9", "你好", "13月1日", "2月30日", "25点", "9:75", "今晚", "明天见", "6月", "尽快"]
)
def test_what_names_no_time(said: str) -> None:
    assert read_moment(said, now=NOW) is None


def test_a_day_long_ago_is_next_years() -> None:
    late = datetime(2024, 12, 20, 9, 0, tzinfo=ZONE)
    assert read_moment("1月3日", now=late) == datetime(2025, 1, 3, 9, 0, tzinfo=ZONE)


def test_the_last_day_of_february_has_no_next_year() -> None:
    late = datetime(2024, 12, 20, 9, 0, tzinfo=ZONE)
    assert read_moment("2月29日", now=late) is None
