"""The simulator's clock stops at every reminder, so that each comes at its own time."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.bot.web.simulator_client import move, say, seen

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_reminders_of_an_open_draft_come_on_the_way(client: FlaskClient, zhang: str) -> None:
    """Moved at one go from April to the end; the last one on the last day, none of them after it."""
    move(client, "2024-04-22T10:00:00+08:00")
    say(client, zhang, "我要申报")
    last = seen(client, zhang)[-1]["id"]
    assert move(client, "2024-06-20T10:00:00+08:00").status_code == 200
    told = seen(client, zhang, last)
    assert {one["text"][:8] for one in told} == {"【需办】您好，您"}
    assert [one["at"][:16] for one in told] == [
        f"2024-{day}T09:00" for day in ("05-27", "06-03", "06-05", "06-07", "06-11")
    ]
