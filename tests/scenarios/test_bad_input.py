"""What no platform sends and what it sends half: a plain refusal or a clear answer, nothing kept, no 500."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from storage.inbound import InboundRow
from storage.people import Person
from tests.bot.channels.official_account.callbacks import enciphered, padded, sealed, text_message
from tests.platform import TOKEN, Platform, encrypt, sign
from tests.scenarios.crowd import Crowd

pytestmark = pytest.mark.parametrize("_crowd", [("sqlite", 1)], indirect=True, ids=[""])
MIB = 1024 * 1024
ENTITY = '<!DOCTYPE xml [<!ENTITY a "{}">{}]>'
BOMB = ENTITY.format("ha", "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9)))
FILE = ENTITY.replace('"{}"', 'SYSTEM "file:///etc/passwd"').format("")
Request = dict[str, Any]


def plain(body: str | bytes, **changes: str | None) -> Request:
    """A signed request; parts of its query may be changed, or left out by None."""
    query = _signed(int(time.time()))
    query |= {name: value for name, value in changes.items() if value is not None}
    kept = {name: value for name, value in query.items() if changes.get(name, "") is not None}
    return {"params": kept, "data": body.encode() if isinstance(body, str) else body}


def _signed(timestamp: int | str) -> dict[str, str]:
    nonce = secrets.token_hex(5)
    return {"signature": sign(TOKEN, str(timestamp), nonce), "timestamp": str(timestamp), "nonce": nonce}


def at(seconds: int | str) -> Request:
    """Signed well, but at another time than now."""
    when = int(time.time()) + seconds if isinstance(seconds, int) else seconds
    return {"params": _signed(when), "data": text_message().encode()}


def aes(encrypted: str, **changes: str) -> Request:
    query = _signed(int(time.time()))
    signature = sign(TOKEN, query["timestamp"], query["nonce"], encrypted)
    query |= {"encrypt_type": "aes", "msg_signature": signature, **changes}
    _, body = sealed("", encrypted=encrypted)
    return {"params": query, "data": body}


REFUSED: dict[str, tuple[int, Callable[[], Request]]] = {
    "truncated": (400, lambda: plain(text_message()[:-20])),
    "empty": (400, lambda: plain("")),
    "json": (400, lambda: plain('{"MsgType": "text", "Content": "提交"}')),
    "html": (400, lambda: plain("<html><body>提交</body></html>")),
    "not UTF-8": (400, lambda: plain(text_message("我要申报").encode("gb18030"))),
    "half a character": (400, lambda: plain(text_message("状").encode().replace("状".encode(), b"\xe7\x8a"))),
    "bomb": (400, lambda: plain(BOMB + text_message("&a8;"))),
    "internal entity": (400, lambda: plain(ENTITY.format("提交", "") + text_message("&a;"))),
    "external entity": (400, lambda: plain(FILE + text_message("&a;"))),
    "nested": (400, lambda: plain("<xml>" * 50_000)),
    "no sender": (400, lambda: plain(text_message(FromUserName=""))),
    "no kind": (400, lambda: plain(text_message(MsgType=""))),
    "two senders": (400, lambda: plain(text_message(FromUserName="a</FromUserName><FromUserName>b"))),
    "a time that is none": (400, lambda: plain(text_message(CreateTime="yesterday"))),
    "a byte too long": (413, lambda: plain(b" " * (MIB + 1))),
    "much too long": (413, lambda: plain(text_message("长" * MIB))),
    "wrong signature": (403, lambda: plain(text_message(), signature="0" * 40)),
    "no signature": (403, lambda: plain(text_message(), signature=None)),
    "no timestamp": (403, lambda: plain(text_message(), timestamp=None)),
    "no nonce": (403, lambda: plain(text_message(), nonce=None)),
    "no query": (403, lambda: {"params": {}, "data": text_message().encode()}),
    "query in no encoding": (403, lambda: {"params": b"signature=%ff&timestamp=%00", "data": b""}),
    "stale": (403, lambda: at(-301)),
    "from the future": (403, lambda: at(+305)),
    "at no time": (403, lambda: at("１７０００００００００")),
    "wrong padding": (400, lambda: aes(enciphered(padded(text_message().encode())[:-1] + b"\x21"))),
    "padding of zero": (400, lambda: aes(enciphered(padded(text_message().encode())[:-1] + b"\x00"))),
    "cut in a block": (400, lambda: aes(encrypt(text_message())[:-8])),
    "no base64": (400, lambda: aes("这不是密文")),
    "nothing sealed": (400, lambda: aes("")),
    "sealed for another": (403, lambda: aes(enciphered(padded(text_message().encode(), "wxanother")))),
    "wrong seal": (403, lambda: aes(encrypt(text_message()), msg_signature="0" * 40)),
    "a bomb sealed": (400, lambda: aes(encrypt(BOMB + text_message("&a8;")))),
    "half a message sealed": (400, lambda: aes(encrypt(text_message()[:-20]))),
    "plain, called sealed": (400, lambda: plain(text_message(), encrypt_type="aes")),
}
ANSWERED: dict[str, Callable[[], str]] = {
    "unknown kind": lambda: text_message(MsgType="hologram", MsgId=secrets.token_hex(8)),
    "content twice": lambda: text_message(
        "甲</Content><Content>乙", MsgId=secrets.token_hex(8), FromUserName="oTwice"
    ),
    "content nested": lambda: text_message("<b>提交</b>", MsgId=secrets.token_hex(8)),
    "no content": lambda: text_message("", MsgId=secrets.token_hex(8)),
    "no id": lambda: text_message(f"没有编号{secrets.token_hex(8)}", MsgId=""),
    "an id that is no number": lambda: text_message(MsgId=f"' OR 1=1 --{secrets.token_hex(8)}"),
}


def rows(crowd: Crowd) -> tuple[int | None, ...]:
    with crowd.database.reading() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) for table in (Person, InboundRow)
        )


@pytest.fixture(autouse=True)
def _nothing_went_wrong_inside(_crowd: Crowd) -> Iterator[None]:
    yield
    assert "Traceback" not in _crowd.server.log()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_and_leaves_nothing(crowd: Crowd, name: str) -> None:
    before = rows(crowd)
    status, request = REFUSED[name]
    response = requests.post(crowd.server.callback, timeout=5, **request())
    assert (response.status_code, response.content) == (status, b"")
    assert rows(crowd) == before


@pytest.mark.parametrize("name", ANSWERED)
@pytest.mark.parametrize("mode", ["plain", "aes"])
def test_it_is_answered_and_begins_nothing(crowd: Crowd, name: str, mode: str) -> None:
    platform = Platform(crowd.server.callback, mode)
    assert platform.deliver(ANSWERED[name]()) != ""
    opened = crowd.seen
    crowd.look()
    assert crowd.seen == opened


def test_the_address_is_proved_in_both_modes(crowd: Crowd) -> None:
    """The platform asks by GET when the address is entered; in AES mode it adds more to the query."""
    query = _signed(int(time.time())) | {"echostr": "1234567890"}
    more = {"encrypt_type": "aes", "msg_signature": "whatever"}
    for asked in (query, query | more):
        response = requests.get(crowd.server.callback, params=asked, timeout=5)
        assert (response.status_code, response.text) == (200, "1234567890")
    refused = requests.get(crowd.server.callback, params=query | {"signature": "0" * 40}, timeout=5)
    assert (refused.status_code, refused.content) == (403, b"")
    assert requests.put(crowd.server.callback, params=query, timeout=5).status_code == 405


def test_afterwards_it_works_as_before(crowd: Crowd) -> None:
    (phone,) = crowd.joins(1, "aes")
    phone.says("我要申报")
    phone.says("张伟")
    assert crowd.drafts() == [{"answers": {"completers": ["张伟"]}, "acts": ["open"]}]
