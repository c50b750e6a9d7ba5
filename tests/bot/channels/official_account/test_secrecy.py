"""No secret, token, address or person in an error or a log line (wechatpy defect 15)."""

from __future__ import annotations

import logging
import traceback

import pytest

from bot.channels.base import ChannelError, Outgoing
from bot.channels.official_account import OfficialAccount, transport
from tests.bot.channels.official_account.callbacks import PERSON
from tests.bot.channels.official_account.conftest import Make, send
from tests.fakes.wechat_api import APP_SECRET, DOWNLOAD, SEND, TOKEN_CALL, Answer, WechatApi
from tests.platform import AES_KEY, TOKEN

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MEDIA_ID = "media-id-of-a-person"
WORDS = "不该出现在日志里的话"


def everything_said(error: BaseException | None) -> str:
    """The texts of an error and of all that it holds on to."""
    said = []
    while error is not None:
        said += [str(error), repr(error), repr(error.args), repr(vars(error))]
        said += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return "\n".join(said)


def secrets_in(text: str, api: WechatApi) -> list[str]:
    tokens = [call.query["access_token"] for call in api.calls if "access_token" in call.query]
    secrets = [APP_SECRET, TOKEN, AES_KEY, PERSON, MEDIA_ID, WORDS, "access_token=", "secret=", *tokens]
    return [secret for secret in secrets if secret in text]


def said_when_failing(channel: OfficialAccount, caplog: pytest.LogCaptureFixture) -> str:
    caplog.set_level(logging.DEBUG)
    said = []
    for attempt in (lambda: send(channel, Outgoing(PERSON, WORDS)), lambda: channel.fetch(MEDIA_ID)):
        with pytest.raises(ChannelError) as caught:
            attempt()
        said.append(everything_said(caught.value))
    return "\n".join(said) + caplog.text + "\n".join(repr(vars(record)) for record in caplog.records)


HINT = f"invalid openid {PERSON} with secret {APP_SECRET} rid: 1"
KINDS = [("status", {"code": 500}), ("reset", {}), ("slow", {"seconds": 60}), ("cut", {}),
         ("answer", {"answer": Answer(b"<html>")}),
         ("answer", {"answer": Answer(b"", status=302, headers={"Location": "http://127.0.0.1:9/?a=b"})}),
         *(("errcode", {"code": code, "said": HINT}) for code in (-1, 40001, 40003, 40164, 42001, 45009, 99999))]  # fmt: skip


@pytest.mark.parametrize("path", ["", TOKEN_CALL])
@pytest.mark.parametrize(("kind", "how"), KINDS)
def test_no_failure_tells_a_secret(
    channel: OfficialAccount,
    api: WechatApi,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    how: dict[str, object],
    path: str,
) -> None:
    monkeypatch.setattr(transport, "READ_TIMEOUT", 0.2)
    for place in [path] if path else [SEND, DOWNLOAD]:
        api.fail(kind, place, **how)
    said = said_when_failing(channel, caplog)
    assert api.calls
    assert secrets_in(said, api) == []


def test_nobody_listening_tells_no_secret(
    make: Make, api: WechatApi, caplog: pytest.LogCaptureFixture
) -> None:
    said = said_when_failing(make(api_base_url="http://127.0.0.1:9"), caplog)
    assert secrets_in(said, api) == []
    assert "127.0.0.1:9/" not in said


def test_a_broken_video_tells_no_address(
    channel: OfficialAccount, api: WechatApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.media[MEDIA_ID] = Answer(b'{"video_url": "http://127.0.0.1:9/v?key=private"}', "text/plain")
    with pytest.raises(ChannelError) as caught:
        channel.fetch(MEDIA_ID)
    assert "private" not in everything_said(caught.value) + caplog.text


def test_success_is_logged_without_a_secret(
    channel: OfficialAccount, api: WechatApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.media[MEDIA_ID] = Answer(b"\xff\xd8\xff", "image/jpeg")
    send(channel, Outgoing(PERSON, WORDS))
    channel.fetch(MEDIA_ID)
    said = caplog.text + "\n".join(repr(vars(record)) for record in caplog.records)
    assert "/cgi-bin/media/get" in said
    assert secrets_in(said, api) == []


def test_the_channel_itself_shows_no_secret(channel: OfficialAccount, api: WechatApi) -> None:
    assert secrets_in(f"{channel!r} {channel}", api) == []


def test_a_refused_server_is_named(channel: OfficialAccount, api: WechatApi) -> None:
    """40164: the operator must put this very address on the allow-list."""
    api.fail(
        "errcode",
        TOKEN_CALL,
        code=40164,
        said="invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist",
    )
    with pytest.raises(ChannelError) as caught:
        send(channel, Outgoing(PERSON, "您好"))
    assert (
        caught.value.reason == "40164: this server's address is not on the platform's allow-list: 203.0.113.7"
    )
