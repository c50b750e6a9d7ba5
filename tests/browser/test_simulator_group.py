"""The 征集群 in a real browser: bound by a code, entered by its QR code, asked, and answered with a picture."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
import requests
import zxingcpp
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from simulator_page import PHONE, Desk, Phone, Server
from test_simulator_access import low_contrast, overflowing

from tests.serving import ROOT

pytest_plugins = ["simulator_fixtures"]


@pytest.fixture(scope="module")
def bound(simulator_server: Server) -> Server:
    """The server, with its group bound by somebody who was given the code."""
    words = ["bind-code", "--config", str(simulator_server.config)]
    printed = subprocess.run(
        [sys.executable, "-m", "bot", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    code = re.search(r"\d{8}", printed.stdout)
    assert code is not None
    person = simulator_server.post("people", name="钱进")["id"]
    said = {"person": person, "chat": "group", "kind": "text", "text": f"绑定 {code.group()}"}
    assert simulator_server.post("messages", **said)["outcome"] == "moved"
    return simulator_server


def group_of(desk: Desk, name: str) -> Phone:
    phone = desk.add(name)
    phone.tab("征集群")
    return phone


def join(phone: Phone) -> None:
    phone.chat.get_by_role("button", name="群二维码").click()
    phone.page.get_by_role("dialog", name="群二维码").get_by_role("button", name="扫码进群").click()
    expect(phone.chat.locator(".outgoing .message")).to_have_count(0)


def read_code(server: Server, picture: Locator) -> str:
    source = picture.get_attribute("src") or ""
    content = requests.get(f"{server.url}{source}" if source.startswith("/") else source, timeout=10).content
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(content)))
    return found.text


def test_one_joins_by_the_poster(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "李娜")
    expect(phone.chat.locator(".group-notice")).to_be_hidden()
    phone.chat.get_by_role("button", name="群二维码").click()
    dialog = desk.page.get_by_role("dialog", name="群二维码")
    poster = dialog.get_by_role("img", name="征集群的二维码海报")
    expect(poster).to_have_js_property("naturalWidth", 1240)
    assert urlsplit(read_code(bound, poster)).query == "scene=group"
    dialog.get_by_role("button", name="扫码进群").click()
    expect(dialog).to_be_hidden()
    expect(phone.chat.get_by_role("button", name="群二维码")).to_be_focused()
    # Who comes shortly behind others is greeted together with the next.
    later = datetime.fromisoformat(bound.get("clock")["now"]) + timedelta(minutes=2)
    bound.post("clock", now=later.isoformat())
    expect(phone.bot.filter(has_text=f"{phone.name}，您好")).to_have_count(1)


def test_the_poster_can_be_left_again(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "王芳")
    phone.chat.get_by_role("button", name="群二维码").click()
    desk.page.keyboard.press("Escape")
    expect(desk.page.get_by_role("dialog", name="群二维码")).to_be_hidden()
    expect(phone.chat).not_to_contain_text(phone.name)


def test_the_bot_is_called_by_a_button(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "赵强")
    phone.box.fill("帮助")
    for _ in range(2):
        phone.chat.get_by_role("button", name="@五小征集助手，写进输入框").click()
    expect(phone.box).to_have_value("@五小征集助手 帮助")
    expect(phone.box).to_be_focused()
    heard = phone.bot.count()
    phone.box.press("Enter")
    expect(phone.own.last).to_contain_text("@五小征集助手 帮助")
    expect(phone.bot).to_have_count(heard + 1)


def test_who_is_not_called_says_nothing(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "周敏")
    heard = phone.bot.count()
    phone.box.fill("大家好")
    phone.box.press("Enter")
    expect(phone.own.last).to_contain_text("大家好")
    desk.page.wait_for_load_state("networkidle")
    assert phone.bot.count() == heard


def test_the_progress_comes_as_a_picture(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "吴刚")
    join(phone)
    phone.quick.filter(has_text="@助手 进度").click()
    picture = phone.chat.locator(".log .picture").last.get_by_role("img")
    expect(picture).to_have_js_property("naturalWidth", 1080)
    assert (picture.get_attribute("alt") or "").startswith("五小征集助手发来的图片")
    link = phone.chat.locator(".log .picture").last.get_attribute("href") or ""
    answer = requests.get(link, timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert urlsplit(link).path.startswith("/p/")


def test_a_link_in_an_answer_opens_the_poster(desk: Desk, bound: Server) -> None:
    phone = group_of(desk, "郑红")
    join(phone)
    phone.quick.filter(has_text="@助手 二维码").click()
    card = phone.chat.locator(".log .link-card").last
    expect(card).to_contain_text("助手发来的图片或文件")
    answer = requests.get(card.get_attribute("href") or "", timeout=10)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")


def test_a_code_scanned_with_a_real_phone_leads_into_the_group(
    new_page: Callable[..., Page], bound: Server
) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{bound.url}/simulator/?scene=group")
    page.get_by_role("dialog", name="群二维码").get_by_role("button", name="扫码进群").click()
    expect(page.get_by_role("tab", name="征集群", selected=True)).to_be_visible()
    assert urlsplit(page.url).query == ""


@pytest.mark.parametrize("large", [False, True])
def test_the_group_on_a_small_screen(narrow_desk: Desk, bound: Server, large: bool) -> None:
    phone, page = group_of(narrow_desk, "孙丽"), narrow_desk.page
    if large:
        page.get_by_role("button", name="大字").click()
    join(phone)
    phone.quick.filter(has_text="@助手 帮助").click()
    expect(phone.chat.locator(".outgoing .message")).to_have_count(0)
    assert (overflowing(page), low_contrast(page)) == ([], [])
    phone.chat.get_by_role("button", name="群二维码").click()
    dialog = page.get_by_role("dialog", name="群二维码")
    expect(dialog.get_by_role("img")).to_have_js_property("complete", True)
    assert (overflowing(page), low_contrast(page)) == ([], [])
    sizes = [button.bounding_box() for button in dialog.get_by_role("button").all()]
    assert [box for box in sizes if box is None or min(box["width"], box["height"]) < 43.5] == []
    join_button = dialog.get_by_role("button", name="扫码进群").bounding_box()
    assert join_button is not None
    assert join_button["y"] + join_button["height"] <= PHONE["height"]
