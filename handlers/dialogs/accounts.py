"""A union's account in chat: asked for by its contact, reset and revoked by admins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from handlers import account_notices, accounts, contacts
from handlers.access import require_admin
from handlers.accounts import AccountState, OneTime
from handlers.consent import consent
from handlers.errors import HandlerError
from handlers.fields.base import Accepted, Asked
from handlers.fields.choosing import UnionChoice
from handlers.messages import GROUP, Line, Outcome, Reply, say
from handlers.packs import Union
from handlers.turns import Turn
from storage.admins import Admin
from storage.contacts import Contact

WAITING = "account_reset"
QUESTION_LASTS = timedelta(hours=1)
# What an admin says behind a union's name.
DEEDS = {"重置": "reset", "发放": "reset", "停用": "revoke", "启用": "restore"}
_OF_UNION = re.compile(r"(?P<union>.*?)(?:的)?(?:账号|帐号)?[\s,，:：]*(?P<deed>重置|发放|停用|启用)")


def _ask(turn: Turn, _: Any) -> Reply:
    """领账号: given at once where there is none that works, asked about where there is."""
    if turn.message.chat == GROUP:
        return turn.reply(Outcome.ANSWERED, say("account/private_only"))
    contact, admin = turn.roles.contact, turn.roles.admin
    if contact is None and admin is not None:
        return _for_admin(turn, admin)
    if contact is None:
        return turn.reply(Outcome.ANSWERED, _register_first(turn))
    state, _login = accounts.state_of_union(turn.session, turn.campaign, contact.union_code, now=turn.now)
    if state in (AccountState.ISSUED, AccountState.SIGNED_IN):
        turn.wait_for(WAITING, at=turn.now.isoformat())
        return turn.reply(Outcome.NEEDS_CONFIRMATION, _question(turn, {}))
    one_time = accounts.issue(
        turn.session, turn.campaign, contact.union_code, person_id=turn.desk.person_id,
        actor_label=f"contact:{contact.id}", now=turn.now,
    )  # fmt: skip
    return _given(turn, contact, one_time, is_reset=False)


def _register_first(turn: Turn) -> Line:
    """Somebody whose registration waits is not asked to register once more."""
    waiting = contacts.waiting_of(turn.session, turn.campaign, turn.desk.person_id)
    return say("account/register_first", is_waiting=waiting is not None)


def _for_admin(turn: Turn, admin: Admin) -> Reply:
    """An admin's own account; there is nobody else whose sessions a new password could end."""
    one_time = accounts.issue_admin(turn.session, turn.campaign, admin, now=turn.now)
    told = say(
        "account/admin_issued", name=admin.name, login=one_time.login,
        until=one_time.until.astimezone(turn.campaign.zone),
    )  # fmt: skip
    return _with_secret(turn, told, one_time)


def _given(turn: Turn, contact: Contact, one_time: OneTime, *, is_reset: bool) -> Reply:
    told = account_notices.letter(
        turn.campaign, contact.union_code, contact.name, one_time, is_reset=is_reset
    )
    return _with_secret(turn, told, one_time)


def _with_secret(turn: Turn, told: Line, one_time: OneTime) -> Reply:
    reply = turn.reply(Outcome.MOVED, told)
    return replace(reply, secret=(say("account/password", password=one_time.password),))


def _question(turn: Turn, _: dict[str, Any]) -> Line:
    """Asked of somebody who has ceased to be a contact meanwhile, it names no account."""
    contact = turn.roles.contact
    if contact is None:
        return _register_first(turn)
    state, login = accounts.state_of_union(turn.session, turn.campaign, contact.union_code, now=turn.now)
    return say(
        "account/ask_reset", union=turn.pack.union_by_code[contact.union_code], login=login,
        is_used=state is AccountState.SIGNED_IN,
    )  # fmt: skip


def _reset(turn: Turn, pending: dict[str, Any], text: str) -> Reply | None:
    """A yes that comes an hour later was hardly meant for this, so it voids no password."""
    if turn.now - datetime.fromisoformat(pending["at"]) > QUESTION_LASTS:
        turn.settle()
        return None
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    contact = turn.roles.contact
    if contact is None:
        return turn.reply(Outcome.ANSWERED, _register_first(turn))
    if not agreed:
        return turn.reply(Outcome.ANSWERED, say("account/kept"))
    one_time = accounts.reset(
        turn.session, turn.campaign, contact.union_code, person_id=turn.desk.person_id,
        actor_label=f"contact:{contact.id}", now=turn.now,
    )  # fmt: skip
    account_notices.tell_others(
        turn.session, turn.campaign, contact, one_time, render=turn.render, now=turn.now
    )
    return _given(turn, contact, one_time, is_reset=True)


def _of_union(turn: Turn, argument: Any) -> Reply:
    """账号 南京 重置: of an admin; a contact who says 重置账号 means the own one."""
    said = _OF_UNION.fullmatch(str(argument).strip())
    if said is None or (not said["union"].strip() and turn.roles.admin is None):
        return _ask(turn, None)
    require_admin(turn.roles.actor)
    return _DO[DEEDS[said["deed"]]](turn, _named(turn, said["union"]))


def _named(turn: Turn, said: str) -> Union:
    """The one union that was surely named; an account is not touched on a guess."""
    asked = Asked(spec=turn.pack.spec("union"), pack=turn.pack, answers={}, advised=False)
    judged = UnionChoice().judge(said.strip(), asked)
    if not isinstance(judged, Accepted):
        raise HandlerError("account/which_union", said=said.strip())
    return turn.pack.union_by_code[judged.value]


def _reset_other(turn: Turn, union: Union) -> Reply:
    contact = account_notices.reset_for_contact(
        turn.session, turn.campaign, turn.roles.actor, union.code, render=turn.render, now=turn.now
    )
    return turn.reply(Outcome.MOVED, say("account/sent_to_contact", union=union, name=contact.name))


def _revoke(turn: Turn, union: Union) -> Reply:
    is_new = account_notices.revoke(
        turn.session, turn.campaign, turn.roles.actor, union.code, render=turn.render, now=turn.now
    )
    return turn.reply(Outcome.MOVED, say("account/revoked_now", union=union, is_new=is_new))


def _restore(turn: Turn, union: Union) -> Reply:
    is_new = account_notices.restore(
        turn.session, turn.campaign, turn.roles.actor, union.code, render=turn.render, now=turn.now
    )
    return turn.reply(Outcome.MOVED, say("account/restored_now", union=union, is_new=is_new))


_DO: dict[str, Callable[[Turn, Union], Reply]] = {
    "reset": _reset_other,
    "revoke": _revoke,
    "restore": _restore,
}
ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {"account": _ask, "account_of": _of_union}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {WAITING: _reset}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {WAITING: _question}
