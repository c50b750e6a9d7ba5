"""The platform's calls that we use: token, customer-service messages, media."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from wechatpy.client.api import WeChatMedia

from bot.channels.base import ChannelError, Fetched
from bot.channels.official_account.downloads import read_media, video_address
from bot.channels.official_account.faults import BUSY, TOKEN_REFUSED, refusal
from bot.channels.official_account.tokens import AccessTokens, FreshToken, Pause, TokenStore
from bot.channels.official_account.transport import Transport, read_json

DEFAULT_LIFETIME = 7200.0
TRIES_WHEN_BUSY = 3
FIRST_PAUSE = 0.3

T = TypeVar("T")


class Api:
    """One account's calls. Each raises ChannelError, whose text holds nothing secret.

    `media` is wechatpy's: it knows the paths and bodies, and calls `post` here, where time limits,
    the token and its one renewal are seen to. Messages go out by `MessageSender`, with the same `tokens`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        app_id: str,
        app_secret: str,
        tokens: TokenStore,
        wall: Callable[[], datetime],
        pause: Pause = time.sleep,
    ) -> None:
        self._transport = transport
        self._app_id = app_id
        self._app_secret = app_secret
        self._wall = wall
        self._pause = pause
        self.tokens = AccessTokens(
            tokens, self._fetch_token, name=f"official_account:{app_id}", wall=wall, pause=pause
        )
        self.media: Any = WeChatMedia(self)

    def post(
        self,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | None = None,
        files: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        parts: dict[str, Any] = {"files": files} if data is None else {"data": _json(data)}
        return self._with_token(lambda token: self._ask("POST", url, token, params, **parts))

    def upload_image(self, picture: tuple[str, bytes, str]) -> str:
        """Keep a picture (name, bytes, type) with the platform for three days; returns its media id."""
        media_id = self.media.upload("image", picture).get("media_id")
        if not isinstance(media_id, str):
            raise ChannelError("the platform kept no picture", permanent=False)
        return media_id

    def fetch(self, media_id: str, most: int) -> Fetched:
        """A person's file of at most `most` bytes, or the video that the answer points to."""
        found = self._with_token(lambda token: self._media(token, media_id, most))
        if isinstance(found, Fetched):
            return found
        video = self._transport.download(
            video_address(found), lambda response: read_media(response, media_id, most)
        )
        if isinstance(video, Fetched):
            return video
        raise ChannelError("the video's address holds no video", permanent=False)

    def _media(self, token: str, media_id: str, most: int) -> Fetched | dict[str, Any]:
        return self._transport.call(
            "GET",
            "/cgi-bin/media/get",
            lambda response: self._checked(read_media(response, media_id, most)),
            params={"access_token": token, "media_id": media_id},
        )

    def _ask(
        self, method: str, url: str, token: str, params: Mapping[str, str] | None, **parts: Any
    ) -> dict[str, Any]:
        query = {**(params or {}), "access_token": token}
        answer = self._transport.call(method, f"/cgi-bin/{url}", read_json, params=query, **parts)
        return self._checked(answer)

    def _checked(self, answer: T) -> T:
        """The answer, unless it is an error of the platform's."""
        if isinstance(answer, dict) and answer.get("errcode"):
            raise refusal(answer, now=self._wall())
        return answer

    def _with_token(self, attempt: Callable[[str], T]) -> T:
        """Try with the token at hand; if that is refused, once more with another."""
        token = self.tokens.current()
        try:
            return self._patiently(lambda: attempt(token))
        except ChannelError as error:
            if error.code not in TOKEN_REFUSED:
                raise
        token = self.tokens.replace(token)
        return self._patiently(lambda: attempt(token))

    def _patiently(self, attempt: Callable[[], T]) -> T:
        """Try again a little later while the platform says that it is busy."""
        for tried in range(1, TRIES_WHEN_BUSY):
            try:
                return attempt()
            except ChannelError as error:
                if error.code != BUSY:
                    raise
            self._pause(FIRST_PAUSE * 3 ** (tried - 1) * random.uniform(0.5, 1.5))  # noqa: S311
        return attempt()

    def _fetch_token(self, force: bool) -> FreshToken:
        asked = {
            "grant_type": "client_credential",
            "appid": self._app_id,
            "secret": self._app_secret,
            "force_refresh": force,
        }
        answer = self._patiently(
            lambda: self._checked(
                self._transport.call("POST", "/cgi-bin/stable_token", read_json, data=_json(asked))
            )
        )
        value, lifetime = answer.get("access_token"), answer.get("expires_in")
        if not isinstance(value, str) or not value:
            raise ChannelError("the platform gave no access token", permanent=False)
        if not isinstance(lifetime, int) or not 0 < lifetime <= DEFAULT_LIFETIME:
            lifetime = DEFAULT_LIFETIME
        return FreshToken(value, float(lifetime))


def _json(body: Mapping[str, Any]) -> bytes:
    # Escaped characters (\u4e2d) would be shown to the person as they are.
    return json.dumps(body, ensure_ascii=False).encode()
