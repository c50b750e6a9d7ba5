"""The portal on a clerk's phone: the account is fetched in chat, a password chosen, the own progress read."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from simulator_page import PHONE, WIDE, Server

from tests.serving import ROOT

pytest_plugins = ["simulator_fixtures"]

CHOSEN = "wo men gonghui 2024"
TOO_SMALL = """[...document.querySelectorAll("a, button, input:not([type=hidden]):not([type=checkbox]), label.show")]
  .filter((one) => one.checkVisibility() && !one.classList.contains("skip"))
  .filter((one) => Math.min(one.getBoundingClientRect().height, one.getBoundingClientRect().width) < 44)
  .map((one) => one.outerHTML)"""
SMALL_TYPE = """[...document.querySelectorAll("body *")]
  .filter((one) => one.checkVisibility() && one.textContent.trim())
  .filter((one) => parseFloat(getComputedStyle(one).fontSize) < 16).map((one) => one.outerHTML)"""
WIDER_THAN_SCREEN = "document.documentElement.scrollWidth > document.documentElement.clientWidth"

# A select keeps the browser's small type unless it is told; a field of another kind scrolls by itself.
CUT_OFF = """[...document.querySelectorAll("main, main *")]
  .filter((one) => one.checkVisibility() && !["INPUT", "THEAD", "TR", "TH"].includes(one.tagName))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1
    || one.tagName === "SELECT" && parseFloat(getComputedStyle(one).fontSize) < 32)
  .map((one) => one.outerHTML.slice(0, 200))"""


@dataclass(frozen=True)
class Login:
    name: str
    password: str


def said(server: Server, person: str, *texts: str) -> str:
    """What the bot answers to the last of these, all messages together."""
    told: list[Any] = []
    for text in texts:
        answer = server.post("messages", person=person, chat="private", kind="text", text=text)
        told = [reply["text"] for reply in answer["replies"]]
    return "\n".join(told)


def added(server: Server, name: str) -> tuple[Login, str]:
    """A new admin's first sign-in, and the words that bind the chat."""
    command = [sys.executable, "-m", "bot", "add-admin", name, "--config", str(server.config)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    login, password = re.findall(r"(?:用户名|一次性密码)：([\w-]+)", printed)
    return Login(login, password), re.findall(r"绑定管理员 \d+", printed)[0]


@pytest.fixture(scope="module")
def admin(simulator_server: Server) -> Login:
    """王芳 of the province, whose chat is bound."""
    login, words = added(simulator_server, "王芳")
    said(simulator_server, simulator_server.post("people", name="王芳")["id"], words)
    return login


@pytest.fixture(scope="module")
def contact(simulator_server: Server, admin: Login) -> str:
    """张伟 of 南京, registered in chat and let in by the admin."""
    server = simulator_server
    person = str(server.post("people", name="张伟")["id"])
    said(server, person, "登记联系人", "南京", "张伟", "13800138000", "是")
    boss = next(one["id"] for one in server.get("people") if one["name"] == "王芳")
    number = re.findall(r"通过\s*(\d+)", said(server, boss, "待办"))[0]
    said(server, boss, f"通过{number}")
    return person


@pytest.fixture
def clerk(simulator_server: Server, contact: str) -> Login:
    """The union's account with a one-time password of this test's own."""
    told = said(simulator_server, contact, "领账号")
    if "登录名：" not in told or "一次性密码" not in told:
        told = said(simulator_server, contact, "是")
    login = re.findall(r"登录名：(\S+)", told)[0]
    return Login(login, told.splitlines()[-1].strip())


def signed_in(page: Page, server: Server, login: str, password: str) -> None:
    page.goto(f"{server.url}/portal/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码", exact=True).fill(password)
    page.get_by_role("button", name="登录").click()


def chooses(page: Page) -> None:
    """The first thing after a one-time password."""
    page.get_by_label("新密码（").fill(CHOSEN)
    page.get_by_label("再填一次").fill(CHOSEN)
    page.get_by_role("button", name="保存密码").click()


def check_for_thumbs(page: Page) -> None:
    """Wide enough for a thumb, large enough for eyes of 58, and nothing beyond the edge."""
    page.wait_for_load_state()
    assert page.evaluate(WIDER_THAN_SCREEN) is False
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate(SMALL_TYPE) == []


@pytest.mark.parametrize("javascript", [True, False])
def test_a_clerk_signs_in_chooses_a_password_and_sees_the_own_progress(
    new_page: Callable[..., Page], simulator_server: Server, clerk: Login, javascript: bool
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True, java_script_enabled=javascript)
    signed_in(page, simulator_server, clerk.name, clerk.password)
    if javascript:
        check_for_thumbs(page)
        page.get_by_label("显示密码").check()
    else:
        expect(page.get_by_label("显示密码")).to_be_hidden()
    chooses(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("南京市总工会")
    expect(page.locator("main")).to_contain_text("13800138000")
    expect(page.locator("main")).to_contain_text("还差120项")
    if javascript:
        check_for_thumbs(page)


def test_the_union_opens_its_poster(
    new_page: Callable[..., Page], simulator_server: Server, clerk: Login
) -> None:
    page = new_page(PHONE)
    signed_in(page, simulator_server, clerk.name, clerk.password)
    chooses(page)
    page.get_by_role("button", name="打开申报二维码").click()
    expect(page.get_by_role("img", name="南京市总工会的二维码")).to_be_visible()
    page.wait_for_function("document.querySelector('main img').naturalWidth > 300")
    check_for_thumbs(page)


def test_the_admins_pages_fit_a_phone_and_a_desk(
    new_page: Callable[..., Page], simulator_server: Server, admin: Login
) -> None:
    page = new_page(PHONE)
    signed_in(page, simulator_server, admin.name, admin.password)
    chooses(page)
    expect(page.locator("section:not([aria-labelledby=standings]) tbody tr")).to_have_count(24)
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        for name in ("进度", "联系人", "账号", "征集群", "群发", "改密码"):
            page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
            expect(page.locator("[aria-current=page]")).to_have_text(name)
            check_for_thumbs(page)


def tab_to(page: Page, target: Locator) -> None:
    """Reach a field by the Tab key alone; it shows that it has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.evaluate("one => one === document.activeElement"):
            break
    expect(target).to_be_focused()
    assert target.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"


def test_a_broadcast_is_written_by_keyboard_alone(
    new_page: Callable[..., Page], simulator_server: Server, contact: str
) -> None:
    login, _ = added(simulator_server, "孙丽")
    page = new_page(PHONE)
    page.goto(f"{simulator_server.url}/portal/")
    for label, typed in (("登录名", login.name), ("密码", login.password)):
        tab_to(page, page.get_by_label(label, exact=True))
        page.keyboard.type(typed)
    page.keyboard.press("Enter")
    chooses(page)
    page.goto(f"{simulator_server.url}/portal/broadcasts/new")
    tab_to(page, page.get_by_label("内容"))
    page.keyboard.type("请于周五前报送材料。")
    tab_to(page, page.get_by_label("全部工会联系人"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="存下并预览"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("什么时候发"))
    page.keyboard.type("6月5日10点")
    tab_to(page, page.get_by_label("内容和名单都核对过了"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="确认发给"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("排在6月5日（周三）10:00发给")
    check_for_thumbs(page)


def test_the_admins_pages_are_whole_in_type_of_twice_the_size(
    new_page: Callable[..., Page], simulator_server: Server, contact: str
) -> None:
    login, _ = added(simulator_server, "周敏")
    page = new_page({"width": 360, "height": 740})
    signed_in(page, simulator_server, login.name, login.password)
    chooses(page)
    cut = {}
    for path in ("", "contacts", "accounts", "group", "broadcasts", "broadcasts/new", "password"):
        page.goto(f"{simulator_server.url}/portal/{path}")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        cut[path] = page.evaluate(CUT_OFF)
    assert {path: found for path, found in cut.items() if found} == {}


def test_a_union_sets_its_own_deadline_and_numbers_on_a_phone(
    new_page: Callable[..., Page], simulator_server: Server, clerk: Login
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    signed_in(page, simulator_server, clerk.name, clerk.password)
    chooses(page)
    page.get_by_label("提前到").fill("2024-05-31")
    page.get_by_role("button", name="定为本级截止").click()
    expect(page.get_by_role("status")).to_contain_text("本级截止是5月31日（周五）")
    for name, number in (("江宁区", "10"), ("鼓楼区", "8"), ("江宁区", "12")):
        page.get_by_label("加一家").fill(name)
        page.get_by_label("要求几项").fill(number)
        page.get_by_role("button", name="保存下级单位").click()
        expect(page.get_by_role("status")).to_contain_text(f"{name} {number}项")
    check_for_thumbs(page)
    page.get_by_label("删除鼓楼区").click()
    check_for_thumbs(page)
    page.get_by_role("button", name="确定删除鼓楼区").click()
    expect(page.locator("section[aria-labelledby=plan] tbody")).to_have_text(
        re.compile(r"江宁区\s*0项\s*12项")
    )
