"""A province of unions, contacts and drafts written straight into the tables: what tests of reminders begin with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from handlers import reminders
from handlers.campaigns import Campaign
from handlers.fields import is_media
from handlers.messages import Reply
from handlers.packs import RequiredWhen
from handlers.rules.ladders import USUAL_REMINDERS
from storage import groups, people
from storage.accounts import Account
from storage.admins import Admin
from storage.audit import AuditRow
from storage.contacts import Contact
from storage.db import Database
from storage.groups import GroupMember
from storage.inbound import InboundRow
from storage.outbox import OutboxRow
from storage.people import Address, Person
from storage.reminders import Reminder
from storage.submissions import Answer, StoredFile, Submission
from tests.talk import campaign, wording

EARLY = datetime(2024, 4, 8, 1, 0, tzinfo=UTC)
CHANNEL = "test"
ZONE = campaign().zone


def at(day: str, clock: str = "09:00") -> datetime:
    """A time of 2024 in the campaign's zone: at("06-11", "09:00")."""
    return datetime.fromisoformat(f"2024-{day}T{clock}").replace(tzinfo=ZONE)


def render(reply: Reply) -> list[str]:
    return [wording().text(reply)]


def person(session: Session, name: str) -> int:
    """Somebody whose address is their name."""
    found = people.find_address(session, CHANNEL, name)
    return people.add(session, CHANNEL, name, now=EARLY, name=name) if found is None else found.person_id


def add_admin(session: Session, name: str = "钱敏") -> int:
    person_id = person(session, name)
    session.add(Admin(name=name, person_id=person_id, created_at=EARLY))
    session.flush()
    return person_id


def bind_group(session: Session) -> None:
    groups.bind(
        session, campaign().pack.name, channel=CHANNEL, chat_id="group-1", bound_by=person(session, "钱敏"),
        now=EARLY,
    )  # fmt: skip


def add_contact(session: Session, union: str, name: str, *, role: str = "A", now: datetime = EARLY) -> int:
    """Somebody who speaks for a union; late if they come late."""
    person_id = person(session, name)
    contact = Contact(
        campaign=campaign().pack.name, union_code=union, person_id=person_id, name=name, phone="13800138000",
        role=role, state="active", is_late=now >= at("04-13", "00:00"), registered_at=now, decided_at=now,
        decided_by="roster",
    )  # fmt: skip
    session.add(contact)
    session.flush()
    return person_id


def join(session: Session, name: str, *, now: datetime = EARLY) -> None:
    group = groups.find_bound(session, campaign().pack.name)
    assert group is not None
    session.add(GroupMember(group_id=group.id, person_id=person(session, name), joined_at=now))
    session.flush()


def issue_account(session: Session, union: str, *, until: datetime | None, now: datetime = EARLY) -> None:
    """A union's account; with `until` nobody has signed in to it yet."""
    account = Account(
        campaign=campaign().pack.name, union_code=union, login=union, password_hash="kept", issued_at=now,
        one_time_until=until, first_signed_in_at=None if until else now,
    )  # fmt: skip
    session.add(account)
    session.flush()


def sign_in(session: Session, union: str, *, now: datetime) -> None:
    account = session.scalars(select(Account).where(Account.union_code == union)).one()
    account.one_time_until, account.first_signed_in_at = None, now
    session.flush()


def add_submitted(session: Session, union: str, count: int, *, now: datetime = EARLY) -> None:
    """So many submissions that count for a union from `now` on, of one person."""
    row = {
        "person_id": person(session, f"{union}-many"), "campaign": campaign().pack.name,
        "pack_version": campaign().version, "state": "submitted", "route": "self", "union_code": union,
        "skipped": [], "created_at": now, "changed_at": now, "submitted_at": now,
    }  # fmt: skip
    ids = session.scalars(insert(Submission).returning(Submission.id), [row] * count).all()
    act = {"at": now, "action": "submit", "before": "draft", "after": "submitted", "union_code": union}
    session.execute(insert(AuditRow), [{**act, "submission_id": one} for one in ids])


def add_draft(
    session: Session,
    name: str,
    union: str,
    *,
    lacks: Sequence[str] = (),
    now: datetime = EARLY,
    counted: bool = True,
) -> int:
    """A draft that lacks just these fields; with `counted` False nobody has counted that yet."""
    person_id, pack = person(session, name), campaign().pack
    count = len(session.scalars(select(Submission).where(Submission.person_id == person_id)).all())
    submission = Submission(
        person_id=person_id, campaign=pack.name, pack_version=campaign().version, state="draft", route="self",
        skipped=[], short=len(lacks) if counted else None, created_at=now, changed_at=now,
    )  # fmt: skip
    session.add(submission)
    session.flush()
    for spec in pack.fields:
        if spec.required_when is not RequiredWhen.SUBMIT or spec.key in lacks:
            continue
        if is_media(spec):
            add_files(session, submission.id, spec.key, spec.limits.files_min or 1)
        else:
            value: Any = {"union": union, "title": f"{name}的成果{count + 1}"}.get(spec.key, "有")
            session.add(
                Answer(
                    submission_id=submission.id,
                    field=spec.key,
                    value=value,
                    person_id=person_id,
                    answered_at=now,
                )
            )
    session.flush()
    return submission.id


def add_files(session: Session, submission_id: int, field: str, count: int) -> None:
    for place in range(count):
        session.add(
            StoredFile(
                submission_id=submission_id, field=field, name=f"{place}.jpg", caption=f"第{place}张", kind="image",
                size=2_000_000, sha256="0" * 64, status="stored", received_at=EARLY,
            )
        )  # fmt: skip
    session.flush()


def wrote(session: Session, name: str, *, now: datetime) -> None:
    """Somebody wrote to the bot."""
    row = InboundRow(
        identity=f"{CHANNEL}/{name}/{now.isoformat()}", channel=CHANNEL, sender=name, key=now.isoformat(),
        person_id=person(session, name), chat="private", kind="text", text="在吗", outcome="answered", reply="",
        received_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()


def hand_in(session: Session, submission_id: int, *, now: datetime) -> None:
    row = session.get_one(Submission, submission_id)
    row.state, row.union_code, row.submitted_at, row.changed_at = "submitted", "suzhou", now, now
    session.flush()


def run(database: Database, now: datetime, *, of: Campaign | None = None) -> reminders.Ran:
    """One run of the reminders, in a transaction of its own."""
    with database.writing() as session:
        return reminders.run_due(session, of or campaign(), USUAL_REMINDERS, now=now, render=render)


def sent(database: Database) -> list[str]:
    """Every message of the reminders: time, to whom, the steps, what was owed."""
    query = (
        select(Reminder, OutboxRow.created_at, OutboxRow.chat, Person.name)
        .join(OutboxRow, OutboxRow.dedupe_key == Reminder.outbox_key + ":0")
        .outerjoin(Person, Person.id == OutboxRow.person_id)
        .where(Reminder.state == "sent")
        .order_by(OutboxRow.created_at, Reminder.id)
    )
    messages: dict[tuple[datetime, str], list[Reminder]] = {}
    with database.reading() as session:
        for row, told_at, chat, name in session.execute(query):
            messages.setdefault((told_at, name or chat), []).append(row)
        return sorted(_line(told_at, to, rows) for (told_at, to), rows in messages.items())


def _line(told_at: datetime, to: str, rows: Sequence[Reminder]) -> str:
    steps = ", ".join(sorted({f"{row.ladder}:{row.step}" for row in rows}))
    owed = "; ".join(dict.fromkeys(_owed(row) for row in rows))
    return f"{told_at.astimezone(ZONE):%m-%d %H:%M}  {to}  [{steps}]  {owed}"


def _owed(row: Reminder) -> str:
    detail = row.detail
    parts = []
    if "owed" in detail:
        count = f" {detail['counted']}/{detail['minimum']}" if "minimum" in detail["owed"] else ""
        parts.append(f"{row.union_code}: {' '.join(detail['owed'])}{count}")
    if "unions" in detail:
        parts.append(f"{len(detail['unions'])} unions: {' '.join(detail['unions'])}")
    lists = detail.get("drafts", {}).values()
    parts += [f"lacks {' '.join(lacks)}" if lacks else "only to be submitted" for lacks in lists]
    return "; ".join(parts)


def texts_to(database: Database, name: str) -> list[str]:
    """What waits for somebody, or for the group, in the outbox."""
    query = select(OutboxRow).outerjoin(
        Address, (Address.channel == OutboxRow.channel) & (Address.address == OutboxRow.address)
    )
    with database.reading() as session:
        rows = session.scalars(query.where(OutboxRow.address == name).order_by(OutboxRow.id))
        return [row.text for row in rows]
