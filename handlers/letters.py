"""What one recipient is told in one run of the reminders, and the sentences that it is told in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from handlers.campaigns import Campaign
from handlers.contacts import closes_at
from handlers.duties import UnionDuty
from handlers.lacking import DraftDuty
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import Union
from storage.contacts import Contact, RosterEntry
from storage.reminders import Reminder


@dataclass(frozen=True, slots=True)
class Reason:
    """Why somebody is told: a step, for a recipient, once (`key`); `detail` is what is owed."""

    ladder: str
    step: str
    key: str
    detail: Any
    union_code: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A union for the province to telephone, and whom to ask for there."""

    row: UnionDuty
    contacts: tuple[Contact, ...]
    roster: tuple[RosterEntry, ...]

    @property
    def has_phone(self) -> bool:
        """Whether we know a number at all."""
        return bool(self.contacts or self.roster)


@dataclass(frozen=True, slots=True)
class Planned:
    """A message that is sent, or would be. `to` is a union's code, "person-7", "group" or "admins"."""

    at: datetime
    kind: str
    to: str
    reason: str
    template: str

    def as_json(self) -> dict[str, str]:
        return {
            "at": self.at.isoformat(), "kind": self.kind, "to": self.to, "reason": self.reason,
            "template": self.template,
        }  # fmt: skip


@dataclass(slots=True)
class Letter:
    """All that one person (None: the group) is told at once; `again` are reminders that were put off.

    `contact` is the office in which the person is told of `row`, `is_backup` that it climbed to
    them after the miss. `uncontacted` are the unions named in the group.
    """

    person_id: int | None
    name: str = ""
    reasons: list[Reason] = field(default_factory=list)
    again: list[Reminder] = field(default_factory=list)
    row: UnionDuty | None = None
    is_backup: bool = False
    drafts: list[DraftDuty] = field(default_factory=list)
    calls: dict[str, Call] = field(default_factory=dict)
    uncontacted: dict[str, UnionDuty] = field(default_factory=dict)

    @property
    def is_owed(self) -> bool:
        return bool(self.row is not None or self.drafts or self.calls or self.uncontacted)

    @property
    def templates(self) -> tuple[str, ...]:
        """The names of the templates that it is told in."""
        parts = {
            "reminder/union": self.row, "reminder/drafts": self.drafts, "reminder/calls": self.calls,
            "reminder/group": self.uncontacted,
        }  # fmt: skip
        return tuple(name for name, there in parts.items() if there)


def planned_of(campaign: Campaign, letter: Letter, *, at: datetime) -> Planned:
    """The letter in one line: to whom, because of which steps."""
    told: list[Reason | Reminder] = [*letter.reasons, *letter.again]
    union = next((one.union_code for one in told if one.union_code), None)
    if letter.person_id is None:
        to = "group"
    elif letter.calls and union is None:
        to = "admins"
    else:
        to = union or f"person-{letter.person_id}"
    reason = ", ".join(dict.fromkeys(f"{one.ladder}:{one.step}" for one in told))
    return Planned(at.astimezone(campaign.zone), "duty", to, reason, letter.templates[0])


def owed_detail(row: UnionDuty) -> dict[str, Any]:
    """What a union owes, for the record of what it was told."""
    return {"owed": list(row.owed), "counted": row.counted, "minimum": row.minimum}


def drafts_detail(drafts: Sequence[DraftDuty]) -> dict[str, Any]:
    """What each draft lacks, by its id."""
    return {"drafts": {str(draft.id): [lack.key for lack in draft.lacks] for draft in drafts}}


def reply_of(campaign: Campaign, letter: Letter, *, now: datetime) -> Reply:
    """The message: the union's duties, the own drafts, the calls, and what may be answered."""
    lines = [*_parts(campaign, letter, now=now)]
    if letter.row is not None or letter.drafts:
        lines.append(say("reminder/replies", is_contact=letter.row is not None))
    return Reply(Outcome.ANSWERED, tuple(lines))


def _parts(campaign: Campaign, letter: Letter, *, now: datetime) -> Sequence[Line]:
    today = now.astimezone(campaign.zone).date()
    pack, dates = campaign.pack, campaign.dates
    lines = []
    if letter.row is not None:
        lines.append(
            say(
                "reminder/union", name=letter.name, is_backup=letter.is_backup, row=letter.row, dates=dates,
                today=today, counts=pack.counts, group_name=pack.group_name, helpdesk=pack.helpdesk,
            )
        )  # fmt: skip
    if letter.drafts:
        own = own_deadlines(campaign, letter.drafts)
        lines.append(
            say("reminder/drafts", drafts=letter.drafts, own_deadlines=own, dates=dates, today=today)
        )
    if letter.calls:
        lines.append(say("reminder/calls", name=letter.name, calls=list(letter.calls.values())))
    if letter.uncontacted:
        is_late = now >= closes_at(campaign)
        rows = list(letter.uncontacted.values())
        lines.append(say("reminder/group", rows=rows, dates=dates, today=today, is_late=is_late))
    return lines


def own_deadlines(campaign: Campaign, drafts: Sequence[DraftDuty]) -> list[tuple[Union, date]]:
    """The unions of these drafts that ask for them earlier than the notice does."""
    asked = {draft.union_code: draft.own_deadline for draft in drafts if draft.own_deadline is not None}
    return [(union, asked[union.code]) for union in campaign.pack.unions if union.code in asked]
