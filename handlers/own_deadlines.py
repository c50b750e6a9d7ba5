"""The earlier day until which a submitter's union asks for the result, told beside the notice's own (A30, R5)."""

from __future__ import annotations

from handlers import schedules
from handlers.messages import Line, say
from handlers.rules.transitions import State
from handlers.turns import Turn


def told_to_submitter(turn: Turn) -> list[Line]:
    """Nothing for what is handed in, without a union, or once its day has passed: nothing is late before the notice's."""
    code = turn.desk.answers.get("union")
    if code is None or turn.desk.state != State.DRAFT:
        return []
    own = schedules.of_campaign(turn.session, turn.campaign).running(code, turn.now)
    if own is None:
        return []
    today = turn.now.astimezone(turn.campaign.zone).date()
    union = turn.pack.union_by_code[code]
    return [say("plan/for_submitter", union=union, own=own, dates=turn.campaign.dates, today=today)]
