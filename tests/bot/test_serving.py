"""Starting the server: a port that is in use is named, not shared."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.demo import lay_out
from tests.serving import ROOT, free_port


@pytest.fixture
def taken_port() -> Iterator[int]:
    port = free_port()
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        yield port


def test_a_demonstration_does_not_share_a_port(taken_port: int, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "bot",
        "demo",
        "--port",
        str(taken_port),
        "--data",
        str(tmp_path / "demo"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"127.0.0.1:{taken_port} cannot be used" in done.stderr
    assert "choose another with --port" in done.stderr


def test_laying_out_a_demonstration_leaves_the_environment_alone(tmp_path: Path) -> None:
    before = dict(os.environ)
    config, file = lay_out(tmp_path / "demo", port=8123, fresh=False)
    assert (config.server.port, dict(os.environ)) == (8123, before)
    assert file.stat().st_mode & 0o077 == 0
