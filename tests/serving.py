"""The real server as a process of its own, for tests from outside."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.platform import AES_KEY, APP_ID, TOKEN

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """`python -m bot serve` on a folder; it can be killed and started again on the same data.

    `opens_on` and `submission_deadline` are days; by default the campaign is open today.
    """

    folder: Path
    database_url: str
    api_base_url: str = "http://127.0.0.1:9"
    port: int = field(default_factory=free_port)
    command: str = "serve"
    opens_on: str = "2020-01-01"
    submission_deadline: str = "2099-12-31"
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def callback(self) -> str:
        return f"{self.url}/callback/official-account"

    @property
    def config_file(self) -> Path:
        return self.folder / "config.toml"

    def configure(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config_file.write_text(
            f"""[server]
host = "127.0.0.1"
port = {self.port}
public_url = "{self.url}"
secret_key = "only-for-tests-only-for-tests-only-for-tests"

[storage]
database_url = "{self.database_url}"
files_url = "{(self.folder / "files").as_uri()}"

[campaign]
opens_on = {self.opens_on}
contact_deadline = {self.opens_on}
submission_deadline = {self.submission_deadline}

[channels.official_account]
enabled = true
app_id = "{APP_ID}"
app_secret = "an-app-secret-for-tests-0123456789"
token = "{TOKEN}"
encoding_aes_key = "{AES_KEY}"
api_base_url = "{self.api_base_url}"

[channels.simulator]
enabled = true
""",
            encoding="utf-8",
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Another command on the same configuration, to its end."""
        command = [sys.executable, "-m", "bot", *arguments, "--config", str(self.config_file)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    def export(self) -> dict[str, Any]:
        """What `export --format json` writes."""
        done = self.run("export", "--format", "json", "--output", "-")
        assert done.returncode == 0, done.stderr
        exported: dict[str, Any] = json.loads(done.stdout)
        return exported

    def log(self) -> str:
        """All that the server has written so far."""
        return (self.folder / "server.log").read_text(encoding="utf-8")

    def start(self, *arguments: str) -> None:
        """Launch it and wait until it answers."""
        self.launch(*arguments)
        self._wait()

    def launch(self, *arguments: str) -> None:
        if not self.config_file.exists():
            self.configure()
        command = [sys.executable, "-m", "bot", self.command, "--config", str(self.config_file), *arguments]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                break
            with suppress(requests.ConnectionError):
                if requests.get(f"{self.url}/healthz", timeout=5).ok:
                    return
            time.sleep(0.05)
        raise AssertionError(self.log())

    def kill(self) -> None:
        """kill -9 for the server and every process that it started."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, how)
        self.process.wait(timeout=30)
        self.process = None
