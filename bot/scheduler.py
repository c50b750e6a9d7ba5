"""The worker's clockwork: APScheduler wakes jobs that scan rows which are due."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.timed import write_due
from bot.wiring import Application
from handlers import leadership

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1
# A turn may take longer than the lease of the lead lasts (`leadership.TERM`).
RENEWED_EVERY_SECONDS = 5
# After so long a delivery leaves the rest for the next turn, so that files and reminders get theirs.
DELIVERS_FOR_SECONDS = 5.0


class Scheduler:
    """Runs the timed work in this process while it holds the lead."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
        first = datetime.now(UTC)
        self._scheduler.add_job(self._tick, "interval", seconds=EVERY_SECONDS, next_run_time=first)
        self._scheduler.add_job(self._renew, "interval", seconds=RENEWED_EVERY_SECONDS)
        self._working = threading.Event()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Take the lead if nobody has it, and begin; the first turn does not keep the caller waiting."""
        with suppress(SQLAlchemyError):
            self._leads()
        self._scheduler.start()

    def stop(self) -> None:
        """End the turn that runs, whose delivery begins nothing more, then let another process lead at once."""
        self._stopping.set()
        self._scheduler.shutdown(wait=True)
        # Where the database is away, the lease runs out by itself.
        with suppress(SQLAlchemyError), self._application.database.writing() as session:
            leadership.resign(session, self._owner)

    def _tick(self) -> None:
        try:
            if self._leads():
                self._working.set()
                run_due(self._application, enough=self._enough(time.monotonic() + DELIVERS_FOR_SECONDS))
        except Exception:
            log.exception("tick_failed")
        finally:
            self._working.clear()

    def _enough(self, until: float) -> Callable[[], bool]:
        return lambda: self._stopping.is_set() or time.monotonic() >= until

    def _renew(self) -> None:
        """Keep the lead while a turn takes long; between turns it is taken anew with each."""
        try:
            if self._working.is_set():
                self._leads()
        except Exception:
            log.exception("lead_not_renewed")

    def _leads(self) -> bool:
        application = self._application
        try:
            with application.database.writing() as session:
                return leadership.lead(session, self._owner, now=application.clock.wall())
        except IntegrityError:
            return False


def run_due(application: Application, *, enough: Callable[[], bool] = lambda: False) -> None:
    """Everything that is due now, once: files are brought, reminders written, then messages go out.

    The delivery begins nothing more once it is `enough`.
    """
    application.worker.work(application.clock.now)
    write_due(application)
    application.dispatcher.deliver(application.clock.now, enough=enough)
