"""Accounts: one login for each union, one for each admin. Passwords are kept as argon2 hashes only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime, connection_of


class Account(Base):
    """A login for the pages; it belongs to a union (`union_code`) or to an admin (`admin_id`).

    `one_time_until` is set while the password is a one-time one, which must be changed at the
    first sign-in and is worth nothing after that time. A session holds the `epoch` at which it
    began and ends when that has moved on. `failures` counts tries since the last right password,
    `locked_until` holds further ones off. `password_hash` "" is no password: nobody gets in.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        UniqueConstraint("login"),
        UniqueConstraint("campaign", "union_code"),
        UniqueConstraint("admin_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    union_code: Mapped[str | None] = mapped_column(String(20))
    admin_id: Mapped[int | None] = mapped_column(ForeignKey("admins.id"))
    login: Mapped[str] = mapped_column(String(40))
    password_hash: Mapped[str] = mapped_column(String(200))
    one_time_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    epoch: Mapped[int] = mapped_column(default=1)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_to: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    first_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def find(session: Session, account_id: int) -> Account | None:
    return session.get(Account, account_id)


def find_by_login(session: Session, login: str) -> Account | None:
    return session.scalar(select(Account).where(Account.login == login))


def find_of_union(session: Session, campaign: str, union_code: str) -> Account | None:
    return session.scalar(
        select(Account).where(Account.campaign == campaign, Account.union_code == union_code)
    )


def find_of_admin(session: Session, admin_id: int) -> Account | None:
    return session.scalar(select(Account).where(Account.admin_id == admin_id))


def hold(session: Session, account_id: int) -> Account:
    """The account as it is now, which nobody else changes until the transaction ends; NoResultFound if gone."""
    query = select(Account).where(Account.id == account_id)
    return session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def list_of_campaign(session: Session, campaign: str) -> Sequence[Account]:
    """The unions' accounts, in no order."""
    query = select(Account).where(Account.campaign == campaign, Account.union_code.is_not(None))
    return session.scalars(query).all()


def add(session: Session, account: Account) -> bool:
    """False, with nothing written, if another has the login, or the union or admin an account."""
    connection_of(session)  # What was gathered to be written is no part of what may be undone.
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError:
        return False
    return True


def count_logins(session: Session, base: str) -> int:
    """How many logins begin with `base`."""
    return session.scalar(select(func.count()).where(Account.login.startswith(base, autoescape=True))) or 0
