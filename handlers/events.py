"""What the platform reports beside messages: a follow, a scanned code, a menu button."""

from __future__ import annotations

from handlers import groups, prompts
from handlers.answers import keep
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import Union
from handlers.progress import next_field
from handlers.rules.transitions import State
from handlers.turns import Turn
from storage import people

UNION_SCENE = "union-"
GROUP_SCENE = "group"


def happen(turn: Turn) -> Reply:
    """Answer an event; those that ask for nothing are ignored without a word."""
    event = turn.message.event
    if event in ("subscribe", "join"):
        return _welcome(turn)
    if event == "scan":
        return _scanned(turn)
    if event == "unsubscribe":
        address = people.find_address(turn.session, turn.message.channel, turn.message.sender)
        if address is not None:
            address.reachable = False
    return turn.reply(Outcome.IGNORED)


def _scene_union(turn: Turn) -> Union | None:
    scene = turn.message.scene or ""
    return (
        turn.pack.union_by_code.get(scene.removeprefix(UNION_SCENE))
        if scene.startswith(UNION_SCENE)
        else None
    )


def _welcome(turn: Turn) -> Reply:
    address = people.find_address(turn.session, turn.message.channel, turn.message.sender)
    if address is not None:
        address.reachable = True
    noted = _note_union(turn)
    return turn.reply(
        Outcome.MOVED if noted else Outcome.ANSWERED,
        say(
            "event/welcome",
            dates=turn.campaign.dates,
            title=turn.pack.title,
            phase=turn.campaign.phase(turn.now),
            helpdesk=turn.pack.helpdesk,
        ),
        *noted,
        *_about_the_group(turn),
    )


def _about_the_group(turn: Turn) -> list[Line]:
    """How a union's contact gets into the group and what comes first, if its code was scanned (附件6)."""
    if turn.message.scene != GROUP_SCENE:
        return []
    group = groups.bound(turn.session, turn.campaign)
    is_member = group is not None and groups.is_member(turn.session, group, turn.desk.person_id)
    return [
        say(
            "event/group_code",
            name=turn.pack.group_name,
            contact=turn.roles.contact,
            is_member=is_member,
            deadline=turn.campaign.dates.contact_deadline,
            helpdesk=turn.pack.helpdesk,
        )
    ]


def _scanned(turn: Turn) -> Reply:
    if turn.message.scene is None:
        return turn.reply(Outcome.IGNORED)
    about_the_group = _about_the_group(turn)
    if about_the_group:
        return turn.reply(Outcome.ANSWERED, *about_the_group)
    noted = _note_union(turn)
    if not noted:
        return turn.reply(Outcome.ANSWERED, say("event/unknown_code"))
    if turn.desk.state == State.DRAFT and turn.asked_spec is not None:
        return prompts.ask(turn, turn.asked_spec, Outcome.MOVED, *noted)
    return turn.reply(Outcome.MOVED, *noted)


def _note_union(turn: Turn) -> list[Line]:
    """Remember the union of the scanned code and fill it in where none is chosen yet (R52)."""
    union = _scene_union(turn)
    if union is None:
        return []
    turn.desk.union_hint = union.code
    if turn.desk.state != State.DRAFT:
        return [say("event/union_noted", union=union)]
    chosen = turn.desk.answers.get("union")
    if chosen is None:
        own = keep(turn, turn.pack.spec("union"), union.code)
        if turn.desk.asked == "union":
            following = next_field(turn, "union")
            turn.desk.asked = following.key if following else None
        return [say("draft/union_prefilled", spec=turn.pack.spec("union"), union=union), *own]
    if chosen == union.code:
        return [say("draft/union_prefilled", spec=turn.pack.spec("union"), union=union)]
    return [
        say(
            "event/union_differs",
            union=union,
            chosen=turn.pack.union_by_code[chosen],
            number=prompts.number_of(turn, turn.pack.spec("union")),
        )
    ]
