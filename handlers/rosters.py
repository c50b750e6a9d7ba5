"""The province's own list of contacts: read from a sheet, matched against those who register."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from handlers import contacts, offices
from handlers.access import Actor, require_admin
from handlers.campaigns import Campaign
from handlers.contact_reading import read_name, read_phone, read_union
from handlers.errors import HandlerError
from handlers.fields.base import Accepted, Doubtful
from handlers.messages import Line, Render, say
from handlers.rules.counting import excerpt
from storage import audit
from storage import contacts as kept
from storage.contacts import Contact, RosterEntry

# Where the words of the header may stand: a title and a note are often above it.
FIRST_ROWS = 10
# In this order, since a header of the notice's form has 联系 in all of them.
_HEADERS = {
    "phone": re.compile("电话|手机|号码"),
    "name": re.compile("联系人|姓名"),
    "union": re.compile("单位|工会"),
}
Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row; `row` counts from 1, as the sheet shows it."""

    row: int
    line: Line


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How an import ended: with any problem nothing was kept.

    `imported` rows are the new roster, `activated` are those who waited and are named in it.
    """

    imported: int = 0
    activated: tuple[Contact, ...] = ()
    problems: tuple[Problem, ...] = ()


def import_rows(
    session: Session, campaign: Campaign, actor: Actor, rows: Rows, *, now: datetime, render: Render
) -> ImportReport:
    """Put the rows in the place of the old roster, all or none; admins alone.

    The columns 单位名称, 联系人 and 联系电话 are found by their header, in any order. Who waits and
    is named now becomes active and is told. HandlerError without such a header, or without rows.
    """
    require_admin(actor)
    place, columns = _header(rows)
    entries: list[RosterEntry] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str, str], int] = {}
    for number, row in enumerate(rows[place + 1 :], place + 2):
        cells = {key: row[at].strip() if at < len(row) else "" for key, at in columns.items()}
        if any(cells.values()):
            read = _read(campaign, cells)
            problem = read if isinstance(read, Line) else _doubled(read, number, seen)
            if problem is not None:
                problems.append(Problem(number, problem))
            elif not isinstance(read, Line):
                entries.append(_entry(campaign, read, now=now))
    if problems:
        return ImportReport(problems=tuple(problems))
    if not entries:
        raise HandlerError("contact/roster_empty")
    kept.replace_roster(session, campaign.pack.name, entries)
    audit.note_act(session, "roster", "import", actor=actor.label, at=now, note=str(len(entries)))
    return ImportReport(len(entries), _activate(session, campaign, now=now, render=render))


def _header(rows: Rows) -> tuple[int, dict[str, int]]:
    """Where the header is, and the column of each of the three."""
    for place, row in enumerate(rows[:FIRST_ROWS]):
        columns: dict[str, int] = {}
        for at, cell in enumerate(row):
            said = re.sub(r"\s", "", cell)
            key = next((key for key, words in _HEADERS.items() if words.search(said)), None)
            if key is not None:
                columns.setdefault(key, at)
        if len(columns) == len(_HEADERS):
            return place, columns
    raise HandlerError("contact/roster_without_header")


def _read(campaign: Campaign, cells: dict[str, str]) -> tuple[str, str, str] | Line:
    """Union, name and phone of a row; else what is wrong with it, the first thing first."""
    if not cells["union"]:
        return say("contact/roster_no_union")
    judged = read_union(cells["union"], campaign.pack)
    if not isinstance(judged, Accepted):
        meant = campaign.pack.union_by_code[judged.value] if isinstance(judged, Doubtful) else None
        return say("contact/roster_unknown_union", said=excerpt(cells["union"]), meant=meant)
    name = read_name(cells["name"])
    if name is None:
        return say("contact/roster_bad_name", said=excerpt(cells["name"]))
    phone = read_phone(cells["phone"], campaign.pack)
    if not isinstance(phone, Accepted):
        return say("contact/roster_bad_phone", said=excerpt(cells["phone"]))
    return judged.value, name, phone.value


def _doubled(read: tuple[str, str, str], number: int, seen: dict[tuple[str, str, str], int]) -> Line | None:
    first = seen.setdefault(read, number)
    return None if first == number else say("contact/roster_doubled", first=first)


def _entry(campaign: Campaign, read: tuple[str, str, str], *, now: datetime) -> RosterEntry:
    union_code, name, phone = read
    return RosterEntry(
        campaign=campaign.pack.name, union_code=union_code, name=name, phone=phone, imported_at=now
    )


def _activate(session: Session, campaign: Campaign, *, now: datetime, render: Render) -> tuple[Contact, ...]:
    """Of two who are named for the same office the first comes in; the other waits for an admin."""
    activated = []
    for contact in kept.list_in(session, campaign.pack.name, "waiting"):
        if offices.agrees(session, campaign, contact):
            contacts.activate(session, campaign, contact, actor_label=contacts.ROSTER, now=now, render=render)
            activated.append(contact)
    return tuple(activated)
