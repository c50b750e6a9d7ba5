"""What people say about files that are there: their names, 同上, 删除2, 完成."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict

from handlers import files, prompts
from handlers.consent import is_same_paper
from handlers.fields import Captions, captions_of, shortfall
from handlers.fields.base import Refused
from handlers.fields.media import LONGEST_CAPTION
from handlers.messages import Line, Outcome, Reply, say
from handlers.packs import FieldSpec
from handlers.progress import is_filled, missing
from handlers.turns import Turn, file_facts
from storage import submissions
from storage.desks import DeskFile

# A craftsman's text is longer than the name of a video.
LONGEST_BRIEF = 20

_REMOVE = re.compile(r"^删(?:除|掉|去)?第?\s*([0-9]{1,2})\s*[张个份条]?[。.]?$")
_RENAME = re.compile(
    r"^(?:改名|重命名|命名)第?\s*([0-9]{1,2})(?:[张个份条](?=[\s:：、，,为叫]))?\s*[:：、，,为叫]?\s*(\S.*)$"
)


def say_in_field(turn: Turn, spec: FieldSpec, text: str) -> Reply:
    """A text while files are asked for: a name, 删除2, 改名2, 同上, or something to be explained."""
    removal = _REMOVE.match(text)
    if removal is not None:
        return _ask_to_remove(turn, spec, int(removal.group(1)))
    renaming = _RENAME.match(text) if spec.needs_caption else None
    if renaming is not None:
        return _rename(turn, spec, int(renaming.group(1)), renaming.group(2).strip())
    if spec.kind == "scan" and is_same_paper(text):
        return _same_paper(turn, spec)
    judgement = captions_of(text, spec, file_facts(turn.files(spec.key)))
    if isinstance(judgement, Refused):
        return turn.reply(Outcome.REJECTED, judgement.line)
    return _name(turn, spec, judgement)


def is_order(text: str) -> bool:
    """Whether a text is 删除2 or 改名2."""
    return bool(_REMOVE.match(text) or _RENAME.match(text))


def is_about_files(turn: Turn, spec: FieldSpec, text: str) -> bool:
    """Whether a text in a field of texts and files is about its files: a short one names them."""
    if not turn.files(spec.key):
        return False
    return is_order(text) or (bool(turn.unnamed(spec.key)) and len(text) <= LONGEST_BRIEF)


def _name(turn: Turn, spec: FieldSpec, captions: Captions) -> Reply:
    """Names in the order in which the files came; a single name is that of the first without one."""
    was_complete = not missing(turn)
    for (_, file), name in zip(turn.unnamed(spec.key), captions.names, strict=False):
        submissions.name_file(turn.session, file.id, name)
        file.caption = name
    return files.after_files(turn, spec, was_complete, _named(turn, spec, captions.names))


def _named(turn: Turn, spec: FieldSpec, names: Sequence[str]) -> Line:
    following = next(iter(turn.unnamed(spec.key)), None)
    return say(
        "file/named",
        spec=spec,
        names=list(names),
        short=shortfall(spec, file_facts(turn.files(spec.key))),
        place=following[0] if following else None,
        next_name=following[1].name if following else None,
    )


def _rename(turn: Turn, spec: FieldSpec, place: int, name: str) -> Reply:
    file = _file_at(turn, spec, place)
    if file is None:
        return _no_such(turn, spec, place)
    if len(name) > LONGEST_CAPTION:
        return turn.reply(Outcome.REJECTED, say("fields/caption_too_long", spec=spec, most=LONGEST_CAPTION))
    was_complete = not missing(turn)
    submissions.name_file(turn.session, file.id, name)
    file.caption = name
    return files.after_files(turn, spec, was_complete, _named(turn, spec, [name]))


def _same_paper(turn: Turn, spec: FieldSpec) -> Reply:
    """One scan may hold both papers (R32): the same bytes stand in both fields."""
    others = [other for other in turn.pack.fields if other.kind == "scan" and other.key != spec.key]
    source = next((other for other in others if is_filled(turn, other)), None)
    if source is None:
        return turn.reply(Outcome.REJECTED, say("file/no_same_paper", specs=others))
    copies = [asdict(file) for file in turn.files(source.key)]
    for copy in copies:
        del copy["id"]
    return files.keep(turn, spec, copies)


def _file_at(turn: Turn, spec: FieldSpec, place: int) -> DeskFile | None:
    kept = turn.files(spec.key)
    return kept[place - 1] if 1 <= place <= len(kept) else None


def _no_such(turn: Turn, spec: FieldSpec, place: int) -> Reply:
    count = len(turn.files(spec.key))
    return turn.reply(Outcome.REJECTED, say("file/no_such", spec=spec, place=place, count=count))


def _ask_to_remove(turn: Turn, spec: FieldSpec, place: int) -> Reply:
    file = _file_at(turn, spec, place)
    if file is None:
        return _no_such(turn, spec, place)
    turn.wait_for("remove_file", field=spec.key, file=file.id)
    return turn.reply(Outcome.NEEDS_CONFIRMATION, removal_question(turn, spec, file.id))


def removal_question(turn: Turn, spec: FieldSpec, file_id: int) -> Line:
    """Whether a file should go, by its number and name."""
    kept = enumerate(turn.files(spec.key), 1)
    place, file = next((place, file) for place, file in kept if file.id == file_id)
    return say("file/ask_remove", spec=spec, name=file.caption or file.name, place=place)


def remove(turn: Turn, spec: FieldSpec, file_id: int) -> Reply:
    """Take a file out of its field; the field is asked again."""
    kept = turn.files(spec.key)
    gone = next((file for file in kept if file.id == file_id), None)
    if gone is None:
        return prompts.ask(turn, spec, Outcome.ANSWERED, say("file/gone_already"))
    submissions.forget_file(turn.session, file_id)
    kept.remove(gone)
    return prompts.ask(turn, spec, Outcome.MOVED, say("file/removed", name=gone.caption or gone.name))


def finish(turn: Turn, spec: FieldSpec) -> Reply:
    """完成: go on if the field has all it needs, else say what is missing or still on its way."""
    if is_filled(turn, spec):
        return prompts.go_on(turn, Outcome.MOVED, after=spec.key, was_complete=not missing(turn))
    short = shortfall(spec, file_facts(turn.files(spec.key)))
    return turn.reply(
        Outcome.REJECTED,
        say(
            "file/not_finished",
            spec=spec,
            coming=files.coming(turn),
            short=short,
            number=prompts.number_of(turn, spec),
        ),
    )
