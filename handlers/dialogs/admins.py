"""An admin in chat: binding, what waits for a decision, yes and no (R18)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from handlers import admins, contacts, deliveries
from handlers.access import require_admin
from handlers.choices import fold
from handlers.commands import recognise
from handlers.consent import consent, pick
from handlers.messages import Line, Outcome, Reply, say
from handlers.turns import Turn

LONGEST_REASON = 200
REASON = "refusal_reason"
MAILED = "mailed_forms"
# Said in place of a reason, these are about something else; 重新填 and the like are reasons.
ELSEWHERE = frozenset({"help", "progress", "pause"})
_NUMBERED = re.compile(r"(?P<number>[0-9]{1,6})[\s,，:：、]*(?P<reason>.*)", re.DOTALL)


def _bind_admin(turn: Turn, code: str) -> Reply:
    admin = admins.bind(turn.session, code, turn.desk.person_id, now=turn.now)
    return turn.reply(Outcome.MOVED, say("admin/bound", name=admin.name))


def _bind_group(turn: Turn, _: Any) -> Reply:
    """In 1:1 the code is not used up: it is worth something only where it is said in the group."""
    return turn.reply(Outcome.REJECTED, say("admin/bind_in_the_group"))


def _waiting(turn: Turn, _: Any) -> Reply:
    """All that waits for an admin, numbered: contacts by the number that 通过 and 驳回 take."""
    actor = turn.roles.actor
    require_admin(actor)
    waiting = contacts.list_waiting(turn.session, turn.campaign, actor)
    mailed = _mailed(turn)
    if mailed:
        turn.wait_for(MAILED, unions=mailed)
    elif (turn.desk.pending or {}).get("kind") == MAILED:
        turn.settle()
    unsure = len(deliveries.list_unsure(turn.session))
    unions = turn.pack.union_by_code
    return turn.reply(
        Outcome.ANSWERED,
        say(
            "admin/waiting",
            waiting=[(one, unions[one.union_code]) for one in waiting],
            mailed=[unions[code] for code in mailed],
            unsure=unsure,
        ),
    )


def _mailed(turn: Turn) -> list[str]:
    """Unions that say they mailed the form, which nobody has seen in the mailbox yet (R86)."""
    states = contacts.form_states(turn.session, turn.campaign)
    return [
        union.code
        for union in turn.pack.unions
        if (state := states[union.code]).mailed_said and not state.mailed_confirmed
    ]


def _confirm_mailed(turn: Turn, pending: dict[str, Any], text: str) -> Reply | None:
    """A number of the list, or the union's name, says that its mail is there."""
    unions = [turn.pack.union_by_code[code] for code in pending["unions"]]
    chosen = pick(text, [union.full_name for union in unions])
    if chosen is None:
        return None
    turn.settle()
    contacts.confirm_mailed(turn.session, turn.campaign, turn.roles.actor, unions[chosen].code, now=turn.now)
    left = [union for union in unions if union is not unions[chosen]]
    if left:
        turn.wait_for(MAILED, unions=[union.code for union in left])
    return turn.reply(Outcome.MOVED, say("admin/mail_confirmed", union=unions[chosen], mailed=left))


def _approve(turn: Turn, said: str) -> Reply:
    """An admin's yes, or that of a contact who hands over: `handlers.contacts` knows who may."""
    contact = contacts.approve(
        turn.session, turn.campaign, turn.roles.actor, int(fold(said)), now=turn.now, render=turn.render
    )
    return turn.reply(
        Outcome.MOVED,
        say("admin/approved", contact=contact, union=turn.pack.union_by_code[contact.union_code]),
    )


def _refuse(turn: Turn, said: str) -> Reply:
    """With a reason at once; without one it is asked for, since it is told to the person."""
    require_admin(turn.roles.actor)
    found = _NUMBERED.fullmatch(_half_width(said))
    number, reason = (int(found["number"]), found["reason"].strip()) if found else (0, "")
    if reason:
        return _refused(turn, number, reason)
    contacts.get_waiting(turn.session, turn.campaign, turn.roles.actor, number)
    turn.wait_for(REASON, contact=number)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, say("contact/reason_wanted", number=number))


def _half_width(said: str) -> str:
    """The number at the beginning in plain digits; the reason as it was typed."""
    return said.translate({ord("０") + digit: str(digit) for digit in range(10)})


def _reason(turn: Turn, pending: dict[str, Any], text: str) -> Reply | None:
    if consent(text) is False:
        turn.settle()
        return turn.reply(Outcome.ANSWERED, say("admin/not_refused", number=pending["contact"]))
    command = recognise(text, turn.pack)
    if command is not None and command.certainty == "exact" and (command.role or command.name in ELSEWHERE):
        turn.settle()
        return None
    require_admin(turn.roles.actor)
    return _refused(turn, pending["contact"], text.strip())


def _refused(turn: Turn, number: int, reason: str) -> Reply:
    if len(reason) > LONGEST_REASON:
        return turn.reply(Outcome.REJECTED, say("admin/reason_too_long", most=LONGEST_REASON))
    if (turn.desk.pending or {}).get("kind") == REASON:
        turn.settle()
    contact = contacts.refuse(
        turn.session, turn.campaign, turn.roles.actor, number, reason, now=turn.now, render=turn.render
    )
    union = turn.pack.union_by_code[contact.union_code]
    return turn.reply(Outcome.MOVED, say("admin/refused", contact=contact, union=union, reason=reason))


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "bind_admin": _bind_admin,
    "bind_group": _bind_group,
    "waiting": _waiting,
    "approve": _approve,
    "refuse": _refuse,
}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {
    REASON: _reason,
    MAILED: _confirm_mailed,
}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {
    REASON: lambda turn, pending: say("contact/reason_wanted", number=pending["contact"]),
    MAILED: lambda turn, pending: say(
        "admin/mailed", mailed=[turn.pack.union_by_code[code] for code in pending["unions"]]
    ),
}
