"""Tokens open papers: while they hold, for nobody else, and drawn no oftener than needed."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from bot.papers import opening
from bot.papers.opening import Papers
from handlers import papers
from handlers.papers import LASTS, Issued
from storage import papers as paper_rows
from storage import people
from storage.blobs import BlobStore
from storage.db import Database
from tests.bot.paper_facts import POSTER, PUBLIC_URL, WORKBOOK

NOW = datetime(2024, 4, 10, 1, tzinfo=UTC)


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore((tmp_path / "files").as_uri())


@pytest.fixture
def opened(database: Database, blobs: BlobStore) -> Papers:
    return Papers(database, blobs, PUBLIC_URL)


def issue(database: Database, kind: str, facts: dict[str, Any], person_id: int | None = None) -> str:
    with database.writing() as session:
        return papers.issue(session, Issued(kind, "文件", facts), person_id=person_id, now=NOW)


def test_a_token_opens_its_paper(database: Database, opened: Papers) -> None:
    drawn = opened.draw(issue(database, "poster", POSTER), NOW)
    assert drawn is not None
    assert (drawn.name, drawn.extension, drawn.content[:4]) == ("文件", "png", b"\x89PNG")


def test_each_token_opens_its_own(database: Database, opened: Papers) -> None:
    tokens = [issue(database, "workbook", {**WORKBOOK, "sheet": sheet}) for sheet in ("甲", "乙")]
    drawn = [opened.draw(token, NOW) for token in (*tokens, *tokens)]
    assert (drawn[0] is drawn[2], drawn[1] is drawn[3], drawn[0] == drawn[1]) == (True, True, False)


def test_it_ends(database: Database, opened: Papers) -> None:
    """Also where it was opened before."""
    token = issue(database, "poster", POSTER)
    moments = (NOW, NOW + LASTS - timedelta(seconds=1), NOW + LASTS, NOW + 2 * LASTS)
    assert [opened.draw(token, moment) is None for moment in moments] == [False, False, True, True]


def test_it_ends_with_the_office(database: Database, opened: Papers) -> None:
    """Only the papers of the person who leaves."""
    with database.writing() as session:
        ids = [people.add(session, "simulator", name, now=NOW) for name in ("sim-a", "sim-b")]
    theirs, others = (issue(database, "poster", POSTER, person_id) for person_id in ids)
    assert opened.draw(theirs, NOW) is not None
    with database.writing() as session:
        paper_rows.revoke_of(session, ids[0], now=NOW)
    assert (opened.draw(theirs, NOW), opened.draw(others, NOW) is None) == (None, False)


@pytest.mark.parametrize(
    "token", ["", "x", "a" * 43, "a" * 500, "a" * 20 + "\x00", "../../etc/passwd_____", "字" * 20]
)
def test_what_was_never_given_out_opens_nothing(opened: Papers, token: str) -> None:
    assert opened.draw(token, NOW) is None


@pytest.mark.parametrize(
    ("kind", "facts"),
    [
        ("nobody knows", {}), ("board", {}), ("board", {"rows": [{"kind": "city"}]}), ("board", {"rows": 1}),
        ("workbook", {"header": None, "rows": []}), ("picture", {}), ("picture", {"sha256": "../x"}),
        ("picture", {"sha256": "0" * 64}), ("poster", {"scene": "长" * 9000}),
    ],
)  # fmt: skip
def test_facts_that_make_no_paper_are_no_crash(
    database: Database, opened: Papers, kind: str, facts: dict[str, Any]
) -> None:
    assert opened.draw(issue(database, kind, facts), NOW) is None


def test_a_sent_picture_is_passed_on_as_it_is(database: Database, opened: Papers, blobs: BlobStore) -> None:
    kept = io.BytesIO()
    Image.new("RGB", (30, 20), "red").save(kept, "JPEG")
    drawn = opened.draw(issue(database, "picture", {"sha256": blobs.put(kept.getvalue())}), NOW)
    assert drawn is not None
    assert (drawn.content, drawn.mimetype, drawn.extension) == (kept.getvalue(), "image/jpeg", "jpg")


def test_a_page_is_no_picture(database: Database, opened: Papers, blobs: BlobStore) -> None:
    page = b"<html><script>alert(1)</script></html>"
    drawn = opened.draw(issue(database, "picture", {"sha256": blobs.put(page)}), NOW)
    assert drawn is not None
    assert (drawn.is_picture, drawn.mimetype) == (False, "application/octet-stream")


def test_few_papers_are_kept(database: Database, opened: Papers) -> None:
    first, *others = (issue(database, "workbook", WORKBOOK) for _ in range(opening.KEPT + 1))
    before = opened.draw(first, NOW)
    assert opened.draw(first, NOW) is before
    kept = [opened.draw(token, NOW) for token in others]
    assert opened.draw(others[-1], NOW) is kept[-1]
    assert opened.draw(first, NOW) is not before
