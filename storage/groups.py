"""The collection group: which chat of which channel it is, and who is in it (附件6, R91)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import Base, UtcDateTime

_HELD = text("released_at IS NULL")


class Group(Base):
    """The 征集群 of a campaign, an entity of our own: `chat_id` is the platform's name for the chat.

    One row at most is not released, so the bot speaks in one group only.
    """

    __tablename__ = "groups"
    __table_args__ = (
        Index("uq_groups_campaign", "campaign", unique=True, sqlite_where=_HELD, postgresql_where=_HELD),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(60))
    channel: Mapped[str] = mapped_column(String(40))
    chat_id: Mapped[str] = mapped_column(String(200))
    bound_at: Mapped[datetime] = mapped_column(UtcDateTime)
    bound_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupMember(Base):
    """A person whom the bot has seen in the group; `left_at` once they are gone."""

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
