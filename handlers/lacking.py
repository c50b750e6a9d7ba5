"""What open drafts lack, told by name, for owners who are not in the talk just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import prompts, schedules
from handlers.campaigns import Campaign
from handlers.fields import is_media, shortfall
from handlers.messages import InboundMessage, MessageKind, Reply
from handlers.packs import FieldSpec
from handlers.progress import missing
from handlers.rules.transitions import State
from handlers.turns import Turn, file_facts
from storage import duties, submissions
from storage.desks import Desk, DeskFile
from storage.duties import DraftRow


@dataclass(frozen=True, slots=True)
class Lack:
    """A field that is still open: `number` is what is typed behind 修改.

    `more` is how many files are still to come where some are there, `unnamed` how many of those
    have no name yet; `is_stale` if a paper has to be stamped again.
    """

    key: str
    name: str
    number: int | str
    more: int = 0
    unnamed: int = 0
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class DraftDuty:
    """An open draft and what it lacks; nothing: it is complete and only has to be handed in (L2).

    `place` is its number in its owner's list, `is_only` if that list has no other. `own_deadline`
    is the earlier day until which its union asks for it, as long as that is to come (A30).
    """

    id: int
    person_id: int
    title: str
    union_code: str | None
    place: int
    is_only: bool
    changed_at: datetime
    lacks: tuple[Lack, ...]
    own_deadline: date | None = None


def of_drafts(
    session: Session, campaign: Campaign, rows: Sequence[DraftRow], *, now: datetime
) -> list[DraftDuty]:
    """The drafts of some people with what each lacks, counted from answers and files."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    places = duties.list_places(session, campaign.pack.name, sorted({row.person_id for row in rows}))
    papers = _desks(session, rows, ids)
    schedule = schedules.of_campaign(session, campaign)
    found = []
    for row in rows:
        desk = papers[row.id]
        turn = Turn(session, campaign, desk, _NO_MESSAGE, now, render=_unheard)
        found.append(
            DraftDuty(
                id=row.id, person_id=row.person_id, title=desk.answers.get("title") or "",
                union_code=desk.answers.get("union"), place=places[row.id][0],
                is_only=places[row.id][1] == 1, changed_at=row.changed_at,
                lacks=tuple(_lack(turn, spec) for spec in missing(turn)),
                own_deadline=schedule.running(desk.answers.get("union"), now),
            )
        )  # fmt: skip
    return found


_NO_MESSAGE = InboundMessage(channel="", sender="", key="", kind=MessageKind.TEXT)


def _unheard(reply: Reply) -> list[str]:
    """Nobody is told anything while drafts are counted."""
    return []


def _desks(session: Session, rows: Sequence[DraftRow], ids: Sequence[int]) -> dict[int, Desk]:
    """Each draft as it would lie before its owner."""
    desks = {
        row.id: Desk(row.person_id, None, None, None, None, row.id, state=State.DRAFT, skipped=[])
        for row in rows
    }
    for answer in submissions.list_answers(session, ids):
        desks[answer.submission_id].answers[answer.field] = answer.value
    for file in submissions.list_files(session, ids):
        kept = DeskFile(file.id, file.name, file.caption, file.kind, file.size, file.sha256, file.status)
        desks[file.submission_id].files.setdefault(file.field, []).append(kept)
    return desks


def _lack(turn: Turn, spec: FieldSpec) -> Lack:
    more: dict[str, Any] = {}
    files = turn.files(spec.key)
    if is_media(spec) and files:
        short = shortfall(spec, file_facts(files))
        if short is not None:
            more = {"more": short.files, "unnamed": short.unnamed}
    is_stale = any(file.status == "stale" for file in files)
    return Lack(spec.key, spec.short, prompts.number_of(turn, spec), is_stale=is_stale, **more)
