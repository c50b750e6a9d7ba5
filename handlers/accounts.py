"""Accounts: one login a union and one an admin; issued, reset, suspended, revoked (R15, R88).

The only place where a one-time password is known is the value returned when it is made; it goes
into a message to one person in 1:1 and nowhere else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from handlers import passwords
from handlers.access import Actor, require_admin
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.packs import Union
from storage import accounts, audit
from storage.accounts import Account
from storage.admins import Admin

ONE_TIME_LASTS = timedelta(hours=72)


class AccountState(StrEnum):
    """How far an account is; "signed_in" once its password was chosen by its holder.

    "none": never issued, or void since a hand-over and not issued again.
    """

    NONE = "none"
    ISSUED = "issued"
    EXPIRED = "expired"
    SIGNED_IN = "signed_in"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class OneTime:
    """A login with its one-time password, worth something through `until`.

    `key` names this password for ever and tells nothing of it.
    """

    login: str
    password: str = field(repr=False)
    until: datetime
    key: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """An account as the admin's page shows it; `login` None where there is none yet."""

    union: Union
    login: str | None
    state: AccountState
    until: datetime | None
    last_signed_in_at: datetime | None


def state_of(account: Account | None, *, now: datetime) -> AccountState:
    if account is None:
        return AccountState.NONE
    if account.revoked_at is not None:
        return AccountState.REVOKED
    if not account.password_hash:
        return AccountState.NONE
    if account.one_time_until is None:
        return AccountState.SIGNED_IN
    return AccountState.ISSUED if now < account.one_time_until else AccountState.EXPIRED


def states(session: Session, campaign: Campaign, *, now: datetime) -> dict[str, AccountState]:
    """Every union's, in the order of 附件3; counts nobody's rows but the accounts'."""
    held = _by_union(session, campaign)
    return {union.code: state_of(held.get(union.code), now=now) for union in campaign.pack.unions}


def list_held(session: Session, campaign: Campaign, actor: Actor, *, now: datetime) -> list[Held]:
    """All 24 for an admin, in the order of 附件3."""
    require_admin(actor)
    held = _by_union(session, campaign)
    return [_shown(union, held.get(union.code), now=now) for union in campaign.pack.unions]


def _by_union(session: Session, campaign: Campaign) -> dict[str | None, Account]:
    return {account.union_code: account for account in accounts.list_of_campaign(session, campaign.pack.name)}


def _shown(union: Union, account: Account | None, *, now: datetime) -> Held:
    if account is None:
        return Held(union, None, AccountState.NONE, None, None)
    state = state_of(account, now=now)
    return Held(union, account.login, state, account.one_time_until, account.last_signed_in_at)


def state_of_union(
    session: Session, campaign: Campaign, union_code: str, *, now: datetime
) -> tuple[AccountState, str | None]:
    """One union's state and login."""
    account = accounts.find_of_union(session, campaign.pack.name, union_code)
    return state_of(account, now=now), None if account is None else account.login


def issue(
    session: Session, campaign: Campaign, union_code: str, *, person_id: int, actor_label: str, now: datetime
) -> OneTime:
    """Give the union its account, or a void or expired one its next one-time password.

    HandlerError if it was revoked, or holds a password that is worth something: that is what
    `reset` is for, after a yes. Of two who ask at the same moment the second is refused.
    """
    account = _hold_or_open(session, campaign, union_code, now=now)
    state = state_of(account, now=now)
    _refuse_revoked(state)
    if state in (AccountState.ISSUED, AccountState.SIGNED_IN):
        raise HandlerError("account/issued_already", login=account.login)
    return _give(session, account, "account_issued", person_id=person_id, actor_label=actor_label, now=now)


def reset(
    session: Session, campaign: Campaign, union_code: str, *, person_id: int, actor_label: str, now: datetime
) -> OneTime:
    """Void the union's password, end its sessions and give a new one-time password."""
    account = _hold_or_open(session, campaign, union_code, now=now)
    _refuse_revoked(state_of(account, now=now))
    return _give(session, account, "account_reset", person_id=person_id, actor_label=actor_label, now=now)


def suspend(
    session: Session, campaign: Campaign, union_code: str, *, actor_label: str, now: datetime
) -> None:
    """At a hand-over: the password is void and every session ends; the successor asks for a new one."""
    account = _hold(session, campaign, union_code)
    if account is not None:
        _void(account)
        _note(session, account, "account_suspended", actor_label=actor_label, now=now)


def revoke(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> str | None:
    """An admin's 停用: as `suspend`, and nothing is issued until `restore`.

    The key of what was done; None, with nothing changed, if it was revoked before.
    """
    require_admin(actor)
    account = _hold_or_open(session, campaign, union_code, now=now)
    if account.revoked_at is not None:
        return None
    _void(account)
    account.revoked_at = now
    _note(session, account, "account_revoked", actor_label=actor.label, now=now)
    return key_of(account)


def restore(
    session: Session, campaign: Campaign, actor: Actor, union_code: str, *, now: datetime
) -> str | None:
    """An admin's 启用: the union's contact may ask for the account again.

    The key of what was done; None, with nothing changed, if it was not revoked.
    """
    require_admin(actor)
    account = _hold(session, campaign, union_code)
    if account is None or account.revoked_at is None:
        return None
    account.revoked_at = None
    account.epoch += 1
    _note(session, account, "account_restored", actor_label=actor.label, now=now)
    return key_of(account)


def issue_admin(session: Session, campaign: Campaign, admin: Admin, *, now: datetime) -> OneTime:
    """An admin's own account, made or given a new one-time password."""
    account = accounts.find_of_admin(session, admin.id)
    if account is None:
        account = _new(campaign, f"admin{admin.id}", now=now)
        account.admin_id = admin.id
        if not accounts.add(session, account):
            account = accounts.find_of_admin(session, admin.id)
    if account is None:
        raise HandlerError("account/login_taken", login=f"admin{admin.id}")
    account = accounts.hold(session, account.id)
    label = f"admin:{admin.id}"
    return _give(session, account, "account_issued", person_id=admin.person_id, actor_label=label, now=now)


def _hold(session: Session, campaign: Campaign, union_code: str) -> Account | None:
    found = accounts.find_of_union(session, campaign.pack.name, union_code)
    return None if found is None else accounts.hold(session, found.id)


def _hold_or_open(session: Session, campaign: Campaign, union_code: str, *, now: datetime) -> Account:
    """The union's row, held; a new one has no password. Another may make it at the same moment."""
    found = _hold(session, campaign, union_code)
    if found is not None:
        return found
    login = login_of(campaign, union_code)
    for name in (login, f"{login}x{accounts.count_logins(session, login)}"):
        account = _new(campaign, name, now=now)
        account.union_code = union_code
        if accounts.add(session, account):
            return account
        found = _hold(session, campaign, union_code)
        if found is not None:
            return found
    raise HandlerError("account/login_taken", login=login)


def login_of(campaign: Campaign, union_code: str) -> str:
    """What a union signs in with: the letters of its submission numbers and the year, "nj2024"."""
    union = campaign.pack.union_by_code[union_code]
    return f"{union.number_code.lower()}{campaign.dates.opens_on.year}"


def _new(campaign: Campaign, login: str, *, now: datetime) -> Account:
    return Account(campaign=campaign.pack.name, login=login, password_hash="", issued_at=now)


def _refuse_revoked(state: AccountState) -> None:
    if state is AccountState.REVOKED:
        raise HandlerError("account/revoked")


def _give(
    session: Session, account: Account, action: str, *, person_id: int | None, actor_label: str, now: datetime
) -> OneTime:
    _void(account)
    key = key_of(account)
    one_time = OneTime(account.login, passwords.one_time(), now + ONE_TIME_LASTS, key)
    account.password_hash = passwords.hash_one_time(one_time.password)
    account.one_time_until = one_time.until
    account.issued_at = now
    account.issued_to = person_id
    _note(session, account, action, actor_label=actor_label, now=now)
    return one_time


def key_of(account: Account) -> str:
    """What the account's present password, or its having none, is known by: "account:7:3"."""
    return f"account:{account.id}:{account.epoch}"


def _void(account: Account) -> None:
    """No password, no lock, and no session goes on."""
    account.password_hash = ""
    account.one_time_until = None
    account.epoch += 1
    account.failures = 0
    account.locked_until = None


def _note(session: Session, account: Account, action: str, *, actor_label: str, now: datetime) -> None:
    audit.note_act(session, subject_of(account), action, actor=actor_label, at=now)


def subject_of(account: Account) -> str:
    """What audit rows call an account: "account:nanjing", "account:admin:3"."""
    return f"account:{account.union_code or f'admin:{account.admin_id}'}"
