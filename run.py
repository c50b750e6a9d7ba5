"""Set-up and start with nothing but Python: makes .venv from the hash-locked requirements, then runs.

python3 run.py demo        看演示：本机全套，浏览器里的聊天模拟器 / the whole product on this machine
python3 run.py test        全部检查；--fast 略去 PostgreSQL 和浏览器 / every check; more arguments go to pytest
python3 run.py -- CMD...   任一产品命令 / any product command, e.g. run.py -- serve --config config.toml
python3 run.py lock        重新锁定依赖 / resolve the requirements anew (for developers)
"""

# An old Python must get as far as the sentence that says what it lacks: no newer syntax in this file.
from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Mapping, Sequence

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "installed.txt"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
BASE_PYTHON = getattr(sys, "_base_executable", None) or sys.executable
RUNTIME, DEVELOPMENT = "requirements.lock", "requirements-dev.lock"

CHECKS = (
    ("format", ("-m", "ruff", "format", "--check", ".")),
    ("lint", ("-m", "ruff", "check", ".")),
    ("types", ("-m", "mypy")),
    ("import rules", ("-c", "from importlinter.cli import lint_imports_command as run; run()")),
)
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "msedge",
    "microsoft-edge",
)
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)
OWN_BROWSER = (
    "import os, sys; from playwright.sync_api import sync_playwright as start\n"
    "with start() as p: sys.exit(not os.path.exists(p.chromium.executable_path))"
)
CHINESE_FONTS = "fonts-noto-cjk"


class RefusalError(Exception):
    """Something that a person must do first; the text says what."""


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 done, 1 refused or failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        # A console that lacks a character shows a question mark instead of ending the program.
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    command, rest = (arguments[0], list(arguments[1:])) if arguments else ("", [])
    try:
        require_python(sys.version_info[:2])
        if command == "demo":
            return demo(rest)
        if command == "test":
            return test(rest)
        if command == "--" and rest:
            return product(rest)
        if command == "lock" and not rest:
            return lock()
    except RefusalError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    print(__doc__, file=sys.stdout if command in ("-h", "--help", "help") else sys.stderr)
    return 0 if command in ("-h", "--help", "help") else 2


def require_python(version: tuple[int, ...]) -> None:
    """RefusalError for a Python that the product cannot run on."""
    if version < (3, 11):
        found = ".".join(map(str, version))
        raise RefusalError(
            f"需要 Python 3.11 或更新的版本，现在是 {found}。请安装后再试。\n"
            f"Python 3.11 or newer is needed, this is {found}; install one and run it with that."
        )


def demo(arguments: list[str]) -> int:
    """The demonstration; its folder is the project's var/demo unless --data names another."""
    if not any(word == "--data" or word.startswith("--data=") for word in arguments):
        arguments = ["--data", str(ROOT / "var" / "demo"), *arguments]
    return product(["demo", *arguments])


def product(arguments: list[str]) -> int:
    """A product command, in the caller's folder, in place of this process where the system can."""
    install(RUNTIME)
    command = [str(PYTHON), "-m", "bot", *arguments]
    if os.name != "nt":
        sys.stdout.flush()
        os.execve(command[0], command, environment())  # noqa: S606
    try:
        return subprocess.call(command, env=environment())
    except KeyboardInterrupt:
        return 130


def lock() -> int:
    """Write both lock files from pyproject.toml: with hashes, for every system, without an index's address."""
    install(DEVELOPMENT)
    words = "uv pip compile pyproject.toml --universal --generate-hashes --python-version 3.11 --upgrade"
    quiet = "--no-annotate --no-emit-index-url --quiet --custom-compile-command"
    command = [str(PYTHON), "-m", *words.split(), *quiet.split(), "python3 run.py lock"]
    for rest in (["-o", RUNTIME], ["-o", DEVELOPMENT, "--group", "dev", "-c", RUNTIME]):
        subprocess.run([*command, *rest], cwd=ROOT, check=True)
    return 0


def environment(**more: str) -> dict[str, str]:
    """What children get: UTF-8 whatever the console speaks, and our packages from any folder."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return {**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths)), **more}


def install(name: str) -> None:
    """Make .venv hold what the lock file `name` says; does nothing if it does already."""
    wanted = stamp_of(name)
    if PYTHON.exists() and STAMP.exists() and wanted in STAMP.read_text(encoding="utf-8").split():
        return
    print("正在安装依赖，约需一分钟 / installing packages, about a minute ...", file=sys.stderr, flush=True)
    make_venv()
    done = subprocess.run(
        [*pip(), "install", "-qq", "--disable-pip-version-check", "--require-hashes", "-r", str(ROOT / name)],
        env=environment(PIP_USER="0"),
    )
    if done.returncode:
        raise RefusalError(
            "安装依赖没有成功，原因见上面的输出。请检查网络；在国内可先设置环境变量 PIP_INDEX_URL 指向镜像，然后再运行一次。\n"
            "The packages could not be installed, see above. Check the network (PIP_INDEX_URL may name a mirror) "
            "and run this again."
        )
    # The development lock holds the runtime lock whole, so it serves for both.
    names = {name, RUNTIME}
    STAMP.write_text("\n".join(sorted(map(stamp_of, names))), encoding="utf-8")


def stamp_of(name: str) -> str:
    """A word that changes with the lock file and with the Python that it was installed for."""
    content = (ROOT / name).read_bytes() + sys.version.encode() + str(ROOT).encode()
    return f"{name}:{hashlib.sha256(content).hexdigest()}"


def make_venv() -> None:
    """Make .venv, anew if it is of another Python or was moved here from elsewhere."""
    ask = "import sys; print(sys.version, sys.prefix)"
    if PYTHON.exists():
        known = subprocess.run([str(PYTHON), "-c", ask], capture_output=True, text=True)
        if known.stdout.strip() == f"{sys.version} {VENV}":
            return
    if VENV.resolve() in Path(sys.executable).parents:
        raise RefusalError("run this with the Python outside .venv, which has to be made anew")
    subprocess.run([BASE_PYTHON, "-m", "venv", "--without-pip", "--clear", str(VENV)], check=True)


def pip() -> list[str]:
    """A command that installs into .venv: its own pip, else this Python's, else Debian's package."""
    inside = [str(PYTHON), "-m", "pip"]
    if works(inside):
        return inside
    if not importlib.util.find_spec("ensurepip"):
        beside = [BASE_PYTHON, "-m", "pip", "--python", str(PYTHON)]
        if works(beside):
            return beside
        if not apt("python3-venv"):
            raise RefusalError(
                "缺少 pip，请先安装。Python has no pip here; install it first: apt-get install python3-venv"
            )
    subprocess.run([str(PYTHON), "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
    return inside


def works(command: Sequence[str]) -> bool:
    return not subprocess.run([*command, "--version"], capture_output=True).returncode


def apt(*packages: str) -> bool:
    """Install packages where this is Debian and we are root; returns whether they are there now."""
    release = Path("/etc/os-release")
    debian = release.exists() and "ID=debian" in release.read_text(encoding="utf-8").splitlines()
    if not debian or os.geteuid() != 0:
        return False
    print(f"apt-get install {' '.join(packages)} ...", file=sys.stderr, flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("update", "install -y --no-install-recommends"):
        words = ["apt-get", "-qq", *command.split(), *(packages if "install" in command else ())]
        if subprocess.run(words, env=quiet, stdout=subprocess.DEVNULL).returncode:
            return False
    return True


def test(arguments: list[str]) -> int:
    """Run every check, though one fails; at the end the list of what failed and what could not run."""
    install(DEVELOPMENT)
    fast = "--fast" in arguments
    arguments = [word for word in arguments if word != "--fast"]
    parts, not_run = ({}, []) if fast else test_parts()
    switches = {"BOT_TEST_POSTGRES": "0", "BOT_TEST_BROWSER": "0", **parts}
    parallel = ["-n", "2", "--dist", "worksteal"] if not arguments else []
    pytest = ("tests", ("-m", "pytest", *parallel, *arguments))
    results = [(name, check(name, words, switches)) for name, words in (*CHECKS, pytest)]
    print()
    for name, passed in results:
        print(f"{'ok     ' if passed else 'FAILED '} {name}")
    for line in not_run:
        print(f"NOT RUN {line}")
    return 0 if all(passed for _, passed in results) and not not_run else 1


def check(name: str, words: Sequence[str], switches: Mapping[str, str]) -> bool:
    print(f"\n== {name}", flush=True)
    return not subprocess.run([str(PYTHON), *words], cwd=ROOT, env=environment(**switches)).returncode


def test_parts() -> tuple[dict[str, str], list[str]]:
    """Which parts can run here, as environment variables, and a line for each that cannot."""
    parts, not_run = {}, []
    asked = subprocess.run(
        [str(PYTHON), "-m", "tests.postgres"], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, text=True
    )
    if asked.returncode:
        not_run.append(f"PostgreSQL tests: {asked.stdout.strip() or 'tests/postgres.py failed, see above'}")
    else:
        parts["BOT_TEST_POSTGRES"] = "1"
    browser = find_browser() or get_browser()
    if browser is None:
        not_run.append(
            "browser tests: there is no browser; install one with: apt-get install chromium, "
            "or: .venv/bin/python -m playwright install --with-deps chromium"
        )
    else:
        parts.update(BOT_TEST_BROWSER="1", CHROMIUM=browser)
        if not has_chinese_font() and not apt(CHINESE_FONTS):
            print(f"note: screenshots will lack Chinese characters; install {CHINESE_FONTS}", file=sys.stderr)
    return parts, not_run


def find_browser() -> str | None:
    """The path of an installed browser of the Chromium family; CHROMIUM names one for certain."""
    named = os.environ.get("CHROMIUM")
    found = (path for path in map(shutil.which, BROWSERS) if path)
    placed = (path for path in BROWSER_PLACES if Path(path).exists())
    return named or next(found, None) or next(placed, None)


def get_browser() -> str | None:
    """Install a browser: Debian's as root, else playwright's own, for which the answer is ""."""
    if apt("chromium", CHINESE_FONTS):
        return find_browser()
    playwright = [str(PYTHON), "-m", "playwright", "install", "chromium"]
    if subprocess.run([str(PYTHON), "-c", OWN_BROWSER]).returncode and subprocess.run(playwright).returncode:
        return None
    return ""


def has_chinese_font() -> bool:
    """Whether pictures of pages show Chinese; only Linux may lack it."""
    if not sys.platform.startswith("linux"):
        return True
    if shutil.which("fc-list"):
        return bool(subprocess.run(["fc-list", ":lang=zh-cn"], capture_output=True).stdout.strip())
    return any(Path("/usr/share/fonts").glob("**/*CJK*"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
