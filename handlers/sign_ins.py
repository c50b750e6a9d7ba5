"""Signing in on the pages, changing the password, and who a session belongs to.

Comparing a password is slow on purpose, so it happens between two transactions: the first counts
the try before anybody knows whether it is right, so that a crowd of tries at one moment cannot
slip past the limit; the second says what followed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from handlers.access import Actor, actor_of_account
from handlers.accounts import AccountState, state_of, subject_of
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from storage import accounts, admins, audit
from storage.accounts import Account

FREE_TRIES = 5
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
LONGEST_LOGIN = 40


@dataclass(frozen=True, slots=True)
class SignedIn:
    """An account on the pages. `must_change` while its password is a one-time one."""

    account_id: int
    epoch: int
    login: str
    actor: Actor
    must_change: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A counted try: `kept` is the hash to compare with, "" where no password can be right.

    `is_held_off` says that the try is refused even so, since too many came before.
    """

    account_id: int | None
    epoch: int = 0
    kept: str = field(default="", repr=False)
    is_held_off: bool = False


NOBODY = Attempt(None)


def begin(session: Session, campaign: Campaign, login: str, *, now: datetime) -> Attempt:
    """Count a try to sign in; an unknown login gets an attempt like any other, which will fail."""
    account = accounts.find_by_login(session, _as_login(login))
    if account is None or not _is_of(campaign, account):
        return NOBODY
    return _count_try(session, accounts.hold(session, account.id), now=now)


def begin_change(session: Session, signed_in: SignedIn, *, now: datetime) -> Attempt:
    """Count a try to prove the present password before it is changed.

    A one-time password was proven a moment ago, so nothing is counted for it. HandlerError if
    the session has ended.
    """
    account = accounts.hold(session, signed_in.account_id)
    if account.epoch != signed_in.epoch:
        raise HandlerError("account/session_ended")
    if account.one_time_until is not None:
        return Attempt(account.id, account.epoch, account.password_hash)
    return _count_try(session, account, now=now)


def _count_try(session: Session, account: Account, *, now: datetime) -> Attempt:
    """Nothing is counted while tries are held off, else their holder would never get in again."""
    held_off = account.locked_until is not None and now < account.locked_until
    if not held_off:
        account.failures += 1
        if account.failures >= FREE_TRIES:
            account.locked_until = now + wait_after(account.failures)
    return Attempt(account.id, account.epoch, account.password_hash, held_off)


def wait_after(failures: int) -> timedelta:
    """How long tries are held off after so many wrong ones in a row: from the fifth 1, 2, 4 … 60 minutes."""
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def note_wrong(session: Session, attempt: Attempt, *, now: datetime) -> None:
    """An audit row for a wrong try that holds off the next ones; who tried is not known."""
    account = None if attempt.account_id is None else accounts.find(session, attempt.account_id)
    if account is not None and not attempt.is_held_off and account.failures >= FREE_TRIES:
        audit.note_act(session, subject_of(account), "account_held_off", actor="sign-in", at=now)


def finish(session: Session, campaign: Campaign, attempt: Attempt, *, now: datetime) -> SignedIn:
    """Sign in after a right password; HandlerError if that is worth nothing or was changed meanwhile."""
    account = _proven(session, attempt)
    state = state_of(account, now=now)
    if state is AccountState.EXPIRED:
        raise HandlerError("account/one_time_expired")
    found = (
        None
        if state not in (AccountState.ISSUED, AccountState.SIGNED_IN)
        else _read(session, campaign, account)
    )
    if found is None:
        raise HandlerError("account/sign_in_refused", tries=FREE_TRIES)
    account.failures = 0
    account.locked_until = None
    account.first_signed_in_at = account.first_signed_in_at or now
    account.last_signed_in_at = now
    audit.note_act(session, subject_of(account), "account_signed_in", actor=found.actor.label, at=now)
    return found


def change_password(
    session: Session, campaign: Campaign, attempt: Attempt, kept: str, *, now: datetime
) -> SignedIn:
    """Put the hash of a new password in place of the one that was proven; every other session ends."""
    account = _proven(session, attempt)
    found = _read(session, campaign, account)
    if found is None or state_of(account, now=now) not in (AccountState.ISSUED, AccountState.SIGNED_IN):
        raise HandlerError("account/session_ended")
    account.password_hash = kept
    account.one_time_until = None
    account.failures = 0
    account.locked_until = None
    account.epoch += 1
    audit.note_act(session, subject_of(account), "account_password_changed", actor=found.actor.label, at=now)
    return SignedIn(account.id, account.epoch, account.login, found.actor, must_change=False)


def _proven(session: Session, attempt: Attempt) -> Account:
    """The account, held, if its password is still the one that was compared with."""
    account = None if attempt.account_id is None else accounts.hold(session, attempt.account_id)
    if account is None or (account.epoch, account.password_hash) != (attempt.epoch, attempt.kept):
        raise HandlerError("account/sign_in_refused", tries=FREE_TRIES)
    return account


def of_session(
    session: Session, campaign: Campaign, account_id: int, epoch: int, *, now: datetime
) -> SignedIn | None:
    """Whose session it is; None once the account's password was changed, reset, suspended or revoked."""
    account = accounts.find(session, account_id)
    if account is None or account.epoch != epoch or not _is_of(campaign, account):
        return None
    if state_of(account, now=now) not in (AccountState.ISSUED, AccountState.SIGNED_IN):
        return None
    return _read(session, campaign, account)


def _read(session: Session, campaign: Campaign, account: Account) -> SignedIn | None:
    """None for an admin who is one no more, and a union that the pack does not have."""
    if account.admin_id is not None:
        admin = admins.find(session, account.admin_id)
        name = None if admin is None or admin.revoked_at is not None else admin.name
    else:
        union = campaign.pack.union_by_code.get(account.union_code or "")
        name = None if union is None else union.full_name
    if name is None:
        return None
    actor = actor_of_account(account, name)
    return SignedIn(
        account.id, account.epoch, account.login, actor, must_change=account.one_time_until is not None
    )


def _is_of(campaign: Campaign, account: Account) -> bool:
    """A union's account serves one campaign, an admin's all."""
    return account.admin_id is not None or account.campaign == campaign.pack.name


def _as_login(typed: str) -> str:
    return "".join(unicodedata.normalize("NFKC", typed[: 2 * LONGEST_LOGIN]).split()).lower()[:LONGEST_LOGIN]
