"""A load client of prepared bytes on raw sockets: closed loop, and open loop with a platform's patience.

People answer one message after the other, so of each person only one message is ever outstanding.
"""

from __future__ import annotations

import heapq
import selectors
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

HOST = "127.0.0.1"
GIVES_UP_AFTER = 5.0
TRIES = 3


@dataclass
class Person:
    """Prepared requests in their order; `replies` collects the bodies, `at` is the next to send."""

    name: str
    requests: Sequence[bytes]
    replies: list[bytes] = field(default_factory=list)
    at: int = 0


@dataclass
class Result:
    """Latencies in seconds of all answered messages, and what went wrong."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    refused: int = 0
    repeated: int = 0
    unanswered: int = 0
    unsent: int = 0
    errors: int = 0

    @property
    def rate(self) -> float:
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


class _Connection:
    """One keep-alive connection; it opens again by itself where the server closes it."""

    def __init__(self, port: int, poll: selectors.BaseSelector) -> None:
        self._port = port
        self._poll = poll
        self._socket: socket.socket | None = None
        self._buffer = bytearray()
        self.person: Person | None = None
        self.since = self.sent = 0.0
        self.tries = 0

    def send(self, request: bytes) -> None:
        if self._socket is None:
            self._socket = socket.create_connection((HOST, self._port))
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._poll.register(self._socket, selectors.EVENT_READ, self)
        self._buffer.clear()
        self._socket.sendall(request)

    def receive(self) -> tuple[int, bytes] | None:
        """Status and body once complete; None before. Raises ConnectionError."""
        assert self._socket is not None
        chunk = self._socket.recv(65536)
        if not chunk:
            self.close()
            raise ConnectionError
        self._buffer += chunk
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return None
        lower = bytes(self._buffer[:head]).lower()
        start = lower.find(b"content-length:")
        length = int(lower[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
        if len(self._buffer) < head + 4 + length:
            return None
        body = bytes(self._buffer[head + 4 : head + 4 + length])
        if b"connection: close" in lower:
            self.close()
        return int(self._buffer[9:12]), body

    def close(self) -> None:
        if self._socket is not None:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None


def closed_loop(port: int, people: Sequence[Person], *, connections: int, seconds: float) -> Result:
    """Every connection sends as soon as it has its reply; people are taken in turn."""
    poll = selectors.DefaultSelector()
    waiting = deque(people)
    result = Result(seconds)
    end = time.perf_counter() + seconds

    def next_message(connection: _Connection) -> None:
        if not waiting or time.perf_counter() >= end:
            connection.close()
            return
        person = waiting.popleft()
        connection.person, connection.since = person, time.perf_counter()
        connection.send(person.requests[person.at])

    began = time.perf_counter()
    for _ in range(connections):
        next_message(_Connection(port, poll))
    while poll.get_map():
        for key, _ in poll.select(timeout=10):
            connection: _Connection = key.data
            answered = connection.receive()
            if answered is None or connection.person is None:
                continue
            person = connection.person
            _count(result, answered, time.perf_counter() - connection.since)
            person.replies.append(answered[1])
            person.at += 1
            if person.at < len(person.requests):
                waiting.append(person)
            next_message(connection)
    result.seconds = min(seconds, time.perf_counter() - began)
    return result


def _count(result: Result, answered: tuple[int, bytes], latency: float) -> None:
    if answered[0] == 200:
        result.latencies.append(latency)
    elif answered[0] == 503:
        result.refused += 1
    else:
        result.errors += 1


def open_loop(port: int, people: Sequence[Person], *, rate: float, seconds: float) -> Result:
    """Messages arrive `rate` times a second whatever the server does.

    Latency counts from the moment at which a message was due. As the platform does, a message
    without an answer after five seconds, or refused, is sent again, three times in all. What nobody
    is free to say, because all wait for replies, is left unsent and counted.
    """
    arrivals = _Arrivals(port, people, rate, seconds)
    return arrivals.run()


class _Arrivals:
    def __init__(self, port: int, people: Sequence[Person], rate: float, seconds: float) -> None:
        self._port = port
        self._poll = selectors.DefaultSelector()
        self._ready = deque(people)
        self._again: list[tuple[float, int, Person, float, int]] = []
        self._free: list[_Connection] = []
        self._busy: dict[int, _Connection] = {}
        self._count = 0
        self._look_again = 0.0
        self._rate = rate
        self._seconds = seconds
        self._result = Result(seconds)

    def run(self) -> Result:
        began = time.perf_counter()
        due, step = began, 1 / self._rate
        while True:
            now = time.perf_counter()
            while due <= now and due < began + self._seconds:
                if self._ready:
                    self._send(self._ready.popleft(), due, 1)
                else:
                    self._result.unsent += 1
                due += step
            while self._again and self._again[0][0] <= now:
                _, _, person, since, tries = heapq.heappop(self._again)
                self._result.repeated += 1
                self._send(person, since, tries)
            if due >= began + self._seconds and not self._busy and not self._again:
                break
            self._receive(min(max(due - now, 0.0), 0.02))
            self._give_up(time.perf_counter())
        for connection in self._free:
            connection.close()
        return self._result

    def _send(self, person: Person, since: float, tries: int) -> None:
        connection = self._free.pop() if self._free else _Connection(self._port, self._poll)
        connection.person, connection.since, connection.tries = person, since, tries
        connection.sent = time.perf_counter()
        try:
            connection.send(person.requests[person.at])
        except OSError:
            connection.close()
            self._retry(person, since, tries, 0.5)
            return
        self._busy[id(connection)] = connection

    def _retry(self, person: Person, since: float, tries: int, after: float) -> None:
        if tries >= TRIES:
            self._result.unanswered += 1
            return
        self._count += 1
        heapq.heappush(self._again, (time.perf_counter() + after, self._count, person, since, tries + 1))

    def _receive(self, timeout: float) -> None:
        for key, _ in self._poll.select(timeout):
            connection: _Connection = key.data
            try:
                answered = connection.receive()
            except OSError:
                answered = (0, b"")
            if answered is None:
                continue
            if self._busy.pop(id(connection), None) is None or connection.person is None:
                continue
            self._free.append(connection)
            self._settle(connection, connection.person, answered)

    def _settle(self, connection: _Connection, person: Person, answered: tuple[int, bytes]) -> None:
        now = time.perf_counter()
        if answered[0] != 200:
            _count(self._result, answered, 0)
            self._retry(person, connection.since, connection.tries, 1.0)
            return
        # A repeat's wait is its own: the platform shows each try's answer as it comes.
        began = connection.since if connection.tries == 1 else connection.sent
        self._result.latencies.append(now - began)
        person.replies.append(answered[1])
        person.at += 1
        if person.at < len(person.requests):
            self._ready.append(person)

    def _give_up(self, now: float) -> None:
        # Looking through thousands of connections each time would make the client the bottleneck.
        if now < self._look_again:
            return
        self._look_again = now + 0.1
        for connection in list(self._busy.values()):
            if now - connection.sent > GIVES_UP_AFTER and connection.person is not None:
                del self._busy[id(connection)]
                connection.close()
                self._retry(connection.person, connection.since, connection.tries, 0.0)
