"""The demonstration's folder: made, found again, begun afresh, and never a folder of somebody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import Clock
from bot.config import ConfigError, load_config
from bot.demo import FIRST_DAY, lay_out, prepare_demo
from bot.starting import opened, require_ready
from handlers import simulation


def test_the_folder_holds_a_configuration_for_every_other_command(tmp_path: Path) -> None:
    made, file = lay_out(tmp_path / "demo", port=8123, fresh=False)
    prepare_demo(made)
    found = load_config(file, {})
    require_ready(found)
    assert (found, file) == (made, tmp_path / "demo" / "config.toml")
    assert (found.channels.simulator.enabled, found.server.public_url) == (True, "http://127.0.0.1:8123")


def test_laid_out_again_it_is_the_same_but_for_the_port(tmp_path: Path) -> None:
    first, _ = lay_out(tmp_path / "demo", port=8123, fresh=False)
    again, file = lay_out(tmp_path / "demo", port=8124, fresh=False)
    assert again.server.port == 8124
    assert again.server.secret_key == first.server.secret_key
    assert load_config(file, {}) == first


def test_its_clock_begins_on_the_first_morning_and_runs_on(tmp_path: Path) -> None:
    """Preparing it again does not turn the clock back to the first day."""
    config, _ = lay_out(tmp_path / "demo", port=8123, fresh=False)
    before = Clock().wall()
    prepare_demo(config)
    after = Clock().wall()
    with opened(config) as database, database.writing() as session:
        offset = timedelta(seconds=simulation.clock_offset(session) or 0.0)
        assert FIRST_DAY - after <= offset <= FIRST_DAY - before
        simulation.set_clock_offset(session, 5.0)
    prepare_demo(config)
    with opened(config) as database, database.reading() as session:
        assert simulation.clock_offset(session) == 5.0


def test_the_first_morning_is_nine_in_nanjing() -> None:
    assert FIRST_DAY.astimezone(UTC) == datetime(2024, 4, 10, 1, 0, tzinfo=UTC)


def test_begun_afresh_nothing_is_left(tmp_path: Path) -> None:
    first, _ = lay_out(tmp_path / "demo", port=8123, fresh=False)
    prepare_demo(first)
    again, file = lay_out(tmp_path / "demo", port=8123, fresh=True)
    assert again.server.secret_key != first.server.secret_key
    assert [path.name for path in file.parent.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("fresh", [False, True])
def test_an_empty_folder_is_taken(tmp_path: Path, fresh: bool) -> None:
    (tmp_path / "demo").mkdir()
    lay_out(tmp_path / "demo", port=8123, fresh=fresh)
    assert [path.name for path in (tmp_path / "demo").iterdir()] == ["config.toml"]


def test_a_folder_of_somebody_else_is_never_emptied(tmp_path: Path) -> None:
    (tmp_path / "成果.docx").write_bytes(b"work of a year")
    with pytest.raises(ConfigError) as refusal:
        lay_out(tmp_path, port=8123, fresh=True)
    said = f"--data: {tmp_path} was not made by demo, so --fresh will not empty it; name another"
    assert (str(refusal.value), (tmp_path / "成果.docx").read_bytes()) == (said, b"work of a year")
