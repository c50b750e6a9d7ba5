"""Replies become text: paragraphs, and what people typed never as anything but a value."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import TemplateNotFound, UndefinedError

from bot.wording import Wording
from handlers.messages import Line, Outcome, Reply, say

TEMPLATES = {
    "greeting": "您好，{{ name }}。\n",
    "silent": "{% if false %}\n请发文字。\n{% endif %}\n",
    "gaps": "一\n\n\n\n二\n",
    "listed": "材料：\n{% for name in names %}\n· {{ name }}\n{% endfor %}\n",
}


@pytest.fixture
def wording(tmp_path: Path) -> Wording:
    (tmp_path / "chat").mkdir()
    for name, text in TEMPLATES.items():
        (tmp_path / "chat" / f"{name}.txt").write_text(text, encoding="utf-8")
    return Wording(tmp_path / "chat")


def reply(*lines: Line) -> Reply:
    return Reply(Outcome.ANSWERED, lines)


def test_lines_are_paragraphs(wording: Wording) -> None:
    said = wording.text(reply(say("greeting", name="张伟"), say("listed", names=["授权书", "承诺书"])))
    assert said == "您好，张伟。\n\n材料：\n· 授权书\n· 承诺书"


def test_what_says_nothing_leaves_no_gap(wording: Wording) -> None:
    greeting = say("greeting", name="张伟")
    assert wording.text(reply(greeting, say("silent"), greeting)) == "您好，张伟。\n\n您好，张伟。"
    assert [wording.text(reply()), wording.text(reply(say("silent")))] == ["", ""]


def test_gaps_are_at_most_one_empty_line(wording: Wording) -> None:
    assert wording.text(reply(say("gaps"))) == "一\n\n二"


@pytest.mark.parametrize(
    "typed", ["{{ 7 * 7 }}", "{% raw %}", "{# 注 #}", "<b>&amp;</b>", "[CQ:at,qq=all]", "%s %(x)s"]
)
def test_what_was_typed_is_shown_as_it_was(wording: Wording, typed: str) -> None:
    assert wording.text(reply(say("greeting", name=typed))) == f"您好，{typed}。"


def test_a_value_that_is_missing_is_a_fault_and_no_gap(wording: Wording) -> None:
    with pytest.raises(UndefinedError, match="'name' is undefined"):
        wording.text(reply(say("greeting")))


def test_every_template_knows_where_the_pages_are(tmp_path: Path) -> None:
    """Also one that is a part of another; without an address only the path is left."""
    (tmp_path / "link.txt").write_text("{{ public_url }}/p/{{ token }}", encoding="utf-8")
    (tmp_path / "whole.txt").write_text("{% include 'link.txt' %}", encoding="utf-8")
    addressed, bare = Wording(tmp_path, public_url="https://wuxiao.example.org"), Wording(tmp_path)
    lines = reply(say("link", token="a1"), say("whole", token="b2"))
    assert addressed.text(lines) == "https://wuxiao.example.org/p/a1\n\nhttps://wuxiao.example.org/p/b2"
    assert bare.text(lines) == "/p/a1\n\n/p/b2"


def test_one_reply_leaves_nothing_for_the_next(wording: Wording) -> None:
    wording.text(reply(say("greeting", name="张伟")))
    with pytest.raises(UndefinedError):
        wording.text(reply(say("greeting")))


@pytest.mark.parametrize("name", ["unwritten", "../secret", "/etc/passwd"])
def test_a_template_that_is_not_there_is_a_fault(wording: Wording, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    with pytest.raises(TemplateNotFound):
        wording.text(reply(say(name)))
