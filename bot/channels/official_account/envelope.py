"""The envelope of a callback: who signed it, when, and the AES mode around it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hmac import compare_digest

from wechatpy.crypto import PrpCrypto
from wechatpy.crypto.base import WeChatCipher
from wechatpy.utils import WeChatSigner

from bot.channels.base import CallbackRefused

FRESH_FOR = timedelta(minutes=5)
KEY_LENGTH = 43
BLOCK = 32
# Sixteen random bytes, then four that say how long the message is.
_FILLING = 16
_HEAD = 20
_SEALED = (
    "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>"
    "<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
)


class _Cipher(PrpCrypto):  # type: ignore[misc]  # published without types
    """wechatpy's cipher with filling that cannot be predicted."""

    def get_random_string(self) -> str:
        return secrets.token_hex(_FILLING // 2)


class Envelope:
    """Checks and opens what the platform sends, seals what goes back.

    `encoding_aes_key` is the 43 characters of the platform's page, "" for plain mode only.
    Raises ValueError for a token or key that would leave the callback open or broken.
    """

    def __init__(self, *, token: str, app_id: str, encoding_aes_key: str = "") -> None:
        if not token.strip():
            raise ValueError("the token is empty; anybody could sign a callback")
        if not app_id.strip():
            raise ValueError("the app id is empty")
        self._token = token
        self._app_id = app_id
        self._key = _key(encoding_aes_key) if encoding_aes_key else None

    def is_sealed(self, query: Mapping[str, str]) -> bool:
        """Whether a request must be opened with the key.

        Without a key an encrypted request is read as a plain one: in the platform's
        compatible mode it carries both.
        """
        return self._key is not None and query.get("encrypt_type") == "aes"

    def check(self, query: Mapping[str, str], now: datetime) -> None:
        """Refuse (403) what the platform did not sign within five minutes of `now`.

        Comes before anything is parsed, for encrypted messages too: they carry both signatures.
        """
        self._compare(query.get("signature", ""), self._signed(query))
        self._check_time(query.get("timestamp", ""), now)

    def check_sealed(self, query: Mapping[str, str], encrypted: str) -> None:
        """Refuse (403) an encrypted message that the platform did not sign."""
        self._compare(query.get("msg_signature", ""), self._signed(query, encrypted))

    def unseal(self, encrypted: str) -> bytes:
        """The XML inside. Refuses (400) what is no message of this cipher, (403) another account's."""
        plain = self._decrypt(encrypted)
        padding = plain[-1]
        if not 1 <= padding <= BLOCK or not plain.endswith(bytes([padding]) * padding):
            raise CallbackRefused(400, "wrong padding")
        content = plain[:-padding]
        end = _HEAD + int.from_bytes(content[_FILLING:_HEAD], "big")
        if len(content) < _HEAD or end > len(content):
            raise CallbackRefused(400, "wrong length inside the encrypted message")
        if not compare_digest(content[end:], self._app_id.encode()):
            raise CallbackRefused(403, "encrypted for another app id")
        return content[_HEAD:end]

    def seal(self, xml: str, now: datetime) -> str:
        """The reply's XML, encrypted and signed with a nonce of its own."""
        if self._key is None:
            raise ValueError("there is no key to seal with")
        encrypted = _Cipher(self._key).encrypt(xml, self._app_id).decode()
        timestamp, nonce = str(int(now.timestamp())), secrets.token_hex(8)
        signature = _signature(self._token, timestamp, nonce, encrypted)
        return _SEALED.format(encrypted=encrypted, signature=signature, timestamp=timestamp, nonce=nonce)

    def _decrypt(self, encrypted: str) -> bytes:
        try:
            sealed = base64.b64decode(encrypted, validate=True)
        except ValueError:
            raise CallbackRefused(400, "the encrypted message is not base64") from None
        if not sealed or len(sealed) % BLOCK:
            raise CallbackRefused(400, "the encrypted message is cut off")
        return bytes(WeChatCipher(self._key).decrypt(sealed))

    def _signed(self, query: Mapping[str, str], *more: str) -> str:
        parts = (self._token, query.get("timestamp", ""), query.get("nonce", ""), *more)
        try:
            return _signature(*parts)
        except UnicodeEncodeError:
            raise CallbackRefused(403, "unreadable query") from None

    def _compare(self, given: str, expected: str) -> None:
        if not compare_digest(given.encode(errors="replace"), expected.encode()):
            raise CallbackRefused(403, "wrong signature")

    def _check_time(self, timestamp: str, now: datetime) -> None:
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 11):
            raise CallbackRefused(403, "no timestamp")
        if abs(now.timestamp() - int(timestamp)) > FRESH_FOR.total_seconds():
            raise CallbackRefused(403, "stale; is this machine's clock right?")


def _key(encoding_aes_key: str) -> bytes:
    if not (
        len(encoding_aes_key) == KEY_LENGTH and encoding_aes_key.isascii() and encoding_aes_key.isalnum()
    ):
        raise ValueError(f"the encoding AES key must be {KEY_LENGTH} letters and digits")
    return base64.b64decode(encoding_aes_key + "=")


def _signature(*parts: str) -> str:
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)
