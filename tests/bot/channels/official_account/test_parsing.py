"""From the platform's XML to messages: every kind, and everything that is no message."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wechatpy import parse_message

from bot.channels.base import CallbackRefused
from bot.channels.official_account.parsing import read_fields, understand
from handlers.messages import InboundMessage, Media, MessageKind
from tests.bot.channels.official_account.callbacks import (
    NOW,
    PAYLOADS,
    PERSON,
    account,
    payload,
    sealed,
    signed,
    text_message,
)

EVENT_AT = datetime.fromtimestamp(1_700_000_100, UTC)
SEVERAL_LINES = "阀门密封结构改进\n\n一、背景\n原密封圈三个月一换。\n二、做法\n改用双道密封 <2mm & 免拆。😀"
LINK = "车间的一天\n双道密封的由来\nhttps://news.example/a?b=1&c=2"
VIEWED = "https://portal.example/u/1"


def said(kind: MessageKind, number: int, text: str = "", media: Media | None = None) -> InboundMessage:
    key = f"1700000000:{23456789012345001 + number}"
    return InboundMessage("official_account", PERSON, key, kind, text, media=media, sent_at=NOW)


def happened(event: str, scene: str | None, key: str) -> InboundMessage:
    return InboundMessage(
        "official_account", PERSON, f"1700000100:{key}", MessageKind.EVENT, event=event, scene=scene, sent_at=EVENT_AT
    )  # fmt: skip


EXPECTED = {
    "text": said(MessageKind.TEXT, 0, "我要申报"),
    "text_of_several_lines": said(MessageKind.TEXT, 1, SEVERAL_LINES),
    "text_empty": said(MessageKind.TEXT, 2),
    "image": said(MessageKind.IMAGE, 3, media=Media("media-image-1")),
    "voice": said(MessageKind.VOICE, 4, media=Media("media-voice-1")),
    "voice_recognised": said(MessageKind.VOICE, 5, "我要申报。", Media("media-voice-2")),
    "video": said(MessageKind.VIDEO, 6, media=Media("media-video-1")),
    "shortvideo": said(MessageKind.VIDEO, 7, media=Media("media-video-2")),
    "location": said(MessageKind.LOCATION, 8, "南京市鼓楼区一号车间"),
    "link": said(MessageKind.LINK, 9, LINK),
    "file": said(MessageKind.FILE, 10, media=Media(None, "创新成果授权书.docx", size=48231)),
    "miniprogrampage": said(MessageKind.UNKNOWN, 11),
    "subscribe": happened("subscribe", None, "subscribe:"),
    "subscribe_by_code": happened("subscribe", "union-nanjing", "subscribe:qrscene_union-nanjing"),
    "unsubscribe": happened("unsubscribe", None, "unsubscribe:"),
    "scan": happened("scan", "union-suzhou", "SCAN:union-suzhou"),
    "click": happened("click", "还差什么", "CLICK:还差什么"),
    "view": happened("view", VIEWED, f"VIEW:{VIEWED}"),
    "template_delivered": happened("template_result", "success", "TEMPLATESENDJOBFINISH:200163845"),
    "template_blocked": happened("template_result", "failed:user block", "TEMPLATESENDJOBFINISH:200163843"),
    "template_failed": happened(
        "template_result", "failed: system failed", "TEMPLATESENDJOBFINISH:200163842"
    ),
    "subscription": happened(
        "subscription", "template-deadline=accept,template-circular=reject", "subscribe_msg_popup_event:"
    ),
    "subscription_of_one": happened("subscription", "template-deadline=reject", "subscribe_msg_popup_event:"),
    "location_report": happened("location", None, "LOCATION:"),
    "event_nobody_knows": happened("wework_new_thing", "k-1", "WeWork_New_Thing:k-1"),
}


def parsed(xml: str | bytes) -> InboundMessage:
    body = xml.encode() if isinstance(xml, str) else xml
    return account().open(signed(), body, NOW).message


def refused(xml: str | bytes) -> int:
    with pytest.raises(CallbackRefused) as caught:
        parsed(xml)
    return caught.value.status


def test_every_recorded_kind_is_expected() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.xml")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_every_kind_in_plain_mode(name: str) -> None:
    assert parsed(payload(name)) == EXPECTED[name]


@pytest.mark.parametrize("name", EXPECTED)
def test_every_kind_in_aes_mode(name: str) -> None:
    query, body = sealed(payload(name))
    assert account().open(query, body, NOW).message == EXPECTED[name]


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name].media is None])
def test_wechatpy_reads_the_same(name: str) -> None:
    """Where wechatpy understands a message, it understands ours."""
    theirs, ours = parse_message(payload(name)), EXPECTED[name]
    assert (theirs.source, int(theirs.time)) == (ours.sender, int(ours.sent_at.timestamp()))  # type: ignore[union-attr]
    if theirs.type == "text":
        assert (theirs.content or "", theirs.id) == (ours.text, int(ours.key.split(":")[1]))
    if theirs.type == "event" and theirs.event in ("scan", "subscribe_scan"):
        assert theirs.scene_id == ours.scene


@pytest.mark.parametrize("name", ["FromUserName", "ToUserName", "CreateTime", "MsgType"])
@pytest.mark.parametrize("value", ["", "<a>1</a>", "a</{0}><{0}>b", " ", "长" * 101])
def test_a_message_needs_sender_account_time_and_kind(name: str, value: str) -> None:
    """wechatpy defect 4: KeyError 'MsgType'; defect 6: lists and dicts where texts should be."""
    assert refused(text_message(**{name: value.format(name)})) == 400


@pytest.mark.parametrize("value", ["yesterday", "-5", "1.5", "١٧٠٠٠٠٠٠٠٠", "1_700", "9" * 12, "0x10"])
def test_a_time_that_is_none_is_refused(value: str) -> None:
    assert refused(text_message(CreateTime=value)) == 400


def test_a_time_far_from_now_is_only_a_time() -> None:
    """The query's timestamp says how fresh a callback is; this one may be a late repeat."""
    assert parsed(text_message(CreateTime="99999999999")).sent_at == datetime.fromtimestamp(99999999999, UTC)


def test_an_id_that_is_no_number_is_still_an_id() -> None:
    """wechatpy defect 4: ValueError where MsgId is not a number."""
    assert parsed(text_message(MsgId="abc")).key == "1700000000:abc"


def test_without_an_id_a_repeat_is_known_by_its_words() -> None:
    first, again = (parsed(text_message("状态", MsgId="")) for _ in range(2))
    other = parsed(text_message("帮助", MsgId=""))
    assert (first.key, first.kind) == (again.key, MessageKind.TEXT)
    assert re.fullmatch(r"1700000000:[0-9a-f]{64}", first.key)
    assert other.key != first.key


def test_an_overlong_id_is_cut_to_a_digest() -> None:
    one, two = (parsed(text_message(MsgId="9" * 500 + end)).key for end in "12")
    assert re.fullmatch(r"1700000000:[0-9a-f]{64}", one)
    assert one != two


def test_an_empty_text_is_an_empty_text() -> None:
    """wechatpy defect 6: None."""
    assert [parsed(text_message(content)).text for content in ("<![CDATA[]]>", " \n ", "")] == ["", "", ""]


@pytest.mark.parametrize("content", ["<b>粗</b>", "一</Content><Content>二", "<a/>文字"])
def test_nested_or_repeated_content_is_not_understood(content: str) -> None:
    """wechatpy defect 6: it would give a dict or a list as the text."""
    message = parsed(text_message(content))
    assert (message.kind, message.text, message.key) == (
        MessageKind.UNKNOWN,
        "",
        "1700000000:23456789012345001",
    )


def test_a_repeated_id_is_not_understood() -> None:
    message = parsed(text_message(MsgId="1</MsgId><MsgId>2"))
    assert (message.kind, len(message.key)) == (MessageKind.UNKNOWN, len("1700000000:") + 64)


@pytest.mark.parametrize("kind", ["nonsense", "TEXTS", "文本", "__class__", "event_"])
def test_an_unknown_kind_is_unknown(kind: str) -> None:
    assert parsed(text_message(MsgType=kind)).kind is MessageKind.UNKNOWN


@pytest.mark.parametrize("event", ["", "<Event/>", "<Event><a/></Event>", "<Event>a</Event><Event>b</Event>"])
def test_an_event_without_a_name_is_unknown(event: str) -> None:
    xml = text_message(MsgType="event").replace("<Content>", f"{event}<Content>")
    assert parsed(xml).kind is MessageKind.UNKNOWN


@pytest.mark.parametrize("key", ["<a>1</a>", "1</EventKey><EventKey>2"])
def test_an_event_with_a_strange_key_is_unknown(key: str) -> None:
    xml = text_message(MsgType="event", Event="SCAN", EventKey=key)
    assert parsed(xml).kind is MessageKind.UNKNOWN


@pytest.mark.parametrize("key", ["last_trade_no_1", "", "qrscene_"])
def test_following_without_a_code_has_no_scene(key: str) -> None:
    message = parsed(text_message(MsgType="event", Event="subscribe", EventKey=key))
    assert (message.event, message.scene) == ("subscribe", None)


@pytest.mark.parametrize("kind", ["image", "voice", "video", "shortvideo", "file"])
def test_media_without_an_id_cannot_be_fetched(kind: str) -> None:
    message = parsed(text_message(MsgType=kind))
    assert message.media == Media()


@pytest.mark.parametrize("size", ["", "many", "-1", "1" * 30, "１２"])
def test_a_file_of_no_known_size(size: str) -> None:
    message = parsed(text_message(MsgType="file", Title="计划.docx", FileTotalLen=size))
    assert message.media == Media(name="计划.docx")


def test_two_events_of_one_second_differ() -> None:
    """A message's id alone collides, and events have none (L5)."""
    keys = [parsed(text_message(MsgType="event", Event="CLICK", EventKey=key, MsgId="")).key for key in "ab"]
    results = [
        parsed(
            text_message(MsgType="event", Event="TEMPLATESENDJOBFINISH", MsgID=number, Status="success")
        ).key
        for number in ("1", "2")
    ]
    assert keys == ["1700000000:CLICK:a", "1700000000:CLICK:b"]
    assert results == ["1700000000:TEMPLATESENDJOBFINISH:1", "1700000000:TEMPLATESENDJOBFINISH:2"]


@pytest.mark.parametrize("popup", ["", "<List/>", "<List>1</List>", "<List><a/></List><List/>", "文字"])
def test_a_subscription_without_choices(popup: str) -> None:
    xml = text_message(MsgType="event", Event="subscribe_msg_popup_event", SubscribeMsgPopupEvent=popup)
    assert parsed(xml).event == "subscription"


MARKUP = [
    "<!DOCTYPE html><p>&amp;</p>",
    "{{ 7*7 }}",
    "'; DROP TABLE people;--",
    "=1+1",
    "\u202e\u200b\ufeff内容",
    "&lt;",
]


@pytest.mark.parametrize("content", MARKUP)
def test_what_people_write_is_data(content: str) -> None:
    assert parsed(text_message(f"<![CDATA[{content}]]>")).text == content


def test_control_characters_do_not_lose_a_message() -> None:
    """XML knows no NUL; the platform passes on what people paste."""
    body = text_message("<![CDATA[甲\0乙\x08\x1b丙\t丁\n戊]]>").encode()
    assert parsed(body).text == "甲乙丙\t丁\n戊"


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BOMBS = {
    "billion laughs": f'<!DOCTYPE xml [<!ENTITY l0 "哈">{LAUGHS}]><xml><Content>&l9;</Content></xml>',
    "quadratic": f'<!DOCTYPE xml [<!ENTITY a "{"a" * 50000}">]><xml>{"&a;" * 10000}</xml>',
    "file": '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><Content>&f;</Content></xml>',
    "parameter": '<!DOCTYPE xml [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd"> %p;]><xml/>',
    "external": '<!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">' + text_message(),
    "behind a declaration": '<?xml version="1.0"?><!DOCTYPE xml SYSTEM "http://127.0.0.1:9/x.dtd">'
    + text_message(),
    "behind a comment": "<!-- <xml> --><!DOCTYPE xml>" + text_message(),
    "behind an instruction": "<?a <xml> ?><!DOCTYPE xml>" + text_message(),
    "inside": text_message("<!DOCTYPE a>"),
    "unknown entity": text_message("&nosuch;"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_document_types_and_entities_are_refused(name: str) -> None:
    assert refused(BOMBS[name]) == 400
    query, body = sealed(BOMBS[name][:200_000])
    with pytest.raises(CallbackRefused):
        account().open(query, body, NOW)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "gb18030", "utf-7"])
def test_a_bomb_in_another_encoding_is_refused(encoding: str) -> None:
    declared = f'<?xml version="1.0" encoding="{encoding}"?>' + BOMBS["billion laughs"]
    assert refused(declared.encode(encoding)) == 400


@pytest.mark.parametrize("depth", [10_000, 80_000])
def test_deep_nesting_is_no_message(depth: int) -> None:
    assert refused("<xml>" + "<a>" * depth + "</a>" * depth + "</xml>") == 400
    assert refused("<xml>" + "<a>" * depth) == 400
    inside = parsed(text_message("<a>" * depth + "</a>" * depth, MsgId=""))
    assert inside.kind is MessageKind.UNKNOWN


UNREADABLE = [b"", b" ", b"\0", b"{}", b"null", b"<", b"<xml>", b"<xml/>", b"<xml></xml", b"<xml>text</xml>", b"<html/>",
              b"<xmlx/>", b"\xff\xfe<xml/>", b"<xml>\xff</xml>", b"<xml>\xed\xa0\x80</xml>", b"<xml/><xml/>", b"<xml a='1'/>"]  # fmt: skip


@pytest.mark.parametrize("body", UNREADABLE)
def test_what_is_no_xml_of_ours_is_refused(body: bytes) -> None:
    """wechatpy defect 4: ExpatError, KeyError 'xml', UnicodeDecodeError, None."""
    assert refused(body) == 400


def test_every_cut_of_a_message_is_refused() -> None:
    """wechatpy defect 4: truncated XML."""
    whole = payload("text_of_several_lines").strip().encode()
    assert {refused(whole[:size]) for size in range(len(whole))} == {400}


@pytest.mark.parametrize("lead", ["\ufeff", "  \n", '<?xml version="1.0" encoding="UTF-8"?>\n'])
def test_what_may_stand_before_a_message(lead: str) -> None:
    assert parsed(lead + payload("text")) == EXPECTED["text"]


@given(st.binary(max_size=400))
def test_any_bytes_come_to_a_refusal(body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        understand(body, "official_account")


NAMES = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Content", "MsgId", "Event", "EventKey", "MediaId",
         "SubscribeMsgPopupEvent", "List", "Status", "Title", "FileTotalLen", "Label"]  # fmt: skip
PIECES = ["1700000000", "text", "event", "SCAN", "subscribe", "subscribe_msg_popup_event", "image", "file", "qrscene_1",
          "", "文", "]]>", "<![CDATA[", "&", "&#0;", "&#x10FFFF;", "<!--", "-->", "<?a?>", "<x y='1'>", "\0"]  # fmt: skip
leaves = st.sampled_from(PIECES) | st.text(max_size=8)


def _elements(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    element = st.builds("<{0}>{1}</{0}>".format, st.sampled_from(NAMES), inner)
    return st.lists(element, max_size=8).map("".join)


@given(st.recursive(leaves, _elements, max_leaves=30))
def test_any_mixture_comes_to_a_message_or_a_refusal(inside: str) -> None:
    body = f"<xml>{text_message()[5:-6]}{inside}</xml>".encode(errors="replace")
    with suppress(CallbackRefused):
        message = understand(body, "official_account").message
        assert isinstance(message.text, str)
        assert (len(message.key) <= 250, len(message.sender) <= 100) == (True, True)


@given(st.text(max_size=200))
def test_any_text_arrives_as_it_was_written(content: str) -> None:
    """But for the control characters, the line ends that XML makes alike, and space at the ends (defect 6)."""
    written = "".join(letter for letter in content if letter in "\t\n\r" or letter >= " ")
    written = re.sub("[\ufffe\uffff]", "", written)
    body = text_message(f"<![CDATA[{written.replace(']]>', ']]]]><![CDATA[>')}]]>").encode()
    assert read_fields(body)["Content"] == (re.sub("\r\n?", "\n", written).strip() or None)
