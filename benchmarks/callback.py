"""How fast callbacks are answered, beside a floor and a peer, all in one run on one machine.

.venv/bin/python -m benchmarks.callback [--rounds 5] [--seconds 5] [--output FILE.json]

Saturation: rounds in which every subject is driven as hard as it goes, the order reversed in every
other round. Half load: messages arrive at half of what the subject carried. Double load: at twice
that. docs/performance.md says what the figures mean and which were reached.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import kept, script
from benchmarks.load import Result, closed_loop, open_loop
from benchmarks.subjects import PEERS_VENV, ROOT, Running, running

PRODUCTS = ("sqlite", "postgresql")
FLOORS = ("echo-wsgi", "echo-asgi")
PEERS = ("werobot-gunicorn", "werobot-granian")
MODES = ("plain", "aes")
CONNECTIONS = 32
# Seconds' worth of people for the double load.
OUTSTANDING = 1.5
# The most that any subject was seen to answer in a second; so many are prepared, no more are used.
PREPARED_A_SECOND = {"sqlite": 3000, "postgresql": 2500, "echo": 5000, "werobot": 1500}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one measurement")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=MODES)
    parser.add_argument("--subjects", nargs="+", default=[*PRODUCTS, *FLOORS, *PEERS])
    parser.add_argument("--output", type=Path, help="write all figures there as JSON")
    options = parser.parse_args()
    install_peers()
    (ROOT / "var").mkdir(exist_ok=True)
    figures = {
        mode: measure(options.subjects, mode, options.rounds, options.seconds) for mode in options.modes
    }
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    for mode, rows in figures.items():
        show(mode, rows)


def install_peers() -> None:
    """The peers live in an environment of their own: they are no part of the product's lock."""
    if PEERS_VENV.exists():
        return
    venv.create(PEERS_VENV, with_pip=True)
    words = [
        str(PEERS_VENV / "bin/python"),
        "-m",
        "pip",
        "install",
        "-q",
        "-r",
        "benchmarks/requirements.txt",
    ]
    subprocess.run(words, cwd=ROOT, check=True)


def measure(subjects: Sequence[str], mode: str, rounds: int, seconds: float) -> dict[str, dict[str, Any]]:
    """All figures of one mode: subject → figure → value (rates a second, times in milliseconds, MB)."""
    rows: dict[str, dict[str, Any]] = {
        name: {"rates": [], "p99": [], "half": [], "wrong": 0, "errors": 0, "memory": 0.0}
        for name in subjects
    }
    with ExitStack() as stack:
        alive = {name: stack.enter_context(running(name)) for name in subjects}
        for number in range(rounds):
            for name in subjects if number % 2 == 0 else tuple(reversed(subjects)):
                print(f"{mode} round {number + 1}/{rounds} {name}", file=sys.stderr, flush=True)
                saturate(name, alive[name], rows[name], mode, seconds)
        for number in range(rounds):
            for name in subjects if number % 2 == 0 else tuple(reversed(subjects)):
                print(f"{mode} half load {number + 1}/{rounds} {name}", file=sys.stderr, flush=True)
                half_load(name, alive[name], rows[name], mode, seconds)
        for name in subjects:
            rows[name]["memory"] = round(alive[name].memory(), 1)
            if name in PRODUCTS:
                print(f"{mode} double load {name}", file=sys.stderr, flush=True)
                double_load(alive[name], rows[name], mode, 2 * seconds)
    return rows


def prepare(name: str, rate: float, seconds: float, mode: str, port: int) -> list[script.Person]:
    """Enough people for so many messages a second, each with a whole form to say."""
    messages = max(rate * seconds, 50 * len(script.ANSWERS))
    return script.people(int(messages / len(script.ANSWERS)) + CONNECTIONS, mode=mode, port=port)


def saturate(name: str, subject: Running, row: dict[str, Any], mode: str, seconds: float) -> None:
    most = PREPARED_A_SECOND[name.split("-")[0]]
    people = prepare(name, most, seconds, mode, subject.port)
    result = closed_loop(subject.port, people, connections=CONNECTIONS, seconds=seconds)
    row["rates"].append(round(result.rate, 1))
    row["p99"].append(round(1000 * result.percentile(0.99), 2))
    check(name, subject, row, result, people, mode)


def half_load(name: str, subject: Running, row: dict[str, Any], mode: str, seconds: float) -> None:
    rate = statistics.median(row["rates"]) / 2
    people = prepare(name, rate, seconds, mode, subject.port)
    result = open_loop(subject.port, people, rate=rate, seconds=seconds)
    row["half"].append([round(1000 * result.percentile(share), 2) for share in (0.5, 0.99)])
    check(name, subject, row, result, people, mode)


def double_load(subject: Running, row: dict[str, Any], mode: str, seconds: float) -> None:
    """Twice what it carries: what is answered, refused and repeated, and the longest wait of all."""
    rate = 2 * statistics.median(row["rates"])
    # More than can wait at once: who still waits for a reply says nothing new, which would spare the server.
    people = script.people(int(rate * OUTSTANDING), mode=mode, port=subject.port)
    result = open_loop(subject.port, people, rate=rate, seconds=seconds)
    row["double"] = {
        "memory": round(subject.memory(), 1),
        "offered": round(rate * seconds),
        "answered": len(result.latencies),
        "refused": result.refused,
        "repeated": result.repeated,
        "unanswered": result.unanswered,
        "unsent": result.unsent,
        "longest": round(1000 * result.percentile(1.0), 1),
    }
    check("sqlite", subject, row, result, people, mode)


def check(
    name: str, subject: Running, row: dict[str, Any], result: Result, people: list[script.Person], mode: str
) -> None:
    """Wrong replies, failures, and replies that were given out without being kept; none may be."""
    row["errors"] += result.errors
    row["wrong"] += script.wrong_answers(people, mode=mode, form=name not in FLOORS)
    if subject.database_url is not None:
        row["not_kept"] = row.get("not_kept", 0) + kept.missing(subject.database_url, people)


def ratios(
    rows: dict[str, dict[str, Any]], name: str, others: Sequence[str]
) -> Iterator[tuple[str, list[float]]]:
    """`name`'s rate over each other's, round by round."""
    for other in others:
        if other in rows:
            pairs = zip(rows[name]["rates"], rows[other]["rates"], strict=True)
            yield other, [own / theirs for own, theirs in pairs]


def show(mode: str, rows: dict[str, dict[str, Any]]) -> None:
    print(f"\n{mode}")
    for name, row in rows.items():
        half = [statistics.median(pair[place] for pair in row["half"]) for place in (0, 1)]
        rates = row["rates"]
        print(
            f"  {name:17} {statistics.median(rates):7.0f}/s ({min(rates):.0f}-{max(rates):.0f})"
            f"  p99 {statistics.median(row['p99']):6.1f} ms  half load p50 {half[0]:.2f} p99 {half[1]:.2f} ms"
            f"  {row['memory']:.0f} MB  wrong {row['wrong']} errors {row['errors']}"
            + (f" not kept {row['not_kept']}" if "not_kept" in row else "")
        )
        if "double" in row:
            print(f"  {'':17} double load: {row['double']}")
    for name in PRODUCTS:
        if name in rows:
            for other, values in ratios(rows, name, [*FLOORS, *PEERS]):
                print(
                    f"  {name} / {other}: {statistics.median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
                )


if __name__ == "__main__":
    main()
