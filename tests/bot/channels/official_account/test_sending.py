"""Customer-service messages, as the platform receives them and refuses them."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.channels.base import ChannelError, Outgoing
from bot.channels.official_account import OfficialAccount, transport
from bot.channels.official_account.sending import LARGEST_IMAGE
from tests.bot.channels.official_account.callbacks import PERSON
from tests.bot.channels.official_account.conftest import Make, Wall, send
from tests.fakes.wechat_api import DOWNLOAD, SEND, TOKEN_CALL, UPLOAD, Answer, WechatApi

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HELLO = Outgoing(PERSON, "您好，已收到。")


def refused(
    channel: OfficialAccount, message: Outgoing = HELLO
) -> tuple[str, bool, int | None, float | None]:
    with pytest.raises(ChannelError) as caught:
        send(channel, message)
    error = caught.value
    return error.action, error.permanent, error.code, error.retry_after


def text(content: str) -> dict[str, object]:
    return {"touser": PERSON, "msgtype": "text", "text": {"content": content}}


@pytest.fixture
def picture() -> bytes:
    return drawn("JPEG")


def drawn(form: str) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(content, form)
    return content.getvalue()


def test_a_text_arrives(channel: OfficialAccount, api: WechatApi) -> None:
    send(channel, HELLO)
    assert api.sent == [text("您好，已收到。")]


def test_chinese_goes_out_unescaped(channel: OfficialAccount, api: WechatApi) -> None:
    """Escaped as \\u60a8 the person would read the escape."""
    send(channel, HELLO)
    assert "您好，已收到。".encode() in api.calls[-1].body


def test_a_link_stands_below_the_text(channel: OfficialAccount, api: WechatApi) -> None:
    send(channel, Outgoing(PERSON, "请在网页上传：", link="https://bot.example/u/abc"))
    assert api.sent == [text("请在网页上传：\nhttps://bot.example/u/abc")]


def test_what_json_cannot_carry_is_left_out(channel: OfficialAccount, api: WechatApi) -> None:
    send(channel, Outgoing(PERSON, "甲\0乙\ud83d丙"))
    assert api.sent == [text("甲乙丙")]


def test_a_picture_follows_the_text(channel: OfficialAccount, api: WechatApi, picture: bytes) -> None:
    """wechatpy defect 16: a Chinese file name was refused (41005), so ours is always ASCII."""
    send(channel, Outgoing(PERSON, "二维码见下图。", picture=picture))
    (media_id,) = api.uploads
    assert api.uploads[media_id] == ("image.jpg", picture)
    image = {"touser": PERSON, "msgtype": "image", "image": {"media_id": media_id}}
    assert api.sent == [text("二维码见下图。"), image]


def test_a_picture_that_the_platform_forgot_is_brought_again(
    channel: OfficialAccount, api: WechatApi, picture: bytes
) -> None:
    api.fail("errcode", SEND, code=40007, times=1)
    send(channel, Outgoing(PERSON, "", picture=picture))
    assert (api.count(UPLOAD), len(api.sent)) == (2, 1)


def test_a_picture_that_the_platform_keeps_forgetting_is_given_up(
    channel: OfficialAccount, api: WechatApi, picture: bytes
) -> None:
    api.fail("errcode", SEND, code=40007)
    assert refused(channel, Outgoing(PERSON, "", picture=picture)) == ("retry", True, 40007, None)
    assert api.count(UPLOAD) == 2


def test_what_is_no_picture_is_not_uploaded(channel: OfficialAccount, api: WechatApi) -> None:
    for content in (b"%PDF-1.7", drawn("PNG") + bytes(LARGEST_IMAGE), drawn("BMP"), b""):
        assert refused(channel, Outgoing(PERSON, "图", picture=content)) == ("retry", True, None, None)
    assert (api.calls, api.sent) == ([], [])


def test_a_picture_for_many_is_brought_once(channel: OfficialAccount, api: WechatApi, picture: bytes) -> None:
    send(channel, *(Outgoing(f"p{number}", "", picture=picture) for number in range(5)))
    assert (api.count(UPLOAD), [message["touser"] for message in api.sent]) == (
        1,
        [f"p{n}" for n in range(5)],
    )


def test_an_upload_without_an_id_may_be_tried_again(
    channel: OfficialAccount, api: WechatApi, picture: bytes
) -> None:
    api.fail("answer", UPLOAD, answer=Answer(b'{"type": "image"}'))
    assert refused(channel, Outgoing(PERSON, "图", picture=picture)) == ("retry", False, None, None)
    assert api.sent == []


def test_a_text_over_the_limit_goes_out_in_parts(channel: OfficialAccount, api: WechatApi) -> None:
    sentence = "每台每年少换三次密封圈。"
    send(channel, Outgoing(PERSON, sentence * 100))
    contents = [message["text"]["content"] for message in api.sent]
    assert "".join(contents) == sentence * 100
    assert max(len(content.encode()) for content in contents) <= 2000


def test_a_text_that_the_platform_finds_too_long_is_halved(channel: OfficialAccount, api: WechatApi) -> None:
    """45002: the limit differs from what the pages say, or will one day."""
    api.fail("errcode", SEND, code=45002, times=2)
    send(channel, Outgoing(PERSON, "第一句话。" * 100))
    assert "".join(message["text"]["content"] for message in api.sent) == "第一句话。" * 100
    assert len(api.sent) == 3


def test_a_short_text_that_is_too_long_is_given_up(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("errcode", SEND, code=45002)
    assert refused(channel) == ("retry", True, 45002, None)
    assert api.count(SEND) == 1


ACTIONS = [
    (40003, "drop", True), (40164, "stop", False), (43004, "drop", True), (43019, "drop", True), (43101, "drop", True),
    (44002, "retry", True), (45015, "park", False), (45047, "park", False), (47001, "retry", True),
    (48001, "stop", False), (48002, "drop", True), (48004, "stop", False), (50002, "stop", False),
    (50005, "drop", True), (99999, "retry", False), ("45015", "park", False), ("nonsense", "retry", False),
]  # fmt: skip


@pytest.mark.parametrize(("code", "action", "permanent"), ACTIONS)
def test_each_code_has_its_action(
    channel: OfficialAccount, api: WechatApi, code: int | str, action: str, permanent: bool
) -> None:
    fault = api.fail("errcode", SEND, code=code)
    number = int(code) if str(code).isdigit() else 0
    assert refused(channel) == (action, permanent, number, None)
    assert fault.hits == 1


def test_too_often_waits_a_minute(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("errcode", SEND, code=45011)
    assert refused(channel) == ("wait", False, 45011, 60.0)


def test_a_used_up_quota_waits_for_midnight_in_beijing(
    channel: OfficialAccount, api: WechatApi, wall: Wall
) -> None:
    """The clock of these tests stands at noon in Beijing."""
    api.fail("errcode", SEND, code=45009)
    assert refused(channel) == ("wait", False, 45009, 12 * 3600.0)
    wall.later(hours=11, minutes=59)
    assert refused(channel) == ("wait", False, 45009, 60.0)
    wall.later(minutes=1)
    assert refused(channel) == ("wait", False, 45009, 24 * 3600.0)


def test_a_busy_platform_is_asked_again(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("errcode", SEND, code=-1, times=2)
    send(channel, HELLO)
    assert (api.count(SEND), api.sent) == (3, [text(HELLO.text)])


def test_a_platform_that_stays_busy_is_left_for_later(make: Make, api: WechatApi) -> None:
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    api.fail("errcode", SEND, code=-1)
    assert refused(make(rest=rest)) == ("retry", False, -1, None)
    assert (api.count(SEND), len(pauses)) == (3, 2)
    assert 0 < pauses[0] < pauses[1] < 2


FAULTS = [("status", {"code": 500}), ("status", {"code": 404}), ("reset", {}), ("cut", {}),
          ("answer", {"answer": Answer(b"<html>", "text/html")}), ("answer", {"answer": Answer(b"[1]")}),
          ("answer", {"answer": Answer(b"")}), ("answer", {"answer": Answer(b"[" * 100_000)}),
          ("answer", {"answer": Answer(b" " * 2_000_000)}),
          ("answer", {"answer": Answer(b"", status=302, headers={"Location": "http://127.0.0.1:9/"})})]  # fmt: skip


@pytest.mark.parametrize("path", [SEND, TOKEN_CALL])
@pytest.mark.parametrize(("kind", "how"), FAULTS)
def test_a_broken_network_is_tried_again_later(
    channel: OfficialAccount, api: WechatApi, kind: str, how: dict[str, object], path: str
) -> None:
    api.fail(kind, path, **how)
    assert refused(channel) == ("retry", False, None, None)


UNSURE = [("reset", {}), ("taken", {}), ("cut", {}), ("slow", {"seconds": 60}), ("drip", {"seconds": 0.2}),
          ("answer", {"answer": Answer(b"<html>", "text/html")}), ("answer", {"answer": Answer(b"")})]  # fmt: skip
SURE = [("status", {"code": 502}), ("errcode", {"code": 45009}), ("errcode", {"code": 99999})]


@pytest.mark.parametrize(
    ("kind", "how", "unsure"), [*((*one, True) for one in UNSURE), *((*one, False) for one in SURE)]
)
def test_after_a_request_without_an_answer_nobody_knows(
    channel: OfficialAccount,
    api: WechatApi,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    how: dict[str, object],
    unsure: bool,
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.5)
    api.fail(kind, SEND, **how)
    with pytest.raises(ChannelError) as caught:
        send(channel, HELLO)
    assert caught.value.unsure is unsure


def test_a_request_that_never_left_is_no_doubt(make: Make, api: WechatApi) -> None:
    """The token is there, and then nobody listens any more."""
    channel = make()
    send(channel, HELLO)
    channel.api_base_url = "http://127.0.0.1:9"
    with pytest.raises(ChannelError) as caught:
        send(channel, HELLO)
    assert (caught.value.reason, caught.value.unsure) == ("network: ClientConnectorError", False)


def test_what_fails_behind_a_part_that_was_taken_is_unsure(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("errcode", SEND, code=45047, every=2)
    with pytest.raises(ChannelError) as caught:
        send(channel, Outgoing(PERSON, "每台每年少换三次密封圈。" * 100))
    assert (len(api.sent), caught.value.action, caught.value.unsure) == (1, "park", True)
    assert caught.value.reason.startswith("after 1 of 2 parts: 45047")


def test_http_429_waits(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("status", SEND, code=429)
    assert refused(channel) == ("wait", False, None, 60.0)


@pytest.mark.parametrize("path", [SEND, TOKEN_CALL])
def test_a_silent_platform_is_not_waited_for(
    channel: OfficialAccount, api: WechatApi, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wechatpy defect 8: no time limit by default, and none at all when it fetches a token."""
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.2)
    api.fail("slow", path, seconds=60)
    assert refused(channel) == ("retry", False, None, None)


def test_a_dripping_platform_is_given_up(
    channel: OfficialAccount, api: WechatApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wechatpy defect 8: a limit for each read is none for the whole."""
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.3)
    api.fail("drip", SEND, seconds=0.2)
    assert refused(channel) == ("retry", False, None, None)


def test_nobody_listening_is_tried_again_later(make: Make) -> None:
    assert refused(make(api_base_url="http://127.0.0.1:9")) == ("retry", False, None, None)


def test_half_of_the_calls_may_fail(channel: OfficialAccount, api: WechatApi) -> None:
    api.fail("status", SEND, code=500, every=2)
    outcomes = []
    for number in range(10):
        try:
            send(channel, Outgoing(PERSON, str(number)))
            outcomes.append("sent")
        except ChannelError as error:
            outcomes.append(error.action)
    assert outcomes == ["sent", "retry"] * 5


@pytest.mark.parametrize("ending", ["", "/"])
def test_every_call_goes_to_the_given_address(
    make: Make, api: WechatApi, ending: str, picture: bytes
) -> None:
    """wechatpy defect 17: the host is written into each class, the token's call included."""
    channel = make(api_base_url=api.url + ending)
    api.media["m"] = Answer(b"\xff\xd8\xff", "image/jpeg")
    send(channel, Outgoing(PERSON, "图", picture=picture))
    channel.fetch("m")
    assert [call.path for call in api.calls] == [TOKEN_CALL, UPLOAD, SEND, SEND, DOWNLOAD]


def test_connections_are_used_again(channel: OfficialAccount, api: WechatApi) -> None:
    """One for the token, one for the messages."""
    send(channel, *[HELLO] * 5)
    assert (len(api.sent), len(api.connections)) == (5, 2)


def test_the_windows_are_the_platforms(channel: OfficialAccount) -> None:
    windows = {name: (window.quota, window.lasts.total_seconds()) for name, window in channel.windows.items()}
    acts = ("subscribe", "scan", "click", "scancode_push", "scancode_waitmsg")
    assert windows == {"message": (5, 48 * 3600.0), **dict.fromkeys(acts, (3, 60.0))}
