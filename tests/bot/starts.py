"""What another process does when it starts, for races between two of them."""

from __future__ import annotations

from pathlib import Path

from bot.config import load_config
from bot.starting import prepare


def start(config_file: str) -> str:
    """Prepare the installation as `serve` does; what went wrong, or nothing."""
    try:
        prepare(load_config(Path(config_file), {}))
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""
