"""People at their phones: in an official account over signed callbacks, and in the simulator."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from tests.corpus_reading import Said, SaidFile, Submission
from tests.fakes.wechat_api import WechatApi
from tests.platform import Platform
from tests.serving import Server

PATIENCE = 60.0
# What the platform passes on without a name; documents come with one.
NAMELESS = ("jpeg", "png", "mp4")
_media_ids = itertools.count(1)


class Phone(Protocol):
    """Somebody's way to the bot."""

    def says(self, text: str) -> str:
        """Send a text; the reply's text."""
        ...

    def gives(self, files: Sequence[SaidFile]) -> None:
        """Send files one after the other and wait until each has been answered for."""
        ...

    def messages(self, submission: Submission, key: str) -> list[Said]:
        """What this person sends for one field here."""
        ...


@dataclass
class WechatPhone:
    """A follower of the official account; what arrives later comes through the platform's API."""

    platform: Platform
    api: WechatApi
    openid: str = field(default_factory=lambda: f"o{secrets.token_hex(13)}")

    def says(self, text: str) -> str:
        return self.platform.deliver(self.platform.text(self.openid, text))

    def gives(self, files: Sequence[SaidFile]) -> None:
        for file in files:
            self.platform.deliver(self.message(file))
        for file in files:
            self.awaits(receipt_of(file))

    def message(self, file: SaidFile) -> str:
        """The platform keeps the file and pushes a message that names it."""
        media_id, content = f"media{next(_media_ids)}", file.content()
        if file.kind == "mp4":
            self.api.give_video(media_id, content)
            return self.platform.video(self.openid, media_id)
        if file.kind in NAMELESS:
            self.api.give(media_id, content, f"image/{file.kind}")
            return self.platform.image(self.openid, media_id)
        self.api.give(media_id, content)
        return self.platform.file(self.openid, file.name, len(content), media_id)

    def awaits(self, part: str) -> None:
        """Wait until a message with `part` in it came by itself."""
        until = time.monotonic() + PATIENCE
        while not any(part in text for text in self.api.told(self.openid)):
            if time.monotonic() > until:
                raise AssertionError((part, self.api.told(self.openid)))
            time.sleep(0.05)

    def messages(self, submission: Submission, key: str) -> list[Said]:
        files = [said for said in submission.said[key] if isinstance(said, SaidFile)]
        return submission.messages(key, names_travel=not any(file.kind in NAMELESS for file in files))


@dataclass
class SimulatorPhone:
    """A person of the simulator, by its JSON alone."""

    url: str
    name: str
    session: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.id: str = self._post("people", json={"name": self.name})["id"]

    def says(self, text: str) -> str:
        return self._texts(self._post("messages", json={"person": self.id, "kind": "text", "text": text}))

    def gives(self, files: Sequence[SaidFile]) -> None:
        for file in files:
            said = self.hands_over(file)
            assert receipt_of(file) in said, said

    def hands_over(self, file: SaidFile) -> str:
        form = {"person": self.id, "kind": "file"}
        return self._texts(self._post("messages", data=form, files={"file": (file.name, file.content())}))

    def messages(self, submission: Submission, key: str) -> list[Said]:
        return submission.messages(key)

    def state(self) -> dict[str, Any]:
        return self._read(self.session.get(f"{self.url}/simulator/api/state?person={self.id}", timeout=30))

    def _post(self, what: str, **how: Any) -> Any:
        return self._read(self.session.post(f"{self.url}/simulator/api/{what}", timeout=30, **how))

    def _texts(self, answer: dict[str, Any]) -> str:
        return "\n".join(reply["text"] for reply in answer["replies"])

    def _read(self, response: requests.Response) -> Any:
        assert response.status_code == 200, (response.status_code, response.text[:500])
        return response.json()


def receipt_of(file: SaidFile) -> str:
    """What the bot's receipt for a file must contain (L9)."""
    return hashlib.sha256(file.content()).hexdigest()[:8]


def follower(server: Server, api: WechatApi, mode: str = "plain") -> WechatPhone:
    """Somebody new who writes to the account of this server."""
    return WechatPhone(Platform(server.callback, mode), api)


def fill_in(phone: Phone, submission: Submission) -> None:
    """Say everything from 我要申报 to the last field."""
    phone.says("我要申报")
    for key in submission.said:
        said = phone.messages(submission, key)
        files = [message for message in said if isinstance(message, SaidFile)]
        if files:
            phone.gives(files)
        for text in said:
            if isinstance(text, str):
                phone.says(text)


def all_fill_in(phones: Sequence[Phone], submissions: Sequence[Submission]) -> None:
    """Many people at once, each at their own speed."""
    with ThreadPoolExecutor(len(phones)) as pool:
        list(pool.map(fill_in, phones, submissions))
