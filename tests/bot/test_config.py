"""The configuration: what is read, what goes before what, and what is said about everything that is wrong."""

from __future__ import annotations

import re
import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot.config import ChannelsConfig, Config, ConfigError, known_keys, load_config

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef0123456789abcdef"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
LEAST = f'[server]\nsecret_key = "{KEY}"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def read(file: Path, text: str, **env: str) -> Config:
    file.write_text(text, encoding="utf-8")
    return load_config(file, env)


def problems(file: Path, text: str, **env: str) -> list[str]:
    """The lines of the refusal, without the first."""
    with pytest.raises(ConfigError) as refusal:
        read(file, text, **env)
    first, *lines = str(refusal.value).splitlines()
    assert first == f"{file}: the configuration cannot be used"
    return [line.removeprefix("  ") for line in lines]


def test_whole_configuration_is_read(file: Path) -> None:
    config = read(
        file,
        f"""[server]
host = "0.0.0.0"
port = 9000
public_url = "https://wuxiao.example.cn/"
secret_key = "{KEY}"
trusted_proxies = 1
[storage]
database_url = "postgresql://bot@localhost/bot"
files_url = "s3://wuxiao/files"
[campaign]
pack = "jiangsu-2025"
submission_deadline = 2025-08-01
timezone = "Asia/Urumqi"
[reminders]
hour = 10
quiet_from = 20:30:00
quiet_until = "07:30"
workdays_only = false
evening_hour = 18
[channels.official_account]
enabled = true
app_id = "wx0123456789abcdef"
app_secret = "app secret"
token = "token"
encoding_aes_key = "{AES_KEY}"
api_base_url = "http://127.0.0.1:9/"
[channels.simulator]
enabled = true
password = "a password"
[log]
level = "WARNING"
format = "json"
""",
    )
    assert config.model_dump() == {
        "server": {
            "host": "0.0.0.0",
            "port": 9000,
            "public_url": "https://wuxiao.example.cn",
            "secret_key": SecretStr(KEY),
            "trusted_proxies": 1,
        },
        "storage": {"database_url": "postgresql://bot@localhost/bot", "files_url": "s3://wuxiao/files"},
        "campaign": {
            "pack": "jiangsu-2025",
            "opens_on": None,
            "contact_deadline": None,
            "submission_deadline": date(2025, 8, 1),
            "timezone": "Asia/Urumqi",
        },
        "reminders": {
            "hour": 10,
            "quiet_from": time(20, 30),
            "quiet_until": time(7, 30),
            "workdays_only": False,
            "evening_hour": 18,
        },
        "channels": {
            "official_account": {
                "enabled": True,
                "app_id": "wx0123456789abcdef",
                "app_secret": SecretStr("app secret"),
                "token": SecretStr("token"),
                "encoding_aes_key": SecretStr(AES_KEY),
                "api_base_url": "http://127.0.0.1:9",
            },
            "simulator": {"enabled": True, "password": SecretStr("a password")},
        },
        "log": {"level": "warning", "format": "json"},
    }
    assert config.campaign.moved_dates() == {"submission_deadline": date(2025, 8, 1)}


def test_example_shows_every_key_and_only_those() -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    tables = {}
    for table, body in re.findall(r"^\[([a-z_.]+)\]\n(.*?)(?=^\[|\Z)", text, re.MULTILINE | re.DOTALL):
        tables[table] = tuple(re.findall(r"^(?:# )?([a-z_]+) = ", body, re.MULTILINE))
    assert tables == known_keys()


def test_every_key_of_the_example_has_a_comment_above() -> None:
    lines = (ROOT / "config.example.toml").read_text(encoding="utf-8").splitlines()
    keys = [place for place, line in enumerate(lines) if re.match(r"(# )?[a-z_]+ = ", line)]
    bare = [
        lines[place]
        for place in keys
        if not re.match(r"#.*[\u4e00-\u9fff]|#   python3|# Where", lines[place - 1])
    ]
    assert bare == []


def test_example_shows_the_defaults(file: Path) -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    assert problems(file, text) == [
        "[server] secret_key: is missing or has fewer than 32 characters; write what this prints: "
        'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
    ]
    assert read(file, text, BOT_SERVER__SECRET_KEY=KEY) == read(file, LEAST)
    assert tomllib.loads(text)["campaign"] == {"pack": "jiangsu-2024", "timezone": "Asia/Shanghai"}


def test_commented_keys_of_the_example_can_be_used(file: Path) -> None:
    text = (ROOT / "config.example.toml").read_text(encoding="utf-8")
    config = read(
        file, re.sub(r"^# ([a-z_]+ = )", r"\1", text, flags=re.MULTILINE), BOT_SERVER__SECRET_KEY=KEY
    )
    pack = tomllib.loads((ROOT / "templates/packs/jiangsu-2024/pack.toml").read_text(encoding="utf-8"))
    assert config.campaign.moved_dates() == pack["dates"]


def test_environment_goes_before_the_file(file: Path) -> None:
    config = read(
        file,
        LEAST + "port = 9000\n",
        BOT_SERVER__PORT="9001",
        BOT_CAMPAIGN__OPENS_ON="2025-04-01",
        BOT_REMINDERS__WORKDAYS_ONLY="false",
        BOT_CHANNELS__OFFICIAL_ACCOUNT__TOKEN="from outside",
        BOT_WITH_WORKER="1",
        SERVER__PORT="1",
    )
    assert (config.server.port, config.campaign.opens_on) == (9001, date(2025, 4, 1))
    assert config.reminders.workdays_only is False
    assert config.channels.official_account.token == SecretStr("from outside")


def test_file_is_the_argument_then_bot_config_then_config_toml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for port, name in ((1001, "given.toml"), (1002, "named.toml"), (1003, "config.toml")):
        (tmp_path / name).write_text(f"{LEAST}port = {port}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    env = {"BOT_CONFIG": "named.toml"}
    ports = [
        load_config(path, given).server.port
        for path, given in ((Path("given.toml"), env), (None, env), (None, {}))
    ]
    assert ports == [1001, 1002, 1003]


def test_configuration_cannot_be_changed(file: Path) -> None:
    config = read(file, LEAST)
    with pytest.raises(ValidationError):
        config.server.port = 1


def test_secrets_do_not_show(file: Path) -> None:
    assert KEY not in repr(read(file, LEAST)) + str(read(file, LEAST).model_dump())


def test_every_problem_is_said_at_once(file: Path) -> None:
    text = """[server]
port = "eighty"
prot = 80
[serverr]
host = "x"
[storage]
database_url = "mysql://root:hunter2@db/bot"
files_url = "var/files"
[campaign]
pack = "../secret"
opens_on = "soon"
timezone = "Asia/Nanjing"
[reminders]
hour = 24
quiet_from = "late"
[channels.official_account]
enabled = true
token = 5
encoding_aes_key = "hunter2"
api_base_url = "api.example"
[channels.telegram]
enabled = true
[log]
level = "loud"
"""
    assert problems(file, text, BOT_LOG__FORMAT="xml", BOT_LOG__LEVLE="info") == [
        "[server] port: 'eighty' cannot be used; write a whole number",
        "[server] secret_key: is missing or has fewer than 32 characters; write what this prints: "
        'python3 -c "import secrets; print(secrets.token_urlsafe(48))"',
        "[server] prot: unknown key; write port",
        "[storage] database_url: is neither a SQLite file nor PostgreSQL; "
        "write sqlite:///var/bot.db or postgresql://user@host/database",
        "[storage] files_url: is not a place for files; write file:///an/absolute/folder or s3://bucket/prefix",
        "[campaign] pack: '../secret' cannot be used; write lower-case letters, digits and hyphens",
        "[campaign] opens_on: 'soon' cannot be used; write a date such as 2024-04-10",
        "[campaign] timezone: 'Asia/Nanjing' is not a time zone; write an IANA name, such as Asia/Shanghai",
        "[reminders] hour: 24 cannot be used; write at most 23",
        "[reminders] quiet_from: 'late' cannot be used; write a time such as \"21:00\"",
        "[channels.official_account] app_id: is empty; copy it from the platform's page 基本配置, "
        "or write enabled = false",
        "[channels.official_account] app_secret: is empty; copy it from the platform's page 基本配置, "
        "or write enabled = false",
        "[channels.official_account] token: this value cannot be used; write text in quotes",
        '[channels.official_account] encoding_aes_key: has 7 characters; write the 43 letters and digits, or "" for plain mode',
        "[channels.official_account] api_base_url: 'api.example' is not a web address; write it with http:// or https://",
        "[channels.telegram]: unknown table; known are: [channels.official_account], [channels.simulator]",
        "[log] level: 'loud' cannot be used; write one of 'debug', 'info', 'warning' or 'error'",
        "BOT_LOG__FORMAT: 'xml' cannot be used; write one of 'text' or 'json'",
        "BOT_LOG__LEVLE: unknown key; write BOT_LOG__LEVEL",
        "[serverr]: unknown table; write [server]",
    ]


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("sqlite:///var/bot.db", True),
        ("sqlite:////srv/bot.db", True),
        ("postgresql://bot:secret@db:5432/bot", True),
        ("postgresql+psycopg://bot@db/bot", True),
        ("postgresql:///bot?host=/run/postgresql", True),
        ("postgresql+psycopg2://bot@db/bot", False),
        ("sqlite://", False),
        ("sqlite:///", False),
        ("sqlite:///:memory:", False),
        ("var/bot.db", False),
        ("", False),
    ],
)
def test_databases(file: Path, value: str, accepted: bool) -> None:
    text = f'{LEAST}[storage]\ndatabase_url = "{value}"\n'
    if accepted:
        assert read(file, text).storage.database_url == value
    else:
        assert len(problems(file, text)) == 1


OPEN = (
    "[channels.simulator] password: is empty while others than this machine can come "
    "([server] host or public_url); write a password, or enabled = false"
)


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("", []),
        ('host = "localhost"', []),
        ('host = "::1"', []),
        ('host = "0.0.0.0"', [OPEN]),
        ('host = "::"', [OPEN]),
        ('host = "192.168.1.5"', [OPEN]),
        ('host = "wuxiao.example.cn"', [OPEN]),
        ('public_url = "https://wuxiao.example.cn"', [OPEN]),
    ],
)
def test_simulator_that_others_can_reach_needs_a_password(file: Path, server: str, said: list[str]) -> None:
    text = f"{LEAST}{server}\n[channels.simulator]\nenabled = true\n"
    assert (problems(file, text) if said else []) == said
    with_password = read(file, f'{text}password = "a password"\n')
    assert with_password.channels.simulator.enabled
    assert read(file, text.replace("true", "false")).channels == ChannelsConfig()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file; copy config.example.toml to it, or name another"),
        (
            b"[server]\nport = \xe2\x80\x9c8000\xe2\x80\x9d\n",
            "is not TOML: Invalid value (at line 2, column 8); "
            "write key = value, text in straight double quotes",
        ),
        ("# 配置".encode("gbk"), "is not UTF-8; save it again with the encoding UTF-8"),
    ],
)
def test_file_that_cannot_be_read(file: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError) as refusal:
        load_config(file, {})
    assert str(refusal.value) == f"{file}: {said}"


def test_what_an_editor_on_windows_writes_is_read(file: Path) -> None:
    file.write_bytes(b"\xef\xbb\xbf" + LEAST.replace("\n", "\r\n").encode())
    assert load_config(file, {}).server.port == 8000


def test_table_written_as_a_value(file: Path) -> None:
    assert problems(file, "server = 1\nchannels = 2\nport = 3\n", BOT_SERVER__PORT="3") == [
        "server: is not a table; write [server] and the keys below it",
        "channels: is not a table; write [channels] and the keys below it",
        "[port]: unknown table; known are: [server], [storage], [campaign], [reminders], [channels], [log]",
    ]
