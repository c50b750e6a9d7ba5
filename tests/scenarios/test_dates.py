"""The campaign's days, as the configuration sets them and as the clock passes them."""

from __future__ import annotations

import pytest
import requests

from storage.db import Database
from tests.filing import fill
from tests.scenarios.conftest import MakeServer
from tests.scenarios.expected import entries_of
from tests.scenarios.phones import SimulatorPhone
from tests.serving import Server
from tests.talk import Talk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def complete(server: Server, database: Database, name: str) -> SimulatorPhone:
    """Somebody whose draft lacks nothing."""
    phone = SimulatorPhone(server.url, name)
    fill(Talk(database, name=phone.id, channel="simulator"))
    return phone


def set_clock(server: Server, now: str) -> None:
    response = requests.post(f"{server.url}/simulator/api/clock", json={"now": now}, timeout=30)
    assert response.status_code == 200, response.text


def test_the_last_second_and_the_first_after(make_server: MakeServer, database: Database) -> None:
    """R5, A1: 6月11日 to its end, Shanghai time; afterwards the draft stays and somebody is named."""
    server = make_server(opens_on="2024-04-10", submission_deadline="2024-06-11")
    server.start()
    in_time, late = (complete(server, database, name) for name in ("张伟", "李娜"))
    set_clock(server, "2024-06-11T23:59:30+08:00")
    assert "WX2024-NJ-0001" in in_time.says("提交")
    set_clock(server, "2024-06-12T00:00:00+08:00")
    before = late.state()["submission"]
    heard = late.says("提交")
    assert ("钱德乾" in heard, "025-83536240" in heard, "WX2024" in heard) == (True, True, False)
    assert late.state()["submission"] == before
    entries = entries_of(server.export())
    assert sorted((entry["state"], entry["number"]) for entry in entries if entry["number"]) == [
        ("submitted", "WX2024-NJ-0001")
    ]
    assert sorted(entry["state"] for entry in entries) == ["draft", "submitted"]


def test_another_deadline_by_configuration(make_server: MakeServer, database: Database) -> None:
    """Moved by three days, as provinces do: 6月14日 is in, 6月15日 is not."""
    server = make_server(opens_on="2024-04-10", submission_deadline="2024-06-14")
    server.start()
    in_time, late = (complete(server, database, name) for name in ("张伟", "李娜"))
    set_clock(server, "2024-06-14T12:00:00+08:00")
    assert "WX2024-NJ-0001" in in_time.says("提交")
    set_clock(server, "2024-06-15T00:00:00+08:00")
    assert "6月14日" in late.says("提交")
    assert late.state()["submission"]["state"] == "draft"


def test_before_the_first_day(make_server: MakeServer, database: Database) -> None:
    """R6: drafts are allowed and said to be drafts; handing in waits for the day."""
    server = make_server(opens_on="2024-04-10", submission_deadline="2024-06-11")
    server.start()
    set_clock(server, "2024-04-09T12:00:00+08:00")
    early = SimulatorPhone(server.url, "王芳")
    assert "4月10日" in early.says("我要申报")
    early.says("张伟")
    assert early.state()["submission"]["answers"] == {"completers": ["张伟"]}
    ready = complete(server, database, "张伟")
    assert "4月10日" in ready.says("提交")
    assert ready.state()["submission"]["state"] == "draft"
    set_clock(server, "2024-04-10T00:00:00+08:00")
    assert "WX2024-NJ-0001" in ready.says("提交")
