"""Set-up and start with nothing but Python: makes .venv from the hash-locked requirements, then runs a command.

    python3 run.py demo        the whole product on this machine, with a chat simulator in the browser
    python3 run.py test        every check; --fast leaves out PostgreSQL and the browser
    python3 run.py -- CMD…     a product command, for instance: python3 run.py -- serve --config config.toml
    python3 run.py lock        resolve the requirements anew, for developers
"""

# An old Python must get as far as the sentence that says what it lacks: no newer syntax in this file.
from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"
OLDEST = (3, 11)

CHECKS = (
    ("format", ["-m", "ruff", "format", "--check", "."]),
    ("lint", ["-m", "ruff", "check", "."]),
    ("types", ["-m", "mypy"]),
    ("import rules", ["-c", "from importlinter.cli import lint_imports_command as run; run()"]),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "msedge", "microsoft-edge")
CHINESE_FONT = "fonts-noto-cjk"


class Refusal(Exception):
    """Something that a person must do first; the text says what."""


def main(arguments):
    # type: (list[str]) -> int
    if sys.version_info < OLDEST:
        raise Refusal("需要 Python 3.11 或更新版本。Python 3.11 or newer is needed; this is %s." % sys.version.split()[0])
    return 0
