"""The unions' contacts (附件5): registering, deciding, hand-over, and what is known of the forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from handlers import contact_news, offices
from handlers.access import Actor, require_admin, require_union
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Render
from handlers.offices import end as end  # Part of what is done with contacts, for whoever calls from outside.
from storage import audit, contacts
from storage.contacts import Contact

ROSTER = "roster"
ROLES = ("A", "B")
# Each try is told to every admin, so nobody may make many.
MOST_TRIES = 5
TRIES_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """What somebody registers: the office of a union, and who they are.

    `replaces_id` is the contact in that office whom the person has agreed to follow.
    """

    union_code: str
    name: str
    phone: str
    role: str = "A"
    replaces_id: int | None = None


@dataclass(frozen=True, slots=True)
class Registration:
    """What came of it; one that is not active waits for an admin's decision."""

    contact: Contact
    is_active: bool


@dataclass(frozen=True, slots=True)
class FormState:
    """What is known of a union's form of 附件5.

    `state` is "none", "waiting" or "registered". `is_late` if nobody of the union came within the
    time of 附件5. `mailed_said` is somebody's word, `mailed_confirmed` the province's.
    """

    state: str = "none"
    is_late: bool = False
    mailed_said: bool = False
    mailed_confirmed: bool = False


def closes_at(campaign: Campaign) -> datetime:
    """The first instant at which a registration is late: midnight after the day of 附件5 (A2)."""
    return datetime.combine(campaign.dates.contact_deadline + timedelta(days=1), time(), campaign.zone)


def register(
    session: Session, campaign: Campaign, entry: Entry, *, person_id: int, now: datetime, render: Render
) -> Registration:
    """Put a person down for an office: active at once if the roster agrees, else waiting.

    The roster agrees if it has exactly this union, name and phone, and, where somebody holds the
    office, no longer has that one; a change from one union to another always waits. Admins and
    whoever would be followed are told of one that waits. An earlier registration of the person
    that still waits is taken back. HandlerError if somebody holds the office whom `entry` does
    not name, and after MOST_TRIES within TRIES_WITHIN.
    """
    label = f"person:{person_id}"
    since = now - TRIES_WITHIN
    if contacts.count_since(session, campaign.pack.name, person_id, since) >= MOST_TRIES:
        raise HandlerError("contact/too_often", helpdesk=campaign.pack.helpdesk)
    taken = HandlerError("contact/office_taken", union=campaign.pack.union_by_code[entry.union_code])
    with offices.all_or_nothing(session, taken):
        take_back(session, campaign, person_id, now=now)
        contact = _new(session, campaign, entry, person_id=person_id, now=now)
        offices.note(session, contact, "register", actor_label=label, now=now)
        is_active = offices.agrees(session, campaign, contact)
        if is_active:
            is_free = offices.take(session, campaign, contact, actor_label=ROSTER, now=now, render=render)
        else:
            holder = offices.holder_beside(session, contact)
            is_free = holder is None or holder.id == contact.replaces_id
        if not is_free:
            raise taken
    if not is_active:
        contact_news.tell_of_waiting(session, campaign, contact, render=render, now=now)
    return Registration(contact, is_active)


def _new(session: Session, campaign: Campaign, entry: Entry, *, person_id: int, now: datetime) -> Contact:
    """A waiting contact; whoever was to be followed but has gone is followed no more."""
    holder = contacts.find_in_office(session, campaign.pack.name, entry.union_code, entry.role)
    contact = Contact(
        campaign=campaign.pack.name, union_code=entry.union_code, person_id=person_id, name=entry.name,
        phone=entry.phone, role=entry.role, state="waiting", is_late=now >= closes_at(campaign),
        replaces_id=None if holder is None else entry.replaces_id, registered_at=now,
    )  # fmt: skip
    contacts.add(session, contact)
    return contact


def waiting_of(session: Session, campaign: Campaign, person_id: int) -> Contact | None:
    """What a person has registered that nobody has decided upon yet."""
    return contacts.find_waiting(session, campaign.pack.name, person_id)


def former_of(session: Session, campaign: Campaign, person_id: int) -> Contact | None:
    """The office that somebody without one held last; None too for whoever waits for one."""
    if waiting_of(session, campaign, person_id) is not None:
        return None
    return contacts.find_former(session, campaign.pack.name, person_id)


def take_back(session: Session, campaign: Campaign, person_id: int, *, now: datetime) -> bool:
    """End what a person has waiting; False if nothing was."""
    waiting = contacts.find_waiting(session, campaign.pack.name, person_id)
    if waiting is None or not contacts.move(session, waiting, "waiting", "ended", ended_at=now):
        return False
    offices.note(session, waiting, "take_back", actor_label=f"person:{person_id}", now=now)
    return True


def activate(
    session: Session, campaign: Campaign, contact: Contact, *, actor_label: str, now: datetime, render: Render
) -> None:
    """Give a waiting contact the office and tell them; whoever held it loses access at once.

    HandlerError if the office is not as it was when they registered, or this one waits no more.
    """
    holder = offices.holder_beside(session, contact)
    union = campaign.pack.union_by_code[contact.union_code]
    # Plain values: rows cannot be read any more where the transaction is over.
    changed = HandlerError(
        "contact/office_changed", number=contact.id, role=contact.role, name=contact.name, union=union,
        holder=None if holder is None else holder.name,
    )  # fmt: skip
    with offices.all_or_nothing(session, changed):
        if not offices.take(session, campaign, contact, actor_label=actor_label, now=now, render=render):
            raise changed
    contact_news.tell_approved(session, campaign, contact, render=render, now=now)


def approve(
    session: Session, campaign: Campaign, actor: Actor, contact_id: int, *, now: datetime, render: Render
) -> Contact:
    """Say yes to a waiting contact and tell them: an admin, or whoever hands the office over."""
    contact = get_waiting(session, campaign, actor, contact_id)
    activate(session, campaign, contact, actor_label=actor.label, now=now, render=render)
    return contact


def get_waiting(session: Session, campaign: Campaign, actor: Actor, contact_id: int) -> Contact:
    """A contact that the actor may decide upon; HandlerError if there is none or it was decided.

    Whether there is one makes no difference to others.
    """
    contact = contacts.find(session, campaign.pack.name, contact_id)
    if not actor.is_admin and not _hands_over(session, actor, contact):
        raise HandlerError("access/admins_only")
    if contact is None:
        raise HandlerError("contact/no_such", number=contact_id)
    if contact.state != "waiting":
        raise offices.decided(contact)
    return contact


def _hands_over(session: Session, actor: Actor, contact: Contact | None) -> bool:
    if contact is None or contact.replaces_id is None or actor.person_id is None:
        return False
    mine = contacts.find_active(session, contact.campaign, actor.person_id)
    return mine is not None and mine.id == contact.replaces_id


def refuse(
    session: Session, campaign: Campaign, actor: Actor, contact_id: int, reason: str, *, now: datetime,
    render: Render,
) -> Contact:  # fmt: skip
    """Say no to a waiting contact; the reason is told to them and kept nowhere."""
    require_admin(actor)
    contact = get_waiting(session, campaign, actor, contact_id)
    if not reason.strip():
        raise HandlerError("contact/reason_wanted", number=contact_id)
    if not contacts.move(session, contact, "waiting", "refused", decided_at=now, decided_by=actor.label):
        raise offices.decided(contact)
    offices.note(session, contact, "refuse", actor_label=actor.label, now=now)
    contact_news.tell_refused(session, campaign, contact, reason.strip(), render=render, now=now)
    return contact


def change_phone(session: Session, contact: Contact, actor: Actor, phone: str, *, now: datetime) -> None:
    """A contact's own new number; of nobody else."""
    if actor.person_id != contact.person_id:
        raise HandlerError("access/own_union_only")
    contact.phone = phone
    offices.note(session, contact, "change_phone", actor_label=actor.label, now=now)


def of_union(session: Session, campaign: Campaign, union_code: str) -> dict[str, Contact]:
    """The active contacts of a union by role: "A" first."""
    found = {row.role: row for row in list_active(session, campaign) if row.union_code == union_code}
    return {role: found[role] for role in ROLES if role in found}


def list_active(session: Session, campaign: Campaign) -> Sequence[Contact]:
    """In the order of 附件3, of each union A before B."""
    order = {union.code: place for place, union in enumerate(campaign.pack.unions)}
    rows = contacts.list_in(session, campaign.pack.name, "active")
    return sorted(rows, key=lambda row: (order.get(row.union_code, len(order)), row.role))


def list_waiting(session: Session, campaign: Campaign, actor: Actor) -> Sequence[Contact]:
    """What admins have to decide upon, oldest first."""
    require_admin(actor)
    return contacts.list_in(session, campaign.pack.name, "waiting")


def say_mailed(session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime) -> bool:
    """Keep somebody's word that the form went to the mailbox; False if it was given before (R86)."""
    require_union(actor, union_code)
    form = contacts.open_mailed(session, campaign.pack.name, union_code)
    if form.said_at is not None:
        return False
    form.said_at, form.said_by = now, actor.label
    audit.note_act(session, f"form:{union_code}", "say_mailed", actor=actor.label, at=now)
    return True


def confirm_mailed(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> bool:
    """The province has the mail; False if it was confirmed before."""
    require_admin(actor)
    if union_code not in campaign.pack.union_by_code:
        raise HandlerError("contact/no_such_union")
    form = contacts.open_mailed(session, campaign.pack.name, union_code)
    if form.confirmed_at is not None:
        return False
    form.confirmed_at, form.confirmed_by = now, actor.label
    audit.note_act(session, f"form:{union_code}", "confirm_mailed", actor=actor.label, at=now)
    return True


def form_states(session: Session, campaign: Campaign) -> dict[str, FormState]:
    """Of every union, in the order of 附件3."""
    rows = contacts.list_in(session, campaign.pack.name, "waiting", "active", "ended")
    mailed = {form.union_code: form for form in contacts.list_mailed(session, campaign.pack.name)}
    states = {}
    for union in campaign.pack.unions:
        theirs = [row for row in rows if row.union_code == union.code]
        state, is_late = _state_of(theirs)
        form = mailed.get(union.code)
        states[union.code] = FormState(
            state, is_late, form is not None and form.said_at is not None,
            form is not None and form.confirmed_at is not None,
        )  # fmt: skip
    return states


def _state_of(rows: Sequence[Contact]) -> tuple[str, bool]:
    """A later hand-over does not make a union late that was there in time."""
    served = [row for row in rows if row.state == "active" or (row.state == "ended" and row.decided_at)]
    if any(row.state == "active" for row in rows):
        return "registered", all(row.is_late for row in served)
    waiting = [row for row in rows if row.state == "waiting"]
    if waiting:
        return "waiting", all(row.is_late for row in [*served, *waiting])
    return "none", False
