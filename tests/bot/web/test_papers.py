"""Papers at their addresses: for whoever was told one, as a file that nothing keeps or runs."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from handlers import papers
from handlers.papers import Issued
from storage.db import Database
from tests.bot.paper_facts import POSTER, WORKBOOK
from tests.bot.web.simulator_client import move

NOW = datetime(2024, 4, 10, 1, tzinfo=UTC)
ALWAYS = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def issue(database: Database, kind: str, facts: dict[str, Any], name: str) -> str:
    with database.writing() as session:
        token = papers.issue(
            session, Issued(kind, name, facts), person_id=None, now=NOW, lasts=timedelta(days=2)
        )
    return f"/p/{token}"


def headers(response: Any) -> dict[str, str | None]:
    return {name: response.headers.get(name) for name in ALWAYS}


def test_a_picture_is_shown(client: FlaskClient, database: Database) -> None:
    response = client.get(issue(database, "poster", POSTER, "南京市总工会申报海报"))
    assert (response.status_code, response.mimetype, headers(response)) == (200, "image/png", ALWAYS)
    name = quote("南京市总工会申报海报.png")
    assert response.headers["Content-Disposition"] == f"inline; filename=paper.png; filename*=UTF-8''{name}"
    [found] = zxingcpp.read_barcodes(Image.open(io.BytesIO(response.data)))
    assert found.text == "http://127.0.0.1:8000/simulator/?scene=union-nanjing"


@pytest.mark.parametrize("given", ["名单", "名单.xlsx", "名单.XLSX"])
def test_a_document_is_saved_under_its_name(client: FlaskClient, database: Database, given: str) -> None:
    response = client.get(issue(database, "workbook", WORKBOOK, given))
    ending = given[2:] or ".xlsx"
    assert (response.status_code, headers(response)) == (200, ALWAYS)
    assert response.headers["Content-Disposition"] == (
        f"attachment; filename=paper.xlsx; filename*=UTF-8''{quote('名单')}{ending}"
    )


def test_a_name_is_only_a_name(client: FlaskClient, database: Database) -> None:
    response = client.get(issue(database, "workbook", WORKBOOK, 'a\r\nSet-Cookie: b"; x\n'))
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert response.headers["Content-Disposition"] == (
        "attachment; filename=paper.xlsx; filename*=UTF-8''a%20Set-Cookie%3A%20b%22%3B%20x.xlsx"
    )


def test_it_ends_for_everybody(client: FlaskClient, database: Database) -> None:
    address = issue(database, "workbook", WORKBOOK, "名单")
    statuses = []
    for now in ("2024-04-11T09:00:00+08:00", "2024-04-12T08:59:59+08:00", "2024-04-12T09:00:00+08:00"):
        move(client, now)
        statuses.append(client.get(address).status_code)
    assert statuses == [200, 200, 404]


@pytest.mark.parametrize("token", ["a" * 43, "x", "%00", "..%2f..%2fetc", "字"])
def test_there_is_a_page_for_what_does_not_open(client: FlaskClient, token: str) -> None:
    response = client.get(f"/p/{token}")
    assert (response.status_code, response.mimetype) == (404, "text/html")


def test_the_page_says_what_to_do_and_is_not_kept(client: FlaskClient) -> None:
    response = client.get(f"/p/{'a' * 43}")
    assert headers(response) == ALWAYS
    assert "请在与“五小征集助手”的聊天里再要一次" in response.text


def test_nothing_is_changed_by_looking(client: FlaskClient, database: Database) -> None:
    address = issue(database, "workbook", WORKBOOK, "名单")
    statuses = [client.open(address, method=method).status_code for method in ("HEAD", "POST", "DELETE")]
    assert statuses == [200, 405, 405]


def test_a_password_of_the_simulator_is_not_asked_for(start: Any, database: Database) -> None:
    """Who has the address has it from the chat, and may have nothing else."""
    client = start(password="for-the-simulator")
    token = issue(database, "workbook", WORKBOOK, "名单")
    before = client.get(token).status_code
    assert (before, client.get("/simulator/").status_code) == (404, 401)
