"""What an address or a request that comes to nothing shows: a page in Chinese, of the right status."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from bot.web import home

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@ON_SQLITE
@pytest.mark.parametrize("path", ["/nothing-here", "/library/none", "/static/none.css", "/nothing/<b>"])
def test_an_address_that_is_none_has_a_page(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.mimetype, "没有找到这个页面" in answer.text) == (
        404,
        "text/html",
        True,
    )
    assert ("Not Found" in answer.text, "<b>" in answer.text) == (False, False)


@ON_SQLITE
def test_a_wrong_method_says_which_there_are(client: FlaskClient) -> None:
    answer = client.put("/")
    assert (answer.status_code, "这个地址不能这样打开" in answer.text) == (405, True)
    assert sorted(answer.headers["Allow"].split(", ")) == ["GET", "HEAD", "OPTIONS"]


@ON_SQLITE
def test_the_simulator_keeps_its_sentences(client: FlaskClient) -> None:
    answer = client.get("/simulator/nothing-here")
    assert (answer.status_code, set(answer.json)) == (404, {"error"})


@ON_SQLITE
def test_what_breaks_inside_has_a_page(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of the inside is on it."""
    client.application.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr(home, "render_template", broken)
    answer = client.get("/")
    assert (answer.status_code, "这次没有办成" in answer.text) == (500, True)
    assert ("Traceback" in answer.text, "a secret" in answer.text) == (False, False)


def broken(*_: object, **__: object) -> str:
    raise RuntimeError("a secret")


@ON_SQLITE
def test_an_address_that_goes_on_elsewhere_still_does(client: FlaskClient) -> None:
    answer = client.get("/simulator")
    assert answer.status_code in (200, 308)
