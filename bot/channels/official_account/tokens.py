"""The access token that every call needs: kept where all processes see it, fetched by one of them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.channels.base import ChannelError
from handlers.platform_tokens import StoredToken

# The platform renews five minutes before the end and takes both tokens until then.
EARLY = timedelta(minutes=5)
NOTHING = timedelta()
ASKED_APART = timedelta(seconds=30)
LEASE = 30.0
STEP = 0.1
STEPS = 200
SAME_FAILURE_FOR = timedelta(seconds=5)
# At most twenty forced refreshes a day are allowed, at least 30 s apart.
FORCED_APART = 24 * 3600 / 20

Pause = Callable[[float], None]
Rest = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class FreshToken:
    """A token as the platform gave it; `lifetime` in seconds."""

    value: str
    lifetime: float


class TokenStore(Protocol):
    """Where tokens are kept for all processes; every call is a transaction of its own."""

    def get(self, name: str) -> StoredToken | None:
        """The token kept under a name, expired or not."""
        ...

    def lease(self, name: str, owner: str, seconds: float) -> bool:
        """Take the sole right to fetch; False while another holds it. 0 seconds give it back."""
        ...

    def put(self, name: str, value: str, expires_at: datetime, owner: str) -> bool:
        """Keep a token; False, and nothing kept, if `owner` lost the lease meanwhile."""
        ...

    def drop(self, name: str, value: str) -> bool:
        """Forget a token, but only if it is still this one."""
        ...


class AccessTokens:
    """One account's token. `fetch(force)` asks the platform for it and raises ChannelError."""

    def __init__(
        self,
        store: TokenStore,
        fetch: Callable[[bool], FreshToken],
        *,
        name: str,
        wall: Callable[[], datetime],
        pause: Pause = time.sleep,
    ) -> None:
        self._store = store
        self._fetch = fetch
        self._name = name
        self._wall = wall
        self._pause = pause
        self._lock = threading.Lock()
        self._asked_at: datetime | None = None
        self._failure: tuple[datetime, ChannelError] | None = None

    def current(self) -> str:
        """The token to use now, renewed five minutes before its end. Raises ChannelError."""
        return self._kept(EARLY) or self._obtain()

    def replace(self, refused: str) -> str:
        """Another token than the one that the platform refused. Raises ChannelError.

        What another process has put in its place meanwhile is used, not fetched anew.
        """
        self._store.drop(self._name, refused)
        return self._obtain(refused)

    def _kept(self, margin: timedelta, refused: str | None = None) -> str | None:
        """The stored token, if it lives longer than `margin` and was not refused."""
        stored = self._store.get(self._name)
        if stored is None or stored.value == refused or stored.expires_at - self._wall() <= margin:
            return None
        return stored.value

    def _obtain(self, refused: str | None = None) -> str:
        with self._lock:
            self._repeat_failure(refused)
            for _ in range(STEPS):
                token = self._try_to_obtain(refused)
                if token is not None:
                    return token
                self._pause(STEP)
        raise ChannelError("another process is still fetching the access token", permanent=False)

    def _try_to_obtain(self, refused: str | None) -> str | None:
        """None while another process fetches and nothing is there to be used meanwhile."""
        token = self._kept(NOTHING if self._asked_lately() else EARLY, refused)
        if token is not None:
            return token
        owner = secrets.token_hex(16)
        if self._store.lease(self._name, owner, LEASE):
            return self._fetch_as(owner, refused)
        return self._kept(NOTHING, refused)

    def _fetch_as(self, owner: str, refused: str | None) -> str:
        try:
            # Between the look and the lease another process may have finished.
            return self._kept(EARLY, refused) or self._renew(owner, refused)
        except ChannelError as error:
            self._failure = (self._wall(), error)
            token = self._kept(NOTHING, refused)
            if token is None:
                raise
            return token
        finally:
            self._store.lease(self._name, owner, 0)

    def _renew(self, owner: str, refused: str | None) -> str:
        self._asked_at = self._wall()
        fresh = self._fetch(False)
        if fresh.value == refused and self._may_force():
            fresh = self._fetch(True)
        expires_at = self._wall() + timedelta(seconds=fresh.lifetime)
        self._store.put(self._name, fresh.value, expires_at, owner)
        return fresh.value

    def _may_force(self) -> bool:
        """A lease that nobody renews spaces forced refreshes, whichever process asks for one."""
        return self._store.lease(f"{self._name}:forced", secrets.token_hex(16), FORCED_APART)

    def _asked_lately(self) -> bool:
        return self._asked_at is not None and self._wall() - self._asked_at < ASKED_APART

    def _repeat_failure(self, refused: str | None) -> None:
        """Spare those who waited behind a failed fetch a time-out of their own each."""
        if self._failure is None:
            return
        failed_at, error = self._failure
        if self._wall() - failed_at >= SAME_FAILURE_FOR:
            self._failure = None
        elif self._kept(NOTHING, refused) is None:
            raise ChannelError(
                error.reason,
                permanent=error.permanent,
                action=error.action,
                code=error.code,
                retry_after=error.retry_after,
            )
