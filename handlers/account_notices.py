"""What an admin does to a union's account, and what the union's contacts are told of it in 1:1.

The admin sees that a new password was sent, never the password.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import accounts, contacts
from handlers.access import Actor, require_admin
from handlers.accounts import OneTime
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Line, Outcome, Render, Reply, say
from handlers.telling import Message, tell
from storage import people
from storage.contacts import Contact


def letter(campaign: Campaign, union_code: str, name: str, one_time: OneTime, *, is_reset: bool) -> Line:
    """All that a contact must know of a new one-time password but itself, which follows alone."""
    return say(
        "account/issued",
        union=campaign.pack.union_by_code[union_code],
        name=name,
        login=one_time.login,
        until=one_time.until.astimezone(campaign.zone),
        is_reset=is_reset,
    )


def reset_for_contact(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, render: Render, now: datetime
) -> Contact:
    """An admin's 重置: the union's contact, A before B, gets a new one-time password in 1:1.

    The contact to whom it was sent. HandlerError, with nothing changed, if there is nobody to
    whom it can be sent.
    """
    require_admin(actor)
    contact = _reachable(session, campaign, union_code)
    one_time = accounts.reset(
        session, campaign, union_code, person_id=contact.person_id, actor_label=actor.label, now=now
    )
    told = {
        "duty": letter(campaign, union_code, contact.name, one_time, is_reset=True),
        "secret": say("account/password", password=one_time.password),
    }
    for kind, line in told.items():
        reply = Reply(Outcome.ANSWERED, (line,))
        key = f"{one_time.key}:{kind}"
        tell(session, contact.person_id, Message(reply, kind, key), render=render, now=now)
    tell_others(session, campaign, contact, one_time, render=render, now=now)
    return contact


def _reachable(session: Session, campaign: Campaign, union_code: str) -> Contact:
    union = campaign.pack.union_by_code[union_code]
    active = contacts.of_union(session, campaign, union_code)
    if not active:
        raise HandlerError("account/no_contact", union=union)
    for _, contact in sorted(active.items()):
        if people.latest_address(session, contact.person_id) is not None:
            return contact
    raise HandlerError("account/nobody_reachable", union=union)


def tell_others(
    session: Session, campaign: Campaign, holder: Contact, one_time: OneTime, *, render: Render, now: datetime
) -> None:
    """Tell the union's other contact that their common password was changed, and by whom to ask for it."""
    line = say("account/reset_by_colleague", name=holder.name, login=one_time.login)
    for contact in contacts.of_union(session, campaign, holder.union_code).values():
        if contact.id != holder.id:
            _notify(session, contact, line, key=f"{one_time.key}:other", render=render, now=now)


def revoke(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, render: Render, now: datetime
) -> bool:
    """An admin's 停用, told to the union's contacts; False if it was so before."""
    key = accounts.revoke(session, campaign, actor, union_code, now=now)
    line = say("account/was_revoked", **_of(campaign, union_code))
    return _tell_all(session, campaign, union_code, line, key=key, render=render, now=now)


def restore(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, render: Render, now: datetime
) -> bool:
    """An admin's 启用, told to the union's contacts; False if there was nothing to restore."""
    key = accounts.restore(session, campaign, actor, union_code, now=now)
    line = say("account/was_restored", **_of(campaign, union_code))
    return _tell_all(session, campaign, union_code, line, key=key, render=render, now=now)


def _of(campaign: Campaign, union_code: str) -> dict[str, Any]:
    return {"union": campaign.pack.union_by_code[union_code], "helpdesk": campaign.pack.helpdesk}


def _tell_all(
    session: Session,
    campaign: Campaign,
    union_code: str,
    line: Line,
    *,
    key: str | None,
    render: Render,
    now: datetime,
) -> bool:
    if key is None:
        return False
    for role, contact in contacts.of_union(session, campaign, union_code).items():
        _notify(session, contact, line, key=f"{key}:{role}", render=render, now=now)
    return True


def _notify(
    session: Session, contact: Contact, line: Line, *, key: str, render: Render, now: datetime
) -> None:
    reply = Reply(Outcome.ANSWERED, (line,))
    tell(session, contact.person_id, Message(reply, "duty", key), render=render, now=now)
