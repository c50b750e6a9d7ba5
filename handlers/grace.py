"""The bell does not cut off an upload: half an hour's grace for who was sending files (A1)."""

from __future__ import annotations

from datetime import timedelta

from handlers.campaigns import Phase
from handlers.turns import Turn
from storage import jobs

GRACE = timedelta(minutes=30)


def phase_of(turn: Turn) -> Phase:
    """The campaign's phase for this person.

    Open for another half hour after the deadline if files were sent in the half hour before it
    and had to be brought from the platform first.
    """
    phase = turn.campaign.phase(turn.now)
    bell = turn.campaign.closes_at
    if phase is not Phase.CLOSED or turn.now >= bell + GRACE:
        return phase
    sender = f"{turn.message.channel}:{turn.message.sender}:"
    began = jobs.count_created(turn.session, jobs.FETCH, sender, since=bell - GRACE, before=bell)
    return Phase.OPEN if began else phase
