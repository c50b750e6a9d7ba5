"""What contacts and admins talk about with the bot: orders, questions and their answers, by noun.

Each module has `ORDERS` by command, and `RESOLVERS` and `REPEATS` by what waits for an answer, as
`handlers.orders` and `handlers.confirmations` have them for submitters; here they are put together.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers.dialogs import accounts, admins, broadcasts, contacts, duties, former, group, plans, reminders
from handlers.messages import Line, Media, MessageKind, Reply
from handlers.turns import Turn

MODULES = (accounts, admins, broadcasts, contacts, duties, group, plans, reminders)

ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {}
for _module in MODULES:
    ORDERS.update({name: former.aware(name, order) for name, order in _module.ORDERS.items()})
    RESOLVERS.update(_module.RESOLVERS)
    REPEATS.update(_module.REPEATS)

FILES = broadcasts.FILES


def take_file(turn: Turn, media: Media) -> Reply | None:
    """Give a file to the question that waits for one; None if it belongs to a submission."""
    pending = turn.desk.pending or {"kind": ""}
    take = FILES.get(pending["kind"])
    was_fetched = turn.message.kind is MessageKind.FETCHED
    if take is None or (was_fetched and media.field != pending["kind"]):
        return None
    return take(turn, pending, media)
