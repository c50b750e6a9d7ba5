"""Other processes for races that threads cannot show; what they do is a function of an importable module."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

COUNT = 2


class Processes:
    """Two processes of their own, kept for many tests, since each takes a second to start."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self._pool = pool

    def together(self, work: Callable[..., Any], *each: Sequence[Any]) -> list[Any]:
        """Do `work` in every process at the same moment, each with arguments of its own; their results."""
        moment = time.time() + 0.05
        futures = [self._pool.submit(_at, moment, work, arguments) for arguments in each]
        return [future.result(60) for future in futures]


def _at(moment: float, work: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    time.sleep(max(0.0, moment - time.time()))
    return work(*arguments)


def _nothing() -> None:
    """What a process does to be there."""
    time.sleep(0.2)


@contextmanager
def running() -> Iterator[Processes]:
    """Start them; the pool hands each piece of work to an idle one."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(COUNT, mp_context=context) as pool:
        processes = Processes(pool)
        processes.together(_nothing, *[()] * COUNT)
        yield processes
