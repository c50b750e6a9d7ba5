"""When people mean: 明天9点, 下周一下午3点半, 6月3日9:00 read as an instant."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta

from handlers.choices import chinese_number, fold

# A day without an hour means the hour at which offices begin.
USUAL = time(9)
# A month and day so far back can only be meant for the next year.
LONG_AGO = timedelta(days=180)

_DAYS = {"今天": 0, "今日": 0, "今晚": 0, "明天": 1, "明日": 1, "明早": 1, "明晚": 1, "后天": 2, "大后天": 3}
_WEEKDAYS = {sign: place for place, sign in enumerate("一二三四五六日")} | {"天": 6}
_NUMBER = r"[0-9]{1,2}|[零〇一二两三四五六七八九十]{1,3}"
_DATE = re.compile(
    rf"(?:(?:(?P<year>20\d\d)[年./-])?(?P<month>{_NUMBER})(?:月|(?<=\d\d)[./-])(?P<day>{_NUMBER})[日号]?"
    r"|(?P<near>今天|今日|今晚|明天|明日|明早|明晚|大后天|后天)"
    r"|(?P<next>下)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天]))"
)
_TIME = re.compile(
    r"(?P<part>凌晨|早上|早晨|上午|中午|下午|傍晚|晚上|晚|早)?"
    rf"(?:(?P<hour>{_NUMBER})(?:[点时](?:(?P<half>半)|(?P<quarter>[一三]刻)|(?P<minute>{_NUMBER})分?|整|钟)?"
    r"|:(?P<exact>[0-9]{2})))?"
)
_NOON = "中午"
_TAIL = "发送吧"
_AFTERNOON = ("下午", "傍晚", "晚上", "晚", "今晚", "明晚")


def read_moment(text: str, *, now: datetime) -> datetime | None:
    """The instant that the whole of `text` names, in the zone of `now`; None if it names none.

    It may lie in the past. An hour without a day is today's; a day without an hour begins at nine.
    """
    said = fold(text).rstrip(_TAIL)
    found = _DATE.match(said)
    day = now.date() if found is None else _day(found, now)
    rest = said if found is None else said[found.end() :]
    clock = _clock(rest, (found and found["near"]) or "")
    if day is None or clock is None or (found is None and not rest):
        return None
    return datetime.combine(day, clock, now.tzinfo)


def _day(found: re.Match[str], now: datetime) -> date | None:
    if found["near"]:
        return now.date() + timedelta(days=_DAYS[found["near"]])
    if found["weekday"]:
        monday = now.date() - timedelta(days=now.weekday())
        day = monday + timedelta(days=_WEEKDAYS[found["weekday"]], weeks=1 if found["next"] else 0)
        # 周一 said on a Thursday is the coming one.
        return day if found["next"] or day >= now.date() else day + timedelta(weeks=1)
    year = int(found["year"] or now.year)
    try:
        day = date(year, _number(found["month"]), _number(found["day"]))
        if found["year"] is None and now.date() - day > LONG_AGO:
            day = day.replace(year=year + 1)
    except ValueError:
        return None
    return day


def _clock(said: str, near: str) -> time | None:
    """The time of day; nine if nothing is said."""
    if not said and near not in _AFTERNOON:
        return USUAL
    found = _TIME.fullmatch(said)
    if found is None or found["hour"] is None:
        return None
    hour = _number(found["hour"])
    part = found["part"] or near
    if part in _AFTERNOON and hour < 12:
        hour += 12
    if part == _NOON and hour < 3:
        hour += 12
    minute = _number(found["minute"] or found["exact"] or "0")
    if found["half"]:
        minute = 30
    if found["quarter"]:
        minute = 15 if found["quarter"][0] == "一" else 45
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _number(said: str) -> int:
    """Of digits or Chinese numerals; what is neither is out of any range."""
    if said.isdecimal():
        return int(said)
    number = chinese_number(said)
    return 99 if number is None else number
