"""Two processes that the races of these tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.processes import Processes, running


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    with running() as processes:
        yield processes
