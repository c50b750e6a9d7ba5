"""The portal on a clerk's phone: the account is fetched in chat, a password chosen, the own progress read."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect
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


@pytest.fixture(scope="module")
def admin(simulator_server: Server) -> Login:
    """王芳 of the province, whose chat is bound."""
    assert simulator_server.config is not None
    command = [sys.executable, "-m", "bot", "add-admin", "王芳", "--config", str(simulator_server.config)]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    person = simulator_server.post("people", name="王芳")["id"]
    said(simulator_server, person, re.findall(r"绑定管理员 \d+", printed)[0])
    login, password = re.findall(r"(?:用户名|一次性密码)：([\w-]+)", printed)
    return Login(login, password)


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
    expect(page.locator("tbody tr")).to_have_count(24)
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        for name in ("进度", "联系人", "账号", "征集群", "群发", "改密码"):
            page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
            expect(page.locator("[aria-current=page]")).to_have_text(name)
            check_for_thumbs(page)
