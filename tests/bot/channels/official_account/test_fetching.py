"""Files that people sent, brought from a platform that mixes them with JSON."""

from __future__ import annotations

import json

import pytest

from bot.channels.base import ChannelError, Fetched
from bot.channels.official_account import OfficialAccount, downloads, transport
from tests.fakes.wechat_api import DOWNLOAD, TOKEN_CALL, Answer, WechatApi

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PHOTO = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 400
VIDEO = b"\0\0\0\x18ftypmp42" + bytes(50_000)


def refused(channel: OfficialAccount, media_id: str = "m", **how: int) -> tuple[str, bool, int | None]:
    with pytest.raises(ChannelError) as caught:
        channel.fetch(media_id, **how)
    return caught.value.action, caught.value.permanent, caught.value.code


@pytest.mark.parametrize("kind", ["image/jpeg", "audio/amr", "application/octet-stream", ""])
def test_a_file_arrives_byte_for_byte(channel: OfficialAccount, api: WechatApi, kind: str) -> None:
    api.media["m"] = Answer(PHOTO, kind, {"Content-disposition": 'attachment; filename="m.jpg"'})
    assert channel.fetch("m") == Fetched(PHOTO, None)
    assert api.calls[-1].query["media_id"] == "m"


NAMES = [
    ('attachment; filename="m.jpg"', None), ("", None), ("attachment", None), ("attachment; filename=", None),
    ('attachment; filename="plan.jpg"', "plan.jpg"), ('attachment; filename="../../etc/a.jpg"', "a.jpg"),
    ('attachment; filename="C:\\\\a\\\\b.jpg"', "b.jpg"), ("attachment; filename*=utf-8''%E8%BD%A6%00.jpg", "车.jpg"),
    (f'attachment; filename="{"x" * 300}.jpg"', "x" * 196 + ".jpg"),
]  # fmt: skip


@pytest.mark.parametrize(("header", "name"), NAMES)
def test_a_name_is_only_a_name(
    channel: OfficialAccount, api: WechatApi, header: str, name: str | None
) -> None:
    api.media["m"] = Answer(PHOTO, "image/jpeg", {"Content-Disposition": header})
    assert channel.fetch("m").name == name


def test_a_video_is_followed_to_its_address(channel: OfficialAccount, api: WechatApi) -> None:
    """wechatpy defect 13: the video came back as a dict."""
    api.give_video("v", VIDEO)
    assert channel.fetch("v") == Fetched(VIDEO, None)
    assert (api.calls[-1].path, api.calls[-1].query) == ("/videos/v", {})


def test_a_video_is_followed_once(channel: OfficialAccount, api: WechatApi) -> None:
    api.give_video("v", json.dumps({"video_url": f"{api.url}/videos/v"}).encode(), "text/plain")
    assert refused(channel, "v") == ("retry", False, None)
    assert api.count("/videos/v") == 1


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a/b", "", "//a/b", "http://[::1"])
def test_a_video_is_followed_only_by_http(channel: OfficialAccount, api: WechatApi, address: str) -> None:
    api.media["m"] = Answer(json.dumps({"video_url": address}).encode(), "text/plain")
    assert refused(channel)[0] == "retry"


@pytest.mark.parametrize("kind", ["text/plain", "application/json; encoding=utf-8", "image/jpeg", ""])
def test_an_error_is_never_taken_for_a_file(channel: OfficialAccount, api: WechatApi, kind: str) -> None:
    """wechatpy defects 13 and 14: an error was looped over, or saved as the person's photo."""
    api.media["m"] = Answer(b'{"errcode":40007,"errmsg":"invalid media_id"}', kind)
    assert refused(channel) == ("retry", True, 40007)


def test_a_media_id_that_nobody_knows_is_given_up(channel: OfficialAccount) -> None:
    assert refused(channel, "none") == ("retry", True, 40007)


ODD = [b"12345", b'"text"', b"null", b"true", b"[]", b"{", b"<html>502</html>", b'{"video_url": 1}', b"{}"]


@pytest.mark.parametrize("body", ODD)
def test_text_is_no_file(channel: OfficialAccount, api: WechatApi, body: bytes) -> None:
    """wechatpy defect 13: the body 12345 came back as an int."""
    api.media["m"] = Answer(body, "text/plain")
    assert refused(channel) == ("retry", False, None)


def test_a_refused_token_is_renewed_once(channel: OfficialAccount, api: WechatApi) -> None:
    """wechatpy defect 13: {"errcode":40001} recursed until Python gave up."""
    api.media["m"] = Answer(PHOTO, "image/jpeg")
    channel.fetch("m")
    api.revoke_token()
    assert channel.fetch("m").content == PHOTO
    assert api.count(TOKEN_CALL) == 2


@pytest.mark.parametrize("declared", [True, False])
def test_a_file_over_the_cap_is_given_up(channel: OfficialAccount, api: WechatApi, declared: bool) -> None:
    api.media["m"] = Answer(PHOTO, "image/jpeg", {} if declared else {"Content-Encoding": "identity"})
    assert refused(channel, most=len(PHOTO) - 1) == ("retry", True, None)
    assert channel.fetch("m", most=len(PHOTO)).content == PHOTO


def test_a_video_over_the_cap_is_given_up(channel: OfficialAccount, api: WechatApi) -> None:
    api.give_video("v", VIDEO)
    assert refused(channel, "v", most=1000) == ("retry", True, None)


def test_a_compressed_bomb_stops_at_the_cap(channel: OfficialAccount, api: WechatApi) -> None:
    import gzip

    packed = gzip.compress(bytes(50_000_000))
    api.media["m"] = Answer(packed, "image/jpeg", {"Content-Encoding": "gzip"})
    assert refused(channel) == ("retry", True, None)


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_half_a_file_is_no_file(channel: OfficialAccount, api: WechatApi, kind: str) -> None:
    api.media["m"] = Answer(PHOTO, "image/jpeg")
    api.fail(kind, DOWNLOAD, times=1)
    assert refused(channel) == ("retry", False, None)
    assert channel.fetch("m").content == PHOTO


def test_an_empty_file_may_be_tried_again(channel: OfficialAccount, api: WechatApi) -> None:
    api.media["m"] = Answer(b"", "image/jpeg")
    assert refused(channel) == ("retry", False, None)


def test_a_silent_platform_is_not_waited_for(
    channel: OfficialAccount, api: WechatApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """wechatpy defect 14: a bare get without a time limit."""
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.2)
    api.media["m"] = Answer(PHOTO, "image/jpeg")
    api.fail("slow", DOWNLOAD, seconds=60)
    assert refused(channel) == ("retry", False, None)


def test_a_dripping_file_is_given_up(
    channel: OfficialAccount, api: WechatApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "DOWNLOAD_SECONDS", 0.2)
    monkeypatch.setattr(transport, "CHUNK", 1)
    api.media["m"] = Answer(PHOTO, "image/jpeg")
    api.fail("drip", DOWNLOAD, seconds=0.1)
    assert refused(channel) == ("retry", False, None)
