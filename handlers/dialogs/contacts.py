"""A union's contact in chat: registering (附件5), the own data, handing over, the mailed form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from handlers import contact_forms, contacts
from handlers.choices import Candidate, fold, match
from handlers.commands import recognise
from handlers.consent import consent
from handlers.contact_reading import read_phone
from handlers.dialogs import registering
from handlers.dialogs.registering import Pending, leave
from handlers.errors import HandlerError
from handlers.fields.base import Accepted, Refused
from handlers.messages import Line, Outcome, Reply, say
from handlers.turns import Turn
from storage.contacts import Contact

KIND = "contact"
_PHONE = ("改电话", "改联系电话", "修改电话", "更改电话", "换电话")
_SUCCESSOR = ("更换联系人", "换人", "换联系人", "变更联系人", "更换", "交接")
_OFFICE = ("换单位", "改单位", "更正姓名", "改姓名", "换单位或更正姓名")
_PAPER = ("信息表", "领信息表", "附件5", "再发信息表", "联系人信息表")
_PROMOTION = ("改任联系人", "接替", "接替联系人", "接替现联系人")
_AGAIN = ("重新登记", "重填", "改", "修改")
_WITHDRAWAL = ("撤回登记", "撤回", "撤销登记", "撤销")
_OUT = ("0", "不用了", "没有了", "返回")
_MENU = (
    Candidate("phone", _PHONE), Candidate("successor", _SUCCESSOR), Candidate("office", _OFFICE),
    Candidate("paper", _PAPER),
)  # fmt: skip
_MENUS = {"A": _MENU, "B": (*_MENU, Candidate("promotion", _PROMOTION))}
_MENU_OF_WAITING = (
    Candidate("again", _AGAIN),
    Candidate("paper", _PAPER),
    Candidate("withdrawal", _WITHDRAWAL),
)


def _register(turn: Turn, said: str | None) -> Reply:
    """Who is registered, or waits to be, sees that and what can be changed."""
    step = "waiting" if _subject(turn, "waiting") is not None else "own"
    if said or _subject(turn, step) is None:
        return registering.begin(turn, said or "")
    _wait(turn, step)
    return turn.reply(Outcome.ANSWERED, _shown(turn, turn.desk.pending or {}))


def _subject(turn: Turn, step: str) -> Contact | None:
    """Whose data are looked at: what the person has waiting, or the office they hold."""
    if step == "waiting":
        return contacts.waiting_of(turn.session, turn.campaign, turn.desk.person_id)
    return turn.roles.contact


def _wait(turn: Turn, step: str) -> None:
    turn.wait_for(KIND, step=step, under=registering.under(turn))


def _shown(turn: Turn, pending: Pending) -> Line:
    """The open question once more; of an office that has ended meanwhile, that there is none."""
    contact = _subject(turn, pending["step"])
    if contact is None:
        return say("contact/decided_meanwhile")
    if pending["step"] == "phone":
        return say("contact/ask_new_phone")
    union = turn.pack.union_by_code[contact.union_code]
    if pending["step"] == "waiting":
        return say("contact/waiting", contact=contact, union=union)
    form = contacts.form_states(turn.session, turn.campaign)[contact.union_code]
    return say("contact/own", contact=contact, union=union, form=form)


def _answer(turn: Turn, pending: Pending, text: str) -> Reply | None:
    """What was chosen; None for a command. What was decided meanwhile is said."""
    if _wants_nothing(turn, text):
        return leave(turn, Outcome.MOVED, say("contact/unchanged"))
    contact = _subject(turn, pending["step"])
    if contact is None:
        return leave(turn, Outcome.MOVED, say("contact/decided_meanwhile"))
    if pending["step"] == "phone":
        return _new_phone(turn, contact, text)
    menu = _MENU_OF_WAITING if pending["step"] == "waiting" else _MENUS[contact.role]
    chosen = match(text, menu).certain
    if chosen is not None:
        return _CHOICES[menu[chosen].value](turn, contact)
    if _is_command(turn, text):
        return None
    return turn.reply(Outcome.NEEDS_CONFIRMATION, _shown(turn, pending))


def _wants_nothing(turn: Turn, text: str) -> bool:
    """A bare 2 is a choice here, not a no."""
    said = fold(text)
    return said in _OUT or (said != "2" and consent(text) is False) or registering.is_leaving(turn, text)


def _is_command(turn: Turn, text: str) -> bool:
    command = recognise(text, turn.pack)
    return command is not None and command.certainty == "exact"


def _ask_new_phone(turn: Turn, contact: Contact) -> Reply:
    _wait(turn, "phone")
    return turn.reply(Outcome.MOVED, say("contact/ask_new_phone"))


def _new_phone(turn: Turn, contact: Contact, text: str) -> Reply | None:
    judged = read_phone(text, turn.pack)
    if isinstance(judged, Accepted):
        contacts.change_phone(turn.session, contact, turn.roles.actor, judged.value, now=turn.now)
        told = say("contact/phone_changed", phone=judged.value)
        return leave(turn, Outcome.ACCEPTED, told, _paper(turn, contact))
    if _is_command(turn, text):
        return None
    return turn.reply(
        Outcome.REJECTED, judged.line if isinstance(judged, Refused) else say("contact/one_phone")
    )


def _paper(turn: Turn, contact: Contact) -> Line:
    return contact_forms.offer(turn.session, turn.campaign, contact, now=turn.now)


def _tell_how_to_hand_over(turn: Turn, contact: Contact) -> Reply:
    union = turn.pack.union_by_code[contact.union_code]
    return leave(turn, Outcome.ANSWERED, say("contact/how_to_hand_over", union=union, role=contact.role))


def _promote(turn: Turn, contact: Contact) -> Reply:
    """The backup takes the contact's place, or follows where there is none."""
    holder = contacts.of_union(turn.session, turn.campaign, contact.union_code).get("A")
    return registering.begin(
        turn, union=contact.union_code, name=contact.name, phone=contact.phone, role="A",
        replaces=None if holder is None else holder.id,
    )  # fmt: skip


def _withdraw(turn: Turn, contact: Contact) -> Reply:
    contacts.take_back(turn.session, turn.campaign, turn.desk.person_id, now=turn.now)
    return leave(turn, Outcome.MOVED, say("contact/taken_back"))


_CHOICES: dict[str, Callable[[Turn, Contact], Reply]] = {
    "phone": _ask_new_phone,
    "successor": _tell_how_to_hand_over,
    "office": lambda turn, contact: registering.begin(turn, name=contact.name, phone=contact.phone),
    "paper": lambda turn, contact: leave(turn, Outcome.ANSWERED, _paper(turn, contact)),
    "promotion": _promote,
    "again": lambda turn, contact: registering.begin(turn),
    "withdrawal": _withdraw,
}


def _hand_over(turn: Turn, number: str) -> Reply:
    """The present contact's yes to whoever follows; theirs ends with it."""
    contact = contacts.approve(
        turn.session, turn.campaign, turn.roles.actor, int(number), now=turn.now, render=turn.render
    )
    union = turn.pack.union_by_code[contact.union_code]
    return turn.reply(Outcome.MOVED, say("contact/handed_over", contact=contact, union=union), *_still(turn))


def _mailed(turn: Turn, _: Any) -> Reply:
    """Kept on the person's word; whether the mail came is the province's to say (R86)."""
    contact = turn.roles.contact
    if contact is None:
        waiting = contacts.waiting_of(turn.session, turn.campaign, turn.desk.person_id)
        raise HandlerError("contact/mailed_by_nobody", is_waiting=waiting is not None)
    union = turn.pack.union_by_code[contact.union_code]
    is_new = contacts.say_mailed(
        turn.session, turn.campaign, turn.roles.actor, contact.union_code, now=turn.now
    )
    told = say("contact/mailed", union=union, is_new=is_new, mailbox=turn.pack.helpdesk.mailbox)
    return turn.reply(Outcome.ACCEPTED if is_new else Outcome.ANSWERED, told, *_still(turn))


def _still(turn: Turn) -> list[Line]:
    """What to go on with in the submitters' form, if something is open there."""
    spec = turn.asked_spec
    return [] if spec is None else [say("help/still_asked", spec=spec)]


ORDERS: dict[str, Callable[[Turn, Any], Reply]] = {
    "register": _register,
    "hand_over": _hand_over,
    "mailed": _mailed,
}
RESOLVERS: dict[str, Callable[[Turn, dict[str, Any], str], Reply | None]] = {
    registering.KIND: registering.resolve,
    KIND: _answer,
}
REPEATS: dict[str, Callable[[Turn, dict[str, Any]], Line]] = {
    registering.KIND: registering.question,
    KIND: _shown,
}
