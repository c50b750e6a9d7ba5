"""Log lines, from processes of their own since a process sets its logging up once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.serving import ROOT

PROGRAM = """
import sys, structlog
from bot.config import LogConfig
from bot.logging import set_up_logging
set_up_logging(LogConfig(format=sys.argv[1], level=sys.argv[2]))
log = structlog.get_logger("test")
log.debug("job_done", job=1)
log.info("pack_loaded", pack="江苏")
log.warning("delivery_refused", outbox=7)
def sign(secret):
    password = secret + "-and-more"
    raise ValueError("refused")
try:
    sign("a-" + "secret-for-tests")
except ValueError:
    log.exception("message_failed", key="k1")
"""
EVENTS = [
    ("debug", "job_done", {"job": 1}),
    ("info", "pack_loaded", {"pack": "江苏"}),
    ("warning", "delivery_refused", {"outbox": 7}),
    ("error", "message_failed", {"key": "k1"}),
]


def written(form: str, level: str) -> str:
    """What goes to standard error; nothing ever goes to standard output."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, form, level], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


@pytest.mark.parametrize(("level", "first"), [("debug", 0), ("info", 1), ("warning", 2), ("error", 3)])
def test_json_has_one_object_in_each_line(level: str, first: int) -> None:
    lines = [json.loads(line) for line in written("json", level).splitlines()]
    for line in lines:
        assert line.pop("timestamp").endswith("Z")
    traceback = lines[-1].pop("exception")
    said = [(line.pop("level"), line.pop("event"), line) for line in lines]
    assert said == EVENTS[first:]
    assert (traceback[0]["exc_type"], traceback[0]["exc_value"]) == ("ValueError", "refused")


def test_text_has_one_line_for_each_event() -> None:
    lines = [line.split() for line in written("text", "info").splitlines()]
    assert [words[1:] for words in lines[:2]] == [
        ["[info", "]", "pack_loaded", "pack=江苏"],
        ["[warning", "]", "delivery_refused", "outbox=7"],
    ]
    assert lines[-1] == ["ValueError:", "refused"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_traceback_holds_no_value(form: str) -> None:
    """What functions held when they failed may be a secret, or what somebody typed."""
    said = written(form, "debug")
    assert ("secret-for-tests-and-more" in said, "in sign" in said or '"name": "sign"' in said) == (
        False,
        True,
    )


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_of_a_file_has_colours(form: str, tmp_path: Path) -> None:
    assert "\x1b" not in written(form, "debug")
