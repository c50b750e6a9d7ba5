"""Registering as a union's contact in 1:1: union, name, phone, apart or at once, and one yes (R85).

What was said so far is kept with the open question, so nothing of the submitters' form is touched;
what was open there is asked again at the end.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from handlers import contact_forms, contacts, prompts
from handlers.choices import Candidate, fold, match
from handlers.commands import Recognised, recognise
from handlers.consent import consent, pick
from handlers.contact_reading import Said, read_all, read_name, read_phone, read_union
from handlers.contacts import Entry
from handlers.fields.base import Accepted, Doubtful, Judgement, Options
from handlers.messages import Line, Outcome, Reply, say
from handlers.turns import Turn

KIND = "register"
# The kinds of question that carry what was open before under them.
CARRYING = (KIND, "contact")
PARTS = ("union", "name", "phone")
_LEAVE = (
    "取消",
    "取消登记",
    "不报了",
    "不登记了",
    "不登了",
    "先不登记",
    "退出",
    "退出登记",
    "算了",
    "不办了",
)
_TAKE_OVER = ("接替", "接替他", "接替她", "我来接替", "接替联系人", "接替现联系人", "更换联系人", "换人")
_BACKUP = ("备份", "备份联系人", "作备份", "做备份", "登记备份", "登记为备份", "B")
_OFFICES = (Candidate("A", _TAKE_OVER), Candidate("B", _BACKUP))
_AMEND = re.compile(
    "(?:我?要?)?(?:修改|更正|更改|改|换|重填)?(?:一下)?(?P<part>单位名称|单位|工会|联系人姓名|姓名|名字|联系人|联系电话|电话|手机号码|手机号|手机|号码)"
    r"(?:错了|不对|有误)?(?:改为|改成|应为|应该是|是|为)?[\s:：,，]*(?P<value>[\s\S]*)"
)
_PART_OF = (("union", ("单位", "工会")), ("phone", ("电话", "手机", "号码")), ("name", ("",)))

Form = dict[str, Any]
Pending = dict[str, Any]


def begin(turn: Turn, said: str = "", **known: Any) -> Reply:
    """Ask for what is not known yet; `said` may hold all of it."""
    form: Form = dict(known)
    found = read_all(said, turn.pack) if said else Said()
    return _take(turn, form, found, Outcome.MOVED)


def resolve(turn: Turn, pending: Pending, text: str) -> Reply | None:
    """An answer to the open question; None for a command, which leaves it open."""
    if is_leaving(turn, text):
        return leave(turn, Outcome.MOVED, say("contact/left"))
    command = recognise(text, turn.pack)
    exact = command if command is not None and command.certainty == "exact" else None
    if exact is not None and exact.name == "back":
        return _back(turn, pending["form"])
    if pending["step"] == "confirm":
        return _confirm(turn, pending, text, exact)
    return None if exact is not None else _STEPS[pending["step"]](turn, pending, text)


def is_leaving(turn: Turn, text: str) -> bool:
    if fold(text) in {fold(word) for word in _LEAVE}:
        return True
    command = recognise(text, turn.pack)
    return command is not None and command.name == "pause" and command.certainty == "exact"


def under(turn: Turn) -> Any:
    """The value of the submitters' form that waits for a yes, to be carried through the talk."""
    pending = turn.desk.pending
    return pending["under"] if pending is not None and pending["kind"] in CARRYING else turn.held


def leave(turn: Turn, outcome: Outcome, *lines: Line) -> Reply:
    """The talk is over: what was open in the submitters' form before is asked again."""
    turn.settle()
    held, spec = turn.held, turn.asked_spec
    if held is not None:
        return turn.reply(outcome, *lines, prompts.still_waiting(turn, held))
    return turn.reply(outcome, *lines, *([] if spec is None else [prompts.question(turn, spec)]))


def _wait(turn: Turn, step: str, form: Form, **detail: Any) -> None:
    turn.wait_for(KIND, step=step, form=form, **detail, under=under(turn))


def question(turn: Turn, pending: Pending) -> Line:
    """The open question once more."""
    step, form = pending["step"], pending["form"]
    union = turn.pack.union_by_code.get(form.get("union", ""))
    if step == "name":
        return say("contact/ask_name", union=union)
    if step in ("phone", "phone_which"):
        return say("contact/ask_phone", name=form["name"])
    if step == "office":
        return say("contact/ask_office", union=union, has_backup=pending["has_backup"])
    if step == "confirm":
        return say("contact/confirm", union=union, form=form)
    return say("contact/ask_union", unions=turn.pack.unions)


def _go_on(turn: Turn, form: Form, outcome: Outcome, *lines: Line) -> Reply:
    """Ask for the first part that is open; with all of them which office, then for the yes."""
    missing = next((part for part in PARTS if part not in form), None)
    if missing is None:
        return _ask_to_confirm(turn, form, *lines)
    _wait(turn, missing, form)
    return turn.reply(outcome, *lines, question(turn, turn.desk.pending or {}))


def _back(turn: Turn, form: Form) -> Reply:
    """To the part that was given last."""
    given = [part for part in PARTS if part in form]
    kept = {part: form[part] for part in given[:-1]}
    return _go_on(turn, kept, Outcome.MOVED if given else Outcome.ANSWERED)


def _take(turn: Turn, form: Form, said: Said, outcome: Outcome = Outcome.ACCEPTED) -> Reply:
    """Keep what a text gave and ask about what is not sure in it."""
    if said.name is not None:
        form = {**form, "name": said.name}
    if isinstance(said.phone, Accepted):
        form = {**form, "phone": said.phone.value}
    if said.union is not None:
        return _judged_union(turn, form, said.union)
    if said.phone is not None and "phone" not in form and {"union", "name"} <= form.keys():
        return _judged_phone(turn, form, said.phone)
    return _go_on(turn, form, outcome)


def _union(turn: Turn, pending: Pending, text: str) -> Reply:
    judged = read_union(text, turn.pack)
    if not isinstance(judged, Accepted):
        said = read_all(text, turn.pack)
        if said.phone is not None or (said.union is not None and said.name is not None):
            return _take(turn, pending["form"], said)
    return _judged_union(turn, pending["form"], judged)


def _judged_union(turn: Turn, form: Form, judged: Judgement) -> Reply:
    if isinstance(judged, Accepted):
        return _took_union(turn, form, judged.value)
    if isinstance(judged, Doubtful):
        _wait(turn, "union_sure", form, value=judged.value)
        return turn.reply(Outcome.NEEDS_CONFIRMATION, judged.question)
    if isinstance(judged, Options):
        _wait(turn, "union_which", form, options=[list(option) for option in judged.options])
        return turn.reply(Outcome.NEEDS_CONFIRMATION, judged.question)
    _wait(turn, "union", form)
    return turn.reply(Outcome.REJECTED, judged.line)


def _took_union(turn: Turn, form: Form, code: str) -> Reply:
    """Another union has other offices."""
    kept = {part: form[part] for part in PARTS if part in form}
    return _go_on(turn, {**kept, "union": code}, Outcome.ACCEPTED)


def _union_sure(turn: Turn, pending: Pending, text: str) -> Reply:
    agreed = consent(text)
    if agreed:
        return _took_union(turn, pending["form"], pending["value"])
    if agreed is False:
        return _go_on(turn, pending["form"], Outcome.ANSWERED)
    return _union(turn, pending, text)


def _union_which(turn: Turn, pending: Pending, text: str) -> Reply:
    chosen = pick(text, [label for _, label in pending["options"]])
    if chosen is not None:
        return _took_union(turn, pending["form"], pending["options"][chosen][0])
    return _union(turn, pending, text)


def _name(turn: Turn, pending: Pending, text: str) -> Reply:
    """Who sends more than was asked need not send it again."""
    form = pending["form"]
    name = read_name(text)
    if name is not None:
        return _go_on(turn, {**form, "name": name}, Outcome.ACCEPTED)
    alone, whole = read_all(text, turn.pack, with_union=False), read_all(text, turn.pack)
    said = whole if isinstance(whole.union, Accepted) and whole.name is not None else alone
    if said.name is not None:
        return _take(turn, form, said)
    _wait(turn, "name", form)
    return turn.reply(Outcome.REJECTED, say("contact/one_name"))


def _phone(turn: Turn, pending: Pending, text: str) -> Reply:
    return _judged_phone(turn, pending["form"], read_phone(text, turn.pack))


def _judged_phone(turn: Turn, form: Form, judged: Judgement) -> Reply:
    if isinstance(judged, Accepted):
        return _go_on(turn, {**form, "phone": judged.value}, Outcome.ACCEPTED)
    if isinstance(judged, Options):
        _wait(turn, "phone_which", form, options=[list(option) for option in judged.options])
        return turn.reply(Outcome.NEEDS_CONFIRMATION, judged.question)
    _wait(turn, "phone", form)
    return turn.reply(Outcome.REJECTED, judged.question if isinstance(judged, Doubtful) else judged.line)


def _phone_which(turn: Turn, pending: Pending, text: str) -> Reply:
    chosen = pick(text, [label for _, label in pending["options"]])
    if chosen is not None:
        return _go_on(turn, {**pending["form"], "phone": pending["options"][chosen][0]}, Outcome.ACCEPTED)
    return _phone(turn, pending, text)


def _ask_to_confirm(turn: Turn, form: Form, *lines: Line) -> Reply:
    """Where somebody else holds the office: take it over, or be the backup? Then all for one yes."""
    held = contacts.of_union(turn.session, turn.campaign, form["union"])
    mine = {role for role, contact in held.items() if contact.person_id == turn.desk.person_id}
    others = {role: contact.id for role, contact in held.items() if role not in mine}
    role = form.get("role") or next(iter(mine), None) or (None if "A" in others else "A")
    if role is None or form.get("replaces") != others.get(role):
        _wait(turn, "office", {part: form[part] for part in PARTS}, has_backup="B" in others)
    else:
        _wait(turn, "confirm", {**form, "role": role, "replaces": others.get(role)})
    return turn.reply(Outcome.NEEDS_CONFIRMATION, *lines, question(turn, turn.desk.pending or {}))


def _office(turn: Turn, pending: Pending, text: str) -> Reply:
    chosen = match(text, _OFFICES).certain
    if chosen is None:
        return turn.reply(Outcome.NEEDS_CONFIRMATION, question(turn, pending))
    role, form = _OFFICES[chosen].value, pending["form"]
    holder = contacts.of_union(turn.session, turn.campaign, form["union"]).get(role)
    return _ask_to_confirm(turn, {**form, "role": role, "replaces": holder.id if holder else None})


def _confirm(turn: Turn, pending: Pending, text: str, command: Recognised | None) -> Reply | None:
    form, agreed = pending["form"], consent(text)
    if agreed or (command is not None and command.name in ("submit", "done")):
        return _register(turn, form)
    if agreed is False:
        return turn.reply(Outcome.NEEDS_CONFIRMATION, say("contact/what_to_change"))
    amended = _AMEND.fullmatch(text.strip())
    if amended is not None:
        return _amend(turn, form, amended["part"], amended["value"].strip())
    if command is not None:
        return None
    said = read_all(text, turn.pack)
    if said.phone is not None:
        return _take(turn, form, said)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, question(turn, pending))


def _amend(turn: Turn, form: Form, said: str, value: str) -> Reply:
    """One part anew: at once if its new value was said too."""
    part = next(part for part, words in _PART_OF if any(word in said for word in words))
    if part == "name" or part == "phone":
        kept = {key: form[key] for key in form if key != part}
    else:
        kept = {key: form[key] for key in ("name", "phone")}
    if value:
        return _STEPS[part](turn, {"step": part, "form": kept}, value)
    return _go_on(turn, kept, Outcome.MOVED)


def _register(turn: Turn, form: Form) -> Reply:
    """Put down what was confirmed, unless the office has changed hands meanwhile."""
    asked = _ask_to_confirm(turn, form)
    now_open = turn.desk.pending or {}
    if now_open["step"] != "confirm" or now_open["form"] != form:
        return asked
    entry = Entry(form["union"], form["name"], form["phone"], form["role"], form["replaces"])
    registration = contacts.register(
        turn.session, turn.campaign, entry, person_id=turn.desk.person_id, now=turn.now, render=turn.render
    )
    contact, union = registration.contact, turn.pack.union_by_code[form["union"]]
    deadline = turn.campaign.dates.contact_deadline
    if registration.is_active:
        told = say("contact/registered", contact=contact, union=union, deadline=deadline)
    else:
        told = say("contact/waits", contact=contact, union=union, deadline=deadline)
    form_offered = contact_forms.offer(turn.session, turn.campaign, contact, now=turn.now)
    return leave(turn, Outcome.ACCEPTED, told, form_offered)


_STEPS: dict[str, Callable[[Turn, Pending, str], Reply]] = {
    "union": _union,
    "union_sure": _union_sure,
    "union_which": _union_which,
    "name": _name,
    "phone": _phone,
    "phone_which": _phone_which,
    "office": _office,
}
