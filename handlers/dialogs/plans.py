"""A union's own deadline and its sub-units in chat: looked at and set by its contact, or by an admin for it (A30)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from handlers import plans, schedules
from handlers.consent import consent
from handlers.errors import HandlerError
from handlers.fields import KINDS
from handlers.fields.base import Accepted, Asked
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import Union
from handlers.plans import Plan
from handlers.rules.moments import read_moment
from handlers.standing import still_asked
from handlers.turns import Turn

Pending = dict[str, Any]

SETTING, REMOVING = "own_deadline", "remove_sub_unit"
# How much earlier than the notice's the day in the examples is.
EARLIER = timedelta(days=11)
_KEEPING = re.compile("(?:按|照|按照)?(?:通知|省里|省总)(?:的|要求|为准)*|取消|不设|不定|不提前|清除|删除")
_SLASHED = re.compile(r"(?:(20\d\d)[./-])?(\d{1,2})[./-](\d{1,2})[日号]?")
_LEAD = re.compile("^(?:是|为|定在|改到|改为|定为|到|[:：])*")
_BEFORE = re.compile("(?:之前|以前|前|为止|止)$")
_ENTRY = re.compile(r"(?P<name>.*?[^\s0-9:：])[\s:：]*(?P<number>[0-9]{1,6})\s*[项个件]?")
_REMOVE = re.compile(
    r"(?:(?:删除|去掉|移除)\s*(?P<before>\S.*)|(?P<behind>.*\S)\s*(?:删除|删掉|去掉|移除|不要了))"
)
_ASSIGNED = re.compile(
    r"(?P<number>[A-Z0-9-]{8,24})\s*,?\s*(?:(?:归|划)(?:到|入)\s*)?(?P<name>\S.*)", re.IGNORECASE
)
_BETWEEN = re.compile(r"[\n、，,；;]+")


def _today(turn: Turn) -> date:
    return turn.now.astimezone(turn.campaign.zone).date()


def _example(turn: Turn) -> date:
    """A day that may be said: some days before the notice's, but not in the past."""
    deadline = turn.campaign.dates.submission_deadline
    return min(max(deadline - EARLIER, _today(turn)), deadline)


def _meant(turn: Turn, argument: Any) -> tuple[Union, str]:
    """Whose plan it is about, and the rest of what was said: of an admin the union comes first."""
    said = str(argument or "").strip()
    first, _, rest = said.partition(" ")
    contact, unions = turn.roles.contact, turn.pack.union_by_code
    if turn.roles.admin is not None and (named := _named(turn, first)) is not None:
        return named, rest.strip()
    if contact is not None:
        return unions[contact.union_code], said
    if turn.roles.admin is not None:
        raise HandlerError("plan/which_union", example=_example(turn))
    raise HandlerError("plan/contacts_only")


def _named(turn: Turn, said: str) -> Union | None:
    """The union that was surely named."""
    spec = turn.pack.spec("union")
    judged = KINDS[spec.kind].judge(said, Asked(spec=spec, pack=turn.pack, answers={})) if said else None
    is_sure = isinstance(judged, Accepted) and not said.isdecimal()
    return turn.pack.union_by_code[judged.value] if is_sure and isinstance(judged, Accepted) else None


def _plan(turn: Turn, union: Union) -> Plan:
    return plans.of_union(turn.session, turn.campaign, turn.roles.actor, union.code, now=turn.now)


def _deadline(turn: Turn, argument: Any) -> Reply:
    """截止, 截止 5月31日, 截止 按通知. Who speaks for no union hears until when results are taken."""
    if argument is None and turn.roles.contact is None:
        told = _of_all(turn) if turn.roles.admin is not None else _for_everybody(turn)
        return turn.reply(Outcome.ANSWERED, told, *still_asked(turn))
    union, said = _meant(turn, argument)
    dates = turn.campaign.dates
    if not said:
        shown = say(
            "plan/deadline", plan=_plan(turn, union), dates=dates, today=_today(turn), example=_example(turn)
        )
        return turn.reply(Outcome.ANSWERED, shown, *still_asked(turn))
    day = dates.submission_deadline if _KEEPING.fullmatch(said) else _read_day(turn, said)
    if day is None:
        raise HandlerError("plan/deadline_unclear", said=said[:20], example=_example(turn))
    if day == dates.submission_deadline:
        plans.keep_to_the_notice(turn.session, turn.campaign, turn.roles.actor, union.code, now=turn.now)
        kept = say("plan/deadline_as_in_the_notice", union=union, dates=dates, today=_today(turn))
        return turn.reply(Outcome.MOVED, kept, *still_asked(turn))
    plans.check_deadline(turn.campaign, day, now=turn.now)
    turn.wait_for(SETTING, union=union.code, day=day.isoformat())
    return turn.reply(Outcome.NEEDS_CONFIRMATION, _deadline_question(turn, turn.desk.pending or {}))


def _read_day(turn: Turn, said: str) -> date | None:
    """5月31日, 5月31日前, 5.31, 下周五: a day without an hour."""
    plain = _BEFORE.sub("", _LEAD.sub("", unicodedata.normalize("NFKC", said).replace(" ", "")))
    slashed = _SLASHED.fullmatch(plain)
    if slashed is not None:
        year = f"{slashed[1]}年" if slashed[1] else ""
        plain = f"{year}{slashed[2]}月{slashed[3]}日"
    moment = read_moment(plain, now=turn.now.astimezone(turn.campaign.zone))
    return None if moment is None else moment.date()


def _of_all(turn: Turn) -> Line:
    own = schedules.of_campaign(turn.session, turn.campaign).own
    rows = [(union, own[union.code].day) for union in turn.pack.unions if union.code in own]
    dates, example = turn.campaign.dates, _example(turn)
    return say("plan/deadlines_of_all", rows=rows, dates=dates, today=_today(turn), example=example)


def _for_everybody(turn: Turn) -> Line:
    code = turn.desk.answers.get("union")
    own = schedules.of_campaign(turn.session, turn.campaign).running(code, turn.now)
    union = turn.pack.union_by_code.get(code or "")
    dates = turn.campaign.dates
    return say("plan/deadline_for_everybody", union=union, own=own, dates=dates, today=_today(turn))


def _deadline_question(turn: Turn, pending: Pending) -> Line:
    union, day = turn.pack.union_by_code[pending["union"]], date.fromisoformat(pending["day"])
    return say("plan/ask_deadline", union=union, date=day, dates=turn.campaign.dates, today=_today(turn))


def _set_deadline(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if not agreed:
        return turn.reply(Outcome.ANSWERED, say("plan/unchanged"), *still_asked(turn))
    union, day = turn.pack.union_by_code[pending["union"]], date.fromisoformat(pending["day"])
    plans.set_deadline(turn.session, turn.campaign, turn.roles.actor, union.code, day, now=turn.now)
    rungs = schedules.of_campaign(turn.session, turn.campaign).own_rungs(turn.campaign.reminders)
    ahead = [rung.at for rung in rungs if rung.union_code == union.code and rung.at > turn.now]
    following = min(ahead, default=None)
    told = say("plan/deadline_set", union=union, date=day, today=_today(turn), following=following)
    return turn.reply(Outcome.MOVED, told, *still_asked(turn))


def _units(turn: Turn, argument: Any) -> Reply:
    """下级单位, 下级单位 江宁区 10 (several on lines of their own), 下级单位 江宁区 删除."""
    union, said = _meant(turn, argument)
    if not said:
        return turn.reply(Outcome.ANSWERED, _list(turn, union), *still_asked(turn))
    removed = _REMOVE.fullmatch(said)
    if removed is not None:
        name = removed["before"] or removed["behind"]
        unit = plans.find_sub_unit(turn.session, turn.campaign, turn.roles.actor, union.code, name.strip())
        turn.wait_for(REMOVING, union=union.code, name=unit.name)
        return turn.reply(Outcome.NEEDS_CONFIRMATION, _removal_question(turn, turn.desk.pending or {}))
    wanted = _read_units(said)
    plans.set_sub_units(turn.session, turn.campaign, turn.roles.actor, union.code, wanted, now=turn.now)
    kept = say("plan/units_kept", wanted=wanted)
    return turn.reply(Outcome.MOVED, kept, _list(turn, union), *still_asked(turn))


def _read_units(said: str) -> list[tuple[str, int]]:
    """Names, each with its number; HandlerError for a part that is none."""
    wanted = []
    for part in _BETWEEN.split(unicodedata.normalize("NFKC", said)):
        if not part.strip():
            continue
        found = _ENTRY.fullmatch(part.strip())
        if found is None:
            raise HandlerError("plan/unit_unclear", said=part.strip()[:20])
        wanted.append((found["name"].strip(), int(found["number"])))
    return wanted


def _list(turn: Turn, union: Union) -> Line:
    return say("plan/units", plan=_plan(turn, union))


def _removal_question(turn: Turn, pending: Pending) -> Line:
    union = turn.pack.union_by_code[pending["union"]]
    return say("plan/ask_remove_unit", name=pending["name"], union=union)


def _remove(turn: Turn, pending: Pending, text: str) -> Reply | None:
    agreed = consent(text)
    if agreed is None:
        return None
    turn.settle()
    if not agreed:
        return turn.reply(Outcome.ANSWERED, say("plan/unchanged"), *still_asked(turn))
    union = turn.pack.union_by_code[pending["union"]]
    name = plans.remove_sub_unit(
        turn.session, turn.campaign, turn.roles.actor, union.code, pending["name"], now=turn.now
    )
    told = say("plan/unit_removed", name=name)
    return turn.reply(Outcome.MOVED, told, _list(turn, union), *still_asked(turn))


def _put_under(turn: Turn, argument: Any) -> Reply:
    """归到 WX2024-NJ-0003 江宁区: of an admin the number says whose it is."""
    said = unicodedata.normalize("NFKC", str(argument or "")).replace("—", "-").replace("–", "-")
    found = _ASSIGNED.fullmatch(said.strip())
    union = _union_of_number(turn, found["number"] if found is not None else "")
    if found is None:
        example = f"{turn.pack.number_prefix}-{union.number_code}-0003"
        return turn.reply(Outcome.ANSWERED, say("plan/put_under_how", number=example), *still_asked(turn))
    number, name = plans.put_under(
        turn.session, turn.campaign, turn.roles.actor, union.code, (found["number"], found["name"]),
        now=turn.now,
    )  # fmt: skip
    told = say("plan/put_under", number=number, name=name)
    return turn.reply(Outcome.MOVED, told, _list(turn, union), *still_asked(turn))


def _union_of_number(turn: Turn, number: str) -> Union:
    if turn.roles.admin is not None:
        for union in turn.pack.unions:
            if f"-{union.number_code}-" in number.upper():
                return union
    return _meant(turn, None)[0]


def progress_lines(turn: Turn, union_code: str) -> list[Line]:
    """What 进度 says of the union's own deadline and sub-units; nothing where it has set neither."""
    plan = _plan(turn, turn.pack.union_by_code[union_code])
    if plan.deadline is None and not plan.units:
        return []
    return [say("plan/progress", plan=plan, today=_today(turn))]


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "own_deadline": _deadline,
    "sub_units": _units,
    "put_under": _put_under,
}
RESOLVERS: dict[str, Callable[[Turn, Pending, str], Reply | None]] = {
    SETTING: _set_deadline,
    REMOVING: _remove,
}
REPEATS: dict[str, Callable[[Turn, Pending], Line]] = {
    SETTING: _deadline_question,
    REMOVING: _removal_question,
}
