"""Callbacks as the platform makes them, at a fixed instant, signed by the tests' own side."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.channels.official_account import OfficialAccount
from tests.platform import ACCOUNT, AES_KEY, APP_ID, TOKEN, _cipher, encrypt, sign

NOW = datetime.fromtimestamp(1_700_000_000, UTC)
NONCE = "4f1c2a"
PERSON = "oEXAMPLE0zhangwei00000000001"
PAYLOADS = Path(__file__).parents[3] / "payloads"


class NoTokens:
    """For what never calls the platform."""

    def get(self, name: str) -> None:
        raise AssertionError("a callback needs no access token")

    def lease(self, name: str, owner: str, seconds: float) -> bool:
        raise AssertionError("a callback needs no access token")

    def put(self, name: str, value: str, expires_at: datetime, owner: str) -> bool:
        raise AssertionError("a callback needs no access token")

    def drop(self, name: str, value: str) -> bool:
        raise AssertionError("a callback needs no access token")


def account(**changes: Any) -> OfficialAccount:
    """An account that only takes callbacks."""
    settings: dict[str, Any] = {
        "app_id": APP_ID, "app_secret": "s", "token": TOKEN, "encoding_aes_key": AES_KEY,
        "tokens": NoTokens(), "wall": lambda: NOW,
    }  # fmt: skip
    return OfficialAccount(**{**settings, **changes})


def signed(at: datetime = NOW, nonce: str = NONCE) -> dict[str, str]:
    """The query of a plain callback."""
    timestamp = str(int(at.timestamp()))
    return {"signature": sign(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}


def sealed(xml: str, *, encrypted: str | None = None) -> tuple[dict[str, str], bytes]:
    """Query and body of an encrypted callback; `encrypted` in place of the true one."""
    inner = encrypt(xml) if encrypted is None else encrypted
    query = signed()
    signature = sign(TOKEN, query["timestamp"], query["nonce"], inner)
    query |= {"encrypt_type": "aes", "msg_signature": signature, "openid": PERSON}
    return (
        query,
        f"<xml><ToUserName>{ACCOUNT}</ToUserName><Encrypt><![CDATA[{inner}]]></Encrypt></xml>".encode(),
    )


def enciphered(plain: bytes) -> str:
    """Any whole number of blocks under the account's key, however wrong."""
    return base64.b64encode(_cipher().encrypt(plain)).decode()


def padded(content: bytes, app_id: str = APP_ID) -> bytes:
    """The plaintext of a message before it is enciphered."""
    plain = bytes(16) + struct.pack(">I", len(content)) + content + app_id.encode()
    pad = 32 - len(plain) % 32
    return plain + bytes([pad]) * pad


def payload(name: str) -> str:
    return (PAYLOADS / f"{name}.xml").read_text(encoding="utf-8")


def text_message(content: str = "状态", **changes: str) -> str:
    """A text message whose elements may be replaced by name; "" leaves one out."""
    parts = {
        "ToUserName": ACCOUNT, "FromUserName": PERSON, "CreateTime": "1700000000", "MsgType": "text",
        "Content": content, "MsgId": "23456789012345001",
    }  # fmt: skip
    elements = (f"<{name}>{value}</{name}>" for name, value in {**parts, **changes}.items() if value)
    return f"<xml>{''.join(elements)}</xml>"
