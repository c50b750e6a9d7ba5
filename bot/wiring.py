"""The composition root: from a configuration to an application whose parts know each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import IntegrityError

from bot.channels.base import Channel, Outgoing
from bot.channels.simulator import Simulator
from bot.clock import Clock
from bot.config import Config, ConfigError
from bot.dispatcher import Dispatcher, Draw
from bot.inbox import Inbox
from bot.jobs import Worker
from bot.papers.opening import Papers
from bot.wording import Wording
from handlers import campaigns, simulation
from handlers.campaigns import Campaign
from handlers.pack_loading import load_pack
from handlers.rules.ladders import ReminderSettings
from storage.blobs import BlobStore
from storage.db import Database

if TYPE_CHECKING:
    from bot.channels.official_account import OfficialAccount

log = structlog.get_logger(__name__)

PACKS = Path(__file__).parent.parent / "templates" / "packs"
FRESH_FOR = 30.0


class CurrentCampaign:
    """The campaign in force, looked up again every half minute so that a new pack is noticed."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database = database
        self._config = config
        self._lock = threading.Lock()
        self._known: Campaign | None = None
        self._looked_at = float("-inf")

    def __call__(self) -> Campaign:
        """Raises ConfigError if the pack was never loaded."""
        known = self._known
        if known is not None and time.monotonic() - self._looked_at < FRESH_FOR:
            return known
        with self._lock:
            return self._look()

    def _look(self) -> Campaign:
        name = self._config.campaign.pack
        with self._database.reading() as session:
            version = campaigns.version_in_force(session, name)
            if version is None:
                raise ConfigError(f"[campaign] pack: {name} has not been loaded; run: load-pack {name}")
            if self._known is None or self._known.version != version:
                pack = campaigns.find_version(session, version)
                if pack is None:
                    raise ConfigError(
                        f"[campaign] pack: version {version} of {name} is missing; load it again"
                    )
                self._known = campaigns.with_dates(
                    pack, self._config.campaign.moved_dates(), _reminders(self._config)
                )
        self._looked_at = time.monotonic()
        return self._known


def _reminders(config: Config) -> ReminderSettings:
    """The `[reminders]` of the configuration, as the handlers take them."""
    table = config.reminders
    return ReminderSettings(**table.model_dump())


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that runs, wired; who opened it closes it."""

    config: Config
    database: Database
    blobs: BlobStore
    clock: Clock
    wording: Wording
    campaign: CurrentCampaign
    inbox: Inbox
    channels: Mapping[str, Channel]
    official_account: OfficialAccount | None
    dispatcher: Dispatcher
    worker: Worker
    papers: Papers

    def close(self) -> None:
        """Answer what has queued, then let go of the database."""
        self.inbox.stop()
        self.database.close()


def wire(config: Config) -> Application:
    """Build the application; the database must be at its newest schema."""
    database = Database(config.storage.database_url)
    blobs = BlobStore(config.storage.files_url)
    clock = _clock(database, config)
    wording = Wording(public_url=config.server.public_url)
    papers = Papers(database, blobs, config.server.public_url)
    campaign = CurrentCampaign(database, config)
    inbox = Inbox(database, campaign)
    channels: dict[str, Channel] = {}
    official_account = _official_account(config, database, clock)
    if official_account is not None:
        channels[official_account.name] = official_account
    if config.channels.simulator.enabled:
        channels["simulator"] = _simulator(database, clock)
    fetching = {} if official_account is None else {official_account.name: official_account}
    inbox.start()
    return Application(
        config=config,
        database=database,
        blobs=blobs,
        clock=clock,
        wording=wording,
        campaign=campaign,
        inbox=inbox,
        channels=channels,
        official_account=official_account,
        dispatcher=Dispatcher(
            database, channels, draw=_drawing(papers, clock), public_phones=_public_phones(campaign)
        ),
        worker=Worker(database, blobs, inbox, wording, fetching),
        papers=papers,
    )


def _clock(database: Database, config: Config) -> Clock:
    """Only where the simulator is on may the campaign's clock differ from the wall's."""
    if not config.channels.simulator.enabled:
        return Clock()
    with database.reading() as session:
        return Clock(simulation.clock_offset(session) or 0.0)


def _official_account(config: Config, database: Database, clock: Clock) -> OfficialAccount | None:
    settings = config.channels.official_account
    if not settings.enabled:
        return None
    # Here and not above: an installation without the channel does without its libraries.
    from bot.channels.official_account import OfficialAccount
    from bot.token_store import DatabaseTokens

    return OfficialAccount(
        app_id=settings.app_id,
        app_secret=settings.app_secret.get_secret_value(),
        token=settings.token.get_secret_value(),
        encoding_aes_key=settings.encoding_aes_key.get_secret_value(),
        api_base_url=settings.api_base_url,
        tokens=DatabaseTokens(database),
        wall=clock.wall,
    )


def _simulator(database: Database, clock: Clock) -> Simulator:
    def tell(message: Outgoing) -> None:
        told = simulation.Told(message.text, message.chat, message.key or None, message.paper)
        with database.writing() as session:
            simulation.tell(session, message.address, told, now=clock.now())

    return Simulator(tell)


def _drawing(papers: Papers, clock: Clock) -> Draw:
    def draw(token: str) -> bytes | None:
        drawn = papers.draw(token, clock.now())
        return None if drawn is None else drawn.content

    return draw


def _public_phones(campaign: CurrentCampaign) -> Callable[[], Sequence[str]]:
    return lambda: campaign().pack.helpdesk.phones


def put_pack_in_force(database: Database, config: Config, clock: Clock) -> None:
    """Load the configured pack where none is in force yet; another version waits for load-pack."""
    name = config.campaign.pack
    try:
        with database.writing() as session:
            if campaigns.version_in_force(session, name) is None:
                version = campaigns.put_in_force(session, load_pack(PACKS / name), now=clock.wall())
                log.info("pack_loaded", pack=name, version=version)
    except IntegrityError:
        # Another process that started at the same moment was first with the same pack.
        log.info("pack_loaded_elsewhere", pack=name)
