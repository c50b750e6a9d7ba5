"""The simulator page as a test drives it: a desk with phones, and the same calls over HTTP."""

from __future__ import annotations

import io
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import requests
from PIL import Image
from playwright.sync_api import FilePayload, Locator, Page, ViewportSize

WIDE: ViewportSize = {"width": 1280, "height": 800}
PHONE: ViewportSize = {"width": 360, "height": 740}
ANSWERS = {
    "completers": "张伟、李娜",
    "first_completer_bio": "张伟，高级技师，从事机械加工二十年。",
    "work_unit": "江苏大江机械制造有限公司",
    "phone": "13800138000",
    "union": "1",
    "category": "3",
    "pledge": "跳过",
    "authorization": "跳过",
    "title": "小孔大背面结构件自动折叠反刮刀具的开发应用",
}


_numbers = count(1)


def photo(name: str, width: int = 640) -> FilePayload:
    content = io.BytesIO()
    Image.new("RGB", (width, 480), (60, 110, 160)).save(content, "JPEG")
    return {"name": name, "mimeType": "image/jpeg", "buffer": content.getvalue()}


def document(name: str) -> FilePayload:
    return {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n" + b"0" * 5000}


@dataclass(frozen=True)
class Server:
    """A running simulator, fake or real. `bind_code` is a code that binds its group, `config` the real one's."""

    url: str
    bind_code: str
    config: Path | None = None

    def get(self, path: str, **query: Any) -> Any:
        return requests.get(f"{self.url}/simulator/api/{path}", params=query, timeout=10).json()

    def post(self, path: str, **body: Any) -> Any:
        return requests.post(f"{self.url}/simulator/api/{path}", json=body, timeout=10).json()

    def person(self, phone: Phone) -> str:
        """The id of the person whose phone this is."""
        return str(next(row["id"] for row in self.get("people") if row["name"] == phone.name))

    def say(self, person: str, text: str) -> Any:
        return self.post("messages", person=person, chat="private", kind="text", text=text)

    def walk(self, person: str, field: str) -> None:
        """Answer in that person's name until `field` is asked."""
        self.say(person, "我要申报")
        for _ in range(40):
            state = self.get("state", person=person)
            if state["pending"]:
                self.say(person, "是")
            elif state["asked"] == field:
                return
            else:
                self.say(person, ANSWERS[state["asked"]])
        raise AssertionError(f"{field} was never asked")


class Phone:
    """One person's pane on the page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.name = name
        self.pane = page.get_by_role("region", name=f"{name}的手机", exact=True)
        self.box = self.pane.get_by_role("textbox")

    @property
    def chat(self) -> Locator:
        return self.pane.get_by_role("tabpanel")

    @property
    def own(self) -> Locator:
        return self.chat.locator(".log .message.mine")

    @property
    def bot(self) -> Locator:
        return self.chat.locator(".log .message:not(.mine)")

    @property
    def quick(self) -> Locator:
        return self.chat.get_by_role("group", name="快捷回复").get_by_role("button")

    def say(self, text: str) -> None:
        """Type, press Enter, wait until it went out and the answer is there."""
        before = self.bot.count()
        self.box.fill(text)
        self.box.press("Enter")
        self.chat.locator(".outgoing .message").first.wait_for(state="detached")
        self.bot.nth(before).wait_for()

    def own_texts(self) -> list[str]:
        return self.own.locator(".text").all_inner_texts()

    def tab(self, name: str) -> None:
        self.pane.get_by_role("tab", name=name).click()

    def more(self, name: str) -> Locator:
        """Open the "+" panel and give its button called `name`."""
        self.chat.get_by_role("button", name="更多：图片、文件、语音、视频、扫一扫").click()
        return self.chat.get_by_role("group", name="更多发送方式").get_by_role("button", name=name)

    def pick(self, name: str, files: list[FilePayload]) -> None:
        """Choose `files` through the "+" panel's button called `name`."""
        button = self.more(name)
        with self.page.expect_file_chooser() as chosen:
            button.click()
        chosen.value.set_files(files)


class Desk:
    """The whole page."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server

    def open(self) -> Desk:
        self.page.goto(f"{self.server.url}/simulator")
        self.page.locator("#clock-time").filter(has_text=":").wait_for()
        return self

    def add(self, name: str) -> Phone:
        """Add a person whose name begins so, and is no other's; wait for the welcome."""
        name = f"{name}{next(_numbers)}"
        field = self.page.get_by_label("姓名", exact=True)
        if not field.is_visible():
            field = self.page.get_by_label("添加人员")
            if not field.is_visible():
                self.page.locator("#people-toggle").click()
        field.fill(name)
        field.press("Enter")
        phone = Phone(self.page, name)
        phone.bot.first.wait_for()
        return phone

    @property
    def state(self) -> Locator:
        return self.page.get_by_role("complementary")
