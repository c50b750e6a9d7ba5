"""How fast 5,000 customer-service messages leave, beside wechatpy's client and a floor, in one run.

.venv/bin/python -m benchmarks.broadcast [--rounds 5] [--callbacks] [--output FILE.json]

The platform is a process of its own that answers each message after 50 ms; each sender is one too. The product
claims, sends and settles every message in an outbox on SQLite whose every commit is flushed to the disk;
the others keep nothing. --callbacks also measures callbacks that arrive while a worker delivers.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import script
from benchmarks.load import open_loop
from tests.serving import ROOT, Server, free_port

MESSAGES = 5000
ANSWERS_AFTER_MS = 50
# Threads of each: those of the reference that the goal was set by, and as many as were fastest here.
SENDERS = {"product": 0, "wechatpy-threads": 40, "wechatpy-tuned": 200, "aiohttp": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--callbacks", action="store_true")
    parser.add_argument("--seconds", type=float, default=8.0, help="of one measurement of callbacks")
    parser.add_argument("--output", type=Path, help="write all figures there as JSON")
    options = parser.parse_args()
    (ROOT / "var").mkdir(exist_ok=True)
    figures: dict[str, Any] = {"delivery": deliveries(options.rounds)}
    show(figures["delivery"])
    if options.callbacks:
        figures["callbacks"] = [callbacks(options.seconds) for _ in range(options.rounds)]
        show_callbacks(figures["callbacks"])
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1), encoding="utf-8")


@contextmanager
def platform(milliseconds: int = ANSWERS_AFTER_MS) -> Iterator[int]:
    """The port of a platform in a process of its own."""
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.peers.message_api", str(port), str(milliseconds)]
    process = subprocess.Popen(words, cwd=ROOT)
    try:
        for _ in range(100):
            with suppress(OSError):
                counted(port)
                break
            time.sleep(0.05)
        yield port
    finally:
        process.kill()
        process.wait()


def counted(port: int) -> dict[str, int]:
    """What came since the last count: messages, and different people."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count", timeout=5) as answer:
        told: dict[str, int] = json.load(answer)
    return told


@contextmanager
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="bench-broadcast-", dir=ROOT / "var"))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def deliveries(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Wall and CPU seconds of each sender in each round; a message lost or doubled ends the run."""
    rows: dict[str, dict[str, list[float]]] = {name: {"wall": [], "cpu": []} for name in SENDERS}
    with platform() as port:
        for number in range(rounds):
            for name in list(SENDERS) if number % 2 == 0 else list(reversed(SENDERS)):
                print(f"round {number + 1}/{rounds} {name}", file=sys.stderr, flush=True)
                with folder() as place:
                    words = [
                        sys.executable,
                        "-m",
                        "benchmarks.senders",
                        name,
                        str(port),
                        str(MESSAGES),
                        str(place),
                    ]
                    words += [str(SENDERS[name])] if SENDERS[name] else []
                    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
                told = counted(port)
                assert told == {"messages": MESSAGES, "people": MESSAGES}, (name, told)
                for figure, value in json.loads(done.stdout).items():
                    rows[name][figure].append(round(value, 3))
    return rows


def show(rows: dict[str, dict[str, list[float]]]) -> None:
    for name, row in rows.items():
        wall, cpu = row["wall"], row["cpu"]
        ratios = [theirs / own for own, theirs in zip(rows["product"]["wall"], wall, strict=True)]
        print(
            f"{name:21} wall {statistics.median(wall):.2f} s ({min(wall):.2f}-{max(wall):.2f})"
            f"  cpu {statistics.median(cpu):.2f} s ({min(cpu):.2f}-{max(cpu):.2f})"
            f"  takes {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) times as long as the product"
        )


def callbacks(seconds: float) -> dict[str, float]:
    """p99 in milliseconds of callbacks at a steady rate, idle and while a worker beside them delivers."""
    with folder() as place, platform() as port:
        server = Server(
            place,
            f"sqlite:///{place.as_posix()}/bot.db",
            api_base_url=f"http://127.0.0.1:{port}",
            command="web",
        )
        server.configure()
        assert server.run("upgrade-db").returncode == 0
        worker = Server(place, server.database_url, port=server.port, command="worker")
        server.start()
        worker.launch()
        try:
            figures = {"idle": measure(server.port, seconds)}
            fill(server.database_url, int(seconds * 4000))
            until = time.monotonic() + 20
            while counted(port)["messages"] == 0 and time.monotonic() < until:
                time.sleep(0.05)
            figures["broadcast"] = measure(server.port, seconds)
            figures["sent_meanwhile"] = counted(port)["messages"]
        finally:
            server.kill()
            worker.kill()
    return figures


RATE = 100.0


def measure(port: int, seconds: float) -> float:
    people = script.people(int(RATE * seconds / len(script.ANSWERS)) + 40, mode="aes", port=port)
    result = open_loop(port, people, rate=RATE, seconds=seconds)
    assert script.wrong_answers(people, mode="aes", form=True) == result.errors == 0
    return round(1000 * result.percentile(0.99), 2)


def fill(database_url: str, count: int) -> None:
    """A broadcast to so many addresses that is due at once."""
    from storage.db import Database
    from storage.outbox import OutboxRow

    database = Database(database_url)
    then = datetime.now(UTC) - timedelta(minutes=1)
    with database.writing() as session:
        session.add_all(
            OutboxRow(channel="official_account", address=f"b{number}", kind="duty", dedupe_key=f"b{number}",
                      text="【需办】请于6月11日前提交。", due_at=then, created_at=then)
            for number in range(count)
        )  # fmt: skip
    database.close()


def show_callbacks(rounds: list[dict[str, float]]) -> None:
    idle, busy = ([one[name] for one in rounds] for name in ("idle", "broadcast"))
    ratios = [one["broadcast"] / one["idle"] for one in rounds]
    print(
        f"callbacks at {RATE:.0f} a second, p99: idle {statistics.median(idle):.1f} ms, during a broadcast "
        f"{statistics.median(busy):.1f} ms, {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f}) times"
    )


if __name__ == "__main__":
    main()
