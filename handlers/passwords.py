"""Passwords: made, judged, kept as argon2 hashes and compared; pure, and slow on purpose.

A chosen password costs some 60 ms of a processor to hash or to compare, so that is done outside
every transaction. A one-time password has 49 bits from a good source and lives three days, so
guessing through a stolen hash is hopeless without slowness: its hash costs 4 ms, which a
transaction of the conversation can bear.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from handlers.errors import HandlerError

SHORTEST = 10
LONGEST = 128
FEWEST_DIFFERENT = 5
# Ten of 31 signs, none of which is taken for another: no 0 and o, no 1, i and l.
SIGNS = "23456789abcdefghjkmnpqrstuvwxyz"
GROUP_LENGTH = 5
RUNS = (
    "01234567890123456789",
    "98765432109876543210",
    "qwertyuiopasdfghjklzxcvbnm",
    "abcdefghijklmnopqrstuvwxyz",
)

_ONE_TIME = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1)
_CHOSEN = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
# Each computation holds 32 MB; a crowd at the door must not take the machine's memory.
_AT_ONCE = threading.BoundedSemaphore(4)
_BETWEEN = re.compile(r"[\s\-_—－–]+")
_CHEAP = "$m=8192,"


def one_time() -> str:
    """A new one-time password as it is told: "k7mpa-9xq2d"; width, capitals and hyphen do not matter."""
    groups = ("".join(secrets.choice(SIGNS) for _ in range(GROUP_LENGTH)) for _ in range(2))
    return "-".join(groups)


def hash_one_time(password: str) -> str:
    """Some 4 ms."""
    return _ONE_TIME.hash(_as_told(password))


def hash_chosen(password: str) -> str:
    """Some 60 ms: never in a transaction."""
    with _AT_ONCE:
        return _CHOSEN.hash(_as_chosen(password))


def holds(kept: str, password: str) -> bool:
    """Whether `password` is the one whose hash is `kept`; never in a transaction.

    "" is the hash of no password. That, a one-time and a chosen one take the same time, so that
    nothing is learned from it: always one comparison of each cost is made.
    """
    is_cheap = _CHEAP in kept
    quick = _is(_ONE_TIME, kept if is_cheap else _nobodys(_CHEAP), _as_told(password))
    with _AT_ONCE:
        slow = _is(_CHOSEN, kept if kept and not is_cheap else _nobodys(""), _as_chosen(password))
    return bool(kept) and (quick if is_cheap else slow)


def _is(hasher: PasswordHasher, kept: str, password: str) -> bool:
    try:
        return hasher.verify(kept, password)
    except VerifyMismatchError:
        return False


@cache
def _nobodys(cost: str) -> str:
    """A hash that no password has, to be compared with where there is none."""
    return (_ONE_TIME if cost else _CHOSEN).hash(secrets.token_urlsafe(32))


def _as_told(password: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", password)).lower()


def _as_chosen(password: str) -> str:
    """One form for what every keyboard types; a space at an end comes from copying."""
    return unicodedata.normalize("NFKC", password).strip()


def require_good(password: str, again: str, *, login: str) -> None:
    """HandlerError, which says what to do, for a new password that will not do."""
    chosen = _as_chosen(password)
    if len(chosen) < SHORTEST:
        raise HandlerError("account/password_short", shortest=SHORTEST, count=len(chosen))
    if len(chosen) > LONGEST:
        raise HandlerError("account/password_long", longest=LONGEST, count=len(chosen))
    plain = chosen.lower()
    if plain.replace(" ", "") in (login, login * 2):
        raise HandlerError("account/password_is_login")
    if len(set(plain)) < FEWEST_DIFFERENT or any(plain in run for run in RUNS):
        raise HandlerError("account/password_simple")
    if chosen != _as_chosen(again):
        raise HandlerError("account/passwords_differ")
