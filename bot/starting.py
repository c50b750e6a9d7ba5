"""What commands share: preparing, requiring and closing what they work on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from bot.clock import Clock
from bot.config import Config, ConfigError
from bot.scheduler import Scheduler
from bot.upgrading import is_current, upgrade
from bot.wiring import PACKS, CurrentCampaign, put_pack_in_force, wire
from handlers import campaigns, exports, simulation
from handlers.campaigns import Campaign
from handlers.errors import PackError
from handlers.pack_loading import differences
from handlers.pack_loading import load_pack as read_pack
from handlers.packs import Pack
from storage.blobs import BlobStore
from storage.db import Database


@contextmanager
def opened(config: Config) -> Iterator[Database]:
    """The configured database, closed at the end; ConfigError if it cannot be reached."""
    try:
        database = Database(config.storage.database_url)
    except OSError as error:
        raise ConfigError(
            f"[storage] database_url: {error.filename} cannot be written ({error.strerror}); "
            "name a file in a folder that this user may write to"
        ) from error
    try:
        try:
            database.ping()
        except SQLAlchemyError as error:
            reason = str(error.__cause__ or error).splitlines()[0]
            raise ConfigError(
                f"[storage] database_url: the database cannot be reached ({reason}); "
                "see that it runs and that the address is right"
            ) from error
        yield database
    finally:
        database.close()


def open_files(config: Config) -> BlobStore:
    """The configured place for files; ConfigError if there is none."""
    try:
        return BlobStore(config.storage.files_url)
    except OSError as error:
        raise ConfigError(
            f"[storage] files_url: {error.filename} cannot be written ({error.strerror}); "
            "name a folder that this user may write to"
        ) from error


def prepare(config: Config) -> None:
    """Migrate the database and put the configured pack in force if none is.

    Raises ConfigError or PackError for what would keep every message from being answered.
    """
    open_files(config)
    with opened(config) as database:
        upgrade(database)
        put_pack_in_force(database, config, Clock())
        CurrentCampaign(database, config)()


def require_ready(config: Config) -> None:
    """ConfigError unless the database is migrated, the pack loaded and the place for files there."""
    open_files(config)
    with _migrated(config) as database:
        CurrentCampaign(database, config)()


@contextmanager
def _migrated(config: Config) -> Iterator[Database]:
    with opened(config) as database:
        if not is_current(database):
            raise ConfigError(
                "[storage] database_url: the database is not at the newest schema; run: upgrade-db"
            )
        yield database


@dataclass(frozen=True, slots=True)
class Standing:
    """What a command works on: the database, the campaign in force, and its time now."""

    database: Database
    campaign: Campaign
    now: datetime


@contextmanager
def standing(config: Config) -> Iterator[Standing]:
    """A migrated database with its pack; ConfigError if one is missing.

    The time is the campaign's, which a simulator may have moved.
    """
    with _migrated(config) as database:
        campaign = CurrentCampaign(database, config)()
        with database.reading() as session:
            offset = simulation.clock_offset(session) if config.channels.simulator.enabled else None
        yield Standing(database, campaign, Clock(offset or 0.0).now())


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
    with _migrated(config) as database, database.writing() as session:
        lines = _differences(session, pack)
        if not only_show:
            campaigns.put_in_force(session, pack, now=Clock().wall())
    return lines


def _differences(session: Session, pack: Pack) -> list[str]:
    size = f"{len(pack.unions)} unions, {len(pack.fields)} fields"
    version = campaigns.version_in_force(session, pack.name)
    try:
        old = None if version is None else campaigns.find_version(session, version)
    except PackError:
        # Another version of this program wrote it; loading is the way out and must not fail on it.
        return [f"{pack.name}: the version in force cannot be read any more; now {size}"]
    if old is None:
        return [f"{pack.name}: not loaded before, {size}"]
    return [str(change) for change in differences(old, pack)] or [f"{pack.name}: no difference"]


def export_json(config: Config, union_code: str | None) -> dict[str, Any]:
    """The export; ConfigError for a union that the pack does not know."""
    with standing(config) as found:
        campaign = found.campaign
        if union_code is not None and union_code not in campaign.pack.union_by_code:
            raise ConfigError(
                f"--union: no union has the code {union_code}; write one of the codes of the pack"
            )
        with found.database.reading() as session:
            now = found.now.astimezone(campaign.zone)
            return exports.as_json(session, campaign, now=now, union_code=union_code)
