"""run.py on its own: what it installs and when, what it says, and what the lock files hold."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).parents[1]
SHOW = """
import os, sys
print(sys.argv[1:], os.environ["PYTHONUTF8"], os.path.basename(sys.prefix), os.getcwd())
"""


def make_checkout(parent: Path) -> Path:
    """A folder with run.py, locks that ask for nothing and a product that says what it was given."""
    folder = parent / "a check out"
    (folder / "bot").mkdir(parents=True)
    shutil.copy(ROOT / "run.py", folder)
    for name in (run.RUNTIME, run.DEVELOPMENT):
        (folder / name).write_text("# nothing\n", encoding="utf-8")
    (folder / "bot" / "__init__.py").touch()
    (folder / "bot" / "__main__.py").write_text(SHOW, encoding="utf-8")
    return folder


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout after its first start, which no test changes."""
    folder = make_checkout(tmp_path_factory.mktemp("installed"))
    first = start(folder, "--", "check")
    assert (first.returncode, first.stdout) == (0, shown(folder, "check"))
    assert "installing packages" in first.stderr
    return folder


def shown(checkout: Path, *arguments: str) -> str:
    """What the product of a checkout prints when started with these words."""
    return f"{list(arguments)} 1 .venv {checkout.parent}\n"


def start(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Start run.py from another folder, as a person would whose shell knows nothing of these tests."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, str(checkout / "run.py"), *arguments],
        cwd=checkout.parent, env=env, capture_output=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        (["--", "check", "--config", "x y.toml"], ["check", "--config", "x y.toml"]),
        (["demo"], ["demo", "--data", "FOLDER/var/demo"]),
        (
            ["demo", "--port", "9000", "--fresh"],
            ["demo", "--data", "FOLDER/var/demo", "--port", "9000", "--fresh"],
        ),
        (["demo", "--data", "here"], ["demo", "--data", "here"]),
        (["demo", "--data=here"], ["demo", "--data=here"]),
    ],
)
def test_later_starts_only_hand_on_the_words(installed: Path, arguments: list[str], given: list[str]) -> None:
    words = [word.replace("FOLDER", str(installed)) for word in given]
    later = start(installed, *arguments)
    assert (later.returncode, later.stdout, later.stderr) == (0, shown(installed, *words), "")


def test_changed_lock_is_installed_again(checkout: Path) -> None:
    start(checkout, "--", "check")
    (checkout / run.RUNTIME).write_text("# still nothing\n", encoding="utf-8")
    assert "installing packages" in start(checkout, "--", "check").stderr
    assert start(checkout, "--", "check").stderr == ""


def test_environment_of_another_python_is_made_anew(checkout: Path) -> None:
    start(checkout, "--", "check")
    marker = checkout / ".venv" / "left-over"
    marker.touch()
    (checkout / ".venv" / "installed.txt").unlink()
    inside = run.PYTHON.relative_to(ROOT)
    (checkout / inside).unlink()
    (checkout / inside).symlink_to("/bin/false")
    assert start(checkout, "--", "check").returncode == 0
    assert not marker.exists()


def test_what_cannot_be_installed_ends_with_a_sentence(checkout: Path) -> None:
    (checkout / run.RUNTIME).write_text("./not-there.whl --hash=sha256:00\n", encoding="utf-8")
    refused = start(checkout, "demo")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "安装依赖没有成功" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (checkout / ".venv" / "installed.txt").exists()


@pytest.mark.parametrize("arguments", [[], ["--"], ["start"], ["lock", "now"]])
def test_wrong_use_shows_how(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(arguments) == 2
    assert capsys.readouterr() == ("", f"{run.__doc__}\n")


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["--help"]) == 0
    assert capsys.readouterr() == (f"{run.__doc__}\n", "")


def test_old_python_is_refused_in_words_that_it_can_read() -> None:
    with pytest.raises(run.RefusalError, match=r"需要 Python 3\.11 或更新的版本，现在是 3\.10。"):
        run.require_python((3, 10))
    run.require_python((3, 11))
    ast.parse((ROOT / "run.py").read_text(encoding="utf-8"), feature_version=(3, 7))


def test_run_needs_nothing_but_python() -> None:
    module = ast.parse((ROOT / "run.py").read_text(encoding="utf-8"))
    imports = {
        name.name.split(".")[0]
        for node in ast.walk(module)
        if isinstance(node, ast.Import)
        for name in node.names
    }
    imports |= {str(node.module) for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
    assert imports <= sys.stdlib_module_names


def pinned(name: str) -> dict[str, str]:
    """The requirements of a lock file: name and what follows it, hashes included."""
    text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    return dict(re.findall(r"^([a-z0-9-]+)(==.*)$", text, re.MULTILINE))


@pytest.mark.parametrize("name", [run.RUNTIME, run.DEVELOPMENT])
def test_lock_holds_hashes_and_no_address(name: str) -> None:
    lines = [
        line for line in (ROOT / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")
    ]
    odd = [
        line
        for line in lines
        if not re.fullmatch(r"[a-z0-9-]+==[^/]+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]
    assert odd == []
    assert [package for package, rest in pinned(name).items() if "--hash=" not in rest] == []


def test_locks_agree_with_each_other_and_with_the_project() -> None:
    runtime, development = pinned(run.RUNTIME), pinned(run.DEVELOPMENT)
    assert runtime.items() <= development.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = {
        "runtime": project["project"]["dependencies"],
        "development": project["dependency-groups"]["dev"],
    }
    names = {group: {re.split(r"[\[<>=; ]", line)[0] for line in lines} for group, lines in wanted.items()}
    assert names["runtime"] <= runtime.keys()
    assert names["development"] <= development.keys() - runtime.keys()


@pytest.fixture
def no_checks(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Nothing is installed or run; what the checks would have been told is kept."""
    told: list[dict[str, str]] = []
    monkeypatch.setattr(run, "install", lambda name: None)
    monkeypatch.setattr(run, "CHECKS", ())
    monkeypatch.setattr(run, "check", lambda name, words, switches: told.append(switches) or True)
    monkeypatch.setattr(run, "has_chinese_font", lambda: True)
    monkeypatch.setattr(run, "find_browser", lambda: None)
    monkeypatch.setattr(run, "get_browser", lambda: None)
    return told


def test_missing_browser_is_named_and_fails(
    no_checks: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["test"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "ok      tests",
        "NOT RUN browser tests: there is no browser; install one with: apt-get install chromium, "
        "or: .venv/bin/python -m playwright install --with-deps chromium",
    ]
    assert no_checks == [{"BOT_TEST_POSTGRES": "1", "BOT_TEST_BROWSER": "0"}]


def test_browser_that_is_there_is_used(
    no_checks: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "find_browser", lambda: "/somewhere/chromium")
    assert run.main(["test"]) == 0
    assert "NOT RUN" not in capsys.readouterr().out
    assert no_checks == [
        {"BOT_TEST_POSTGRES": "1", "BOT_TEST_BROWSER": "1", "CHROMIUM": "/somewhere/chromium"}
    ]


def test_fast_leaves_out_what_was_asked_to_be_left_out(
    no_checks: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(["test", "--fast", "-k", "config"]) == 0
    assert "NOT RUN" not in capsys.readouterr().out
    assert no_checks == [{"BOT_TEST_POSTGRES": "0", "BOT_TEST_BROWSER": "0"}]
