"""What is measured: each subject starts on a port with two processes and stops again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests import postgres
from tests.serving import Server, free_port

ROOT = Path(__file__).parent.parent
PEERS_VENV = ROOT / "benchmarks" / ".venv"
PROCESSES = 2


@dataclass(frozen=True)
class Running:
    """A subject that answers on `port`; `pids` are its serving processes."""

    port: int
    pids: Sequence[int]
    database_url: str | None = None

    def cpu(self) -> float:
        """Seconds of processor time that the serving processes have used."""
        ticks = [Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13] for pid in self.pids]
        return sum(int(tick) for pair in ticks for tick in pair) / os.sysconf("SC_CLK_TCK")

    def memory(self) -> float:
        """The largest process's resident memory in MB."""
        return max(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.pids) * 4096 / 1e6


@contextmanager
def running(subject: str) -> Iterator[Running]:
    """Start a subject by name, in a folder of its own; everything is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"bench-{subject}-", dir=ROOT / "var"))
    try:
        if subject == "postgresql":
            with (
                postgres.server(durable=True) as address,
                _product(folder, _fresh_database(address)) as found,
            ):
                yield found
        elif subject == "sqlite":
            with _product(folder, f"sqlite:///{folder.as_posix()}/bot.db") as found:
                yield found
        else:
            with _process(_peer(subject, folder), folder) as found:
                yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fresh_database(address: str) -> str:
    import psycopg

    with psycopg.connect(address % "postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE benchmark TEMPLATE template0")
    return address % "benchmark"


@contextmanager
def _product(folder: Path, database_url: str) -> Iterator[Running]:
    server = Server(folder, database_url, command="web")
    server.configure()
    prepared = server.run("upgrade-db")
    assert prepared.returncode == 0, prepared.stderr
    server.start("--workers", str(PROCESSES))
    try:
        assert server.process is not None
        yield Running(server.port, _children(server.process.pid), database_url)
    finally:
        server.kill()


def _peer(subject: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    port = str(free_port())
    bin_ = (PEERS_VENV if subject.startswith("werobot") else Path(sys.prefix)) / "bin"
    workers = ["--workers", str(PROCESSES)]
    granian = [str(bin_ / "granian"), "--host", "127.0.0.1", "--port", port, *workers, "--log-level", "error"]
    commands = {
        "echo-wsgi": [*granian, "--interface", "wsgi", "benchmarks.peers.echo:app"],
        "echo-asgi": [*granian, "--interface", "asgi", "--factory", "benchmarks.peers.echo_asgi:create"],
        "werobot-granian": [*granian, "--interface", "wsgi", "benchmarks.peers.werobot_form:application"],
        "werobot-gunicorn": [
            str(bin_ / "gunicorn"), "--bind", f"127.0.0.1:{port}", *workers, "--log-level", "error",
            "benchmarks.peers.werobot_form:application",
        ],
    }  # fmt: skip
    return commands[subject], {"PORT": port, "WEROBOT_DB": str(folder / "werobot.db")}


@contextmanager
def _process(command: tuple[list[str], dict[str, str]], folder: Path) -> Iterator[Running]:
    words, extra = command
    log = (folder / "peer.log").open("ab")
    environment = {**os.environ, **extra, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
    )
    try:
        _wait(int(extra["PORT"]), process, folder / "peer.log")
        yield Running(int(extra["PORT"]), _children(process.pid))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            time.sleep(0.5)
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise TimeoutError(log.read_text())


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found] or [pid]
