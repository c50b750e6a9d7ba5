"""One whole submission in the page, from 我要申报 to 提交: with the mouse, and with the keyboard alone."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page, expect
from simulator_page import PHONE, Desk, Phone, Server

from tests.corpus_reading import SaidFile, Submission, submissions
from tests.scenarios.expected import handed_in

pytest_plugins = ["simulator_fixtures"]

PICTURES = ("jpeg", "png")
BY_MOUSE = next(one for one in submissions() if one.id.startswith("02"))
BY_KEYS = next(one for one in submissions() if one.id.startswith("10"))


def payload(file: SaidFile) -> FilePayload:
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return {"name": file.name, "mimeType": kind, "buffer": file.content()}


def files_of(submission: Submission, key: str) -> list[SaidFile]:
    return [said for said in submission.said[key] if isinstance(said, SaidFile)]


def texts_of(submission: Submission, key: str) -> list[str]:
    return [said for said in submission.said[key] if isinstance(said, str)]


def button_for(files: Sequence[SaidFile]) -> str:
    return "图片" if all(file.kind in PICTURES for file in files) else "文件"


def type_in(page: Page, text: str) -> None:
    """As from a keyboard with a Chinese input method: line by line, Shift+Enter between, Enter to send."""
    for place, line in enumerate(text.split("\n")):
        if place:
            page.keyboard.press("Shift+Enter")
        page.keyboard.insert_text(line)
    page.keyboard.press("Enter")


def wait_for_answers(phone: Phone, heard: int, count: int = 1) -> None:
    """Until `count` more messages of the bot than `heard` are there and nothing is on its way."""
    phone.bot.nth(heard + count - 1).wait_for()
    expect(phone.chat.locator(".outgoing .message")).to_have_count(0)


def check_stored(server: Server, phone: Phone, submission: Submission) -> str:
    """The state in the API is exactly what was said; returns the number it was given."""
    stored = server.get("state", person=server.person(phone))["submission"]
    wanted: dict[str, Any] = handed_in([submission], names_travel=True)[0]
    assert {name: stored[name] for name in ("state", "union", "answers", "files")} == {
        name: wanted[name] for name in ("state", "union", "answers", "files")
    }
    return str(stored["number"])


def check_panel(panel: Locator, number: str, submission: Submission) -> None:
    for part in ("已提交", number, *submission.stored["completers"], submission.stored["title"]):
        expect(panel).to_contain_text(part)
    said = [said for key in submission.said for said in files_of(submission, key)]
    expect(panel.locator(".files li")).to_have_count(len(said))


def test_whole_submission(desk: Desk, zhang: Phone, simulator_server: Server) -> None:
    def say(text: str) -> None:
        heard = zhang.bot.count()
        zhang.box.click()
        type_in(desk.page, text)
        wait_for_answers(zhang, heard)

    say("我要申报")
    for key in BY_MOUSE.said:
        if files := files_of(BY_MOUSE, key):
            heard = zhang.bot.count()
            zhang.pick(button_for(files), [payload(file) for file in files])
            wait_for_answers(zhang, heard, len(files))
        for text in texts_of(BY_MOUSE, key):
            say(text)
    expect(zhang.bot.last).to_contain_text("现在提交吗")
    say("提交")
    number = check_stored(simulator_server, zhang, BY_MOUSE)
    expect(zhang.bot.last).to_contain_text(number)
    check_panel(desk.state, number, BY_MOUSE)


class Keys:
    """A phone's screen worked with Tab, Enter and letters; a mouse and a finger are never used."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.keyboard = page.keyboard

    def go_to(self, target: Locator, key: str = "Tab") -> None:
        """Tab on until `target` has the focus, which must be seen on every stop of the way."""
        for _ in range(60):
            self.keyboard.press(key)
            ring = self.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert ring != "none", self.page.evaluate("document.activeElement.outerHTML")
            if target.evaluate("(element) => element === document.activeElement"):
                return
        raise AssertionError(f"Tab never came to {target}")

    def press(self, target: Locator, key: str = "Tab") -> None:
        self.go_to(target, key)
        self.keyboard.press("Enter")

    def choose(self, phone: Phone, name: str, files: Sequence[SaidFile]) -> None:
        """Send files through the "+" panel."""
        self.press(phone.chat.get_by_role("button", name="更多：图片、文件、语音、视频、扫一扫"))
        item = phone.chat.get_by_role("group", name="更多发送方式").get_by_role("button", name=name)
        if not item.evaluate("(element) => element === document.activeElement"):
            self.go_to(item)
        with self.page.expect_file_chooser() as chooser:
            self.keyboard.press("Enter")
        chooser.value.set_files([payload(file) for file in files])


def test_whole_submission_by_keyboard_on_a_small_screen(
    new_page: Callable[..., Page], simulator_server: Server
) -> None:
    page = new_page(PHONE)
    Desk(page, simulator_server).open()
    keys = Keys(page)
    field = page.get_by_label("姓名", exact=True)
    if not field.is_visible():
        keys.press(page.locator("#people-toggle"))
        field = page.get_by_label("添加人员")
    keys.go_to(field)
    keys.keyboard.insert_text("王芳")
    keys.keyboard.press("Enter")
    phone = Phone(page, "王芳")
    phone.bot.first.wait_for()
    keys.go_to(phone.box)

    def say(text: str) -> None:
        heard = phone.bot.count()
        type_in(page, text)
        wait_for_answers(phone, heard)
        expect(phone.box).to_be_focused()

    say("我要申报")
    for key in BY_KEYS.said:
        if files := files_of(BY_KEYS, key):
            heard = phone.bot.count()
            keys.choose(phone, button_for(files), files)
            wait_for_answers(phone, heard, len(files))
            keys.go_to(phone.box, "Shift+Tab")
        for text in texts_of(BY_KEYS, key):
            say(text)
    say("提交")
    number = check_stored(simulator_server, phone, BY_KEYS)
    keys.press(page.locator("#state-toggle"), "Shift+Tab")
    check_panel(page.get_by_role("complementary"), number, BY_KEYS)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
