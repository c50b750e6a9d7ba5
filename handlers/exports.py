"""The whole campaign as data, for other programs (INTERFACES, Export JSON)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers import contacts
from handlers.campaigns import Campaign
from handlers.fields import is_media
from handlers.rules.transitions import State
from storage import audit, people, submissions
from storage.contacts import Contact
from storage.submissions import StoredFile, Submission

MANY = 500


def as_json(
    session: Session, campaign: Campaign, *, now: datetime, union_code: str | None = None
) -> dict[str, Any]:
    """Unions with their counts in the order of 附件3, and every submission, drafts included.

    With `union_code` only that union, the submissions that count for it and the drafts that name it.
    """
    pack = campaign.pack
    unions = [union for union in pack.unions if union_code in (None, union.code)]
    submitted = submissions.count_by_union(session, pack.name, [State.SUBMITTED])
    serving: dict[str, dict[str, Contact]] = {union.code: {} for union in pack.unions}
    for contact in contacts.list_active(session, campaign):
        serving[contact.union_code][contact.role] = contact
    rows = submissions.list_of_campaign(session, pack.name)
    entries = (entry for part in _parts(rows) for entry in _entries(session, campaign, part))
    return {
        "campaign": pack.name,
        "generated_at": now.isoformat(),
        "unions": [
            {
                "code": union.code,
                "name": union.name,
                "kind": union.kind,
                "minimum": union.minimum,
                "submitted": submitted.get(union.code, 0),
                "recommended": 0,
                "approved": 0,
                "contact": _contact(campaign, serving[union.code].get("A")),
                "backup": _contact(campaign, serving[union.code].get("B")),
            }
            for union in unions
        ],
        "submissions": [entry for entry in entries if union_code in (None, entry["union"])],
    }


def _contact(campaign: Campaign, contact: Contact | None) -> dict[str, Any] | None:
    """Somebody who speaks for a union; `is_late` is about 附件5's day."""
    if contact is None:
        return None
    return {
        "name": contact.name,
        "phone": contact.phone,
        "registered_at": contact.registered_at.astimezone(campaign.zone).isoformat(),
        "is_late": contact.is_late,
    }


def _parts(rows: Sequence[Submission]) -> Iterable[Sequence[Submission]]:
    """Runs short enough for one IN list."""
    return (rows[start : start + MANY] for start in range(0, len(rows), MANY))


def _entries(session: Session, campaign: Campaign, rows: Sequence[Submission]) -> Iterable[dict[str, Any]]:
    ids = [row.id for row in rows]
    answers: dict[int, dict[str, Any]] = {row_id: {} for row_id in ids}
    files: dict[int, list[dict[str, Any]]] = {row_id: [] for row_id in ids}
    history: dict[int, list[dict[str, Any]]] = {row_id: [] for row_id in ids}
    media = {spec.key for spec in campaign.pack.fields if is_media(spec)}
    for answer in submissions.list_answers(session, ids):
        answers[answer.submission_id][answer.field] = answer.value
    for file in submissions.list_files(session, ids):
        fact = file_as_json(file)
        if file.field in media:
            answers[file.submission_id].setdefault(file.field, []).append(fact)
        files[file.submission_id].append({"field": file.field, **fact})
    for act in audit.list_of(session, ids):
        history[act.submission_id or 0].append(
            {
                "at": act.at.astimezone(campaign.zone).isoformat(),
                "actor": _actor(act.person_id),
                "action": act.action,
                "note": act.note,
            }
        )
    names = people.names(session, [row.person_id for row in rows])
    order = [spec.key for spec in campaign.pack.fields]
    for row in rows:
        yield {
            "number": row.number,
            "state": row.state,
            "union": row.union_code or answers[row.id].get("union"),
            "submitter": {"id": _actor(row.person_id), "name": names.get(row.person_id)},
            "answers": {key: answers[row.id][key] for key in order if key in answers[row.id]},
            "files": files[row.id],
            "history": history[row.id],
            "certificate": None,
        }


def _actor(person_id: int | None) -> str | None:
    return None if person_id is None else f"person-{person_id}"


def file_as_json(file: StoredFile) -> dict[str, Any]:
    return {
        "name": file.name,
        "caption": file.caption,
        "kind": file.kind,
        "size": file.size,
        "sha256": file.sha256,
        "status": file.status,
    }
