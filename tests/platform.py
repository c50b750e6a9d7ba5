"""The platform's side of an official account: signs and encrypts callbacks as WeChat does.

Written from the protocol, without the product's code, so that both sides are checked.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import secrets
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

import requests
from Crypto.Cipher import AES

TOKEN = "a-token-for-tests"
APP_ID = "wx0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
ACCOUNT = "gh_0123456789ab"
TRIES = 3
_ids = itertools.count(23_000_000_000_000_000)


def sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"


@dataclass
class Platform:
    """Posts to one callback address; `mode` is "plain" or "aes"."""

    url: str
    mode: str = "plain"
    session: requests.Session = field(default_factory=requests.Session)

    def text(self, sender: str, content: str, **more: Any) -> str:
        """The XML of a text message, with a fresh id."""
        return self.xml(sender, "text", f"<Content>{_cdata(content)}</Content>", **more)

    def image(self, sender: str, media_id: str) -> str:
        inner = f"<PicUrl>{_cdata('http://mmbiz.example/x')}</PicUrl><MediaId>{_cdata(media_id)}</MediaId>"
        return self.xml(sender, "image", inner)

    def video(self, sender: str, media_id: str) -> str:
        inner = f"<MediaId>{_cdata(media_id)}</MediaId><ThumbMediaId>{_cdata('thumb')}</ThumbMediaId>"
        return self.xml(sender, "video", inner)

    def file(self, sender: str, title: str, size: int, media_id: str | None = None) -> str:
        """A document. The real platform leaves the MediaId out, so that nobody can fetch the content."""
        inner = f"<Title>{_cdata(title)}</Title><Description>{_cdata('')}</Description>"
        inner += f"<FileKey>{_cdata('file-key')}</FileKey><FileTotalLen>{size}</FileTotalLen>"
        if media_id is not None:
            inner += f"<MediaId>{_cdata(media_id)}</MediaId>"
        return self.xml(sender, "file", inner)

    def voice(self, sender: str, media_id: str, recognition: str = "") -> str:
        inner = f"<MediaId>{_cdata(media_id)}</MediaId><Format>{_cdata('amr')}</Format>"
        return self.xml(sender, "voice", inner + f"<Recognition>{_cdata(recognition)}</Recognition>")

    def event(self, sender: str, event: str, key: str = "", *, created: int | None = None) -> str:
        """An event, which has no id: its sender and second must do."""
        return (
            f"<xml><ToUserName>{_cdata(ACCOUNT)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
            f"<CreateTime>{created or int(time.time())}</CreateTime><MsgType>{_cdata('event')}</MsgType>"
            f"<Event>{_cdata(event)}</Event><EventKey>{_cdata(key)}</EventKey></xml>"
        )

    def xml(
        self, sender: str, kind: str, inner: str, *, message_id: str | None = None, created: int | None = None
    ) -> str:
        return (
            f"<xml><ToUserName>{_cdata(ACCOUNT)}</ToUserName><FromUserName>{_cdata(sender)}</FromUserName>"
            f"<CreateTime>{created or int(time.time())}</CreateTime><MsgType>{_cdata(kind)}</MsgType>{inner}"
            f"<MsgId>{message_id or next(_ids)}</MsgId></xml>"
        )

    def post(self, xml: str, *, session: requests.Session | None = None) -> requests.Response:
        """Send one callback as the platform does, five seconds at most."""
        timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
        query = {"signature": sign(TOKEN, timestamp, nonce), "timestamp": timestamp, "nonce": nonce}
        body = xml
        if self.mode == "aes":
            encrypted = encrypt(xml)
            query |= {"encrypt_type": "aes", "msg_signature": sign(TOKEN, timestamp, nonce, encrypted)}
            body = (
                f"<xml><ToUserName>{_cdata(ACCOUNT)}</ToUserName><Encrypt>{_cdata(encrypted)}</Encrypt></xml>"
            )
        return (session or self.session).post(self.url, params=query, data=body.encode(), timeout=5)

    def deliver(self, xml: str) -> str:
        """Push a message as the platform does: at most three tries, each signed anew; the reply's text."""
        for _ in range(TRIES - 1):
            with suppress(requests.ConnectionError, requests.Timeout):
                response = self.post(xml)
                if response.status_code == 200:
                    return self.read(response)
        return self.read(self.post(xml))

    def says(self, sender: str, content: str) -> str:
        """Send a text and return the text of the passive reply; "" for a silent success."""
        return self.read(self.post(self.text(sender, content)))

    def read(self, response: requests.Response) -> str:
        """The Content of a reply, its signature and addresses checked."""
        assert response.status_code == 200, (response.status_code, response.content[:200])
        if response.content in (b"", b"success"):
            return ""
        root = ElementTree.fromstring(response.content)
        if self.mode == "aes":
            root = ElementTree.fromstring(self._opened(root))
        assert root.findtext("FromUserName") == ACCOUNT
        return root.findtext("Content") or ""

    def _opened(self, root: ElementTree.Element) -> str:
        encrypted = root.findtext("Encrypt") or ""
        signed = sign(TOKEN, root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", encrypted)
        assert root.findtext("MsgSignature") == signed
        return decrypt(encrypted)


def _cipher() -> AES.CbcMode:  # type: ignore[name-defined]
    key = base64.b64decode(AES_KEY + "=")
    return AES.new(key, AES.MODE_CBC, key[:16])


def encrypt(xml: str) -> str:
    plain = secrets.token_bytes(16) + struct.pack(">I", len(xml.encode())) + xml.encode() + APP_ID.encode()
    pad = 32 - len(plain) % 32
    return base64.b64encode(_cipher().encrypt(plain + bytes([pad]) * pad)).decode()


def decrypt(encrypted: str) -> str:
    plain = _cipher().decrypt(base64.b64decode(encrypted))
    plain = plain[: -plain[-1]]
    length = struct.unpack(">I", plain[16:20])[0]
    assert plain[20 + length :].decode() == APP_ID
    return plain[20 : 20 + length].decode()
