"""What admins and contacts are told of a registration that somebody else decided or made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from handlers.campaigns import Campaign
from handlers.messages import Line, Outcome, Render, Reply, say
from handlers.telling import Message, tell
from storage import admins, contacts
from storage.contacts import Contact

KIND = "duty"


def tell_of_waiting(
    session: Session, campaign: Campaign, contact: Contact, *, render: Render, now: datetime
) -> None:
    """Ask every bound admin for a decision, and whoever would be followed for a yes."""
    holder = None if contact.replaces_id is None else session.get(Contact, contact.replaces_id)
    if holder is not None and holder.person_id == contact.person_id:
        holder = None
    union = campaign.pack.union_by_code[contact.union_code]
    roster = contacts.list_roster(session, contact.campaign, contact.union_code)
    review = say("contact/review", contact=contact, union=union, holder=holder, roster=roster)
    for admin in admins.list_active(session):
        if admin.person_id is not None:
            key = f"contact:{contact.id}:review:{admin.id}"
            _tell(session, admin.person_id, review, key=key, render=render, now=now)
    if holder is not None:
        asked = say("contact/asked_to_hand_over", contact=contact, union=union)
        _tell(session, holder.person_id, asked, key=f"contact:{contact.id}:asked", render=render, now=now)


def tell_approved(
    session: Session, campaign: Campaign, contact: Contact, *, render: Render, now: datetime
) -> None:
    union = campaign.pack.union_by_code[contact.union_code]
    told = say("contact/approved", contact=contact, union=union, mailbox=campaign.pack.helpdesk.mailbox)
    _tell(session, contact.person_id, told, key=f"contact:{contact.id}:approved", render=render, now=now)


def tell_refused(
    session: Session, campaign: Campaign, contact: Contact, reason: str, *, render: Render, now: datetime
) -> None:
    union, helpdesk = campaign.pack.union_by_code[contact.union_code], campaign.pack.helpdesk
    told = say("contact/refused", union=union, reason=reason, helpdesk=helpdesk)
    _tell(session, contact.person_id, told, key=f"contact:{contact.id}:refused", render=render, now=now)


def tell_ended(
    session: Session, campaign: Campaign, contact: Contact, *, render: Render, now: datetime
) -> None:
    union, helpdesk = campaign.pack.union_by_code[contact.union_code], campaign.pack.helpdesk
    told = say("contact/ended", union=union, role=contact.role, helpdesk=helpdesk)
    _tell(session, contact.person_id, told, key=f"contact:{contact.id}:ended", render=render, now=now)


def _tell(session: Session, person_id: int, line: Line, *, key: str, render: Render, now: datetime) -> None:
    message = Message(Reply(Outcome.ANSWERED, (line,)), KIND, key)
    tell(session, person_id, message, render=render, now=now)
