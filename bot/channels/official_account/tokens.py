"""The access token that every call needs: kept where all processes see it, fetched by one of them."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.channels.base import ChannelError
from handlers.platform_tokens import StoredToken

# The platform renews five minutes before the end and takes both tokens until then.
EARLY = timedelta(minutes=5)
RENEWALS_APART = timedelta(seconds=30)
LEASE = 30.0
STEP = 0.1
STEPS = 200
SAME_FAILURE_FOR = timedelta(seconds=5)
# At most twenty forced refreshes a day are allowed, at least 30 s apart.
FORCED_APART = 24 * 3600 / 20

Pause = Callable[[float], None]


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
        self._renewed_at: datetime | None = None
        self._failure: tuple[datetime, ChannelError] | None = None

    def current(self) -> str:
        """The token to use now, renewed five minutes before its end. Raises ChannelError."""
        stored = self._store.get(self._name)
        if self._is_young(stored):
            return stored.value
        return self._obtain(refused=None)

    def replace(self, refused: str) -> str:
        """Another token than the one that the platform refused. Raises ChannelError.

        What another process has put in its place meanwhile is used, not fetched anew.
        """
        self._store.drop(self._name, refused)
        return self._obtain(refused)

    def _obtain(self, refused: str | None) -> str:
        with self._lock:
            self._repeat_failure()
            for _ in range(STEPS):
                found = self._try_to_obtain(refused)
                if found is not None:
                    return found
                self._pause(STEP)
        raise ChannelError("another process is still fetching the access token", permanent=False)

    def _try_to_obtain(self, refused: str | None) -> str | None:
        """None while another process fetches and there is nothing that could be used meanwhile."""
        stored = self._store.get(self._name)
        if self._is_young(stored) and stored.value != refused:
            return stored.value
        usable = stored is not None and stored.expires_at > self._wall() and stored.value != refused
        if usable and self._renewed_lately():
            return stored.value if stored else None
        owner = secrets.token_hex(16)
        if self._store.lease(self._name, owner, LEASE):
            return self._fetch_as(owner, refused)
        return stored.value if usable and stored else None
