"""What commands share: preparing, requiring and closing what they work on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.clock import Clock
from bot.config import Config, ConfigError
from bot.scheduler import Scheduler
from bot.upgrading import is_current, upgrade
from bot.wiring import PACKS, CurrentCampaign, put_pack_in_force, wire
from handlers import campaigns, exports, simulation
from handlers.pack_loading import differences
from handlers.pack_loading import load_pack as read_pack
from storage.db import Database


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The configured database, closed at the end."""
    database = Database(config.storage.database_url)
    try:
        yield database
    finally:
        database.close()


def prepare(config: Config) -> None:
    """Migrate the database and put the configured pack in force if none is."""
    with opened(config) as database:
        upgrade(database)
        put_pack_in_force(database, config, Clock())


def require_ready(config: Config) -> None:
    """ConfigError unless the database is migrated and the pack loaded."""
    with opened(config) as database:
        if not is_current(database):
            raise ConfigError(
                "[storage] database_url: the database is not at the newest schema; run: upgrade-db"
            )
        CurrentCampaign(database, config)()


def work_until_told_to_stop(config: Config) -> None:
    """Do timed work until SIGTERM or SIGINT."""
    application = wire(config)
    scheduler = Scheduler(application)
    told = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: told.set())
    scheduler.start()
    told.wait()
    scheduler.stop()
    application.close()


def load_pack(config: Config, name: str, *, only_show: bool) -> list[str]:
    """Put a pack in force unless `only_show`; the lines say what differs from the one in force."""
    pack = read_pack(PACKS / name)
    with opened(config) as database:
        if not is_current(database):
            raise ConfigError(
                "[storage] database_url: the database is not at the newest schema; run: upgrade-db"
            )
        with database.writing() as session:
            version = campaigns.version_in_force(session, name)
            old = campaigns.find_version(session, version) if version is not None else None
            lines = [] if old is None else [str(change) for change in differences(old, pack)]
            if not only_show:
                campaigns.put_in_force(session, pack, now=Clock().wall())
    if old is None:
        lines = [f"{name}: not loaded before, {len(pack.unions)} unions, {len(pack.fields)} fields"]
    return lines or [f"{name}: no difference"]


def export_json(config: Config, union_code: str | None) -> dict[str, Any]:
    """The export; ConfigError for a union that the pack does not know."""
    with opened(config) as database:
        campaign = CurrentCampaign(database, config)()
        if union_code is not None and union_code not in campaign.pack.union_by_code:
            raise ConfigError(
                f"--union: no union has the code {union_code}; write one of the codes of the pack"
            )
        with database.reading() as session:
            offset = simulation.clock_offset(session) if config.channels.simulator.enabled else None
            now = Clock(offset or 0.0).now().astimezone(campaign.zone)
            return exports.as_json(session, campaign, now=now, union_code=union_code)
