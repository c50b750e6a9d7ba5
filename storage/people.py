"""People who write to us, and the address each has on a channel."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, JsonValue, UtcDateTime, connection_of


class Person(Base):
    """A human being in a chat.

    `submission_id` is the draft being worked on, `asked` the key of the field whose question
    is open (None: no question), `pending` what waits for a yes, a number or a reason.
    `union_hint` is the union whose QR code was scanned (R52).
    """

    __tablename__ = "people"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str | None] = mapped_column(String(200))
    # No foreign key: submissions point at people, and SQLite cannot add one to a circle later.
    submission_id: Mapped[int | None]
    asked: Mapped[str | None] = mapped_column(String(40))
    pending: Mapped[Any | None] = mapped_column(JsonValue)
    union_hint: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Address(Base):
    """Where a person is reached: the sender's name on one channel (an openid, say)."""

    __tablename__ = "addresses"
    __table_args__ = (UniqueConstraint("channel", "address"), Index(None, "person_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    channel: Mapped[str] = mapped_column(String(40))
    address: Mapped[str] = mapped_column(String(200))
    reachable: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


_ADD_PERSON = insert(Person).returning(Person.id)
_ADD_ADDRESS = insert(Address)


def add(session: Session, channel: str, address: str, *, now: datetime, name: str | None = None) -> int:
    """The id of a new person with one address. A second one for the address raises IntegrityError."""
    connection = connection_of(session)
    person_id: int = connection.execute(_ADD_PERSON, {"name": name, "created_at": now}).scalar_one()
    connection.execute(
        _ADD_ADDRESS,
        {
            "person_id": person_id,
            "channel": channel,
            "address": address,
            "reachable": True,
            "created_at": now,
        },
    )
    return person_id


def find_address(session: Session, channel: str, address: str) -> Address | None:
    return session.scalar(select(Address).where(Address.channel == channel, Address.address == address))


def list_on_channel(session: Session, channel: str) -> list[tuple[Person, Address]]:
    """People of one channel in the order in which they came."""
    rows = session.execute(
        select(Person, Address)
        .join(Address, Address.person_id == Person.id)
        .where(Address.channel == channel)
        .order_by(Address.id)
    )
    return [(person, address) for person, address in rows]


def names(session: Session, person_ids: Sequence[int]) -> dict[int, str | None]:
    """The names that people gave, by id."""
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(person_ids)))
    return {row.id: row.name for row in rows}


def latest_address(session: Session, person_id: int) -> Address | None:
    """The newest address at which a person can be reached; None if there is none."""
    query = select(Address).where(Address.person_id == person_id, Address.reachable.is_(True))
    return session.scalar(query.order_by(Address.id.desc()).limit(1))
