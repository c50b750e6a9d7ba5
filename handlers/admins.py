"""The province's admins and the one-time codes that bind an admin, or the group, to a chat."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.choices import fold
from handlers.errors import HandlerError
from storage import admins, audit
from storage.admins import Admin, BindingCode

DIGITS = 8
LASTS = timedelta(hours=24)
MOST_TRIES = 5
TRIED_WITHIN = timedelta(hours=1)
WRONG = "code_refused"


def add(session: Session, name: str, *, now: datetime) -> tuple[Admin, str]:
    """An admin of that name, new or known, and the code that binds their chat.

    A known one keeps chat and acts until the new code is used; an older unused code is worth
    nothing. Somebody who was revoked is an admin again.
    """
    admin = admins.find_named(session, name) or admins.add(session, name, now=now)
    admin.revoked_at = None
    code = _issue(session, "admin", admin.id, now=now)
    audit.note_act(session, subject_of(admin), "code_issued", actor="operator", at=now)
    return admin, code


def group_code(session: Session, actor_label: str, *, now: datetime) -> str:
    """A code that binds the group to the chat in which it is said; an older unused one ends."""
    code = _issue(session, "group", None, now=now)
    audit.note_act(session, "group", "code_issued", actor=actor_label, at=now)
    return code


def _issue(session: Session, kind: str, admin_id: int | None, *, now: datetime) -> str:
    code = _new_code()
    while admins.has_code(session, _digest(code)):
        code = _new_code()
    row = BindingCode(
        kind=kind, digest=_digest(code), admin_id=admin_id, created_at=now, expires_at=now + LASTS
    )
    admins.add_code(session, row)
    return code


def _new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def _digest(code: str) -> str:
    """Of the digits alone: full-width ones and spaces between them are the same code."""
    return hashlib.sha256("".join(fold(code).split()).encode()).hexdigest()


def use_code(session: Session, kind: str, code: str, person_id: int, *, now: datetime) -> BindingCode:
    """Use up a code that somebody said; HandlerError for a wrong one, or after too many of those."""
    subject = f"person:{person_id}"
    if audit.count_of_subject(session, subject, WRONG, since=now - TRIED_WITHIN) >= MOST_TRIES:
        raise HandlerError("admin/too_many_tries")
    row = admins.use_code(session, kind, _digest(code), now=now)
    if row is None:
        audit.note_act(session, subject, WRONG, actor=subject, at=now, note=kind)
        raise HandlerError("admin/code_refused", kind=kind)
    return row


def bind(session: Session, code: str, person_id: int, *, now: datetime) -> Admin:
    """Make the chat of a person an admin's. HandlerError if the code is wrong, used or run out.

    The admin's former chat is nobody's from now on.
    """
    row = use_code(session, "admin", code, person_id, now=now)
    admin = session.get_one(Admin, row.admin_id)
    admins.give_chat(session, admin, person_id)
    audit.note_act(session, subject_of(admin), "bind", actor=f"person:{person_id}", at=now)
    return admin


def spoil(session: Session, code: str, person_id: int, *, now: datetime) -> None:
    """An admin's code that was said before others is worth nothing any more."""
    try:
        row = use_code(session, "admin", code, person_id, now=now)
    except HandlerError:
        return
    audit.note_act(session, f"admin:{row.admin_id}", "code_spoilt", actor=f"person:{person_id}", at=now)


def subject_of(admin: Admin) -> str:
    """What audit rows call an admin."""
    return f"admin:{admin.id}"


def list_active(session: Session) -> Sequence[Admin]:
    """Oldest first; also those whose chat is not bound yet."""
    return admins.list_active(session)
