"""The front page: the dates in force, and where a union's people and callers go on."""

from __future__ import annotations

from tests.bot.web.conftest import Start


def test_the_front_page_has_the_operators_dates(start: Start) -> None:
    page = start(more="[campaign]\nsubmission_deadline = 2024-06-14").get("/").text
    assert "2024年6月14日" in page and "6月11日" not in page


def test_the_front_page_leads_to_the_portal_and_to_the_telephone(start: Start) -> None:
    page = start().get("/").text
    assert 'href="/portal/"' in page
    assert 'href="tel:025-83536240"' in page and 'href="tel:18118991940"' in page
