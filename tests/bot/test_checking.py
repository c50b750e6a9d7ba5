"""`check`: every line that it can say, and that one fault hides no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.checking import Finding, findings
from bot.config import Config, load_config
from bot.starting import prepare
from handlers import campaigns
from handlers.packs import Pack
from storage import outbox
from storage.db import Database
from tests.bot.conftest import write_config
from tests.serving import free_port
from tests.storage.rows import add_person, outbox_row
from tests.talk import NOON, campaign

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SIMULATOR = "[channels.simulator]\nenabled = true\n"
CONFIG = Finding("config", True, "every key is understood")
FILES = Finding("files", True, "can be written and read")
NO_CHANNEL = Finding("channels", False, "none is on; set enabled = true under one [channels.…] table")
ACCOUNT = """[channels.official_account]
enabled = true
app_id = "wx0123456789abcdef"
app_secret = "an-app-secret-for-tests-0123456789"
token = "a-token-for-tests"
"""


def flushing(database: Database) -> str:
    return "SQLite journal_mode=wal synchronous=FULL" if database.is_sqlite else "PostgreSQL answers"


def test_a_prepared_installation(config: Config, database: Database) -> None:
    prepare(config)
    found = list(findings(config))
    assert [found[0], found[1], *found[3:]] == [
        CONFIG,
        Finding("database", True, flushing(database)),
        FILES,
        NO_CHANNEL,
    ]
    assert (found[2].subject, found[2].ok) == ("pack", True)
    assert found[2].said.startswith("jiangsu-2024 version ")


@ON_SQLITE
def test_a_pack_from_before_there_were_reminders(config: Config, database: Database) -> None:
    """A running installation keeps its pack until load-pack, and would remind nobody."""
    prepare(config)
    with database.writing() as session:
        former = Pack.model_validate(campaign().pack.as_json() | {"ladders": []})
        campaigns.put_in_force(session, former, now=NOON)
    said = "jiangsu-2024 in force has no reminders, so none are sent; run: load-pack jiangsu-2024"
    assert Finding("pack", False, said) in list(findings(config))


def test_a_pack_that_was_never_loaded(config: Config, database: Database) -> None:
    said = "[campaign] pack: jiangsu-2024 has not been loaded; run: load-pack jiangsu-2024"
    assert list(findings(config)) == [
        CONFIG,
        Finding("database", True, flushing(database)),
        Finding("pack", False, said),
        FILES,
        NO_CHANNEL,
    ]


def test_an_old_schema(empty_config: Config) -> None:
    assert list(findings(empty_config)) == [
        CONFIG,
        Finding("database", False, "is not at the newest schema; run: upgrade-db"),
        FILES,
        NO_CHANNEL,
    ]


def test_a_database_that_is_away_hides_nothing_else(tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://bot:a-password-for-tests@127.0.0.1:{port}/bot"
    reason = f'connection failed: connection to server at "127.0.0.1", port {port} failed: Connection refused'
    said = (
        f"[storage] database_url: the database cannot be reached ({reason}); "
        "see that it runs and that the address is right"
    )
    found = list(findings(load_config(write_config(tmp_path, url), {})))
    assert found == [CONFIG, Finding("database", False, said), FILES, NO_CHANNEL]


def test_a_folder_that_cannot_be_written_hides_nothing_else(tmp_path: Path) -> None:
    """The database's folder is a file, and so is that of the files."""
    (tmp_path / "files").write_text("in the way")
    file = write_config(tmp_path, f"sqlite:///{tmp_path.as_posix()}/files/bot.db")
    found = list(findings(load_config(file, {})))
    assert [(one.subject, one.ok) for one in found] == [
        ("config", True),
        ("database", False),
        ("files", False),
        ("channels", False),
    ]
    assert found[1].said.startswith("[storage] database_url: ")
    assert found[2].said.endswith("; check [storage] files_url")


@ON_SQLITE
def test_an_object_store_that_is_away_hides_nothing_else(
    config_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key-for-tests")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-for-tests")
    away = load_config(config_file, {"BOT_STORAGE__FILES_URL": "s3://bucket/prefix"})
    files, channels = list(findings(away))[-2:]
    assert (files.subject, files.ok, channels) == ("files", False, NO_CHANNEL)
    assert files.said.startswith("cannot be written (Generic S3 error: ")
    assert files.said.endswith("; check [storage] files_url and the AWS_… variables, and that the store runs")


@ON_SQLITE
@pytest.mark.parametrize(
    ("key", "mode"), [("", "plain"), ("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "AES")]
)
def test_the_channels_that_are_on(config_file: Path, key: str, mode: str) -> None:
    with config_file.open("a", encoding="utf-8") as file:
        file.write(f'{ACCOUNT}encoding_aes_key = "{key}"\n{SIMULATOR}')
    assert list(findings(load_config(config_file, {})))[-2:] == [
        Finding("channels.official_account", True, f"on, {mode} mode, at /callback/official-account"),
        Finding("channels.simulator", True, "on, at /simulator/"),
    ]


def test_messages_that_a_platform_refuses(config: Config, database: Database) -> None:
    prepare(config)
    with database.writing() as session:
        person = add_person(session)
        refused = {"channel": "official_account", "attempts": 1, "error": "quota used up"}
        outbox.add(session, [outbox_row(person, key, **refused) for key in ("k1", "k2")])
    held_up = Finding("channels.official_account", False, "messages that wait: 2; quota used up")
    assert held_up in list(findings(config))
