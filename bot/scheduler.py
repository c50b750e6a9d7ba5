"""The worker's clockwork: APScheduler wakes jobs that scan rows which are due."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.wiring import Application
from handlers import leadership

log = structlog.get_logger(__name__)

EVERY_SECONDS = 1


class Scheduler:
    """Runs the timed work in this process while it holds the lead."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._owner = f"{socket.gethostname()}:{os.getpid()}"
        defaults = {"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        self._scheduler = BackgroundScheduler(job_defaults=defaults, timezone="UTC")
        self._scheduler.add_job(self._tick, "interval", seconds=EVERY_SECONDS)

    def start(self) -> None:
        self._tick()
        self._scheduler.start()

    def stop(self) -> None:
        """End the turn that runs, then let another process lead at once."""
        self._scheduler.shutdown(wait=True)
        # Where the database is away, the lease runs out by itself.
        with suppress(SQLAlchemyError), self._application.database.writing() as session:
            leadership.resign(session, self._owner)

    def _tick(self) -> None:
        try:
            if self._leads():
                run_due(self._application)
        except Exception:
            log.exception("tick_failed")

    def _leads(self) -> bool:
        application = self._application
        try:
            with application.database.writing() as session:
                return leadership.lead(session, self._owner, now=application.clock.wall())
        except IntegrityError:
            return False


def run_due(application: Application) -> None:
    """Everything that is due now, once: files are brought, then messages go out."""
    application.worker.work(application.clock.now)
    application.dispatcher.deliver(application.clock.now)
