"""A platform on loopback that takes customer-service messages and answers each after a fixed time.

python -m benchmarks.peers.message_api PORT MILLISECONDS

Raw asyncio, so that it is no bottleneck. GET /count tells how many messages came and how many people
got more than one, and begins to count anew.
"""

from __future__ import annotations

import asyncio
import re
import sys

TOKEN = b'{"access_token":"a-token","expires_in":7200}'
OK = b'{"errcode":0,"errmsg":"ok"}'
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_PERSON = re.compile(rb'"touser": ?"([^"]+)"')


class Taken:
    """What came since the last count."""

    def __init__(self) -> None:
        self.messages = 0
        self.people: set[bytes] = set()

    def add(self, body: bytes) -> None:
        found = _PERSON.search(body)
        self.messages += 1
        if found:
            self.people.add(found[1])

    def counted(self) -> bytes:
        told = b'{"messages":%d,"people":%d}' % (self.messages, len(self.people))
        self.__init__()  # type: ignore[misc]
        return told


class Caller(asyncio.Protocol):
    """One connection; its requests come one after the other."""

    def __init__(self, taken: Taken, seconds: float) -> None:
        self._taken = taken
        self._seconds = seconds
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        end = head + 4 + (int(length[1]) if length else 0)
        if len(self._buffer) < end:
            return
        request, self._buffer = self._buffer[:end], self._buffer[end:]
        self._obey(request, request[head + 4 :])

    def _obey(self, request: bytes, body: bytes) -> None:
        if request.startswith(b"GET /count"):
            self._answer(self._taken.counted())
        elif b"token" in request.split(b"?", 1)[0].split(b"\r\n", 1)[0]:
            self._answer(TOKEN)
        else:
            self._taken.add(body)
            asyncio.get_running_loop().call_later(self._seconds, self._answer, OK)

    def _answer(self, body: bytes) -> None:
        if self._transport is not None:
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body)
            )


async def serve(port: int, seconds: float) -> None:
    taken = Taken()
    server = await asyncio.get_running_loop().create_server(
        lambda: Caller(taken, seconds), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]) / 1000))
