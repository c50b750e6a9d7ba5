"""Campaigns: which version of a pack is in force, and the simulated clock."""

from __future__ import annotations

from sqlalchemy import select

from storage import campaigns
from storage.campaigns import PackVersion
from storage.db import Database
from tests.storage.rows import CAMPAIGN, MINUTE, NOON


def put(database: Database, version: str, **content: str) -> None:
    row = PackVersion(version=version, name=CAMPAIGN, content=content, loaded_at=NOON)
    with database.writing() as session:
        campaigns.put_in_force(session, row)


def in_force(database: Database) -> str | None:
    with database.reading() as session:
        campaign = campaigns.find(session, CAMPAIGN)
        return None if campaign is None else campaign.version


def test_newest_loaded_is_in_force_and_the_former_is_kept(database: Database) -> None:
    assert in_force(database) is None
    put(database, "a" * 64, title="第一版")
    put(database, "b" * 64, title="第二版")
    assert in_force(database) == "b" * 64
    with database.reading() as session:
        former = campaigns.find_version(session, "a" * 64)
        assert former is not None and former.content == {"title": "第一版"}
        assert campaigns.find_version(session, "c" * 64) is None


def test_same_version_again_changes_nothing(database: Database) -> None:
    put(database, "a" * 64)
    put(database, "b" * 64)
    put(database, "a" * 64)
    assert in_force(database) == "a" * 64
    with database.reading() as session:
        loaded = session.scalars(select(PackVersion.loaded_at)).all()
    assert loaded == [NOON, NOON]


def test_clock_offset_is_kept_to_the_microsecond(database: Database) -> None:
    with database.reading() as session:
        assert campaigns.clock_offset(session) is None
    for offset in (-62_123_456.789012, MINUTE.total_seconds()):
        with database.writing() as session:
            campaigns.set_clock_offset(session, offset)
        with database.reading() as session:
            assert campaigns.clock_offset(session) == offset
