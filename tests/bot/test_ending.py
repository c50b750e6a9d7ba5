"""SIGTERM ends the server within seconds, whatever hangs on it, and after what was asked is answered."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.serving import Server

HEAD = b"POST /simulator/api/messages HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
# What a caller may leave hanging: nothing said, half a head, half a body, a finished request on a kept line.
HANGING = {
    "silent": b"",
    "half a head": b"GET /healthz HT",
    "half a body": HEAD + b'Content-Length: 500\r\n\r\n{"person": "',
    "kept alive": b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "server", database_url=f"sqlite:///{(tmp_path / 'bot.db').as_posix()}")
    server.start()
    yield server
    server.kill()


@pytest.mark.parametrize("said", HANGING.values(), ids=HANGING)
def test_ends_though_somebody_hangs_on_it(server: Server, said: bytes) -> None:
    assert server.process is not None
    process = server.process
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(said)
        requests.get(f"{server.url}/healthz", timeout=5)
        process.terminate()
        assert process.wait(timeout=15) == 0


def test_what_was_asked_is_answered_before_the_end(server: Server) -> None:
    """Messages pour in while the server ends: one is either answered and kept, or neither."""
    api = f"{server.url}/simulator/api"
    people = [
        requests.post(f"{api}/people", json={"name": name}, timeout=5).json()["id"] for name in "张李王赵"
    ]

    def pour(person: str) -> int:
        for count in range(10_000):
            try:
                message = {"person": person, "chat": "private", "kind": "text", "text": f"第{count}条"}
                assert requests.post(f"{api}/messages", json=message, timeout=20).json()["replies"]
            except requests.ConnectionError:
                return count
            if count == 5 and person == people[0] and server.process is not None:
                server.process.terminate()
        raise AssertionError("the server did not end")

    with ThreadPoolExecutor(len(people)) as pool:
        answered = list(pool.map(pour, people))
    server.stop()
    server.start()
    kept = [requests.get(f"{api}/messages", params={"person": person}, timeout=5).json() for person in people]
    assert [sum(row["from"] != "bot" for row in rows) for rows in kept] == answered
