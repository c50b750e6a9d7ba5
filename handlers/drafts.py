"""Opening, continuing and switching drafts; several per person (R106)."""

from __future__ import annotations

from typing import Any

from handlers import campaigns, prompts
from handlers.answers import keep
from handlers.messages import Line, Outcome, Reply, say
from handlers.pack_loading import differences
from handlers.progress import filled_count, missing, next_field
from handlers.rules.transitions import State
from handlers.turns import Turn
from storage import audit, desks, submissions
from storage.submissions import Submission

MANY = 5
SELF = "self"


def start(turn: Turn) -> Reply:
    """我要申报: go on with an open draft if there is one, else begin a new one."""
    desk = turn.desk
    if desk.state == State.DRAFT and desk.asked is not None and not _is_blank(turn):
        return prompts.ask(turn, turn.pack.spec(desk.asked), Outcome.MOVED, _resumed(turn))
    rows = mine(turn)
    drafts = [row for row in rows if row["state"] == State.DRAFT]
    if len(drafts) == 1:
        return switch_to(turn, drafts[0]["id"])
    if len(drafts) > 1:
        return choose(turn)
    return _open(turn, others=len(rows))


def open_new(turn: Turn) -> Reply:
    """新建: an empty draft; one that is still empty is used again."""
    if turn.desk.state == State.DRAFT and _is_blank(turn):
        return prompts.ask(turn, turn.pack.asked[0], Outcome.MOVED, say("draft/still_empty"))
    return _open(turn, others=len(mine(turn)))


def _open(turn: Turn, *, others: int) -> Reply:
    desk, version = turn.desk, turn.campaign.version
    row = {
        "person_id": desk.person_id, "campaign": turn.pack.name, "pack_version": version,
        "state": State.DRAFT, "route": SELF, "skipped": [], "created_at": turn.now, "changed_at": turn.now,
    }  # fmt: skip
    desk.submission_id = submissions.add(turn.session, row)
    first = audit.Move(None, State.DRAFT)
    audit.add(turn.session, desk.submission_id, "open", person_id=desk.person_id, at=turn.now, move=first)
    desk.state, desk.number, desk.pack_version, desk.skipped = State.DRAFT, None, version, []
    desks.clear_papers(desk)
    notes = _prefill_union(turn)
    opened = say(
        "draft/opened",
        total=len(turn.pack.numbered),
        phase=turn.campaign.phase(turn.now),
        dates=turn.campaign.dates,
        helpdesk=turn.pack.helpdesk,
        others=others,
        many=others >= MANY,
    )
    return prompts.ask(turn, turn.pack.asked[0], Outcome.MOVED, opened, *notes)


def _prefill_union(turn: Turn) -> list[Line]:
    """The union whose QR code was scanned is filled in and shown (R52)."""
    union = turn.pack.union_by_code.get(turn.desk.union_hint or "")
    if union is None:
        return []
    own = keep(turn, turn.pack.spec("union"), union.code)
    return [say("draft/union_prefilled", spec=turn.pack.spec("union"), union=union), *own]


def _put_on_desk(turn: Turn, row: Submission) -> None:
    desk = turn.desk
    desk.submission_id, desk.state, desk.number = row.id, row.state, row.number
    desk.pack_version, desk.skipped = row.pack_version, list(row.skipped)
    desk.asked, desk.pending = None, None
    desks.reload_papers(turn.session, desk)


def mine(turn: Turn) -> list[dict[str, Any]]:
    """This person's submissions of the campaign, oldest first, as a list to choose from."""
    rows = submissions.list_of_person(turn.session, turn.desk.person_id, turn.pack.name)
    return [
        {
            "id": row.id,
            "title": row.title,
            "state": row.state,
            "number": row.number,
            "current": row.id == turn.desk.submission_id,
            "day": row.created_at.astimezone(turn.campaign.zone),
        }
        for row in rows
    ]


def choose(turn: Turn) -> Reply:
    """切换: all of a person's submissions, numbered."""
    rows = mine(turn)
    if not rows:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    turn.wait_for("drafts", ids=[row["id"] for row in rows])
    return turn.reply(Outcome.NEEDS_CONFIRMATION, list_of_mine(turn))


def list_of_mine(turn: Turn) -> Line:
    return say("draft/choose", rows=mine(turn))


def switch_to(turn: Turn, submission_id: int) -> Reply:
    """Put another of the person's own submissions on the desk and say where it stands."""
    row = submissions.get(turn.session, submission_id)
    if row.person_id != turn.desk.person_id:
        raise PermissionError(f"submission {submission_id} is not this person's")
    _put_on_desk(turn, row)
    changed = adopt_rules(turn)
    return resume(turn, *changed)


def resume(turn: Turn, *lines: Line) -> Reply:
    """Say which project, which field, how many are left, and ask (R102)."""
    if turn.desk.state != State.DRAFT:
        turn.desk.asked = None
        return turn.reply(Outcome.MOVED, *lines, say("submission/already", number=turn.desk.number))
    spec = next_field(turn, None)
    if spec is None:
        return prompts.go_on(turn, Outcome.MOVED, *lines, after=None, was_complete=True)
    return prompts.ask(turn, spec, Outcome.MOVED, *lines, _resumed(turn))


def _resumed(turn: Turn) -> Line:
    return say(
        "draft/resumed",
        draft=prompts.draft_name(turn),
        filled=filled_count(turn),
        total=len(turn.pack.numbered),
        short=len(missing(turn)),
    )


def pause(turn: Turn) -> Reply:
    """暂停: everything is kept already; the question is closed."""
    if turn.desk.submission_id is None:
        return turn.reply(Outcome.ANSWERED, say("draft/none"))
    turn.desk.asked, turn.desk.pending = None, None
    return turn.reply(
        Outcome.MOVED,
        say(
            "draft/paused",
            draft=prompts.draft_name(turn),
            filled=filled_count(turn),
            total=len(turn.pack.numbered),
            phase=turn.campaign.phase(turn.now),
            deadline=turn.campaign.dates.submission_deadline,
        ),
    )


def ask_to_restart(turn: Turn) -> Reply:
    """重新开始 offers ways to begin again, none of which loses an answer (L3)."""
    if turn.desk.state != State.DRAFT:
        return start(turn)
    turn.wait_for("restart")
    return turn.reply(Outcome.NEEDS_CONFIRMATION, restart_question(turn))


def restart_question(turn: Turn) -> Line:
    return say("draft/ask_restart", draft=prompts.draft_name(turn), filled=filled_count(turn))


def _is_blank(turn: Turn) -> bool:
    """Nothing was filled in by its owner: a union from a QR code does not count."""
    return not turn.desk.files and not set(turn.desk.answers) - {"union"}


def adopt_rules(turn: Turn) -> list[Line]:
    """Bring a draft under the rules in force and name the fields whose rule has changed."""
    desk = turn.desk
    if desk.submission_id is None or desk.pack_version == turn.campaign.version:
        return []
    old = campaigns.find_version(turn.session, desk.pack_version or "")
    desk.pack_version = turn.campaign.version
    if old is None:
        return []
    keys = {
        change.key for change in differences(old, turn.pack) if change.table == "fields" and change.is_rule
    }
    specs = [spec for spec in turn.pack.fields if spec.key in keys]
    return [say("draft/rules_changed", specs=specs)] if specs else []
