"""Starting the server: a port that is in use is named, not shared."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import main
from tests.serving import free_port


@pytest.fixture
def taken_port() -> int:
    port = free_port()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield port


def test_a_demonstration_does_not_share_a_port(taken_port: int, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["demo", "--port", str(taken_port), "--data", str(tmp_path / "demo")])
    assert (done.exit_code, done.stdout) == (1, "")
    assert f"127.0.0.1:{taken_port} cannot be used" in done.stderr
    assert "choose another with --port" in done.stderr
