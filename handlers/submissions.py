"""Handing a result in, taking it back: the one function that changes a submission's state."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from handlers import falls, prompts
from handlers.answers import draft_id
from handlers.campaigns import Campaign, Phase
from handlers.errors import HandlerError
from handlers.grace import phase_of
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec, Pack
from handlers.progress import missing, owed_later
from handlers.rules.transitions import Act, State, after
from handlers.turns import Turn
from storage import audit, submissions
from storage.submissions import Submission


def change_state(
    session: Session,
    campaign: Campaign,
    submission: Submission,
    act: Act,
    *,
    person_id: int | None,
    now: datetime,
    note: str | None = None,
) -> None:
    """Make one allowed move and write its audit row (R99); HandlerError if it is not allowed.

    The row keeps the union that the submission counts for, or did until now (R42); a union for
    which it counts no more hears of that (A29).
    """
    before = State(submission.state)
    following = after(before, act)
    if following is None:
        raise HandlerError("submission/not_allowed", state=before, act=act)
    submission.state = following
    submission.changed_at = now
    move = audit.Move(before, following, submission.union_code)
    act_id = audit.add(session, submission.id, act, person_id=person_id, at=now, move=move, note=note)
    if before == campaign.pack.counts != following:
        falls.note(session, campaign, submission, act_id=act_id, now=now)


def issue_number(session: Session, pack: Pack, union_code: str) -> str:
    """The next number of a union, as WX2024-NJ-0007; gapless, since a rollback gives it back."""
    count = submissions.next_in_union(session, pack.name, union_code)
    return f"{pack.number_prefix}-{pack.union_by_code[union_code].number_code}-{count:04d}"


def submit(turn: Turn) -> Reply:
    """Hand the open draft in, or say everything that stands in the way at once.

    Handing in twice is one submission: the second time the same number is told again.
    """
    if turn.desk.state == State.SUBMITTED:
        return turn.reply(Outcome.ANSWERED, say("submission/already", number=turn.desk.number))
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    phase = phase_of(turn)
    if phase is not Phase.OPEN:
        return _not_open(turn, phase)
    if missing(turn):
        return turn.reply(Outcome.REJECTED, prompts.missing_list(turn))
    return _hand_in(turn)


def _not_open(turn: Turn, phase: Phase) -> Reply:
    """Before the window and after it drafts are kept and nothing is handed in (R5, R6, A1)."""
    context = {"dates": turn.campaign.dates, "helpdesk": turn.pack.helpdesk}
    if phase is Phase.BEFORE:
        return turn.reply(Outcome.REJECTED, say("submission/not_yet", **context))
    return turn.reply(Outcome.REJECTED, say("submission/too_late", **context))


def _hand_in(turn: Turn) -> Reply:
    submission = submissions.get(turn.session, draft_id(turn))
    union_code = turn.desk.answers["union"]
    former = submission.number
    if submission.number is None or submission.union_code != union_code:
        submission.number = issue_number(turn.session, turn.pack, union_code)
    submission.union_code = union_code
    submission.submitted_at = turn.now
    note = f"{former} → {submission.number}" if former not in (None, submission.number) else None
    change_state(
        turn.session, turn.campaign, submission, Act.SUBMIT, person_id=turn.desk.person_id, now=turn.now,
        note=note,
    )  # fmt: skip
    turn.desk.state, turn.desk.number = submission.state, submission.number
    turn.desk.asked, turn.desk.pending = None, None
    return turn.reply(
        Outcome.MOVED,
        say(
            "submission/done",
            number=submission.number,
            title=turn.desk.answers["title"],
            union=turn.pack.union_by_code[union_code],
            deadline=turn.campaign.dates.submission_deadline,
            owed_later=[prompts.number_of(turn, spec) for spec in owed_later(turn)],
            owed_specs=owed_later(turn),
        ),
    )


def ask_to_withdraw(turn: Turn) -> Reply:
    """Taking back is asked about first; a draft has nothing to take back."""
    if turn.desk.state != State.SUBMITTED:
        return turn.reply(Outcome.ANSWERED, say("submission/nothing_to_withdraw"))
    if turn.campaign.phase(turn.now) is Phase.CLOSED:
        return turn.reply(Outcome.REJECTED, too_late_to_withdraw(turn))
    turn.wait_for("withdraw")
    return turn.reply(Outcome.NEEDS_CONFIRMATION, withdrawal_question(turn))


def withdrawal_question(turn: Turn) -> Line:
    deadline = turn.campaign.dates.submission_deadline
    return say("submission/ask_withdraw", number=turn.desk.number, deadline=deadline)


def ask_to_edit(turn: Turn, spec: FieldSpec) -> Reply:
    """Changing what was due with the submission needs its withdrawal, which is asked about."""
    if turn.campaign.phase(turn.now) is Phase.CLOSED:
        return turn.reply(Outcome.REJECTED, too_late_to_withdraw(turn))
    turn.wait_for("edit_submitted", field=spec.key)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, edit_question(turn, spec))


def edit_question(turn: Turn, spec: FieldSpec) -> Line:
    return say("submission/ask_edit", number=turn.desk.number, spec=spec)


def too_late_to_withdraw(turn: Turn) -> Line:
    """After the deadline it could not be handed in again, so it is not taken back (R5)."""
    return say(
        "submission/too_late_to_withdraw",
        number=turn.desk.number,
        dates=turn.campaign.dates,
        helpdesk=turn.pack.helpdesk,
    )


def withdraw(turn: Turn) -> None:
    """Make the submission a draft again; its number stays with it.

    HandlerError once the campaign is over: a yes may come after the bell.
    """
    if turn.campaign.phase(turn.now) is Phase.CLOSED:
        raise HandlerError("submission/too_late_to_withdraw", **too_late_to_withdraw(turn).context)
    submission = submissions.get(turn.session, draft_id(turn))
    change_state(
        turn.session, turn.campaign, submission, Act.WITHDRAW, person_id=turn.desk.person_id, now=turn.now
    )
    turn.desk.state = submission.state
