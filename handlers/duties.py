"""Who owes what: a question put to the facts at the moment of asking, never a list that is ticked off (R13–R16).

Drafts and what they lack are in `handlers.lacking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import accounts, contacts, groups, schedules
from handlers.access import Actor
from handlers.accounts import AccountState
from handlers.campaigns import Campaign
from handlers.contacts import FormState
from handlers.errors import HandlerError
from handlers.packs import Union
from handlers.rules.ladders import allowed_from
from handlers.rules.transitions import State
from handlers.schedules import Schedule
from storage import duties, reminders, submissions

# Who asks when nobody does: a timed step, or the command line.
SYSTEM = Actor("system", "", is_admin=True)
UNION_DUTIES = ("form", "group", "account", "minimum")
# What a union itself can still do something about; a revoked account is the province's to decide.
_NO_ACCOUNT = frozenset({AccountState.NONE, AccountState.ISSUED, AccountState.EXPIRED})


@dataclass(frozen=True, slots=True)
class UnionDuty:
    """One row of the board. `owed` and `overdue` are duties in the order of the notice.

    `account` is "signed_in" once the union has signed in and chosen its password. `counted` is
    how many submissions count toward the minimum (R39); more than that is welcome (R38).
    `next_reminder` is None where nothing is owed or no step is left. `own_deadline` is the earlier
    day that the union has set for its submitters, as long as that is to come (A30).
    """

    union: Union
    form: FormState
    in_group: bool
    account: str
    drafted: int
    submitted: int
    recommended: int
    counted: int
    minimum: int
    owed: tuple[str, ...]
    overdue: tuple[str, ...]
    next_reminder: datetime | None
    own_deadline: date | None = None

    @property
    def lacking(self) -> int:
        """How many are still to come up to the minimum."""
        return max(0, self.minimum - self.counted)

    @property
    def surplus(self) -> int:
        return max(0, self.counted - self.minimum)


@dataclass(frozen=True, slots=True)
class Sums:
    """Of some rows: unions, those that are done with each duty, and the counts added up."""

    unions: int
    forms: int
    in_group: int
    signed_in: int
    drafted: int
    submitted: int
    recommended: int
    counted: int
    minimum: int
    reached: int


@dataclass(frozen=True, slots=True)
class Board:
    """The rows that the actor may see, in the order of 附件3, with the sums of both groups."""

    as_of: datetime
    rows: tuple[UnionDuty, ...]
    cities: Sums
    industries: Sums
    total: Sums

    @property
    def by_code(self) -> dict[str, UnionDuty]:
        return {row.union.code: row for row in self.rows}


def board(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> Board:
    """All 24 for an admin, for a contact or an account the own row alone; HandlerError for anybody else."""
    if not actor.is_admin and actor.union_code not in campaign.pack.union_by_code:
        raise HandlerError("access/own_union_only")
    rows = tuple(
        row
        for row in _rows(session, campaign, now=now)
        if actor.is_admin or row.union.code == actor.union_code
    )
    kinds = {kind: _sums([row for row in rows if row.union.kind == kind]) for kind in ("city", "industry")}
    return Board(now.astimezone(campaign.zone), rows, kinds["city"], kinds["industry"], _sums(rows))


def of_union(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> UnionDuty:
    """One row; HandlerError unless the actor may see that union."""
    rows = board(session, campaign, actor, now=now).by_code
    if union_code not in rows:
        raise HandlerError("access/own_union_only")
    return rows[union_code]


def owing(session: Session, campaign: Campaign, duty: str, *, now: datetime) -> set[str]:
    """The codes of the unions that owe one of `UNION_DUTIES`."""
    return {row.union.code for row in _rows(session, campaign, now=now) if duty in row.owed}


def _rows(session: Session, campaign: Campaign, *, now: datetime) -> Iterable[UnionDuty]:
    pack = campaign.pack
    forms = contacts.form_states(session, campaign)
    issued = accounts.states(session, campaign, now=now)
    drafted = duties.count_drafts(session, pack.name)
    submitted = submissions.count_by_union(session, pack.name, [State.SUBMITTED])
    has_group = groups.bound(session, campaign) is not None
    members = groups.members(session, campaign)
    joined = {row.union_code for row in contacts.list_active(session, campaign) if row.person_id in members}
    schedule = schedules.of_campaign(session, campaign)
    upcoming = _upcoming(session, schedule, now=now)
    for union in pack.unions:
        code = union.code
        recommended = 0
        counted = recommended if pack.counts == "recommended" else submitted.get(code, 0)
        done = {
            "form": forms[code].state != "none" or forms[code].mailed_confirmed,
            "group": code in joined or not has_group,
            "account": issued[code] not in _NO_ACCOUNT,
            "minimum": counted >= union.minimum,
        }
        owed = tuple(duty for duty in UNION_DUTIES if not done[duty])
        yield UnionDuty(
            union=union, form=forms[code], in_group=code in joined, account=issued[code],
            drafted=drafted.get(code, 0), submitted=submitted.get(code, 0), recommended=recommended,
            counted=counted, minimum=union.minimum, owed=owed,
            overdue=tuple(duty for duty in owed if now >= ends_at(campaign, duty)),
            next_reminder=min((at for key, at in upcoming.items() if _is_owed(key, code, owed)), default=None),
            own_deadline=schedule.running(code, now),
        )  # fmt: skip


def ends_at(campaign: Campaign, duty: str) -> datetime:
    """The first instant at which a duty is overdue."""
    return campaign.closes_at if duty in ("minimum", "draft", "complete") else contacts.closes_at(campaign)


def _upcoming(
    session: Session, schedule: Schedule, *, now: datetime
) -> Mapping[tuple[str | None, str], datetime]:
    """When who owes a duty is reminded of it next, by union (None: any that owes it) and duty."""
    campaign = schedule.campaign
    over = reminders.list_steps(session, campaign.pack.name)
    soonest = allowed_from(now, campaign.reminders, campaign.zone)
    found: dict[tuple[str | None, str], datetime] = {}
    for rung in schedule.rungs(campaign.reminders):
        if rung.key not in over and (rung.is_after or now < rung.ends_at):
            for duty in rung.duties:
                found.setdefault((rung.union_code, duty), max(rung.at, soonest))
    return found


def _is_owed(key: tuple[str | None, str], code: str, owed: Collection[str]) -> bool:
    union, duty = key
    return union in (None, code) and duty in owed


def _sums(rows: Iterable[UnionDuty]) -> Sums:
    listed = list(rows)
    return Sums(
        unions=len(listed),
        forms=sum("form" not in row.owed for row in listed),
        in_group=sum(row.in_group for row in listed),
        signed_in=sum(row.account == AccountState.SIGNED_IN for row in listed),
        drafted=sum(row.drafted for row in listed),
        submitted=sum(row.submitted for row in listed),
        recommended=sum(row.recommended for row in listed),
        counted=sum(row.counted for row in listed),
        minimum=sum(row.minimum for row in listed),
        reached=sum(row.lacking == 0 for row in listed),
    )


def as_json(board: Board) -> dict[str, Any]:
    """The board for other programs (INTERFACES, status --json)."""
    return {
        "as_of": board.as_of.isoformat(),
        "unions": [_row_as_json(row, board.as_of) for row in board.rows],
        **{name: _sums_as_json(getattr(board, name)) for name in ("cities", "industries", "total")},
    }


def _row_as_json(row: UnionDuty, as_of: datetime) -> dict[str, Any]:
    following = row.next_reminder
    return {
        "code": row.union.code,
        "name": row.union.name,
        "kind": row.union.kind,
        "form": row.form.state,
        "form_late": row.form.is_late,
        "mailed_said": row.form.mailed_said,
        "mailed_confirmed": row.form.mailed_confirmed,
        "in_group": row.in_group,
        "account": str(row.account),
        "signed_in": row.account == AccountState.SIGNED_IN,
        "drafted": row.drafted,
        "submitted": row.submitted,
        "recommended": row.recommended,
        "counted": row.counted,
        "minimum": row.minimum,
        "owed": list(row.owed),
        "overdue": list(row.overdue),
        "next_reminder": None if following is None else following.astimezone(as_of.tzinfo).isoformat(),
    }


def _sums_as_json(sums: Sums) -> dict[str, int]:
    return {name: getattr(sums, name) for name in Sums.__dataclass_fields__}


def picture_facts(board: Board) -> dict[str, Any]:
    """What the picture for the group is drawn from: counts and names of unions, nobody's own name (R93)."""
    return {
        "as_of": board.as_of.isoformat(),
        "rows": [
            {
                "name": row.union.name,
                "kind": row.union.kind,
                "form": _form_shown(row.form),
                "in_group": row.in_group,
                "account": str(row.account),
                "counted": row.counted,
                "minimum": row.minimum,
            }
            for row in board.rows
        ],
    }


def _form_shown(form: FormState) -> str:
    """The form's state; a union whose mail the province has confirmed is not shown as owing it."""
    return "mailed" if form.state == "none" and form.mailed_confirmed else form.state
