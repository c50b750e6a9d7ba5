"""What people may send, for tests that try everything: hypothesis strategies."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from handlers.messages import MessageKind
from tests.corpus_files import make
from tests.corpus_reading import submissions

CHAT = Path(__file__).parents[2] / "templates" / "chat"
WORDS = tomllib.loads((CHAT / "commands.toml").read_text(encoding="utf-8"))
CONSENT = tomllib.loads((CHAT / "consent.toml").read_text(encoding="utf-8"))
COMMANDS = sorted(word for command in WORDS.values() for word in command["words"] + command.get("typos", []))
REPLIES = sorted(word for words in CONSENT.values() for word in words)
ANSWERS = sorted(
    {text for one in submissions() for said in one.said.values() for text in said if isinstance(text, str)}
)
NASTY = (
    "",
    " ",
    "\x00",
    "张\x00伟",
    "\u202e伟张\u202c、李娜",
    "张\u200b伟\ufeff、\u200d李娜",
    "\ud800孤单的半个字",
    "😀👨‍👩‍👧‍👦🏳️‍🌈",
    "\x08\x1b[31m红\x07",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% for x in y %}{{ config }}{# #}",
    "${jndi:ldap://127.0.0.1/a} %s %d {0} {name!r}",
    "'; DROP TABLE answers; --",
    "=HYPERLINK(\"http://127.0.0.1\",\"点我\")",
    "=1+1",
    "+8613800138000",
    "@SUM(A1:A9)",
    "-1",
    "../../etc/passwd",
    "]]></Content><MsgType>event</MsgType>",
    "&amp;&#0;&lt;",
    "[CQ:at,qq=all]",
    "张伟、" * 40,
    "1" * 400,
    "１３８００１３８０００",
    "Ａ" * 30,
    "修改" * 12,
    "修改99999999999999999999",
    "切换-1",
    "附件０",
    "删除0",
)  # fmt: skip
# What has a fixed shape, with numbers that are nobody's.
SHAPED = (
    "绑定 12345678", "绑定管理员 12345678", "通过 3", "驳回 3 材料不全", "驳回 99", "账号 南京 重置", "账号 无锡 停用",
    "同意交接 3", "登记联系人 南京市总工会 张伟 13800138000",
)  # fmt: skip
NUMBERED = st.builds(
    lambda word, number: f"{word}{number}",
    st.sampled_from(["修改", "附件", "切换", "删除", "", "第", "xg", "fj"]),
    st.integers(0, 26),
)
TEXTS = st.one_of(
    st.sampled_from(COMMANDS),
    # Each command as often as any other, however many synonyms it has.
    *[st.sampled_from([command["words"][0] for command in WORDS.values() if command["words"]])] * 4,
    st.sampled_from(SHAPED),
    st.sampled_from(REPLIES),
    NUMBERED,
    st.sampled_from(ANSWERS),
    st.sampled_from(ANSWERS),
    st.sampled_from(NASTY),
    st.text(max_size=60),
)
SCENES = ("union-nanjing", "union-wuxi", "union-", "union-mars", "", None, "' OR 1=1", "我要申报", "提交")
EVENTS = st.tuples(
    st.sampled_from(
        ["subscribe", "scan", "unsubscribe", "click", "view", "join", "template_result", "x\x00y"]
    ),
    st.sampled_from(SCENES),
)
FILES = [
    ("主视图.jpg", make("jpeg", "主视图", 1, 1_000_000)),
    ("IMG_20240501_101010.jpg", make("jpeg", "a", 2, 1_000_001)),
    (None, make("jpeg", "b", 3, 1_000_002)),
    ("太小.jpg", make("jpeg", "c", 4, 999_999)),
    ("承诺书.pdf", make("pdf", "承诺书", 5)),
    ("授权书.png", make("png", "授权书", 6)),
    ("演示.mp4", make("mp4", "演示", 7)),
    ("讲解.mp3", make("mp3", "讲解", 8)),
    ("题库.docx", make("docx", "题库", 9)),
    ("题库=1+1.xlsx", make("xlsx", "题库", 10)),
    ("题库.txt", make("txt", "题库", 11)),
    ("../..\x00/etc/{{ passwd }}<b>.jpg", b"\x00" * 40),
    ("空.jpg", b""),
]  # fmt: skip
FILE_KINDS = st.sampled_from([MessageKind.IMAGE, MessageKind.VIDEO, MessageKind.FILE, MessageKind.FETCHED])
LONG = st.sampled_from([("长", 350_000), ("a", 1_000_000), ("\n", 5_000), ("张伟、", 100_000)])
# What one act of a person is: (what, how). Files go by their place in FILES, long texts by their length,
# so that a failing example can be read.
ACTS: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    *[st.tuples(st.just("text"), TEXTS)] * 6,
    *[st.just(("right", None))] * 3,
    st.tuples(st.just("file"), st.tuples(st.integers(0, len(FILES) - 1), FILE_KINDS)),
    st.tuples(st.just("file"), st.tuples(st.integers(0, len(FILES) - 1), FILE_KINDS)),
    st.tuples(st.just("long"), LONG),
    st.tuples(st.just("event"), EVENTS),
    st.tuples(st.just("voice"), TEXTS),
    st.tuples(st.just("odd"), st.sampled_from([MessageKind.LOCATION, MessageKind.LINK, MessageKind.UNKNOWN])),
    st.tuples(st.just("media"), st.sampled_from([None, "a-media-id"])),
    st.tuples(st.just("again"), st.integers(1, 10)),
    st.tuples(st.just("wait"), st.sampled_from([60, 86_400, 86_400 * 20])),
)
