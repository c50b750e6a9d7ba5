"""The unions' contacts of 附件5, the roster that they are matched against, and the mailed forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, delete, func, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime, connection_of

_ACTIVE = text("state = 'active'")


class Contact(Base):
    """Somebody who speaks for a union, or wishes to (R85, R88).

    `role` is "A" or, for the backup, "B". `state`: "waiting" for an admin's yes, "active",
    "refused" or "ended". Of each union at most one A and one B are active, and a person serves
    one union at a time. `replaces_id` is the contact who held the office when this one asked for
    it: of that one and nobody else it is taken over. `decided_by` is the label of the actor;
    "roster" where the roster agreed. One who was never decided upon and has ended took it back.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        Index(
            "uq_contacts_role", "campaign", "union_code", "role",
            unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
        Index(
            "uq_contacts_person", "campaign", "person_id",
            unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE,
        ),
        Index(None, "campaign", "state"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    union_code: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(1))
    state: Mapped[str] = mapped_column(String(10))
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("contacts.id"))
    is_late: Mapped[bool] = mapped_column(default=False)
    registered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(60))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RosterEntry(Base):
    """A contact as the province's own list names them; a new import replaces the old list."""

    __tablename__ = "roster_entries"
    __table_args__ = (Index(None, "campaign", "union_code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    union_code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str] = mapped_column(String(40))
    imported_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MailedForm(Base):
    """That a union's form went to the notice's mailbox: only ever on somebody's word (R86)."""

    __tablename__ = "mailed_forms"

    campaign: Mapped[str] = mapped_column(String(60), primary_key=True)
    union_code: Mapped[str] = mapped_column(String(20), primary_key=True)
    said_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    said_by: Mapped[str | None] = mapped_column(String(60))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by: Mapped[str | None] = mapped_column(String(60))


def find_active(session: Session, campaign: str, person_id: int) -> Contact | None:
    """The office that a person holds now; None if none."""
    query = select(Contact).where(
        Contact.campaign == campaign, Contact.person_id == person_id, Contact.state == "active"
    )
    return session.scalar(query)


def add(session: Session, contact: Contact) -> None:
    session.add(contact)
    session.flush()


def find(session: Session, campaign: str, contact_id: int) -> Contact | None:
    """A contact as it stands now, in any state; on PostgreSQL the row stays locked."""
    query = select(Contact).where(Contact.campaign == campaign, Contact.id == contact_id)
    return session.scalar(
        query.with_for_update(key_share=True), execution_options={"populate_existing": True}
    )


def find_in_office(session: Session, campaign: str, union_code: str, role: str) -> Contact | None:
    """Who holds that office of a union now; on PostgreSQL the row stays locked."""
    query = select(Contact).where(
        Contact.campaign == campaign,
        Contact.union_code == union_code,
        Contact.role == role,
        Contact.state == "active",
    )
    return session.scalar(
        query.with_for_update(key_share=True), execution_options={"populate_existing": True}
    )


def find_waiting(session: Session, campaign: str, person_id: int) -> Contact | None:
    """The registration of a person that waits for a decision; None if none does."""
    query = select(Contact).where(
        Contact.campaign == campaign, Contact.person_id == person_id, Contact.state == "waiting"
    )
    return session.scalar(query.order_by(Contact.id.desc()).limit(1))


def find_former(session: Session, campaign: str, person_id: int) -> Contact | None:
    """The office that a person held last and holds no more; None if they never held one."""
    query = select(Contact).where(
        Contact.campaign == campaign,
        Contact.person_id == person_id,
        Contact.state == "ended",
        Contact.decided_at.is_not(None),
    )
    return session.scalar(query.order_by(Contact.ended_at.desc(), Contact.id.desc()).limit(1))


def count_since(session: Session, campaign: str, person_id: int, since: datetime) -> int:
    """How often a person has registered since then, whatever came of it."""
    query = select(func.count()).select_from(Contact)
    mine = query.where(Contact.campaign == campaign, Contact.person_id == person_id)
    return session.scalar(mine.where(Contact.registered_at > since)) or 0


def list_in(session: Session, campaign: str, *states: str) -> Sequence[Contact]:
    """Those of some states, oldest first."""
    query = select(Contact).where(Contact.campaign == campaign, Contact.state.in_(states))
    return session.scalars(query.order_by(Contact.id)).all()


def move(session: Session, contact: Contact, before: str, after: str, **changes: Any) -> bool:
    """Change a contact's state if it is still `before`; False, with nothing changed, if it is not.

    Either way `contact` is as it stands now.
    Two who come to the same office at the same moment: one gets IntegrityError.
    """
    mine = update(Contact).where(Contact.id == contact.id, Contact.state == before)
    moved = session.execute(mine.values(state=after, **changes))
    session.refresh(contact)
    return bool(moved.rowcount)  # type: ignore[attr-defined]


def list_roster(session: Session, campaign: str, union_code: str) -> Sequence[RosterEntry]:
    """Whom the roster names for a union, in the order of the list."""
    query = select(RosterEntry).where(RosterEntry.campaign == campaign, RosterEntry.union_code == union_code)
    return session.scalars(query.order_by(RosterEntry.id)).all()


def replace_roster(session: Session, campaign: str, entries: Sequence[RosterEntry]) -> None:
    """Put a new roster in the place of the old one; of two at the same moment the later one stays."""
    if connection_of(session).dialect.name == "postgresql":
        # Else both would delete what they see and leave two lists; SQLite has one writer anyway.
        session.execute(text("LOCK TABLE roster_entries IN SHARE ROW EXCLUSIVE MODE"))
    session.execute(delete(RosterEntry).where(RosterEntry.campaign == campaign))
    session.add_all(entries)
    session.flush()


_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def open_mailed(session: Session, campaign: str, union_code: str) -> MailedForm:
    """The row about a union's mailed form, locked; an empty one is added where there is none."""
    insert = _INSERT[connection_of(session).dialect.name](MailedForm)
    key = {"campaign": campaign, "union_code": union_code}
    session.execute(insert.values(**key).on_conflict_do_nothing())
    query = select(MailedForm).filter_by(**key).with_for_update(key_share=True)
    return session.scalars(query, execution_options={"populate_existing": True}).one()


def clear_mailed(session: Session, campaign: str, union_code: str) -> bool:
    """Forget what is known of a union's mailed form; False if nothing was."""
    form = open_mailed(session, campaign, union_code)
    was_known = form.said_at is not None or form.confirmed_at is not None
    form.said_at = form.said_by = form.confirmed_at = form.confirmed_by = None
    return was_known


def list_mailed(session: Session, campaign: str) -> Sequence[MailedForm]:
    return session.scalars(select(MailedForm).where(MailedForm.campaign == campaign)).all()
