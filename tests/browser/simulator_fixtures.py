"""Fixtures for tests of the simulator page; a conftest may replace any of them.

`simulator_server` decides which server the tests run against: the fake here, the product
where a nearer conftest gives a `Server` of its own.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_simulator import FakeSimulator, serving
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from simulator_page import PHONE, WIDE, Desk, Phone, Server

LAUNCH = [
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--disable-quic", "--disable-gpu",
]  # fmt: skip

expect.set_options(timeout=15_000)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "google-chrome", "msedge")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=LAUNCH + root)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def simulator_server() -> Iterator[Server]:
    with serving(FakeSimulator()) as url:
        yield Server(url, bind_code="ABCD1234")


@pytest.fixture
def faults_expected() -> list[str]:
    """Parts of console messages that a test provokes on purpose."""
    return []


@pytest.fixture
def new_page(
    browser: Browser, simulator_server: Server, faults_expected: list[str]
) -> Iterator[Callable[..., Page]]:
    """Makes pages; afterwards none may have shown a script error, a CSP report or a foreign request."""
    faults: list[str] = []
    contexts = []

    def make(viewport: ViewportSize = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            viewport=viewport, locale="zh-CN", timezone_id="America/New_York", **options
        )
        contexts.append(context)
        context.on("request", lambda request: foreign(request.url))
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on(
            "console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: faults.append(str(error)))
        # While somebody listens, choosers are caught from the first; else a key can come before the catching.
        page.on("filechooser", lambda _: None)
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        return page

    def foreign(url: str) -> None:
        if not url.startswith((simulator_server.url + "/", f"blob:{simulator_server.url}/", "data:")):
            faults.append(f"request to {url}")

    yield make
    for context in contexts:
        context.close()
    assert [fault for fault in faults if not any(part in fault for part in faults_expected)] == []


@pytest.fixture
def desk(new_page: Callable[..., Page], simulator_server: Server) -> Desk:
    return Desk(new_page(), simulator_server).open()


@pytest.fixture
def narrow_desk(new_page: Callable[..., Page], simulator_server: Server) -> Desk:
    return Desk(new_page(PHONE, has_touch=True, is_mobile=True), simulator_server).open()


@pytest.fixture
def zhang(desk: Desk) -> Phone:
    return desk.add("张伟")
