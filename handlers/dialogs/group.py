"""The bot in the group: it answers when it is called by name, one message, nothing private (R91-R93)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.messages import Line, Outcome, Reply
from handlers.turns import Turn

ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {}


def answer(turn: Turn) -> Reply:
    """What a message in a group gets: nothing, unless it is the bound group and the bot was called."""
    return Reply(Outcome.IGNORED)
