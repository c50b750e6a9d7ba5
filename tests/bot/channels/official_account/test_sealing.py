"""The AES mode against Tencent's own library, and whatever is wrong with a sealed message."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import CallbackRefused
from bot.channels.official_account import envelope
from bot.channels.official_account.envelope import Envelope
from tests.bot.channels.official_account.callbacks import (
    NOW,
    account,
    enciphered,
    padded,
    payload,
    sealed,
    text_message,
)
from tests.platform import AES_KEY, APP_ID, TOKEN, decrypt, encrypt, sign

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
MESSAGES = VECTORS["messages"]
XML = payload("text")


def refused(encrypted: str) -> tuple[int, str]:
    query, body = sealed("", encrypted=encrypted)
    with pytest.raises(CallbackRefused) as caught:
        account().open(query, body, NOW)
    return caught.value.status, caught.value.reason


@pytest.mark.parametrize("vector", MESSAGES, ids=range(len(MESSAGES)))
def test_what_tencent_sealed_is_opened(vector: dict[str, Any]) -> None:
    query = {name: vector[name] for name in ("timestamp", "nonce", "msg_signature")}
    query["signature"] = sign(TOKEN, vector["timestamp"], vector["nonce"])
    body = f"<xml><Encrypt><![CDATA[{vector['encrypted']}]]></Encrypt></xml>".encode()
    message = account(**VECTORS["account"]).open({**query, "encrypt_type": "aes"}, body, NOW).message
    assert message.text == vector["content"]


@pytest.mark.parametrize("vector", MESSAGES, ids=range(len(MESSAGES)))
def test_what_is_sealed_is_what_tencent_seals(
    vector: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(envelope.secrets, "token_hex", lambda size: vector["filling"])
    xml = Envelope(**VECTORS["account"]).seal(vector["xml"], NOW)
    assert ElementTree.fromstring(xml).findtext("Encrypt") == vector["encrypted"]


def test_a_sealed_reply_is_signed_with_a_nonce_of_its_own() -> None:
    """wechatpy defect 17: it leaves the nonce to the caller and draws filling from `random`."""
    query, body = sealed(XML)
    callback = account().open(query, body, NOW)
    roots = [ElementTree.fromstring(callback.answer("已收到")) for _ in range(2)]
    for root in roots:
        parts = [root.findtext(name) or "" for name in ("TimeStamp", "Nonce", "Encrypt")]
        assert root.findtext("MsgSignature") == sign(TOKEN, *parts)
        assert ElementTree.fromstring(decrypt(parts[2])).findtext("Content") == "已收到"
        assert parts[0] == "1700000000"
    assert roots[0].findtext("Nonce") not in (roots[1].findtext("Nonce"), query["nonce"])
    assert roots[0].findtext("Encrypt") != roots[1].findtext("Encrypt")


def test_filling_cannot_be_predicted(monkeypatch: pytest.MonkeyPatch) -> None:
    """wechatpy defect 17: seeding `random` must not make two replies alike."""
    import random

    sealer = Envelope(token=TOKEN, app_id=APP_ID, encoding_aes_key=AES_KEY)
    random.seed(1)
    first = sealer.seal("<xml/>", NOW)
    random.seed(1)
    assert sealer.seal("<xml/>", NOW) != first


def test_silence_is_not_sealed() -> None:
    query, body = sealed(XML)
    assert account().open(query, body, NOW).answer("") == b"success"


def test_a_message_for_another_app_is_refused() -> None:
    assert refused(enciphered(padded(XML.encode(), "wxfedcba9876543210"))) == (
        403,
        "encrypted for another app id",
    )
    assert refused(enciphered(padded(XML.encode(), APP_ID + "x")))[0] == 403
    assert refused(enciphered(padded(XML.encode(), "")))[0] == 403


@pytest.mark.parametrize("encrypted", ["", "!!!!", "abc", "abcd", "é", "a" * 43, encrypt(XML)[:-1] + "!"])
def test_what_is_no_base64_or_no_whole_block_is_refused(encrypted: str) -> None:
    """wechatpy defect 4: IndexError and ValueError instead of an error of its own."""
    assert refused(encrypted)[0] == 400


def test_a_cut_off_message_is_refused() -> None:
    """wechatpy defect 4: the block length."""
    whole = base64.b64decode(encrypt(XML))
    for size in (1, 15, 16, 31, len(whole) - 16, len(whole) - 1):
        assert refused(base64.b64encode(whole[:size]).decode()) == (400, "the encrypted message is cut off")


@pytest.mark.parametrize("padding", [0, 33, 255])
def test_padding_of_an_impossible_length_is_refused(padding: int) -> None:
    """wechatpy defect 4: it cuts off whatever number the last byte holds."""
    assert refused(enciphered(bytes(31) + bytes([padding]))) == (400, "wrong padding")


def test_padding_of_unlike_bytes_is_refused() -> None:
    """wechatpy defect 4: only the last byte is looked at."""
    plain = bytearray(padded(text_message("一二三四").encode() + b" "))
    assert plain[-1] > 1
    plain[-2] ^= 1
    assert refused(enciphered(bytes(plain))) == (400, "wrong padding")


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 1_000_000])
def test_a_length_beyond_the_message_is_refused(length: int) -> None:
    plain = bytearray(padded(XML.encode()))
    plain[16:20] = length.to_bytes(4, "big")
    assert refused(enciphered(bytes(plain))) == (400, "wrong length inside the encrypted message")


def test_a_message_that_is_all_padding_is_refused() -> None:
    assert refused(enciphered(bytes([32]) * 32)) == (400, "wrong length inside the encrypted message")
    assert refused(enciphered(bytes(16) + bytes([16]) * 16)) == (
        400,
        "wrong length inside the encrypted message",
    )


def test_the_key_is_needed() -> None:
    """A message under another key opens to noise."""
    other = account(encoding_aes_key="B" * 43)
    query, body = sealed(XML)
    with pytest.raises(CallbackRefused) as caught:
        other.open(query, body, NOW)
    assert caught.value.status in (400, 403)


@pytest.mark.parametrize("body", ["<xml/>", "<xml><Encrypt/></xml>", "<xml><Encrypt><a>1</a></Encrypt></xml>",
                                  "<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", "", "{}"])  # fmt: skip
def test_an_envelope_without_one_text_inside_is_refused(body: str) -> None:
    """wechatpy defect 4: KeyError 'Encrypt' and 'xml', and what repeats itself is a list."""
    query, _ = sealed(XML)
    with pytest.raises(CallbackRefused) as caught:
        account().open(query, body.encode(), NOW)
    assert caught.value.status == 400


@given(st.integers(0, 8).flatmap(lambda blocks: st.binary(min_size=32 * blocks, max_size=32 * blocks)))
def test_any_blocks_come_to_a_refusal(plain: bytes) -> None:
    assert refused(enciphered(plain))[0] in (400, 403)


@given(st.binary(max_size=200))
def test_any_content_comes_to_a_message_or_a_refusal(content: bytes) -> None:
    query, body = sealed("", encrypted=enciphered(padded(content)))
    with pytest.raises(CallbackRefused):
        account().open(query, body, NOW)


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<>&\ufffe\uffff"), max_size=300
    )
)
def test_any_text_survives_there_and_back(content: str) -> None:
    query, body = sealed(text_message("状态"))
    reply = ElementTree.fromstring(account().open(query, body, NOW).answer(f"您好{content}"))
    assert (
        ElementTree.fromstring(decrypt(reply.findtext("Encrypt") or "")).findtext("Content")
        == f"您好{content}"
    )
