"""HTTP to the platform: bounded waits, connections shared between threads, nothing secret in an error."""

from __future__ import annotations

import json
import logging
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import requests
from urllib3.exceptions import HTTPError

from bot.channels.base import ChannelError

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 10.0
LONGEST_ANSWER = 1024 * 1024
ANSWER_SECONDS = 15.0
CHUNK = 64 * 1024
TOO_MANY_REQUESTS = 429

T = TypeVar("T")
Read = Callable[[requests.Response], T]


class _WithoutQueries(logging.Filter):
    """urllib3 logs each address when debugging, and ours hold the access token."""

    _QUERY = re.compile(r"\?\S*")

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._QUERY.sub("?…", record.getMessage()), ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQueries())


class Transport:
    """Makes requests to `base_url` and gives each answer to a reader. Raises ChannelError only."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url.rstrip("/")
        # A session serves one request at a time; deque's ends are safe between threads.
        self._idle: deque[requests.Session] = deque()

    def close(self) -> None:
        """Let go of the connections that nobody uses at the moment."""
        while self._idle:
            self._idle.pop().close()

    def call(self, method: str, path: str, read: Read[T], **parts: Any) -> T:
        """Ask the platform: `path` begins after the host.

        A redirect is a fault, since it would carry the token elsewhere.
        """
        return self._request(method, self._base_url + path, read, allow_redirects=False, **parts)

    def download(self, address: str, read: Read[T]) -> T:
        """Get what the platform keeps at an address of its own choosing."""
        if not address.startswith(("https://", "http://")):
            raise ChannelError("the platform named an address that is none", permanent=True)
        return self._request("GET", address, read)

    def _request(self, method: str, address: str, read: Read[T], **parts: Any) -> T:
        session = self._session()
        try:
            with session.request(
                method, address, stream=True, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), **parts
            ) as response:
                refuse_failure(response.status_code)
                return read(response)
        except (requests.RequestException, HTTPError) as error:
            failure = type(error).__name__
        finally:
            self._idle.append(session)
        # Raised out here, because the library's errors hold the address and with it the token.
        raise ChannelError(f"network: {failure}", permanent=False)

    def _session(self) -> requests.Session:
        try:
            return self._idle.pop()
        except IndexError:
            return requests.Session()


def refuse_failure(status: int) -> None:
    """Raise ChannelError unless the status is 200."""
    if status == TOO_MANY_REQUESTS:
        raise ChannelError("HTTP 429", permanent=False, action="wait", retry_after=60.0)
    if status != requests.codes.ok:
        raise ChannelError(f"HTTP {status}", permanent=False)


def chunks(response: requests.Response, *, seconds: float) -> Iterator[bytes]:
    """The body piece by piece; a sender that drips longer than `seconds` is given up."""
    until = time.monotonic() + seconds
    for chunk in response.iter_content(CHUNK):
        if time.monotonic() > until:
            raise ChannelError("network: too slow", permanent=False)
        yield chunk


def read_json(response: requests.Response) -> dict[str, Any]:
    """A JSON object; anything else is a fault that may pass."""
    body = bytearray()
    for chunk in chunks(response, seconds=ANSWER_SECONDS):
        body += chunk
        if len(body) > LONGEST_ANSWER:
            raise ChannelError("the platform's answer is too large", permanent=False)
    return parse_object(bytes(body))


def parse_object(body: bytes) -> dict[str, Any]:
    """The same for a body at hand."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ChannelError("the platform's answer cannot be read", permanent=False)
    return answer
