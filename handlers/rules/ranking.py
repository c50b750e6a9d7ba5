"""Which place each has in a group, by how much of what is asked was done (R42)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction


def ranks(done: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    """The place of each by (counted, minimum), from 1; equal shares stand on one place, and the next is left free.

    More than the minimum is more (R38). Of whom nothing is asked all of it is done.
    """
    shares = {name: _share(counted, minimum) for name, (counted, minimum) in done.items()}
    return {name: 1 + sum(other > share for other in shares.values()) for name, share in shares.items()}


def _share(counted: int, minimum: int) -> Fraction:
    return Fraction(counted, minimum) if minimum else Fraction(1)


def percent(counted: int, minimum: int) -> int:
    """Of the minimum, cut down: 119 of 120 are 99 percent, since 100 would say that it is reached."""
    return int(_share(counted, minimum) * 100)
