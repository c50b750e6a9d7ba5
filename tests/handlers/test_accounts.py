"""Accounts and signing in: what is issued to whom, what it is worth, and when it ends (R15, R88)."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from handlers import account_notices, accounts, passwords, sign_ins
from handlers.access import Actor
from handlers.accounts import AccountState, OneTime
from handlers.errors import HandlerError
from handlers.sign_ins import SignedIn
from storage import admins, audit, people
from storage.accounts import Account
from storage.db import Database
from tests.talk import NOON, campaign

ADMIN = Actor("admin:1", "王芳", is_admin=True)
NANJING = Actor("account:nanjing", "南京市总工会", union_code="nanjing")
GOOD = "wo ai nanjing 2024"


class Office:
    """The accounts of one database; each call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = NOON
        with database.writing() as session:
            self.person = people.add(session, "test", "zhangwei", now=NOON, name="张伟")

    def does(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with self.database.writing() as session:
            return work(session, campaign(), *args, now=self.now, **kwargs)

    def issues(self, union: str = "nanjing", work: Callable[..., OneTime] = accounts.issue) -> OneTime:
        given: OneTime = self.does(work, union, person_id=self.person, actor_label="contact:1")
        return given

    def signs_in(self, login: str, password: str) -> SignedIn:
        """As the page does it: HandlerError if the password is wrong or held off."""
        attempt = self.does(sign_ins.begin, login)
        if attempt.is_held_off or not passwords.holds(attempt.kept, password):
            raise HandlerError("account/sign_in_refused")
        found: SignedIn = self.does(sign_ins.finish, attempt)
        return found

    def chooses(self, one_time: OneTime, password: str = GOOD) -> SignedIn:
        """Sign in with the one-time password and choose another."""
        signed_in = self.signs_in(one_time.login, one_time.password)
        with self.database.writing() as session:
            attempt = sign_ins.begin_change(session, signed_in, now=self.now)
        changed: SignedIn = self.does(sign_ins.change_password, attempt, passwords.hash_chosen(password))
        return changed

    def lasts(self, session: SignedIn) -> bool:
        """Whether a session that began then is one now."""
        return self.does(sign_ins.of_session, session.account_id, session.epoch) is not None

    def state(self, union: str = "nanjing") -> AccountState:
        found: AccountState = self.does(accounts.states)[union]
        return found

    def audit(self, union: str = "nanjing") -> list[tuple[str, str | None, str | None]]:
        with self.database.reading() as session:
            rows = audit.list_of_subject(session, f"account:{union}")
            return [(row.action, row.actor, row.note) for row in rows]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def refused(act: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(HandlerError) as caught:
        act(*args, **kwargs)
    return caught.value.line.template


def test_an_issued_account_is_the_unions_and_lasts_three_days(office: Office) -> None:
    one_time = office.issues()
    assert (one_time.login, one_time.until) == ("nj2024", NOON + timedelta(hours=72))
    assert re.fullmatch(r"[2-9a-hjkmnp-z]{5}-[2-9a-hjkmnp-z]{5}", one_time.password)
    assert office.state() is AccountState.ISSUED
    assert office.state("wuxi") is AccountState.NONE
    assert office.audit() == [("account_issued", "contact:1", None)]


def test_logins_of_all_unions_differ(office: Office) -> None:
    logins = {accounts.login_of(campaign(), union.code) for union in campaign().pack.unions}
    assert len(logins) == 24


def test_the_password_is_kept_nowhere(office: Office) -> None:
    one_time = office.issues()
    with office.database.reading() as session:
        kept = "".join(
            str(row) for table in TABLES for row in session.execute(text(f"SELECT * FROM {table}"))
        )
    assert one_time.login in kept
    assert one_time.password not in kept and one_time.password.replace("-", "") not in kept
    assert one_time.password not in repr(one_time)


TABLES = ("accounts", "audit", "outbox", "inbound_messages", "people")


@pytest.mark.parametrize("typed", ["{}", "{} ", "{dense}", "{upper}", "{wide}", "{spaced}"])
def test_a_one_time_password_is_taken_as_phones_write_it(office: Office, typed: str) -> None:
    one_time = office.issues()
    told = one_time.password
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in told)
    said = typed.format(
        told, dense=told.replace("-", ""), upper=told.upper(), wide=wide, spaced=told.replace("-", " ")
    )
    assert office.signs_in(" NJ2024 ", said).must_change is True


def test_who_chose_a_password_is_in_and_the_one_time_one_is_void(office: Office) -> None:
    one_time = office.issues()
    first = office.signs_in(one_time.login, one_time.password)
    changed = office.chooses(one_time)
    assert (changed.must_change, changed.actor) == (
        False,
        Actor("account:nanjing", "南京市总工会", union_code="nanjing"),
    )
    assert (office.lasts(first), office.lasts(changed)) == (False, True)
    assert office.state() is AccountState.SIGNED_IN
    assert refused(office.signs_in, "nj2024", one_time.password) == "account/sign_in_refused"
    assert office.signs_in("nj2024", GOOD + " ").must_change is False


def test_an_unused_one_time_password_runs_out_and_another_is_issued(office: Office) -> None:
    one_time = office.issues()
    office.now = NOON + timedelta(hours=72)
    assert office.state() is AccountState.EXPIRED
    assert refused(office.signs_in, "nj2024", one_time.password) == "account/one_time_expired"
    assert office.signs_in("nj2024", office.issues().password).must_change is True


def test_an_account_that_works_is_not_issued_twice_but_reset(office: Office) -> None:
    one_time = office.issues()
    assert refused(office.issues) == "account/issued_already"
    session = office.chooses(one_time)
    assert refused(office.issues) == "account/issued_already"
    again = office.issues(work=accounts.reset)
    assert (again.login, office.lasts(session)) == ("nj2024", False)
    assert refused(office.signs_in, "nj2024", GOOD) == "account/sign_in_refused"
    assert office.signs_in("nj2024", again.password).must_change is True


def test_a_hand_over_voids_the_password_and_ends_the_sessions_of_that_union_alone(office: Office) -> None:
    session, other = office.chooses(office.issues()), office.chooses(office.issues("wuxi"))
    office.does(accounts.suspend, "nanjing", actor_label="contact:1")
    assert (office.lasts(session), office.lasts(other)) == (False, True)
    assert (office.state(), office.state("wuxi")) == (AccountState.NONE, AccountState.SIGNED_IN)
    assert refused(office.signs_in, "nj2024", GOOD) == "account/sign_in_refused"
    assert office.signs_in("nj2024", office.issues().password).must_change is True


def test_what_was_revoked_is_issued_only_after_it_was_restored(office: Office) -> None:
    session = office.chooses(office.issues())
    office.does(accounts.revoke, ADMIN, "nanjing")
    assert (office.state(), office.lasts(session)) == (AccountState.REVOKED, False)
    assert refused(office.issues) == "account/revoked"
    assert refused(office.issues, work=accounts.reset) == "account/revoked"
    office.does(accounts.restore, ADMIN, "nanjing")
    assert office.state() is AccountState.NONE
    assert office.issues().login == "nj2024"


@pytest.mark.parametrize("work", [accounts.revoke, accounts.restore])
def test_only_an_admin_revokes_and_restores(office: Office, work: Callable[..., Any]) -> None:
    office.issues()
    assert refused(office.does, work, NANJING, "nanjing") == "access/admins_only"
    assert office.state() is AccountState.ISSUED


def test_only_an_admin_resets_for_a_contact(office: Office) -> None:
    """Also of the own union: a contact's own way is `reset` after a yes."""
    office.issues()
    for union in ("nanjing", "wuxi"):
        reset = account_notices.reset_for_contact
        assert refused(office.does, reset, NANJING, union, render=None) == "access/admins_only"


def test_the_list_of_all_accounts_is_for_admins(office: Office) -> None:
    office.issues("wuxi")
    assert refused(office.does, accounts.list_held, NANJING) == "access/admins_only"
    held = {row.union.code: (row.login, row.state) for row in office.does(accounts.list_held, ADMIN)}
    assert list(held) == [union.code for union in campaign().pack.unions]
    assert (held["wuxi"], held["nanjing"]) == (("wx2024", AccountState.ISSUED), (None, AccountState.NONE))


def test_an_admin_has_an_account_that_ends_with_the_office(office: Office) -> None:
    with office.database.writing() as session:
        admin = admins.add(session, "王芳", now=NOON)
        one_time = accounts.issue_admin(session, campaign(), admin, now=NOON)
    signed_in = office.signs_in(one_time.login, one_time.password)
    assert (one_time.login, signed_in.actor) == (
        f"admin{admin.id}",
        Actor(f"admin:{admin.id}", "王芳", is_admin=True),
    )
    with office.database.writing() as session:
        session.get_one(admins.Admin, admin.id).revoked_at = NOON
    assert office.lasts(signed_in) is False
    assert refused(office.signs_in, one_time.login, one_time.password) == "account/sign_in_refused"


def wrong(office: Office, count: int) -> None:
    for _ in range(count):
        assert refused(office.signs_in, "nj2024", "not the password") == "account/sign_in_refused"


def test_five_wrong_tries_hold_off_the_right_password_for_a_minute(office: Office) -> None:
    password = office.issues().password
    wrong(office, 5)
    office.now += timedelta(seconds=59)
    assert refused(office.signs_in, "nj2024", password) == "account/sign_in_refused"
    office.now += timedelta(seconds=1)
    assert office.signs_in("nj2024", password).must_change is True


def test_each_wrong_try_doubles_the_wait_up_to_an_hour() -> None:
    waits = [int(sign_ins.wait_after(count).total_seconds() // 60) for count in range(5, 13)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_right_password_forgets_the_wrong_ones_and_the_lock_of_one_union_is_no_others(
    office: Office,
) -> None:
    password, other = office.issues().password, office.issues("wuxi").password
    wrong(office, 4)
    office.signs_in("nj2024", password)
    wrong(office, 4)
    office.signs_in("nj2024", password)
    wrong(office, 5)
    assert office.signs_in("wx2024", other).must_change is True


def test_tries_at_the_same_moment_are_all_counted(office: Office) -> None:
    """All begin before any is found wrong: from the fifth on they are held off."""
    office.issues()
    begun = [office.does(sign_ins.begin, "nj2024") for _ in range(8)]
    assert [attempt.is_held_off for attempt in begun] == [False] * 5 + [True] * 3


def test_wrong_tries_leave_a_trace_without_what_was_typed(office: Office) -> None:
    office.issues()
    for _ in range(6):
        attempt = office.does(sign_ins.begin, "nj2024")
        with office.database.writing() as session:
            sign_ins.note_wrong(session, attempt, now=office.now)
    assert office.audit()[1:] == [("account_held_off", "sign-in", None)]


def test_an_unknown_login_is_compared_like_any_other(office: Office) -> None:
    attempt = office.does(sign_ins.begin, "nobody")
    assert (attempt.kept, attempt.is_held_off, passwords.holds(attempt.kept, "")) == ("", False, False)


def test_a_reset_during_the_comparison_wins(office: Office) -> None:
    one_time = office.issues()
    attempt = office.does(sign_ins.begin, "nj2024")
    office.issues(work=accounts.reset)
    assert passwords.holds(attempt.kept, one_time.password)
    assert refused(office.does, sign_ins.finish, attempt) == "account/sign_in_refused"


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("short-one", "short-one", "account/password_short"),
        ("  short-one  ", "  short-one  ", "account/password_short"),
        ("x1y2z" * 26, "x1y2z" * 26, "account/password_long"),
        ("NJ2024nj2024", "NJ2024nj2024", "account/password_is_login"),
        ("1234567890", "1234567890", "account/password_simple"),
        ("aaaabbbbcc", "aaaabbbbcc", "account/password_simple"),
        (GOOD, GOOD + "5", "account/passwords_differ"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_its_reason(password: str, again: str, why: str) -> None:
    assert refused(passwords.require_good, password, again, login="nj2024") == why


def test_two_at_once_make_one_account_with_one_password(office: Office) -> None:
    """Two contacts of a union ask at the same moment, in two processes, say."""
    given: list[OneTime | str] = []
    both = threading.Barrier(2)

    def ask() -> None:
        both.wait()
        try:
            given.append(office.issues())
        except HandlerError as error:
            given.append(error.line.template)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    issued = [one for one in given if isinstance(one, OneTime)]
    assert (len(issued), given.count("account/issued_already")) == (1, 1)
    assert office.signs_in("nj2024", issued[0].password).must_change is True
    with office.database.reading() as session:
        assert len(session.scalars(select(Account)).all()) == 1


def test_the_account_of_an_earlier_campaign_opens_nothing_and_takes_no_login(office: Office) -> None:
    kept = passwords.hash_chosen(GOOD)
    earlier = Account(
        campaign="earlier", union_code="nanjing", login="nj2024", password_hash=kept, issued_at=NOON
    )
    with office.database.writing() as session:
        session.add(earlier)
    assert refused(office.signs_in, "nj2024", GOOD) == "account/sign_in_refused"
    assert office.does(sign_ins.of_session, earlier.id, earlier.epoch) is None
    assert (office.state(), office.issues().login) == (AccountState.NONE, "nj2024x1")
