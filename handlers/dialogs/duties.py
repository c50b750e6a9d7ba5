"""Progress in chat: who owes what, for a contact the own union alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import contacts, drafts, duties, groups, papers, posters, standings
from handlers.access import Actor, require_admin
from handlers.contacts import closes_at
from handlers.dialogs.plans import progress_lines
from handlers.duties import UNION_DUTIES, Board, UnionDuty
from handlers.messages import Line, Outcome, Reply, say
from handlers.papers import Issued
from handlers.standing import still_asked, what_is_missing
from handlers.turns import Turn
from storage import duties as duty_rows

# More than that is read on the page.
LISTED = 40
# More names than that make no card; they stand in the picture.
FEW = 6


def _progress(turn: Turn, _: Any) -> Reply:
    """进度: the province's sums and picture, the own union's numbers, or the own draft."""
    actor = turn.roles.actor
    if actor.is_admin:
        board = _board(turn, actor)
        lines = (_sums(turn, board), say("duty/progress_hint"))
        return _with_picture(turn, board, *lines, person_id=turn.desk.person_id)
    if actor.union_code is not None:
        told = (_own_union(turn, actor), *progress_lines(turn, actor.union_code))
        return turn.reply(Outcome.ANSWERED, *told, *still_asked(turn))
    return what_is_missing(turn)


def _board(turn: Turn, actor: Actor) -> Board:
    return duties.board(turn.session, turn.campaign, actor, now=turn.now)


def _today(turn: Turn) -> Any:
    return turn.now.astimezone(turn.campaign.zone).date()


def _own_union(turn: Turn, actor: Actor) -> Line:
    row = _board(turn, actor).rows[0]
    following = row.next_reminder
    standing, since = standings.of_union(turn.session, turn.campaign, actor, row.union.code, now=turn.now)
    return say(
        "duty/own_union",
        row=row,
        standing=standing,
        since=since,
        counts=turn.pack.counts,
        dates=turn.campaign.dates,
        today=_today(turn),
        group_name=turn.pack.group_name,
        helpdesk=turn.pack.helpdesk,
        following=None if following is None else following.astimezone(turn.campaign.zone),
    )


def _sums(turn: Turn, board: Board) -> Line:
    groups = [("city", board.cities), ("industry", board.industries)]
    return say(
        "duty/sums", groups=groups, total=board.total, counts=turn.pack.counts, dates=turn.campaign.dates,
        today=_today(turn),
    )  # fmt: skip


def _lists(board: Board) -> list[tuple[str, list[UnionDuty]]]:
    """Who owes what, duty by duty; nothing of a duty that nobody owes."""
    lists = [(duty, [row for row in board.rows if duty in row.owed]) for duty in UNION_DUTIES]
    return [(duty, rows) for duty, rows in lists if rows]


def _owing(turn: Turn, board: Board) -> Line:
    return say(
        "duty/owing",
        lists=_lists(board),
        waiting=[row for row in board.rows if row.form.state == "waiting"],
        dates=turn.campaign.dates,
        today=_today(turn),
        is_late=turn.now >= closes_at(turn.campaign),
    )


def _with_picture(turn: Turn, board: Board, *lines: Line, person_id: int | None) -> Reply:
    issued = Issued("board", f"board-{_today(turn)}", duties.picture_facts(board))
    token = papers.issue(turn.session, issued, person_id=person_id, now=turn.now)
    return Reply(Outcome.ANSWERED, lines, asked=turn.desk.asked, pictures=(token,))


def _who_owes(turn: Turn, _: Any) -> Reply:
    """谁还没报: for an admin all unions; a contact hears of the own one."""
    if not turn.roles.actor.is_admin and turn.roles.contact is not None:
        return _progress(turn, None)
    require_admin(turn.roles.actor)
    board = _board(turn, turn.roles.actor)
    return turn.reply(Outcome.ANSWERED, _owing(turn, board), say("duty/nudge_hint"), *still_asked(turn))


def _standings(turn: Turn, _: Any) -> Reply:
    """排名: for an admin both groups; a contact hears of the own union's place."""
    if not turn.roles.actor.is_admin and turn.roles.contact is not None:
        return _progress(turn, None)
    table = standings.table(turn.session, turn.campaign, turn.roles.actor, now=turn.now)
    groups_of = [(kind, table.begun(kind), table.not_begun(kind)) for kind in standings.GROUPS]
    told = say(
        "duty/standings", groups=groups_of, since=table.since, counts=turn.pack.counts, today=_today(turn)
    )
    return turn.reply(Outcome.ANSWERED, told, *still_asked(turn))


def group_board(turn: Turn) -> Reply:
    """进度 and 谁还没报 in the group: one card of sums, a few names of unions and the picture (R93)."""
    board = _board(turn, duties.SYSTEM)
    dates, counts = turn.campaign.dates, turn.pack.counts
    lines = (
        say("duty/sums_short", total=board.total, counts=counts, dates=dates, today=_today(turn)),
        say("duty/owing_short", lists=_lists(board), few=FEW),
    )
    return _with_picture(turn, board, *lines, person_id=None)


def _my_list(turn: Turn, _: Any) -> Reply:
    """名单: the contacts for an admin, the union's submissions for its contact, the own ones for anybody else."""
    actor = turn.roles.actor
    if actor.is_admin:
        return turn.reply(Outcome.ANSWERED, _contact_list(turn), *still_asked(turn))
    if actor.union_code is None:
        return drafts.choose(turn)
    code = actor.union_code
    row = _board(turn, actor).rows[0]
    rows = duty_rows.list_of_union(turn.session, turn.pack.name, code, most=LISTED)
    told = say("duty/submissions", row=row, rows=rows, more=row.submitted + row.drafted - len(rows))
    return turn.reply(Outcome.ANSWERED, told, *still_asked(turn))


def _contact_list(turn: Turn) -> Line:
    active = contacts.list_active(turn.session, turn.campaign)
    unions = [(union, [one for one in active if one.union_code == union.code]) for union in turn.pack.unions]
    return say("duty/contacts", unions=unions)


def _qr_code(turn: Turn, _: Any) -> Reply:
    """二维码: the own union's poster (R52), and the group's for whoever belongs there and is not in it (A26)."""
    union = turn.pack.union_by_code.get(turn.roles.actor.union_code or "")
    if union is None and not turn.roles.actor.is_admin:
        return turn.reply(Outcome.ANSWERED, say("duty/qr_for_contacts", group_name=turn.pack.group_name))
    lines, pictures = [], []
    if union is not None:
        issued = posters.of_union(turn.campaign, union)
        pictures.append(papers.issue(turn.session, issued, person_id=turn.desk.person_id, now=turn.now))
        lines.append(say("duty/qr_code", union=union, dates=turn.campaign.dates, today=_today(turn)))
    if union is None or turn.desk.person_id not in groups.members(turn.session, turn.campaign):
        token, until = posters.issue_group(turn)
        pictures.append(token)
        lines.append(say("group/code", name=turn.pack.group_name, until=until, is_second=union is not None))
    told = (*lines, *still_asked(turn))
    return Reply(Outcome.ANSWERED, told, asked=turn.desk.asked, pictures=tuple(pictures))


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "progress": _progress,
    "who_owes": _who_owes,
    "standings": _standings,
    "my_list": _my_list,
    "qr_code": _qr_code,
}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {}
