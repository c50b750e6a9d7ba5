"""A configuration on a database of the test's own, and two processes that races share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.config import Config, load_config
from tests.processes import Processes, running

KEY = "only-for-tests-only-for-tests-only-for-tests"
MakeConfig = Callable[..., Config]


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with running() as processes:
        yield processes


def write_config(folder: Path, url: str, more: str = "") -> Path:
    """A configuration file with its files in `folder`; `more` are further lines of TOML."""
    place = folder / "config.toml"
    place.write_text(
        f"""[server]
secret_key = "{KEY}"
[storage]
database_url = "{url}"
files_url = "{(folder / "files").as_uri()}"
{more}""",
        encoding="utf-8",
    )
    return place


@pytest.fixture
def config_file(database_url: str, tmp_path: Path) -> Path:
    """The configuration of a migrated database without a pack."""
    return write_config(tmp_path, database_url)


@pytest.fixture
def config(config_file: Path) -> Config:
    return load_config(config_file, {})


@pytest.fixture
def empty_config(empty_database_url: str, tmp_path: Path) -> Config:
    """The configuration of a database without tables."""
    return load_config(write_config(tmp_path, empty_database_url), {})
