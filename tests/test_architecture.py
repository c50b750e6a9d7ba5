"""What the style promises about the code itself: sizes, names, edges, clock, commits.

Which package may import which is checked by import-linter (pyproject.toml), wording and documents
in test_wording.py and test_documents.py.
"""

from __future__ import annotations

import ast
import re

import pytest

from tests.source import PACKAGES, ROOT, named, nodes, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
MOST_PARAMETERS = 6
# A migration is a list of statements, one after the other.
MIGRATIONS = "storage/migrations/versions/"
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "manager", "service", "misc", "data", "info"}
# Where a fault of any kind must not end the process: callback, dispatcher, job. Each logs it with ids.
EDGES = {"bot/web/callbacks.py", "bot/inbox.py", "bot/dispatcher.py", "bot/jobs.py", "bot/scheduler.py"}
COMMITTERS = {"storage/db.py"}
CLOCKS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "time": {"time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime", "strftime"},
    "func": {"now", "current_timestamp", "localtimestamp"},
}


def test_no_file_is_too_long() -> None:
    folders = (*PACKAGES, "templates/web", "tests", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.*")]
    lines = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in [*files, ROOT / "run.py"]
        if path.suffix in {".py", ".js", ".css", ".html"} and ".venv" not in path.parts
    }
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_no_function_is_too_long() -> None:
    functions = nodes(ast.FunctionDef, ast.AsyncFunctionDef, roots=(*PACKAGES, "run.py"))
    lengths = {f"{place} {node.name}": (node.end_lineno or 0) - node.lineno + 1 for place, node in functions}
    too_long = {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION}
    assert {name: length for name, length in too_long.items() if not name.startswith(MIGRATIONS)} == {}


def test_no_function_wants_too_many_parameters() -> None:
    counts = {}
    for place, node in nodes(ast.FunctionDef, ast.AsyncFunctionDef, roots=(*PACKAGES, "run.py")):
        every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        counts[f"{place} {node.name}"] = len({arg.arg for arg in every} - {"self", "cls", "session"})
    assert {name: count for name, count in counts.items() if count > MOST_PARAMETERS} == {}


def test_no_name_says_nothing() -> None:
    words = {path: re.split(r"[/_]", path.removesuffix(".py")) for path in sources(*PACKAGES)}
    for place, node in nodes(ast.ClassDef):
        words[f"{place} {node.name}"] = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", node.name)
    assert [name for name, parts in words.items() if EMPTY_NAMES & {part.lower() for part in parts}] == []


def test_folders_are_flat() -> None:
    """A module lies at most two folders below its package; migrations keep Alembic's own order."""
    paths = [path for path in sources(*PACKAGES) if not path.startswith("storage/migrations/")]
    assert [path for path in paths if path.count("/") > 3] == []


def test_every_fault_is_caught_only_at_the_edges() -> None:
    caught = {
        place
        for place, node in nodes(ast.ExceptHandler)
        if node.type is None or {"Exception", "BaseException"} & set(named(node.type))
    }
    assert [place for place in caught if place.rsplit(":", 1)[0] not in EDGES] == []


def test_only_bot_reads_the_clock() -> None:
    read = [
        f"{place} {node.value.id}.{node.attr}"
        for place, node in nodes(ast.Attribute, roots=("handlers", "storage"))
        if isinstance(node.value, ast.Name) and node.attr in CLOCKS.get(node.value.id, ())
    ]
    assert read == []


def test_no_clock_is_imported_by_name() -> None:
    """`from time import time` would hide from the test above."""
    modules = {"time", "sqlalchemy.sql.functions"}
    imports = nodes(ast.ImportFrom, roots=("handlers", "storage"))
    assert [place for place, node in imports if node.module in modules] == []


@pytest.mark.parametrize("word", ["CURRENT_TIMESTAMP", "CURRENT_DATE", "now()"])
def test_no_database_reads_the_clock(word: str) -> None:
    texts = nodes(ast.Constant, roots=("handlers", "storage"))
    assert [place for place, node in texts if isinstance(node.value, str) and word in node.value] == []


def test_only_the_outer_ring_commits() -> None:
    ended = [
        place
        for place, node in nodes(ast.Call, roots=("handlers", "storage"))
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"commit", "rollback"}
    ]
    assert [place for place in ended if place.rsplit(":", 1)[0] not in COMMITTERS] == []


def test_no_test_runs_the_command_line_in_its_own_process() -> None:
    """It sets logging up for good, and a later test would capture nothing."""
    imported = {
        name.name
        for _, node in nodes(ast.Import, ast.ImportFrom, roots=("tests",))
        for name in [*node.names, ast.alias(getattr(node, "module", None) or "")]
    }
    assert imported & {"click.testing", "CliRunner", "set_up_logging"} == set()


def test_nothing_is_left_for_later() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    paths = [
        ROOT / path for path in sources(*PACKAGES, "run.py", "tests") if path != "tests/test_architecture.py"
    ]
    found = [path for path in paths if unfinished.search(path.read_text(encoding="utf-8"))]
    assert found == []
