"""A whole busy campaign with its group, and a search of all that the group, the log and the audit were told."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from flask.testing import FlaskClient
from sqlalchemy import select

from bot.app import create_app
from bot.config import load_config
from bot.starting import prepare
from bot.wiring import Application, wire
from handlers import accounts, admins, passwords
from handlers.accounts import OneTime
from storage.audit import AuditRow
from storage.db import Database
from storage.inbound import InboundRow
from storage.outbox import OutboxRow
from storage.simulated import SimulatedMessage
from tests.bot.web.portal_pages import GOOD, Browser
from tests.bot.web.simulator_client import add, move, say, seen, send
from tests.talk import campaign

UNIONS = ("南京市总工会", "无锡市总工会", "徐州市总工会", "省电力工会")
FOREIGN = "13977778888"
# Eleven digits of a mobile, or an area code and a number, as they are left after what is between them.
PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{9,11})(?!\d)")
BETWEEN = re.compile(r"(?<=\d)[\s\-_.·()（）\u200b]{1,3}(?=\d)")


@dataclass
class Play:
    """The product in this process, its people, and every secret that was made on the way."""

    application: Application
    client: FlaskClient
    secrets: list[str] = field(default_factory=list)
    phones: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    admin: str = ""

    @property
    def now(self) -> datetime:
        return self.application.clock.now()

    def says(self, person: str, *texts: str) -> dict[str, Any]:
        for text in texts:
            answer = say(self.client, person, text)
        return answer

    def in_group(self, person: str, *texts: str) -> None:
        for text in texts:
            say(self.client, person, text, chat="group")

    def private(self) -> str:
        """All that the bot told anybody in 1:1."""
        with self.application.database.reading() as session:
            told = select(SimulatedMessage.text).where(
                SimulatedMessage.chat == "private", SimulatedMessage.sender == "bot"
            )
            return "\n".join(session.scalars(told))

    def group(self) -> list[str]:
        """All that the bot told the group, as it was seen there."""
        rows = seen(self.client, self.admin)
        return [row["text"] for row in rows if row["chat"] == "group" and row["from"] == "bot"]


@pytest.fixture
def logged() -> Iterator[structlog.testing.LogCapture]:
    """What would be written to the log, tracebacks in words as in the product."""
    capture = structlog.testing.LogCapture()
    before = structlog.get_config()["processors"]
    structlog.configure(processors=[structlog.processors.format_exc_info, capture])
    yield capture
    structlog.configure(processors=before)


@pytest.fixture
def play(
    database_url: str, tmp_path: Path, logged: structlog.testing.LogCapture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Play]:
    place = tmp_path / "config.toml"
    place.write_text(
        f"""[server]
secret_key = "only-for-tests-only-for-tests-only-for-tests"
[storage]
database_url = "{database_url}"
files_url = "{(tmp_path / "files").as_uri()}"
[channels.simulator]
enabled = true
""",
        encoding="utf-8",
    )
    config = load_config(place, {})
    prepare(config)
    application = wire(config)
    play = Play(application, create_app(application).test_client())
    for module, name in ((passwords, "one_time"), (admins, "_new_code")):
        monkeypatch.setattr(module, name, noting(getattr(module, name), play.secrets))
    yield play
    application.close()


def noting(make: Any, made: list[str]) -> Any:
    """The same maker of secrets, each of which is written down for the search."""

    def make_and_note() -> str:
        made.append(make())
        return made[-1]

    return make_and_note


def bind(play: Play) -> None:
    """An admin in chat and on the pages, and the group in its pane."""
    with play.application.database.writing() as session:
        admin, code = admins.add(session, "钱德乾", now=play.now)
        one_time = accounts.issue_admin(session, play.application.campaign(), admin, now=play.now)
        group_code = admins.group_code(session, "operator", now=play.now)
    play.admin = add(play.client, "钱德乾")
    play.in_group(play.admin, f"绑定 {group_code}", "绑定 00000000")
    play.says(play.admin, f"绑定管理员 {code}", "绑定管理员 00000000")
    sign_in(play, one_time)


def sign_in(play: Play, one_time: OneTime) -> None:
    """On the pages, after many wrong tries with a phone number for a password."""
    play.secrets.append(GOOD)
    browser = Browser(play.client)
    for _ in range(4):
        browser.signs_in(one_time.login, FOREIGN)
    assert browser.signs_in(one_time.login, one_time.password).location == "/portal/password"
    assert browser.post("/portal/password", new=GOOD, again=GOOD).location == "/portal/"
    assert play.client.get("/portal/").status_code == 200


def register(play: Play) -> None:
    """Contacts of four unions: registered, joined, approved by number, given their accounts."""
    for place, union in enumerate(UNIONS):
        name, phone = f"张{'伟芳敏静'[place]}", f"1381234000{place}"
        contact = add(play.client, f"{name} {phone}")
        play.phones.append(phone)
        play.contacts.append(contact)
        send(play.client, contact, kind="event", event="join", chat="group")
        play.says(contact, "登记联系人", union, name, phone, "是")
        waiting = play.says(play.admin, "待办")["replies"][-1]["text"]
        [number] = re.findall(rf"编号(\d+)　{union}", waiting)
        play.says(play.admin, f"通过 {number}")
        play.says(contact, "领账号", "进度", "二维码")
        send(play.client, contact, kind="event", event="leave", chat="group")
        send(play.client, contact, kind="event", event="join", chat="group")


def chatter(play: Play) -> None:
    """What people say in the group that had better be said in 1:1."""
    play.phones.append(FOREIGN)
    stranger = add(play.client, f"王强{FOREIGN}")
    send(play.client, stranger, kind="event", event="join", chat="group")
    written = (
        FOREIGN,
        "139 7777 8888",
        "139-7777-8888",
        "１３９７７７７８８８８",
        "+86 13977778888",
        "0512-87654321",
    )
    for phone in written:
        play.in_group(
            stranger, f"@助手 我的电话{phone}", f"@助手 驳回 1 {phone}", f"@助手 登记联系人 {phone}", phone
        )
    for secret in list(play.secrets):
        play.in_group(stranger, f"@助手 密码{secret}", f"@助手 {secret}", f"@助手 绑定管理员 {secret}")
    for person in (*play.contacts, play.admin, stranger):
        play.in_group(person, *(f"@助手 {word}" for word in WORDS))


WORDS = (
    "进度",
    "谁还没报",
    "名单",
    "二维码",
    "联系人",
    "领账号",
    "待办",
    "通过 1",
    "我的任务",
    "账号 南京 重置",
    "群发",
    "催办",
    "帮助",
)


def broadcast(play: Play, text: str, audience: str) -> None:
    """群发 by the admin, from the first question to the last."""
    if play.says(play.admin, "群发")["outcome"] == "answered":
        play.says(play.admin, "1")
    answer = play.says(play.admin, "1", text, audience, "2")
    while answer["outcome"] == "needs_confirmation":
        answer = play.says(play.admin, "1")
    assert answer["outcome"] == "accepted", answer


def run_on(play: Play) -> None:
    """To the day after the deadline, with all that falls due."""
    for day in ("04-12T20:00", "05-15T12:00", "06-12T12:00"):
        move(play.client, f"2024-{day}:00+08:00")
        play.in_group(play.admin, "@助手 进度")


def digits(text: str) -> str:
    """The text with nothing between the digits of a number, each of them a plain one."""
    plain = "".join(str(int(sign)) if sign.isdecimal() else sign for sign in text)
    return BETWEEN.sub("", plain)


def found_in(texts: list[str], play: Play) -> list[tuple[str, str]]:
    """Secrets, and phones that the notice does not publish, each with the text that holds it."""
    public = {digits(phone) for phone in campaign().pack.helpdesk.phones}
    found = []
    for text in texts:
        plain = digits(text)
        private = [secret for secret in play.secrets if secret in text or secret.replace("-", "") in text]
        private += [phone for phone in play.phones if phone in plain]
        private += [phone for phone in PHONE.findall(plain) if phone not in public]
        found += [(one, text) for one in private]
    return found


def test_nothing_private_reaches_group_log_or_audit(
    play: Play, database: Database, logged: structlog.testing.LogCapture, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    move(play.client, "2024-04-10T09:00:00+08:00")
    bind(play)
    register(play)
    chatter(play)
    broadcast(play, f"有事请打{FOREIGN}，或18118991940。", "10")
    broadcast(play, f"请打{FOREIGN}。", "1")
    run_on(play)
    assert found_in(play.group(), play) == []
    assert found_in([*(str(entry) for entry in logged.entries), caplog.text], play) == []
    with database.reading() as session:
        audit = [str(list(row)) for row in session.execute(select(AuditRow.__table__))]
        kept = list(session.scalars(select(OutboxRow.text).where(OutboxRow.chat == "group")))
        replies = list(session.scalars(select(InboundRow.reply).where(InboundRow.chat == "group")))
    assert (len(audit) > 20, found_in(audit, play)) == (True, [])
    assert [secret for secret in play.secrets if secret in "\n".join([*kept, *replies])] == []
    assert_played(play)


def assert_played(play: Play) -> None:
    """That the search has something to find: secrets and phones were told in 1:1, and the group heard a lot."""
    private, group = play.private(), "\n".join(play.group())
    assert [phone for phone in play.phones if phone not in private] == []
    assert len(play.secrets) >= 3 + len(UNIONS)
    assert len([secret for secret in play.secrets if secret in private]) >= len(UNIONS)
    assert len(play.group()) > 60
    for part in ("139****8888", "18118991940", "025-83536240", "张伟（南京市总工会）", "已绑定"):
        assert part in group, part
