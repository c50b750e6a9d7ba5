"""Whatever people send in whatever order: an answer each time, and nothing accepted is ever lost."""

from __future__ import annotations

import itertools
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from handlers.rules.cleaning import clean
from storage import submissions
from storage.db import Database
from storage.desks import Desk
from tests.bot.channels.official_account.callbacks import account
from tests.corpus_reading import submissions as corpus
from tests.filing import answer, fill
from tests.scenarios.sayings import ACTS, FILES
from tests.talk import Heard, Talk

_names = itertools.count(1)
CHANNEL = account()
# Where the talk stands when hypothesis takes over: at the start, half-way, at the files, complete.
BEGINNINGS = ("completers", "first_completer_bio", "union", "title", "industry", "photos", "quiz", "complete")
KNOWN = {
    (key, clean(said[0]).text): one.stored[key]
    for one in corpus()
    for key, said in one.said.items()
    if len(said) == 1 and isinstance(said[0], str) and key in one.stored
}


@dataclass
class Memory:
    """What must be stored: for each submission the last accepted value of each field, and its files."""

    answers: dict[int, dict[str, Any]] = field(default_factory=dict)
    files: dict[int, set[int]] = field(default_factory=dict)

    def begin(self, desk: Desk) -> None:
        assert desk.submission_id is not None
        self.answers[desk.submission_id] = deepcopy(desk.answers)
        self.files[desk.submission_id] = {file.id for rows in desk.files.values() for file in rows}

    def check(self, before: Desk | None, desk: Desk, heard: Heard) -> None:
        """Compare with the desk after a message, then remember what it added."""
        if desk.submission_id is None:
            return
        kept = self.answers.setdefault(desk.submission_id, {})
        changed = {key for key, value in desk.answers.items() if kept.get(key, ...) != value}
        pending = (before.pending if before is not None else None) or {}
        taken_back = {pending["field"]} if pending.get("kind") == "take_back" else set()
        assert kept.keys() - desk.answers.keys() <= taken_back
        if heard.outcome is Outcome.ACCEPTED:
            assert len(changed) <= 1
        else:
            assert changed <= {"union"} - kept.keys()
        self.check_files(before, desk, heard)
        self.answers[desk.submission_id] = deepcopy(desk.answers)

    def check_files(self, before: Desk | None, desk: Desk, heard: Heard) -> None:
        """A file goes only after its owner's yes, or when a newly stamped paper takes its place."""
        assert desk.submission_id is not None
        files = {file.id for rows in desk.files.values() for file in rows}
        gone = self.files.get(desk.submission_id, set()) - files
        if gone:
            assert before is not None
            pending = before.pending or {}
            stale = {file.id for rows in before.files.values() for file in rows if file.status == "stale"}
            removed = {pending["file"]} if pending.get("kind") == "remove_file" else set()
            assert gone <= removed | (stale if heard.outcome is Outcome.ACCEPTED else set())
        self.files[desk.submission_id] = files


@dataclass
class Anybody(Talk):
    """Somebody who does what hypothesis says; remembers every message and its answer."""

    said: list[tuple[InboundMessage, Heard]] = field(default_factory=list)

    def sends(self, message: InboundMessage, *, passive: bool = True) -> Heard:
        """What the worker fetched is answered for through the outbox, the rest at once."""
        heard = super().sends(message, passive=passive and message.kind is not MessageKind.FETCHED)
        self.said.append((message, heard))
        return heard

    def act(self, what: str, how: Any) -> Heard | None:
        match what:
            case "right":
                asked = self.desk().asked
                return self.says("提交") if asked is None else answer(self, asked)
            case "text":
                return self.says(how)
            case "voice":
                return self.says(how, kind=MessageKind.VOICE)
            case "file":
                place, kind = how
                name, content = FILES[place]
                return self.gives(content, name, kind=kind)
            case "long":
                return self.says(how[0] * how[1])
            case "event":
                return self.happens(*how)
            case "odd":
                return self.says("", kind=how)
            case "media":
                key, media = f"media{next(_names)}", Media(media_id=how, name="照片.jpg")
                message = InboundMessage(self.channel, self.name, key, MessageKind.IMAGE, media=media)
                return self.sends(message)
            case "again":
                message, heard = self.said[-min(how, len(self.said))]
                assert super().sends(message) == heard
            case "wait":
                self.now += timedelta(seconds=how)
        return None


def carried(heard: Heard) -> None:
    """An answer of some words, in parts that the platform takes; silence only for what asks nothing."""
    parts = CHANNEL.split(heard.text)
    assert all(0 < len(part.encode()) <= 2000 for part in parts)
    assert bool(parts) == (heard.outcome is not Outcome.IGNORED)


def resumed(talk: Talk) -> None:
    """After anything: help is given, what is missing is told, and the form goes on."""
    for words in ("帮助", "还差什么", "我要申报"):
        heard = talk.says(words)
        carried(heard)
        pending = talk.desk().pending or {}
        if pending.get("kind") == "word":
            carried(talk.says("指令"))
        elif pending.get("kind") == "drafts":
            assert talk.says("1").outcome is Outcome.MOVED
    desk = talk.desk()
    assert desk.submission_id is not None
    assert desk.asked is None or desk.asked in talk.campaign.pack.field_by_key


# Making a failing talk shorter would replay it for minutes; as it was found it can be read too.
@settings(
    max_examples=50,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(begin=st.sampled_from(BEGINNINGS), acts=st.lists(ACTS, min_size=10, max_size=40))
def test_anything_in_any_order(database: Database, begin: str, acts: list[tuple[str, Any]]) -> None:
    talk, memory = Anybody(database, name=f"anybody{next(_names)}"), Memory()
    fill(talk, until=begin)
    memory.begin(talk.desk())
    for what, how in acts:
        before = talk.desk()
        heard = talk.act(what, how)
        desk = talk.desk()
        if heard is None:
            assert (desk.asked, desk.answers) == (before.asked, before.answers)
            continue
        if talk.said[-1][0].kind is not MessageKind.FETCHED:
            carried(heard)
        memory.check(before, desk, heard)
        told = (before.asked or "", clean(how).text if what == "text" else "")
        if heard.outcome is Outcome.ACCEPTED and told in KNOWN and before.pending is None:
            assert desk.answers[told[0]] == KNOWN[told]
    with database.reading() as session:
        stored: dict[int, dict[str, Any]] = {}
        for row in submissions.list_answers(session, list(memory.answers)):
            stored.setdefault(row.submission_id, {})[row.field] = row.value
    assert stored == {key: answers for key, answers in memory.answers.items() if answers}
    resumed(talk)
