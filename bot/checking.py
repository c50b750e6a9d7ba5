"""`check`: what is wrong with an installation, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from bot.config import Config, ConfigError
from bot.starting import opened
from bot.upgrading import is_current
from bot.wiring import CurrentCampaign
from handlers import deliveries
from storage.blobs import BlobError, BlobStore
from storage.db import Database


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: fine or not, and the sentence about it."""

    subject: str
    ok: bool
    said: str


def findings(config: Config) -> Iterator[Finding]:
    """Look at everything; the configuration itself was checked when it was loaded."""
    yield Finding("config", True, "every key is understood")
    try:
        with opened(config) as database:
            yield from _database(database, config)
    except ConfigError as error:
        yield Finding("database", False, str(error))
    yield _files(config)
    yield from _channels(config)


def _database(database: Database, config: Config) -> Iterator[Finding]:
    try:
        current = is_current(database)
        with database.engine.connect() as connection:
            said = _flushing(connection) if database.is_sqlite else "PostgreSQL answers"
    except SQLAlchemyError as error:
        reason = str(error.__cause__ or error).splitlines()[0]
        yield Finding("database", False, f"cannot be reached ({reason}); check [storage] database_url")
        return
    yield Finding("database", current, said if current else "is not at the newest schema; run: upgrade-db")
    if current:
        yield _pack(database, config)
        yield from _held_up(database)


def _flushing(connection: object) -> str:
    ask = connection.exec_driver_sql  # type: ignore[attr-defined]
    journal = ask("PRAGMA journal_mode").scalar()
    synchronous = {1: "NORMAL", 2: "FULL"}.get(ask("PRAGMA synchronous").scalar(), "OFF")
    return f"SQLite journal_mode={journal} synchronous={synchronous}"


def _pack(database: Database, config: Config) -> Finding:
    try:
        campaign = CurrentCampaign(database, config)()
    except ConfigError as error:
        return Finding("pack", False, str(error))
    if not campaign.pack.ladders:
        name = campaign.pack.name
        said = f"{name} in force has no reminders, so none are sent; run: load-pack {name}"
        return Finding("pack", False, said)
    return Finding("pack", True, f"{campaign.pack.name} version {campaign.version[:12]}")


def _held_up(database: Database) -> Iterator[Finding]:
    """What a platform refuses at present, in the words of the error table."""
    with database.reading() as session:
        for channel, reason, count in deliveries.held_up(session):
            yield Finding(f"channels.{channel}", False, f"messages that wait: {count}; {reason}")
        for channel, count in deliveries.count_unsure(session):
            said = f"messages that may have arrived: {count}; look at them and decide with: recover"
            yield Finding(f"channels.{channel}", False, said)


def _files(config: Config) -> Finding:
    try:
        store = BlobStore(config.storage.files_url)
        kept = store.get(store.put(b"check")) == b"check"
    except (BlobError, OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return Finding("files", False, f"cannot be written ({reason}); {_instead(config)}")
    return Finding("files", kept, "can be written and read")


def _instead(config: Config) -> str:
    if config.storage.files_url.startswith("s3:"):
        return "check [storage] files_url and the AWS_… variables, and that the store runs"
    return "check [storage] files_url"


def _channels(config: Config) -> Iterator[Finding]:
    official = config.channels.official_account
    if official.enabled:
        mode = "AES" if official.encoding_aes_key.get_secret_value() else "plain"
        yield Finding("channels.official_account", True, f"on, {mode} mode, at /callback/official-account")
    if config.channels.simulator.enabled:
        yield Finding("channels.simulator", True, "on, at /simulator/")
    if not official.enabled and not config.channels.simulator.enabled:
        yield Finding("channels", False, "none is on; set enabled = true under one [channels.…] table")
