"""What people answer to a reminder: done, tomorrow, somebody else; and nudging by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import contacts, nudges, recipients, reminders
from handlers.consent import consent
from handlers.letters import Letter, own_deadlines
from handlers.messages import Line, Outcome, Reply, say
from handlers.nudges import Nudge
from handlers.turns import Turn
from storage import audit
from storage import reminders as reminder_rows

Pending = dict[str, Any]


def _owed(turn: Turn) -> Letter:
    return reminders.owed_by(turn.session, turn.campaign, turn.desk.person_id, now=turn.now)


def _still_open(turn: Turn, letter: Letter) -> list[Line]:
    """What is still owed, in the words of the reminder."""
    today = turn.now.astimezone(turn.campaign.zone).date()
    pack, dates = turn.pack, turn.campaign.dates
    lines = []
    if letter.row is not None:
        lines.append(
            say(
                "duty/still_owed", row=letter.row, dates=dates, today=today, counts=pack.counts,
                group_name=pack.group_name, helpdesk=pack.helpdesk,
            )
        )  # fmt: skip
    if letter.drafts:
        own = own_deadlines(turn.campaign, letter.drafts)
        lines.append(
            say("reminder/drafts", drafts=letter.drafts, own_deadlines=own, dates=dates, today=today)
        )
    return lines


def _done_duty(turn: Turn, _: Any) -> Reply:
    """已办: kept where a person's word is all there can be (R86); the rest is looked up and said."""
    actor = turn.roles.actor
    mailed = False
    if actor.union_code is not None:
        code = actor.union_code
        audit.note_act(turn.session, f"union:{code}", "say_done", actor=actor.label, at=turn.now)
        if _is_about_mail(turn, code):
            mailed = contacts.say_mailed(turn.session, turn.campaign, actor, code, now=turn.now)
    letter = _owed(turn)
    told = say("duty/noted_done", mailed=mailed, mailbox=turn.pack.helpdesk.mailbox, is_owed=letter.is_owed)
    return turn.reply(Outcome.ACCEPTED if mailed else Outcome.ANSWERED, told, *_still_open(turn, letter))


def _is_about_mail(turn: Turn, code: str) -> bool:
    """Whether 已办 can mean the mailed form: the last reminder was one of those that ask for it."""
    form = contacts.form_states(turn.session, turn.campaign)[code]
    if form.state != "registered" or form.mailed_confirmed:
        return False
    last = reminder_rows.find_last(turn.session, turn.pack.name, turn.desk.person_id)
    return any(
        "form" in ladder.duties
        for ladder in turn.pack.ladders
        if last is not None and ladder.name == last.ladder
    )


def _tomorrow(turn: Turn, _: Any) -> Reply:
    letter = _owed(turn)
    if not letter.is_owed:
        return turn.reply(Outcome.ANSWERED, say("duty/nothing_owed"))
    at = nudges.until_tomorrow(turn.session, turn.campaign, turn.desk.person_id, letter, now=turn.now)
    today = turn.now.astimezone(turn.campaign.zone).date()
    if at is None:
        told = say("duty/cannot_wait", helpdesk=turn.pack.helpdesk)
        return turn.reply(Outcome.REJECTED, told, *_still_open(turn, letter))
    return turn.reply(
        Outcome.ACCEPTED, say("duty/tomorrow", at=at.astimezone(turn.campaign.zone), today=today)
    )


def _someone_else(turn: Turn, _: Any) -> Reply:
    if turn.roles.contact is None:
        return turn.reply(Outcome.ANSWERED, say("duty/own_draft", helpdesk=turn.pack.helpdesk))
    own, other = nudges.colleague_of(turn.session, turn.campaign, turn.desk.person_id)
    if other is None:
        return turn.reply(
            Outcome.ANSWERED, say("duty/hand_over", union=turn.pack.union_by_code[own.union_code])
        )
    turn.wait_for("pass_on")
    return turn.reply(Outcome.NEEDS_CONFIRMATION, _pass_on_question(turn, {}))


def _pass_on_question(turn: Turn, _: Pending) -> Line:
    own, other = nudges.colleague_of(turn.session, turn.campaign, turn.desk.person_id)
    return say("duty/ask_pass_on", other=other, union=turn.pack.union_by_code[own.union_code])


def _pass_on(turn: Turn, _: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if not agreed or turn.roles.contact is None:
        return turn.reply(Outcome.ANSWERED, say("duty/left_alone"))
    own, other = nudges.colleague_of(turn.session, turn.campaign, turn.desk.person_id)
    if other is None:
        return turn.reply(
            Outcome.ANSWERED, say("duty/hand_over", union=turn.pack.union_by_code[own.union_code])
        )
    held = recipients.offices(turn.session, turn.campaign, now=turn.now)
    nudge = nudges.pass_on(turn.session, turn.campaign, held, other, now=turn.now)
    if not nudge.letters:
        return turn.reply(Outcome.ANSWERED, say("duty/nothing_owed"))
    at = nudges.send(turn.session, turn.campaign, nudge, now=turn.now, render=turn.render)
    return turn.reply(Outcome.ACCEPTED, say("duty/passed_on", other=other, at=at))


def _nudge(turn: Turn, _: Any) -> Reply:
    """催办: shown with its count first, sent after a yes."""
    found = _nudge_of(turn)
    if found is None:
        return turn.reply(Outcome.REJECTED, say("duty/contacts_only"))
    if not found.letters:
        return turn.reply(Outcome.ANSWERED, _nobody(turn, found))
    turn.wait_for("nudge")
    return turn.reply(Outcome.NEEDS_CONFIRMATION, _nudge_question(turn, {}))


def _nudge_of(turn: Turn) -> Nudge | None:
    """Whom this person may remind; None for somebody who may remind nobody."""
    actor = turn.roles.actor
    if actor.is_admin:
        return nudges.of_unions(turn.session, turn.campaign, actor, now=turn.now)
    if actor.union_code is None:
        return None
    return nudges.of_union(turn.session, turn.campaign, actor, actor.union_code, now=turn.now)


def _nobody(turn: Turn, found: Nudge) -> Line:
    unreached = [row.union.name for row in found.unreached]
    return say("duty/nobody_to_nudge", already=found.already, unreached=unreached)


def _nudge_question(turn: Turn, _: Pending) -> Line:
    found = _nudge_of(turn) or Nudge({})
    return say(
        "duty/ask_nudge",
        people=len(found.letters),
        drafts=found.drafts,
        rows=found.rows,
        already=found.already,
        unreached=[row.union.name for row in found.unreached],
    )


def _send_nudge(turn: Turn, _: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    found = _nudge_of(turn) if agreed else None
    if found is None:
        return turn.reply(Outcome.ANSWERED, say("duty/left_alone"))
    if not found.letters:
        return turn.reply(Outcome.ANSWERED, _nobody(turn, found))
    at = nudges.send(turn.session, turn.campaign, found, now=turn.now, render=turn.render)
    actor = turn.roles.actor
    subject = f"union:{actor.union_code}" if actor.union_code else f"campaign:{turn.pack.name}"
    note = str(len(found.letters))
    audit.note_act(turn.session, subject, "nudge", actor=actor.label, at=turn.now, note=note)
    return turn.reply(Outcome.ACCEPTED, say("duty/nudged", people=len(found.letters), at=at))


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "done_duty": _done_duty,
    "tomorrow": _tomorrow,
    "someone_else": _someone_else,
    "nudge": _nudge,
}
RESOLVERS: dict[str, Callable[[Turn, Pending, str], Reply | None]] = {
    "pass_on": _pass_on,
    "nudge": _send_nudge,
}
REPEATS: dict[str, Callable[[Turn, Pending], Line]] = {
    "pass_on": _pass_on_question,
    "nudge": _nudge_question,
}
