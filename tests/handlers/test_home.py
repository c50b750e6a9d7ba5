"""What a message that answers no question gets: the words that fit who asks."""

from __future__ import annotations

import pytest

from storage.db import Database
from tests.broadcasting import add_admin, add_contact
from tests.talk import Talk

SUBMITTER = ["我要申报", "附件", "登记联系人", "联系人", "帮助"]
CONTACT = ["进度", "催办", "名单", "我要申报", "帮助"]
ADMIN = ["待办", "谁还没报", "群发", "帮助"]


def words(text: str) -> list[str]:
    """What each line offers to send, in its order."""
    lines = [line for line in text.splitlines() if line.startswith("·")]
    return [line.partition("请发“")[2].rstrip("”") for line in lines]


@pytest.mark.parametrize(("who", "offered"), [("nobody", SUBMITTER), ("contact", CONTACT), ("admin", ADMIN)])
def test_each_hears_of_the_words_for_them(database: Database, who: str, offered: list[str]) -> None:
    if who == "contact":
        add_contact(database, "nanjing", "张伟", "zhangwei")
    talk = add_admin(database) if who == "admin" else Talk(database, "zhangwei")
    assert words(talk.says("在吗同志们都好").text) == offered


def test_a_contact_may_answer_a_reminder_with_thanks(database: Database) -> None:
    add_contact(database, "nanjing", "张伟", "zhangwei")
    contact, stranger = Talk(database, "zhangwei"), Talk(database, "lina")
    assert contact.says("收到").text.startswith("好的，谢谢。提醒里的事办好后请回复“已办”")
    assert words(stranger.says("收到").text) == SUBMITTER
