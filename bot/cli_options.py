"""What every command shares: its checked configuration, and an error that ends it with a sentence."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from bot.config import ConfigError, load_config
from handlers.errors import PackError

Command = Callable[..., Any]
PORT = click.IntRange(1, 65535)
config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="TOML file; else BOT_CONFIG, else config.toml.",
)


def _config_path(given: Path | None) -> Path:
    return given or Path(os.environ.get("BOT_CONFIG") or "config.toml")


def with_config(command: Command) -> Command:
    """Give a command its checked configuration; what is wrong with it ends the command with 1."""

    @config_option
    @wraps(command)
    def run(config_file: Path | None, **options: Any) -> Any:
        path = _config_path(config_file)
        try:
            config = load_config(path, os.environ)
            from bot.logging import set_up_logging

            set_up_logging(config.log)
            return command(config=config, config_file=path, **options)
        except (ConfigError, PackError) as error:
            raise click.ClickException(str(error)) from error

    return run
