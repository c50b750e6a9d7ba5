"""Accounts: one login for each union, one for each admin. Passwords are kept as argon2 hashes only."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import Base, UtcDateTime


class Account(Base):
    """A login for the pages; it belongs to a union (`union_code`) or to an admin (`admin_id`).

    `one_time_until` is set while the password is a one-time one, which must be changed at the
    first sign-in and is worth nothing after that time. A session holds the `epoch` at which it
    began and ends when that has moved on. `failures` counts wrong passwords since the last
    right one, `locked_until` holds further tries off.
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
