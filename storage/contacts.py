"""The unions' contacts of 附件5, the roster that they are matched against, and the mailed forms."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime

_ACTIVE = text("state = 'active'")


class Contact(Base):
    """Somebody who speaks for a union, or wishes to (R85, R88).

    `role` is "A" or, for the backup, "B". `state`: "waiting" for an admin's yes, "active",
    "refused" or "ended". Of each union at most one A and one B are active, and a person serves
    one union at a time. `decided_by` is the label of the actor; "roster" where the roster agreed.
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
