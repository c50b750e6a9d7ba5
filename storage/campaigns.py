"""Campaigns, the versions of their packs, and the simulated clock of a demonstration."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime


class PackVersion(Base):
    """A pack as it was loaded; `version` is the hash of its content, so it never changes."""

    __tablename__ = "pack_versions"

    version: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    content: Mapped[Any] = mapped_column(JsonValue)
    loaded_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Campaign(Base):
    """Which version of a pack is in force."""

    __tablename__ = "campaigns"

    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("pack_versions.version"))


class SimulatedClock(Base):
    """How far the simulator's clock stands from the real one, in seconds; one row at most."""

    __tablename__ = "simulated_clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    offset: Mapped[float]


def find(session: Session, name: str) -> Campaign | None:
    return session.get(Campaign, name)


def find_version(session: Session, version: str) -> PackVersion | None:
    return session.get(PackVersion, version)


def put_in_force(session: Session, version: PackVersion) -> None:
    """Make a version the one in force; loading the same one again changes nothing."""
    if session.get(PackVersion, version.version) is None:
        session.add(version)
        session.flush()
    session.merge(Campaign(name=version.name, version=version.version))
    session.flush()


def clock_offset(session: Session) -> float | None:
    row = session.get(SimulatedClock, 1)
    return None if row is None else row.offset


def set_clock_offset(session: Session, offset: float) -> None:
    session.merge(SimulatedClock(id=1, offset=offset))
    session.flush()
