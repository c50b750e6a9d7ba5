"""The two clocks: the wall's, for everything between machines, and the campaign's."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """`wall()` is the real time; `now()` is the campaign's, which a simulator may move."""

    def __init__(self, offset: float = 0.0) -> None:
        self._offset = timedelta(seconds=offset)

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def move_to(self, instant: datetime) -> float:
        """Let the campaign's time be `instant` from here on; returns the offset in seconds."""
        self._offset = instant - self.wall()
        return self._offset.total_seconds()
