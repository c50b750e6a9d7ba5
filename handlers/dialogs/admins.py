"""An admin in chat: binding, what waits for a decision, yes and no."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.messages import Line, Reply
from handlers.turns import Turn

ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {}
