"""What the platform's error codes mean for a delivery (the public pages of return codes)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Any

from bot.channels.base import ChannelError

# The platform counts its daily quotas by Beijing time.
BEIJING = timezone(timedelta(hours=8))
BUSY = -1
UNREADABLE = 0
TOO_LONG = 45002
MEDIA_GONE = 40007
TOKEN_REFUSED = frozenset({40001, 40014, 42001})
PAUSE_WHEN_TOO_FREQUENT = 60.0
_ADDRESS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table; `action` and `permanent` as in `ChannelError`."""

    meaning: str
    action: str = "retry"
    permanent: bool = False


def _stop(meaning: str) -> Fault:
    # An operator can repair it, and then trying again does help.
    return Fault(meaning, "stop")


def _drop(meaning: str) -> Fault:
    return Fault(meaning, "drop", permanent=True)


def _fail(meaning: str) -> Fault:
    return Fault(meaning, permanent=True)


FAULTS = {
    BUSY: Fault("the platform is busy"),
    40001: _stop("the access token or the app secret is not accepted"),
    40003: _drop("no such person"),
    40004: _fail("wrong kind of media"),
    40005: _fail("wrong kind of file"),
    40006: _fail("wrong size of file"),
    MEDIA_GONE: _fail("the media is unknown or older than three days"),
    40008: _fail("wrong kind of message"),
    40009: _fail("the picture is too large"),
    40013: _stop("the app id is wrong"),
    40014: _stop("the access token is not accepted"),
    40037: _stop("the template id is wrong"),
    40125: _stop("the app secret is wrong"),
    40164: _stop("this server's address is not on the platform's allow-list"),
    40243: _stop("the app secret is frozen"),
    41002: _stop("the app id is missing"),
    41004: _stop("the app secret is missing"),
    42001: _stop("the access token has expired"),
    43004: _drop("the person does not follow the account"),
    43019: _drop("the person is on the account's black list"),
    43101: _drop("the person refused such messages"),
    44002: _fail("the body was empty"),
    44004: _fail("the text was empty"),
    45001: _fail("the file is too large"),
    TOO_LONG: _fail("the text is too long"),
    45009: Fault("the day's quota of calls is used up", "wait"),
    45011: Fault("called too often", "wait"),
    45015: Fault("the person has not written for 48 hours", "park"),
    45047: Fault("the messages allowed after the person's last act are used up", "park"),
    47001: _fail("the body could not be read"),
    48001: _stop("the account may not use this call"),
    48002: _drop("the person has switched messages off"),
    48004: _stop("this call was banned"),
    50002: _stop("the account is restricted"),
    50004: _stop("the account may not fetch tokens"),
    50005: _drop("the person does not follow the account"),
    50007: _stop("the account is frozen"),
    89501: _stop("this server's address waits for the administrator's consent"),
    89503: _stop("this server's address needs the administrator's consent"),
    89506: _stop("the administrator refused this server's address"),
    89507: _stop("the administrator refused this server's address"),
}
UNKNOWN = Fault("a code that is not in the table")


def refusal(answer: Mapping[str, Any], *, now: datetime) -> ChannelError:
    """The error for an answer with a code. Of the platform's own words only the refused address is repeated.

    A quota opens again at midnight in Beijing; calls that were too frequent, after 60 s.
    """
    code = _code(answer["errcode"])
    fault = FAULTS.get(code, UNKNOWN)
    meaning = fault.meaning
    address = _ADDRESS.search(str(answer.get("errmsg", ""))) if code == 40164 else None
    if address is not None:
        meaning = f"{meaning}: {address.group()}"
    return ChannelError(
        f"{code}: {meaning}",
        permanent=fault.permanent,
        action=fault.action,
        code=code,
        retry_after=_pause(code, now),
    )


def _code(said: Any) -> int:
    """Some of the platform's calls write their code as a text."""
    return int(said) if str(said).lstrip("-").isdecimal() else UNREADABLE


def _pause(code: int, now: datetime) -> float | None:
    if code == 45011:
        return PAUSE_WHEN_TOO_FREQUENT
    if code != 45009:
        return None
    here = now.astimezone(BEIJING)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), BEIJING)
    return (midnight - here).total_seconds()
