"""Who a broadcast is for: an audience kept as data becomes people by name, each of them once (R116, L8)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import contacts, duties, groups
from handlers.access import Actor, require_admin
from handlers.campaigns import Campaign
from storage import admins, broadcasts, people, submissions
from storage.contacts import Contact

# In the order in which they are offered; a number that an admin says is a place in it.
PARTS = (
    "contacts", "cities", "industries", "owes_minimum", "owes_form", "owes_group", "owes_account",
    "drafts", "people", "group",
)  # fmt: skip
EMPTY: Mapping[str, Any] = {"parts": [], "backups": False, "unions": [], "people": []}
_OWING = "owes_"


@dataclass(frozen=True, slots=True)
class Receiver:
    """Somebody on the list; `person_id` None is the group.

    `role`: "contact", "backup", "admin", "submitter" or "group"; `title` is what a submitter works
    on, to tell two of one name apart. `why` is "" for who gets it, else what keeps it from them:
    "excluded", "unreachable", "opted_out" or "no_group".
    """

    person_id: int | None
    name: str
    role: str
    union_code: str | None = None
    union: str = ""
    title: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Gathered:
    """An audience as it is now; `without` are the unions meant that nobody speaks for yet."""

    everybody: tuple[Receiver, ...]
    without: tuple[str, ...] = ()

    @property
    def reached(self) -> tuple[Receiver, ...]:
        return tuple(one for one in self.everybody if not one.why)

    @property
    def left_out(self) -> tuple[Receiver, ...]:
        return tuple(one for one in self.everybody if one.why)


def gather(
    session: Session,
    campaign: Campaign,
    actor: Actor,
    audience: Mapping[str, Any],
    *,
    kind: str,
    excluded: Collection[int],
    now: datetime,
) -> Gathered:
    """The people of an audience: contacts in the order of 附件3, then submitters, named people, the group.

    Whoever is on several lists is there once. `kind` "notice" leaves out who wants none.
    """
    require_admin(actor)
    parts = audience["parts"]
    codes = _unions_meant(session, campaign, parts, now=now)
    speaking = list(_contacts(session, campaign, codes, with_backups=bool(audience["backups"])))
    spoken_for = {one.union_code for one in speaking}
    found = [*speaking]
    if "drafts" in parts:
        found += _submitters(session, campaign, audience["unions"])
    if "people" in parts:
        found += [known(session, campaign, actor, person_id) for person_id in audience["people"]]
    if "group" in parts:
        found += _group(session, campaign)
    once: dict[int | None, Receiver] = {}
    for one in found:
        once.setdefault(one.person_id, one)
    names = campaign.pack.union_by_code
    without = [union.name for code, union in names.items() if code in codes and code not in spoken_for]
    judged = _judge(session, list(once.values()), kind=kind, excluded=excluded)
    return Gathered(tuple(judged), tuple(without))


def _unions_meant(
    session: Session, campaign: Campaign, parts: Sequence[str], *, now: datetime
) -> frozenset[str]:
    """The unions whose contacts are meant by any of the parts."""
    codes: set[str] = set()
    for union in campaign.pack.unions:
        kind = "cities" if union.kind == "city" else "industries"
        if "contacts" in parts or kind in parts:
            codes.add(union.code)
    for part in parts:
        if part.startswith(_OWING):
            codes |= duties.owing(session, campaign, part.removeprefix(_OWING), now=now)
    return frozenset(codes)


def _contacts(
    session: Session, campaign: Campaign, codes: Collection[str], *, with_backups: bool
) -> Iterator[Receiver]:
    """A of each union, and B where backups are wanted or there is no A."""
    held: dict[str, list[Contact]] = {}
    for contact in contacts.list_active(session, campaign):
        held.setdefault(contact.union_code, []).append(contact)
    for union in campaign.pack.unions:
        if union.code in codes:
            both = sorted(held.get(union.code, []), key=lambda contact: contact.role)
            yield from (_of_contact(campaign, one) for one in (both if with_backups else both[:1]))


def _of_contact(campaign: Campaign, contact: Contact) -> Receiver:
    union = campaign.pack.union_by_code.get(contact.union_code)
    return Receiver(
        contact.person_id,
        contact.name,
        "contact" if contact.role == "A" else "backup",
        contact.union_code,
        union.name if union is not None else contact.union_code,
    )


def _submitters(session: Session, campaign: Campaign, codes: Iterable[str]) -> Iterator[Receiver]:
    for code in codes:
        union = campaign.pack.union_by_code[code]
        for person_id, name in broadcasts.list_drafters(session, campaign.pack.name, code):
            yield Receiver(person_id, name or "", "submitter", code, union.name)


def _group(session: Session, campaign: Campaign) -> Iterator[Receiver]:
    is_bound = groups.bound(session, campaign) is not None
    yield Receiver(None, campaign.pack.group_name, "group", why="" if is_bound else "no_group")


def _judge(
    session: Session, everybody: Sequence[Receiver], *, kind: str, excluded: Collection[int]
) -> Iterator[Receiver]:
    ids = [one.person_id for one in everybody if one.person_id is not None]
    opted_out = broadcasts.opted_out(session, ids) if kind == "notice" else set()
    reachable = broadcasts.reachable(session, ids)
    for one in everybody:
        if one.person_id is None:
            yield one
        elif one.person_id in excluded:
            yield replace(one, why="excluded")
        elif one.person_id in opted_out:
            yield replace(one, why="opted_out")
        elif one.person_id not in reachable:
            yield replace(one, why="unreachable")
        else:
            yield one


def named(session: Session, campaign: Campaign, actor: Actor, name: str) -> tuple[Receiver, ...]:
    """Everybody who goes by that name: contacts, admins, and people in chats; none, one or several."""
    require_admin(actor)
    ids = [one.person_id for one in contacts.list_active(session, campaign) if one.name == name]
    ids += [
        one.person_id for one in admins.list_active(session) if one.name == name and one.person_id is not None
    ]
    ids += broadcasts.list_named(session, name)
    return tuple(known(session, campaign, actor, person_id) for person_id in dict.fromkeys(ids))


def known(session: Session, campaign: Campaign, actor: Actor, person_id: int) -> Receiver:
    """A person as an admin knows them: by office, else by the name in the chat."""
    require_admin(actor)
    for contact in contacts.list_active(session, campaign):
        if contact.person_id == person_id:
            return _of_contact(campaign, contact)
    admin = admins.find_of_person(session, person_id)
    if admin is not None:
        return Receiver(person_id, admin.name, "admin")
    rows = submissions.list_of_person(session, person_id, campaign.pack.name)
    titles = [row.title for row in rows if row.title]
    name = people.names(session, [person_id]).get(person_id) or ""
    return Receiver(person_id, name, "submitter", title=titles[-1] if titles else "")
