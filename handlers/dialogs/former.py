"""Somebody who was a union's contact: what they hear for a contact's words from then on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from handlers import contacts
from handlers.messages import Line, Outcome, Reply, say
from handlers.turns import Turn

# Words that a submitter's answer to would mislead whoever still thinks they hold the office.
WORDS = frozenset({"progress", "my_list", "account", "account_of", "qr_code", "who_owes", "nudge", "mailed"})
# These have an answer about the own submissions too.
OWN = frozenset({"progress", "my_list"})

Order = Callable[[Turn, Any], Reply]


def aware(name: str, order: Order) -> Order:
    """The order of a contact's word; whoever was a contact hears of that first, or of nothing else."""
    if name not in WORDS:
        return order

    def obey(turn: Turn, argument: Any) -> Reply:
        told = _told(turn)
        if told is None:
            return order(turn, argument)
        if name in OWN and turn.desk.submission_id is not None:
            reply = order(turn, argument)
            return replace(reply, lines=(told, *reply.lines))
        return turn.reply(Outcome.ANSWERED, told)

    return obey


def _told(turn: Turn) -> Line | None:
    """None for an admin, a contact, somebody who waits to be one, and who never was one."""
    if turn.roles.admin is not None or turn.roles.contact is not None:
        return None
    former = contacts.former_of(turn.session, turn.campaign, turn.desk.person_id)
    if former is None:
        return None
    union = turn.pack.union_by_code[former.union_code]
    return say("contact/former", union=union, role=former.role, helpdesk=turn.pack.helpdesk)
