"""The offices of a union, contact and backup: who may take one, and how it changes hands (R88)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from handlers import accounts, contact_news
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Render
from storage import audit, contacts, papers
from storage.contacts import Contact
from storage.db import connection_of


@contextmanager
def all_or_nothing(session: Session, taken: HandlerError) -> Iterator[None]:
    """Undo what is done inside if it raises; `taken` for whoever came second to an office."""
    connection_of(session)  # What the conversation has gathered is no part of it.
    try:
        with session.begin_nested():
            yield
    except IntegrityError as error:
        raise taken from error


def holder_beside(session: Session, contact: Contact) -> Contact | None:
    """Whoever else holds the office that a contact asks for."""
    holder = contacts.find_in_office(session, contact.campaign, contact.union_code, contact.role)
    return None if holder is None or holder.person_id == contact.person_id else holder


def agrees(session: Session, campaign: Campaign, contact: Contact) -> bool:
    """Whether the roster alone makes a waiting contact active."""
    named = {
        (row.name, row.phone) for row in contacts.list_roster(session, contact.campaign, contact.union_code)
    }
    if (contact.name, contact.phone) not in named:
        return False
    own = contacts.find_active(session, campaign.pack.name, contact.person_id)
    if own is not None and own.union_code != contact.union_code:
        return False
    holder = holder_beside(session, contact)
    if holder is None:
        return True
    return holder.id == contact.replaces_id and (holder.name, holder.phone) not in named


def take(
    session: Session, campaign: Campaign, contact: Contact, *, actor_label: str, now: datetime, render: Render
) -> bool:
    """Make a contact active in the place of whom it replaces; False if that is somebody else by now."""
    # Looked up once: whoever comes in after this look is met by the unique index.
    holder = holder_beside(session, contact)
    if holder is not None and holder.id != contact.replaces_id:
        return False
    own = contacts.find_active(session, contact.campaign, contact.person_id)
    if own is not None and own.union_code == contact.union_code:
        # A corrected name, or the backup who takes over: the access of the union's own people goes on.
        _close(session, own, actor_label=actor_label, now=now)
    elif own is not None:
        end(session, campaign, own, actor_label=actor_label, now=now)
    if holder is not None:
        _follow(session, campaign, holder, actor_label=actor_label, now=now)
        if actor_label != f"contact:{holder.id}":
            contact_news.tell_ended(session, campaign, holder, render=render, now=now)
    if not contacts.move(session, contact, "waiting", "active", decided_at=now, decided_by=actor_label):
        raise decided(contact)
    note(session, contact, "activate", actor_label=actor_label, now=now)
    return True


def _follow(
    session: Session, campaign: Campaign, holder: Contact, *, actor_label: str, now: datetime
) -> None:
    """End whoever is followed; a form that was mailed named them, so it is to be mailed anew."""
    end(session, campaign, holder, actor_label=actor_label, now=now)
    union_code = holder.union_code
    if holder.role == "A" and contacts.clear_mailed(session, campaign.pack.name, union_code):
        audit.note_act(session, f"form:{union_code}", "outdate_mailed", actor=actor_label, at=now)


def end(session: Session, campaign: Campaign, contact: Contact, *, actor_label: str, now: datetime) -> None:
    """Take an active contact's access away at once: office, papers and the union's account (R88)."""
    _close(session, contact, actor_label=actor_label, now=now)
    papers.revoke_of(session, contact.person_id, now=now)
    accounts.suspend(session, campaign, contact.union_code, actor_label=actor_label, now=now)


def _close(session: Session, contact: Contact, *, actor_label: str, now: datetime) -> None:
    if not contacts.move(session, contact, "active", "ended", ended_at=now):
        raise decided(contact)
    note(session, contact, "end", actor_label=actor_label, now=now)


def decided(contact: Contact) -> HandlerError:
    return HandlerError("contact/decided", number=contact.id, state=contact.state)


def note(session: Session, contact: Contact, action: str, *, actor_label: str, now: datetime) -> None:
    """Which office it is about; no name and no number."""
    office = f"{contact.union_code} {contact.role}"
    audit.note_act(session, f"contact:{contact.id}", action, actor=actor_label, at=now, note=office)
