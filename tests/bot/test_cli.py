"""The commands from outside: what each says, where, and with which exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.conftest import write_config
from tests.serving import ROOT, free_port

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEWEST = "Error: [storage] database_url: the database is not at the newest schema; run: upgrade-db\n"
NO_PACK = "Error: [campaign] pack: jiangsu-2024 has not been loaded; run: load-pack jiangsu-2024\n"
# Every command that works on a database, in a way that it would otherwise end by itself.
COMMANDS = {
    "serve": ["serve"],
    "web": ["web"],
    "worker": ["worker"],
    "upgrade-db": ["upgrade-db"],
    "load-pack": ["load-pack", "jiangsu-2024", "--diff"],
    "export": ["export", "--output", "-"],
    "status": ["status"],
    "due": ["due", "--until", "2024-04-12"],
    "tick": ["tick", "--now", "2024-04-12"],
    "console": ["console"],
    "recover": ["recover"],
    "add-admin": ["add-admin", "钱德乾"],
    "bind-code": ["bind-code"],
}
Said = tuple[int, str, str]


def bot(*arguments: str | Path, typed: str = "", **environment: str) -> Said:
    """Exit code, standard output and standard error of one command."""
    done = subprocess.run(
        [sys.executable, "-m", "bot", *map(str, arguments)],
        cwd=ROOT, env={**os.environ, **environment}, input=typed, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def place(config_file: Path) -> Path:
    """The configuration of an installation that is ready."""
    assert bot("upgrade-db", "--config", config_file)[0] == 0
    return config_file


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_database_that_is_away_is_named(command: list[str], tmp_path: Path) -> None:
    """In a sentence, without the password."""
    port = free_port()
    file = write_config(tmp_path, f"postgresql://bot:a-password-for-tests@127.0.0.1:{port}/bot")
    reason = f'connection failed: connection to server at "127.0.0.1", port {port} failed: Connection refused'
    said = f"[storage] database_url: the database cannot be reached ({reason}); "
    said += "see that it runs and that the address is right"
    assert bot(*command, "--config", file) == (1, "", f"Error: {said}\n")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_a_configuration_that_is_not_there_is_named(command: list[str], tmp_path: Path) -> None:
    file = tmp_path / "none.toml"
    said = f"Error: {file}: there is no such file; copy config.example.toml to it, or name another\n"
    assert bot(*command, "--config", file) == (1, "", said)


@pytest.mark.parametrize("name", ["web", "worker", "load-pack", "export"])
def test_an_old_schema_is_refused(name: str, tmp_path: Path) -> None:
    file = write_config(tmp_path, f"sqlite:///{tmp_path.as_posix()}/bot.db")
    assert bot(*COMMANDS[name], "--config", file) == (1, "", NEWEST)


@ON_SQLITE
@pytest.mark.parametrize("name", ["web", "worker", "export"])
def test_a_pack_that_was_never_loaded_is_refused(name: str, config_file: Path) -> None:
    assert bot(*COMMANDS[name], "--config", config_file) == (1, "", NO_PACK)


@pytest.mark.parametrize(
    "arguments",
    [[], ["frobnicate"], ["export"], ["load-pack"], ["export", "--format", "xml", "--output", "-"],
     ["web", "--workers", "0"], ["serve", "--port", "99999"], ["web", "--port", "0"], ["demo", "--port", "x"]],
    ids=" ".join,
)  # fmt: skip
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    code, out, err = bot(*arguments)
    assert (code, out, err.splitlines()[0].startswith("Usage: bot ")) == (2, "", True)


def test_upgrading_says_that_it_is_done(empty_database_url: str, tmp_path: Path) -> None:
    file = write_config(tmp_path, empty_database_url, '[log]\nlevel = "error"\n')
    ready = (0, "database and pack are ready\n", "")
    assert [bot("upgrade-db", "--config", file) for _ in range(2)] == [ready, ready]


@ON_SQLITE
def test_check_ends_with_0_only_if_all_is_well(place: Path) -> None:
    code, out, err = bot("check", "--config", place)
    assert (code, out.splitlines()[-1][:4], err) == (1, "FAIL", "")
    code, out, err = bot("check", "--config", place, BOT_CHANNELS__SIMULATOR__ENABLED="true")
    assert (code, [line[:4] for line in out.splitlines()], err) == (0, ["ok  "] * 5, "")


def test_loading_a_pack_shows_first_what_differs(config_file: Path) -> None:
    """With --diff nothing is changed; loaded, the same pack has no difference any more."""
    load = ["load-pack", "jiangsu-2024", "--config", config_file]
    new = "jiangsu-2024: not loaded before, 24 unions, 21 fields\n"
    same = "jiangsu-2024: no difference\n"
    assert bot(*load, "--diff") == (0, new, "")
    assert bot(*load) == (0, new, "")
    assert bot(*load, "--diff") == (0, same, "")


@ON_SQLITE
def test_a_pack_that_cannot_be_used_is_refused(place: Path) -> None:
    code, out, err = bot("load-pack", "jiangsu-1999", "--config", place)
    said = f"Error: the pack in {ROOT}/templates/packs/jiangsu-1999 cannot be used:"
    assert (code, out, err.splitlines()[0]) == (1, "", said)


def test_an_export_to_a_file_is_that_to_the_terminal(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "all.json"
    assert bot("export", "--output", file, "--config", place) == (0, "", "")
    code, out, _ = bot("export", "--output", "-", "--config", place)
    written, shown = json.loads(file.read_text(encoding="utf-8")), json.loads(out)
    assert code == 0 and {**written, "generated_at": ""} == {**shown, "generated_at": ""}


@ON_SQLITE
def test_an_export_of_one_union_holds_that_alone(place: Path) -> None:
    code, out, _ = bot("export", "--union", "nanjing", "--output", "-", "--config", place)
    assert (code, [union["code"] for union in json.loads(out)["unions"]]) == (0, ["nanjing"])
    said = "Error: --union: no union has the code atlantis; write one of the codes of the pack\n"
    refused = bot("export", "--union", "atlantis", "--output", "-", "--config", place)
    assert refused == (1, "", said)


@ON_SQLITE
def test_an_export_that_cannot_be_written_is_named(place: Path, tmp_path: Path) -> None:
    for output, why in ((tmp_path, "Is a directory"), (tmp_path / "no" / "x", "No such file or directory")):
        said = f"Error: --output: {output} cannot be written ({why}); name a file in a folder that is there\n"
        assert bot("export", "--output", output, "--config", place) == (1, "", said)


@ON_SQLITE
def test_a_host_that_is_none_is_named(place: Path) -> None:
    code, out, err = bot("serve", "--host", "no-such-host.invalid", "--config", place)
    assert (code, out) == (1, "")
    assert err.startswith("Error: [server] host: no-such-host.invalid cannot be looked up (")


@pytest.mark.parametrize("data", ["taken", "taken/demo"])
def test_a_demonstration_where_no_folder_can_be_is_refused(data: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("in the way")
    code, out, err = bot("demo", "--data", tmp_path / data, "--port", str(free_port()))
    assert (code, out) == (1, "")
    assert err.startswith(f"Error: --data: {tmp_path / data} cannot be made (")


@ON_SQLITE
def test_a_database_address_with_a_wrong_port_is_named(place: Path) -> None:
    address = "postgresql://bot@127.0.0.1:abc/bot"
    code, out, err = bot("check", "--config", place, BOT_STORAGE__DATABASE_URL=address)
    assert (code, out, "Traceback" in err) == (1, "", False)
    assert "\n  BOT_STORAGE__DATABASE_URL: " in err


@ON_SQLITE
@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_ends_when_it_is_told_to(place: Path, told: signal.Signals) -> None:
    """It waits until told; what it says before, it says to nobody."""
    command = [sys.executable, "-c", WORKER, str(place), str(int(told))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# The worker told to stop as soon as it listens: a signal that came earlier would end the process.
WORKER = """
import signal, sys, threading
from bot.cli import main
listens, told = signal.signal, int(sys.argv[2])
def signal_handler(name, handler):
    listens(name, handler)
    if name == signal.SIGINT:
        signal.raise_signal(told)
signal.signal = signal_handler
main(["worker", "--config", sys.argv[1]])
"""


@ON_SQLITE
def test_the_configuration_may_be_named_by_the_environment(place: Path) -> None:
    named = bot("export", "--output", "-", BOT_CONFIG=str(place))
    assert (named[0], named[2]) == (0, "")
