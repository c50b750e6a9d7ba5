"""The collection group (附件6): bound to one chat by a one-time code, and who is in it (R91, R92)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers import admins
from handlers.campaigns import Campaign
from storage import audit, groups, outbox, people
from storage import contacts as contact_rows
from storage.contacts import Contact
from storage.groups import Group, GroupMember

# Who joins within so long after a greeting is greeted with the next, so that thirty joins are two messages.
BETWEEN_GREETINGS = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody to be greeted: as what they registered, or by the name that the platform gave."""

    name: str | None
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Greeting:
    """Whom one message greets, in the order in which they came, and when it goes out."""

    newcomers: tuple[Newcomer, ...]
    at: datetime


def bound(session: Session, campaign: Campaign) -> Group | None:
    """The chat that is the group; None before one was bound."""
    return groups.find_bound(session, campaign.pack.name)


def bind(
    session: Session,
    campaign: Campaign,
    code: str,
    *,
    channel: str,
    chat_id: str,
    person_id: int,
    now: datetime,
) -> Group:
    """Make a chat the group of the campaign. HandlerError if the code is wrong, used or run out.

    The chat that was it before gets nothing any more; the one that is it already stays as it is.
    """
    admins.use_code(session, "group", code, person_id, now=now)
    before = bound(session, campaign)
    if before is not None and (before.channel, before.chat_id) == (channel, chat_id):
        return before
    group = groups.bind(
        session, campaign.pack.name, channel=channel, chat_id=chat_id, bound_by=person_id, now=now
    )
    note = None if before is None else f"group:{before.id}"
    audit.note_act(session, f"group:{group.id}", "bind", actor=f"person:{person_id}", at=now, note=note)
    return group


def join(session: Session, group: Group, person_id: int, now: datetime) -> bool:
    """Remember that a person is in the group, whether they came now or were seen there; True if that is news."""
    member = groups.find_member(session, group.id, person_id)
    if member is None:
        member = GroupMember(group_id=group.id, person_id=person_id, joined_at=now)
        groups.add_member(session, member)
        return True
    is_back = member.left_at is not None
    if is_back:
        member.left_at, member.joined_at, member.greets_at = None, now, None
        session.flush()
    return is_back


def leave(session: Session, group: Group, person_id: int, now: datetime) -> None:
    """Remember that a person is gone; nothing changes for somebody who was not seen."""
    member = groups.find_member(session, group.id, person_id)
    if member is not None and member.left_at is None:
        member.left_at = now
        session.flush()


def members(session: Session, campaign: Campaign) -> set[int]:
    """The ids of the people who are in the group now; none before it is bound."""
    group = bound(session, campaign)
    return set() if group is None else {one.person_id for one in groups.list_members(session, group.id)}


def is_member(session: Session, group: Group, person_id: int) -> bool:
    member = groups.find_member(session, group.id, person_id)
    return member is not None and member.left_at is None


def greet(session: Session, group: Group, person_id: int, *, now: datetime) -> Greeting | None:
    """Who is to be greeted because somebody has joined, and when; None if they were greeted before.

    The first is greeted at once; who comes within a minute of a greeting is greeted a minute
    after it, together with all others who came by then. A greeting that waited is taken out of
    the outbox, so the caller must put this one there under a key that begins with `greeting_key`.
    """
    groups.hold(session, group)
    member = groups.find_member(session, group.id, person_id)
    if member is None or member.greets_at is not None:
        return None
    last = group.greets_at
    held = outbox.take_unsent(session, greeting_key(group), now=now)
    if last is None or (not held and now >= last + BETWEEN_GREETINGS):
        at = now
    else:
        at = last if held else last + BETWEEN_GREETINGS
    group.greets_at = member.greets_at = at
    session.flush()
    together = groups.list_greeted(session, group.id, at) if held else [member]
    return Greeting(tuple(_newcomers(session, group, together)), max(at, now))


def greeting_key(group: Group) -> str:
    """What greetings of a group are known by in the outbox."""
    return f"greeting:{group.id}:"


def _newcomers(session: Session, group: Group, joined: Sequence[GroupMember]) -> list[Newcomer]:
    names = people.names(session, [one.person_id for one in joined])
    return [
        Newcomer(names[one.person_id], contact_rows.find_active(session, group.campaign, one.person_id))
        for one in joined
    ]
