"""The browser tests run against the product itself, started as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from fake_simulator import FakeSimulator
from fake_simulator import serving as serving_fake
from simulator_page import Server

from tests import serving


class Demonstration(serving.Server):
    """`python -m bot demo` in its own folder: simulator on, the clock at the first day of the campaign."""

    def start(self, *arguments: str) -> None:
        words = ["demo", "--port", str(self.port), "--data", str(self.folder / "demo"), *arguments]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", *words],
                cwd=serving.ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._wait()


@pytest.fixture(scope="module")
def simulator_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A demonstration on an empty folder, for the tests of one file.

    For what the page can and the product cannot yet:
    `@pytest.mark.parametrize("simulator_server", ["fake"], indirect=True)`.
    """
    if getattr(request, "param", "product") == "fake":
        with serving_fake(FakeSimulator()) as url:
            yield Server(url, bind_code="ABCD1234")
        return
    server = Demonstration(tmp_path_factory.mktemp("simulator"), database_url="")
    server.start()
    yield Server(server.url, bind_code="", config=server.folder / "demo" / "config.toml")
    server.stop()
