"""The simulator page for everyone: keyboard alone, a small screen, large type, a screen reader."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from simulator_page import PHONE, Desk, Phone, Server

pytest_plugins = ["simulator_fixtures"]


def overflowing(page: Page) -> list[str]:
    """What is wider than its box and would scroll sideways."""
    found: list[str] = page.evaluate(
        """() => [document.documentElement, ...document.querySelectorAll("body *")]
            .filter((element) => element.checkVisibility())
            .filter((element) => element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 1)
            .filter((element) => getComputedStyle(element).overflowX !== "visible" || element.parentElement === null)
            .map((element) => element.className || element.tagName)"""
    )
    return found


def low_contrast(page: Page) -> list[str]:
    """Texts on a plain ground that stand out less than 4.5 to 1."""
    found: list[str] = page.evaluate(
        """() => {
            const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
            const light = (colour) => parts(colour).slice(0, 3).map((part) => part / 255)
                .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
                .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
            const ground = (element) => {
                for (let at = element; at; at = at.parentElement) {
                    const [, , , alpha = 1] = parts(getComputedStyle(at).backgroundColor);
                    if (alpha === 1) return getComputedStyle(at).backgroundColor;
                }
                return "rgb(255, 255, 255)";
            };
            const ownText = (element) => Array.from(element.childNodes)
                .some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
            return [...document.querySelectorAll("body *")]
                .filter((element) => element.checkVisibility() && ownText(element))
                .filter((element) => {
                    const both = [light(getComputedStyle(element).color), light(ground(element))];
                    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05) < 4.5;
                })
                .map((element) => element.outerHTML.slice(0, 80));
        }"""
    )
    return found


def test_whole_chat_by_keyboard(desk: Desk, zhang: Phone) -> None:
    keyboard = desk.page.keyboard
    picture = zhang.chat.get_by_role("button", name="图片", exact=True)
    expect(zhang.box).to_be_focused()
    keyboard.type("我要申报")
    keyboard.press("Enter")
    expect(zhang.own).to_have_count(1)
    expect(zhang.box).to_be_focused()
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(picture).to_be_focused()
    keyboard.press("Escape")
    expect(picture).to_be_hidden()
    keyboard.press("Enter")
    for _ in range(2):
        keyboard.press("Tab")
    keyboard.press("Enter")
    keyboard.type("张伟和李娜")
    for _ in range(2):
        keyboard.press("Tab")
    keyboard.press("Enter")
    expect(zhang.own).to_have_count(2)
    zhang.pane.get_by_role("tab", name="单聊").focus()
    keyboard.press("ArrowRight")
    expect(zhang.pane.get_by_role("tab", name="征集群", selected=True)).to_be_focused()


def test_first_stop_leads_past_the_tools(desk: Desk) -> None:
    desk.page.keyboard.press("Tab")
    skip = desk.page.get_by_role("link", name="跳到聊天")
    expect(skip).to_be_focused()
    desk.page.keyboard.press("Enter")
    expect(desk.page.get_by_role("main")).to_be_focused()


def test_quick_reply_by_keyboard(zhang: Phone) -> None:
    zhang.box.press("Shift+Tab")
    expect(zhang.quick.last).to_be_focused()
    zhang.quick.first.focus()
    label = zhang.quick.first.inner_text()
    zhang.page.keyboard.press("Enter")
    expect(zhang.own.locator(".text")).to_have_text([label])
    expect(zhang.box).to_be_focused()


def test_escape_closes_panels_and_gives_focus_back(narrow_desk: Desk) -> None:
    narrow_desk.add("王芳")
    for name in ("people", "clock", "state"):
        toggle = narrow_desk.page.locator(f"#{name}-toggle")
        toggle.press("Enter")
        expect(narrow_desk.page.locator(f"#{name}")).to_be_visible()
        narrow_desk.page.keyboard.press("Escape")
        expect(narrow_desk.page.locator(f"#{name}")).to_be_hidden()
        expect(toggle).to_be_focused()


@pytest.mark.parametrize("large", [False, True])
def test_nothing_scrolls_sideways_at_360(narrow_desk: Desk, large: bool) -> None:
    phone = narrow_desk.add("周敏")
    phone.say("长" * 300 + "https://example.invalid/" + "a" * 200)
    if large:
        narrow_desk.page.get_by_role("button", name="大字").click()
    phone.more("图片")
    assert overflowing(narrow_desk.page) == []
    assert narrow_desk.page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_name_of_four_characters_is_whole_beside_a_long_date(narrow_desk: Desk) -> None:
    narrow_desk.add("欧阳")
    narrow_desk.page.get_by_role("button", name="大字").click()
    narrow_desk.page.evaluate("document.getElementById('current-person').textContent = '欧阳若兰'")
    narrow_desk.page.evaluate("document.getElementById('clock-day').textContent = '6月11日'")
    assert overflowing(narrow_desk.page) == []


@pytest.mark.parametrize("large", [False, True])
def test_no_panel_scrolls_sideways_at_360(narrow_desk: Desk, large: bool) -> None:
    phone, page = narrow_desk.add("何静"), narrow_desk.page
    phone.say("我要申报")
    if large:
        page.get_by_role("button", name="大字").click()
    for name in ("people", "clock", "state"):
        page.locator(f"#{name}-toggle").click()
        expect(page.locator(f"#{name}")).to_be_visible()
        assert (name, overflowing(page)) == (name, [])
        page.keyboard.press("Escape")
    phone.tab("征集群")
    assert overflowing(page) == []
    phone.more("扫一扫").click()
    expect(page.get_by_role("dialog", name="扫一扫").get_by_role("button")).to_have_count(25)
    assert overflowing(page) == []


def test_the_front_page_on_a_small_screen(new_page: Callable[..., Page], simulator_server: Server) -> None:
    page = new_page(PHONE, has_touch=True, is_mobile=True)
    page.goto(f"{simulator_server.url}/")
    expect(page.get_by_role("link", name="打开模拟器")).to_be_visible()
    assert (overflowing(page), low_contrast(page)) == ([], [])


def test_every_text_can_be_read(
    narrow_desk: Desk, simulator_server: Server, faults_expected: list[str]
) -> None:
    """In the chat, where a message failed, and in the panels."""
    phone, page = narrow_desk.add("马丽"), narrow_desk.page
    simulator_server.walk(simulator_server.person(phone), "category")
    expect(phone.quick.first).to_be_visible()
    faults_expected.append("ERR_FAILED")
    page.route("**/simulator/api/messages", lambda route: route.abort())
    phone.box.fill("还差什么")
    phone.box.press("Enter")
    expect(phone.chat.get_by_role("alert")).to_be_visible()
    assert low_contrast(page) == []
    for name in ("people", "clock", "state"):
        page.locator(f"#{name}-toggle").click()
        assert (name, low_contrast(page)) == (name, [])
        page.keyboard.press("Escape")


def test_targets_are_large_and_named(narrow_desk: Desk) -> None:
    phone = narrow_desk.add("孙丽")
    phone.more("图片")
    faults = narrow_desk.page.evaluate(
        """() => [...document.querySelectorAll("button, input:not([type=file]), textarea, summary, .link-card, .brand")]
            .filter((element) => element.checkVisibility())
            .filter((element) => {
                const box = element.getBoundingClientRect();
                const name = element.ariaLabel || element.textContent.trim() || element.labels?.[0]?.textContent;
                return Math.min(box.width, box.height) < 43.5 || !name;
            })
            .map((element) => element.outerHTML.slice(0, 80))"""
    )
    assert faults == []


def test_new_messages_are_announced_politely(zhang: Phone) -> None:
    log = zhang.chat.get_by_role("log")
    expect(log).to_have_attribute("aria-live", "polite")
    zhang.say("帮助")
    expect(log.locator(".message").last).to_contain_text("五小征集助手：")


def test_switching_people_on_a_phone(narrow_desk: Desk) -> None:
    first = narrow_desk.add("吴刚")
    second = narrow_desk.add("郑红")
    expect(first.pane).to_be_hidden()
    narrow_desk.page.locator("#people-toggle").click()
    narrow_desk.page.get_by_role("navigation").get_by_role("button", name=first.name).click()
    expect(first.pane).to_be_visible()
    expect(second.pane).to_be_hidden()
