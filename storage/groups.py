"""The collection group: which chat of which channel it is, and who is in it (附件6, R91)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from storage.db import Base, UtcDateTime

_HELD = text("released_at IS NULL")


class Group(Base):
    """The 征集群 of a campaign, an entity of our own: `chat_id` is the platform's name for the chat.

    One row at most is not released, so the bot speaks in one group only. `greets_at` is when its
    newest greeting goes out, or went.
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
    greets_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class GroupMember(Base):
    """A person whom the bot has seen in the group; `left_at` once they are gone.

    `greets_at` is when the greeting that names them goes out; None for somebody who was not seen
    to join. All who are named by one greeting have the same time.
    """

    __tablename__ = "group_members"

    group_id: Mapped[int] = mapped_column(ForeignKey("groups.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), primary_key=True)
    joined_at: Mapped[datetime] = mapped_column(UtcDateTime)
    left_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    greets_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


def find_bound(session: Session, campaign: str) -> Group | None:
    """The chat that is the group now; None before one was bound."""
    return session.scalar(select(Group).where(Group.campaign == campaign, Group.released_at.is_(None)))


def bind(
    session: Session, campaign: str, *, channel: str, chat_id: str, bound_by: int, now: datetime
) -> Group:
    """Make a chat the group; the one that was it before is let go."""
    held = update(Group).where(Group.campaign == campaign, Group.released_at.is_(None))
    session.execute(held.values(released_at=now))
    group = Group(campaign=campaign, channel=channel, chat_id=chat_id, bound_at=now, bound_by=bound_by)
    session.add(group)
    session.flush()
    return group


def hold(session: Session, group: Group) -> None:
    """See the group as it is now, and keep others from greeting in it until this transaction ends.

    Rows that point at it may still be added: two who have both just joined would else wait for each other.
    """
    session.refresh(group, with_for_update={"key_share": True})


def find_member(session: Session, group_id: int, person_id: int) -> GroupMember | None:
    return session.get(GroupMember, (group_id, person_id), populate_existing=True)


def add_member(session: Session, member: GroupMember) -> None:
    session.add(member)
    session.flush()


def list_members(session: Session, group_id: int) -> Sequence[GroupMember]:
    """Who is in the group now, in the order in which they were seen first."""
    query = select(GroupMember).where(GroupMember.group_id == group_id, GroupMember.left_at.is_(None))
    return session.scalars(query.order_by(GroupMember.joined_at, GroupMember.person_id)).all()


def list_greeted(session: Session, group_id: int, at: datetime) -> Sequence[GroupMember]:
    """Whom the greeting of that time names; those who have left since are not among them."""
    return [member for member in list_members(session, group_id) if member.greets_at == at]
