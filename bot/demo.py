"""The demonstration: a folder of its own with everything set up in it."""

from __future__ import annotations

import os
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.clock import Clock
from bot.config import Config, ConfigError, load_config
from bot.starting import opened, prepare
from handlers import simulation

FIRST_DAY = datetime(2024, 4, 10, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
_MARK = "config.toml"


def lay_out(data: Path, *, port: int, fresh: bool) -> tuple[Config, Path]:
    """The configuration in the folder and its file, made unless it is there; `fresh` empties the folder first.

    Only a folder that a demonstration made is ever emptied: ConfigError for any other.
    """
    config_file = data.resolve() / _MARK
    if fresh and data.is_dir():
        if any(data.iterdir()) and not config_file.exists():
            raise ConfigError(
                f"--data: {data} was not made by demo, so --fresh will not empty it; name another"
            )
        shutil.rmtree(data)
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"--data: {data} cannot be made ({error.strerror}); name a folder, there or not, that is yours"
        ) from error
    if not config_file.exists():
        # It holds a secret key, so nobody else on the machine may read it.
        config_file.touch(mode=0o600)
        config_file.write_text(_config(data.resolve(), port), encoding="utf-8")
    return load_config(config_file, {**os.environ, "BOT_SERVER__PORT": str(port)}), config_file


def prepare_demo(config: Config) -> None:
    """Make what the configuration names ready; a new demonstration begins on the campaign's first morning."""
    prepare(config)
    with opened(config) as database, database.writing() as session:
        if simulation.clock_offset(session) is None:
            simulation.set_clock_offset(session, Clock().move_to(FIRST_DAY))


def _config(folder: Path, port: int) -> str:
    base = folder.as_posix()
    return f"""[server]
host = "127.0.0.1"
port = {port}
public_url = "http://127.0.0.1:{port}"
secret_key = "{secrets.token_urlsafe(48)}"

[storage]
database_url = "sqlite:///{base}/bot.db"
files_url = "{(folder / "files").as_uri()}"

[channels.simulator]
enabled = true
"""
