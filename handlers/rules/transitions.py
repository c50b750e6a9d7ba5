"""The one table of how a submission may change its state, and by which act."""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    """Where a submission stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"


class Act(StrEnum):
    """What is done to a submission."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"


MOVES: dict[tuple[State, Act], State] = {
    (State.DRAFT, Act.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Act.WITHDRAW): State.DRAFT,
}


def after(state: State, act: Act) -> State | None:
    """The state that follows; None if the act is not allowed there."""
    return MOVES.get((state, act))
