"""A union's own deadline and sub-units on its page: set, refused with a reason, and nobody else's (A30)."""

from __future__ import annotations

import re
from datetime import date

import pytest

from handlers import plans
from tests.bot.web.portal_pages import ADMIN, Browser, Portal
from tests.talk import NOON

SETTING = "/portal/plan/deadline"
UNITS = "/portal/plan/units"


@pytest.fixture
def two(portal: Portal) -> Portal:
    for union, name, number in (("nanjing", "陈刚", "WX2024-NJ-0001"), ("wuxi", "吴敏", "WX2024-WX-0001")):
        portal.hands_in(union, name, f"{name}的成果", number)
    return portal


def plan_of(portal: Portal, union: str = "nanjing") -> tuple[date | None, dict[str, tuple[int, int]]]:
    found = portal.writes(plans.of_union, portal.application.campaign(), ADMIN, union, now=NOON)
    return found.deadline, {unit.name: (unit.counted, unit.minimum) for unit in found.units}


def told(browser: Browser) -> tuple[str, str]:
    """What stands at the top of the union's page: good or bad, and the sentence."""
    found = re.findall(r'<p class="told (well|wrong)" role="\w+">([^<]*)</p>', browser.get("/portal/").text)
    kind, text = found[0]
    return kind, text.strip()


def test_the_page_begins_with_the_notices_deadline(two: Portal) -> None:
    page = two.of("nanjing").get("/portal/").text
    assert "没有另定，按通知“征集时间”的截止日6月11日（周二）。" in page
    assert 'min="2024-04-15" max="2024-06-11"' in page
    assert "还没有列下级单位" in page


def test_a_deadline_is_set_and_taken_back(two: Portal) -> None:
    browser = two.of("nanjing")
    assert browser.post(SETTING, on="/portal/", day="2024-05-31").location == "/portal/"
    assert told(browser)[0] == "well"
    assert plan_of(two) == (date(2024, 5, 31), {})
    assert "<strong>5月31日（周五）</strong>" in browser.get("/portal/").text
    assert "，本级截止5月31日（周五）。" in browser.get("/portal/").text
    browser.post(f"{SETTING}/clear", on="/portal/")
    assert plan_of(two) == (None, {})


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        ("2024-06-12", "晚于通知“征集时间”的截止日6月11日（周二）"),
        ("2024-04-14", "已经过去了"),
        ("<b>5月31日</b>", "请选一个日期"),
        ("", "请选一个日期，从今天（4月15日）到通知“征集时间”的截止日6月11日（周二）。"),
    ],
)
def test_a_day_that_cannot_be_is_explained(two: Portal, day: str, reason: str) -> None:
    browser = two.of("nanjing")
    browser.post(SETTING, on="/portal/", day=day)
    kind, text = told(browser)
    assert (kind, reason in text, plan_of(two)) == ("wrong", True, (None, {}))


def test_sub_units_are_added_changed_removed_and_filled(two: Portal) -> None:
    browser = two.of("nanjing")
    for name, minimum in (("江宁区", "10"), ("鼓楼区", "8"), ("江宁区", "12")):
        browser.post(UNITS, on="/portal/", name=name, minimum=minimum)
    browser.post("/portal/plan/put-under", on="/portal/", number="WX2024-NJ-0001", name="鼓楼区")
    assert told(browser) == ("well", "已把WX2024-NJ-0001归到鼓楼区。")
    assert plan_of(two) == (None, {"江宁区": (0, 12), "鼓楼区": (1, 8)})
    browser.post(f"{UNITS}/remove", on="/portal/", name="江宁区")
    assert plan_of(two) == (None, {"鼓楼区": (1, 8)})
    assert (
        "江宁区" not in browser.get("/portal/").text.partition("写已有的名称")[0].partition("下级单位（")[2]
    )


@pytest.mark.parametrize(
    ("name", "minimum", "reason"),
    [
        ("", "3", "请写1到30个字"),
        ("江宁区", "-1", "请写0到99999之间的整数"),
        ("江宁区", "十", "请写0到99999之间的整数"),
        ("江宁区", "1" * 40, "请写0到99999之间的整数"),
    ],
)
def test_what_is_no_sub_unit_is_explained(two: Portal, name: str, minimum: str, reason: str) -> None:
    browser = two.of("nanjing")
    browser.post(UNITS, on="/portal/", name=name, minimum=minimum)
    kind, text = told(browser)
    assert (kind, reason in text, plan_of(two)) == ("wrong", True, (None, {}))


def test_what_is_set_is_the_own_unions_alone(two: Portal) -> None:
    browser = two.of("nanjing")
    form = {"union": "wuxi", "union_code": "wuxi", "name": "江宁区", "minimum": "10"}
    browser.post(UNITS, on="/portal/", **form)
    browser.post(SETTING, on="/portal/", union="wuxi", day="2024-05-31")
    browser.post("/portal/plan/put-under", on="/portal/", number="WX2024-WX-0001", name="江宁区")
    assert told(browser) == ("wrong", "没有找到已提交的编号WX2024-WX-0001。请对照“名单”再发一次。")
    assert (plan_of(two), plan_of(two, "wuxi")) == ((date(2024, 5, 31), {"江宁区": (0, 10)}), (None, {}))
    assert "江宁区" not in two.of("wuxi").get("/portal/").text.replace("如 江宁区", "")


@pytest.mark.parametrize(
    "path", [SETTING, f"{SETTING}/clear", UNITS, f"{UNITS}/remove", "/portal/plan/put-under"]
)
def test_an_admin_has_no_union_and_a_form_needs_its_token(two: Portal, path: str) -> None:
    assert (
        two.of_admin().post(path, on="/portal/contacts", day="2024-05-31", name="江宁区").status_code == 403
    )
    assert two.of("nanjing").client.post(path, data={"day": "2024-05-31"}).status_code == 400
    assert plan_of(two) == (None, {})


def test_names_are_shown_and_not_run(two: Portal) -> None:
    browser = two.of("nanjing")
    browser.post(UNITS, on="/portal/", name="<b>区</b>", minimum="1")
    assert "<b>区</b>" not in browser.get("/portal/").text
    assert "&lt;b&gt;区&lt;/b&gt;" in browser.get("/portal/").text
