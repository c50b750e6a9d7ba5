"""Passive replies: what the platform shows must be what was said, whatever was said."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.official_account.rendering import legible
from tests.bot.channels.official_account.callbacks import NOW, PERSON, account, signed, text_message
from tests.platform import ACCOUNT


def reply_to(text: str, **message: str) -> ElementTree.Element:
    callback = account().open(signed(), text_message(**message).encode(), NOW)
    return ElementTree.fromstring(callback.answer(text))


def children(root: ElementTree.Element) -> list[tuple[str, str | None]]:
    return sorted((child.tag, child.text) for child in root)


def whole(content: str) -> list[tuple[str, str | None]]:
    return [("Content", content), ("CreateTime", "1700000000"), ("FromUserName", ACCOUNT), ("MsgType", "text"),
            ("ToUserName", PERSON)]  # fmt: skip


def test_a_reply_goes_back_to_the_sender() -> None:
    assert children(reply_to("您好，第8项\n请发送项目概述。")) == whole("您好，第8项\n请发送项目概述。")


def test_nothing_to_say_is_success() -> None:
    """An empty reply must not be an XML without content, which the person would see as a fault."""
    callback = account().open(signed(), text_message().encode(), NOW)
    assert callback.answer("") == b"success"


INJECTION = "]]></Content><Content><![CDATA[evil"


@pytest.mark.parametrize(
    "text", [INJECTION, "]]>", "]]", "]]>]]>", "]]]]>>", "<![CDATA[", "]]]]><![CDATA[>", "&lt;<b>"]
)
def test_text_cannot_leave_its_element(text: str) -> None:
    """wechatpy defect 5: "]]>" ended the CDATA section, so that a person could write the XML."""
    assert children(reply_to(text)) == whole(text)


@pytest.mark.parametrize("name", ["FromUserName", "ToUserName"])
def test_addresses_cannot_leave_their_elements(name: str) -> None:
    """wechatpy defect 5 holds for every field."""
    evil = "a]]]]><![CDATA[></ToUserName><Content>evil"
    root = reply_to("您好", **{name: f"<![CDATA[{evil}]]>"})
    other = {"FromUserName": "ToUserName", "ToUserName": "FromUserName"}[name]
    assert (len(root), root.findtext("Content")) == (5, "您好")
    assert root.findtext(other) == "a]]></ToUserName><Content>evil"


def test_what_xml_cannot_carry_is_left_out() -> None:
    """wechatpy defect 5: one \\x08 made the reply ill-formed, and the person saw a fault."""
    assert children(reply_to("甲\0\x08乙\x0b\x1f丙\ufffe\uffff丁\ud83d戊\t己\n庚")) == whole(
        "甲乙丙丁戊\t己\n庚"
    )


@given(st.text(st.characters(exclude_categories=()), min_size=1, max_size=300))
def test_any_reply_is_well_formed(text: str) -> None:
    shown = legible(text).replace("\r\n", "\n").replace("\r", "\n")
    assert reply_to(text).findtext("Content") == shown


LONG = "阀门密封结构改进以后，每台每年少换三次密封圈。"


def test_a_long_reply_is_cut_between_sentences() -> None:
    parts = account().split(LONG * 60)
    assert "".join(parts) == LONG * 60
    assert [part[-1] for part in parts] == ["。"] * len(parts)
    assert max(len(part.encode()) for part in parts) <= 2000


def test_a_long_reply_is_cut_between_paragraphs_first() -> None:
    paragraph = "一" * 400
    assert account().split(f"{paragraph}\n\n{paragraph}\n\n{paragraph}") == [paragraph] * 3


def test_nothing_is_sent_for_nothing() -> None:
    assert [account().split(text) for text in ("", "\n\n", " ", "\0")] == [[], [], [], []]


@given(st.text(st.characters(exclude_categories=()), max_size=40).map(lambda text: text * 60))
def test_parts_fit_and_lose_nothing(text: str) -> None:
    parts = account().split(text)
    assert all(0 < len(part.encode()) <= 2000 for part in parts)
    assert "".join("".join(parts).split()) == "".join(legible(text).split())
