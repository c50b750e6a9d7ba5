"""Who may call back: signature, time, size, mode."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import CallbackRefused
from bot.channels.official_account import LARGEST_BODY, envelope
from tests.bot.channels.official_account.callbacks import NOW, account, payload, sealed, signed, text_message
from tests.platform import TOKEN, sign

XML = payload("text")


def refused(query: dict[str, str], body: bytes = XML.encode(), **changes: str) -> int:
    with pytest.raises(CallbackRefused) as caught:
        account(**changes).open(query, body, NOW)
    return caught.value.status


def test_the_address_is_proved() -> None:
    query = {**signed(), "echostr": "5838479218127813673"}
    assert account().verify_url(query, NOW) == b"5838479218127813673"


@pytest.mark.parametrize("change", [{"signature": "0" * 40}, {"nonce": "other"}, {"timestamp": "1700000001"}])
def test_the_address_is_proved_to_nobody_else(change: dict[str, str]) -> None:
    with pytest.raises(CallbackRefused) as caught:
        account().verify_url({**signed(), "echostr": "1", **change}, NOW)
    assert caught.value.status == 403


@pytest.mark.parametrize("left_out", ["signature", "timestamp", "nonce"])
def test_every_part_of_the_query_is_needed(left_out: str) -> None:
    query = signed()
    del query[left_out]
    assert refused(query) == 403


@pytest.mark.parametrize("signature", ["", "é" * 40, "\ud800", signed()["signature"].upper(), "0" * 4000])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    assert refused({**signed(), "signature": signature}) == 403


def test_the_verdict_is_a_comparison_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """wechatpy defect 1: it compares signatures with `!=`, which tells how far a guess is right."""
    monkeypatch.setattr(envelope, "compare_digest", lambda given, expected: False)
    assert refused(signed()) == 403
    query, body = sealed(XML)
    first = iter([True, False])
    monkeypatch.setattr(envelope, "compare_digest", lambda given, expected: next(first))
    assert refused(query, body) == 403


@pytest.mark.parametrize("token", ["", "   "])
def test_an_empty_token_is_no_token(token: str) -> None:
    """wechatpy defect 2: with an empty token anybody can sign."""
    with pytest.raises(ValueError, match="token is empty"):
        account(token=token)


def test_what_is_signed_without_a_token_is_refused() -> None:
    """wechatpy defect 2 again: the signature over timestamp and nonce alone."""
    query = signed()
    query["signature"] = hashlib.sha1(
        "".join(sorted((query["timestamp"], query["nonce"]))).encode()
    ).hexdigest()
    assert refused(query) == 403


@pytest.mark.parametrize("key", ["short", "a" * 42, "a" * 44, "-" * 43, "é" * 43])
def test_a_key_that_is_none_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="43 letters and digits"):
        account(encoding_aes_key=key)


def test_an_empty_app_id_is_refused() -> None:
    with pytest.raises(ValueError, match="app id is empty"):
        account(app_id="")


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_callback_is_fresh_for_five_minutes(minutes: int) -> None:
    """Clocks differ both ways; wechatpy defect 3 is that it does not look at the time at all."""
    message = account().open(signed(NOW + timedelta(minutes=minutes)), XML.encode(), NOW).message
    assert message.text == "我要申报"


@pytest.mark.parametrize("seconds", [-301, 301, -86400, 86400 * 3650])
def test_a_callback_of_another_time_is_refused(seconds: int) -> None:
    """wechatpy defect 3: a recorded callback could be played again for ever."""
    assert refused(signed(NOW + timedelta(seconds=seconds))) == 403


@pytest.mark.parametrize(
    "timestamp", ["", "now", "-1", "1e9", "１７００００００００", "1" * 400, "1_700_000_000"]
)
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    query = {"signature": sign(TOKEN, timestamp, "n"), "timestamp": timestamp, "nonce": "n"}
    assert refused(query) == 403


def test_the_time_of_a_sealed_message_counts_too() -> None:
    query, body = sealed(XML)
    with pytest.raises(CallbackRefused) as caught:
        account().open(query, body, NOW + timedelta(minutes=6))
    assert caught.value.status == 403


def test_a_body_over_the_cap_is_refused_before_anything_else() -> None:
    assert refused({}, b"x" * (LARGEST_BODY + 1)) == 413


def test_a_long_message_within_the_cap_is_read() -> None:
    content = "新" * 300_000
    message = account().open(signed(), text_message(content).encode(), NOW).message
    assert message.text == content


@pytest.mark.parametrize("name", ["signature", "msg_signature"])
def test_a_sealed_message_needs_both_signatures(name: str) -> None:
    """The first saves parsing what a stranger sends, the second covers the message."""
    query, body = sealed(XML)
    assert refused({**query, name: "0" * 40}, body) == 403
    del query[name]
    assert refused(query, body) == 403


def test_one_signature_does_not_stand_for_the_other() -> None:
    query, body = sealed(XML)
    assert refused({**query, "msg_signature": query["signature"]}, body) == 403
    assert refused({**query, "signature": query["msg_signature"]}, body) == 403


def test_the_address_is_not_proved_by_asking_in_the_other_mode() -> None:
    query = {**signed(), "encrypt_type": "aes", "echostr": "1"}
    del query["signature"]
    with pytest.raises(CallbackRefused):
        account().verify_url(query, NOW)


def test_a_plain_message_is_not_taken_for_a_sealed_one() -> None:
    """Else who knows one plain signature could write as anybody, the key notwithstanding."""
    query = {**signed(), "encrypt_type": "aes", "msg_signature": sign(TOKEN, "1700000000", "n")}
    assert refused(query) == 400


def test_with_a_key_plain_callbacks_are_still_read() -> None:
    """The mode is the query's, as the platform does it."""
    assert account().open(signed(), XML.encode(), NOW).answer("") == b"success"
    raw = {**signed(), "encrypt_type": "raw"}
    assert account().open(raw, XML.encode(), NOW).message.text == "我要申报"


def test_in_compatible_mode_the_sealed_half_counts() -> None:
    """The platform then sends the fields both ways in one body."""
    query, body = sealed(text_message("密文"))
    both = text_message("明文").encode().replace(b"</xml>", body[body.index(b"<Encrypt>") :])
    assert account().open(query, both, NOW).message.text == "密文"


def test_without_a_key_compatible_mode_is_read_and_answered_plainly() -> None:
    query, body = sealed(text_message("密文"))
    both = text_message("明文").encode().replace(b"</xml>", body[body.index(b"<Encrypt>") :])
    callback = account(encoding_aes_key="").open(query, both, NOW)
    assert callback.message.text == "明文"
    assert b"<Encrypt>" not in callback.answer("您好")


def test_without_a_key_a_sealed_message_is_refused() -> None:
    query, body = sealed(XML)
    assert refused(query, body, encoding_aes_key="") == 400


names = st.sampled_from(
    ["signature", "timestamp", "nonce", "encrypt_type", "msg_signature", "echostr", "openid"]
)
texts = st.text(st.characters(exclude_categories=()), max_size=60) | st.sampled_from(
    ["aes", "1700000000", ""]
)


@given(st.dictionaries(names, texts), st.binary(max_size=300))
def test_nothing_but_a_refusal_comes_of_any_query(query: dict[str, str], body: bytes) -> None:
    with pytest.raises(CallbackRefused):
        account().open(query, body, NOW)
    with pytest.raises(CallbackRefused):
        account().verify_url(query, NOW)
