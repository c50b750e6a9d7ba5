"""One turn of a conversation: who speaks, what stands on the desk, and what is kept of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from handlers.access import Roles, roles_of
from handlers.campaigns import Campaign
from handlers.fields.base import Asked
from handlers.messages import InboundMessage, Line, Outcome, Render, Reply
from handlers.packs import FieldSpec, Pack
from storage.desks import Desk, DeskFile

HOLDING = frozenset({"value", "options", "reason"})
INTERRUPTING = frozenset({"word", "content", "guess", "place", "remove_file"})


@dataclass(slots=True)
class Turn:
    """A message being answered. The desk is the person's; nothing of anybody else is here.

    `render` makes text of what others are told because of it (`handlers.telling`).
    """

    session: Session
    campaign: Campaign
    desk: Desk
    message: InboundMessage
    now: datetime
    render: Render
    _roles: Roles | None = None

    @property
    def roles(self) -> Roles:
        """What the person may do beside submitting; looked up once in a turn."""
        if self._roles is None:
            self._roles = roles_of(self.session, self.pack.name, self.desk.person_id)
        return self._roles

    @property
    def pack(self) -> Pack:
        return self.campaign.pack

    @property
    def asked_spec(self) -> FieldSpec | None:
        """The field whose question is open; None too if the pack no longer has it."""
        return self.pack.field_by_key.get(self.desk.asked or "")

    def asking(self, spec: FieldSpec, *, advised: bool = False) -> Asked:
        """The question as the field kinds see it; a file field's present value is its files."""
        answers: Mapping[str, Any] = self.desk.answers
        if spec.key in self.desk.files and spec.kind != "craftsmen":
            answers = {**answers, spec.key: file_facts(self.desk.files[spec.key])}
        return Asked(spec=spec, pack=self.pack, answers=answers, advised=advised)

    def files(self, key: str) -> list[DeskFile]:
        return self.desk.files.get(key, [])

    def unnamed(self, key: str) -> list[tuple[int, DeskFile]]:
        """The files of a field that have no name from a person yet (R66), with their places from 1."""
        return [(place, file) for place, file in enumerate(self.files(key), 1) if not file.caption]

    def wait_for(self, kind: str, **detail: Any) -> None:
        """Remember what the next message may answer.

        A question that comes between keeps the value that waits for its owner's yes under it.
        """
        under = self.held if kind in INTERRUPTING else None
        self.desk.pending = {"kind": kind, "under": under, **detail}

    def settle(self) -> None:
        """The pending question is answered; what waited under it waits again."""
        self.desk.pending = (self.desk.pending or {}).get("under")

    @property
    def held(self) -> dict[str, Any] | None:
        """The pending question with a value that is neither saved nor thrown away yet."""
        pending = self.desk.pending
        if pending is not None and pending["kind"] in INTERRUPTING:
            pending = pending["under"]
        return pending if pending is not None and pending["kind"] in HOLDING else None

    def reply(self, outcome: Outcome, *lines: Line) -> Reply:
        return Reply(outcome=outcome, lines=lines, asked=self.desk.asked)


def file_fact(file: DeskFile) -> Mapping[str, Any]:
    """A file in the shape that the export and the file rules share (INTERFACES)."""
    return {
        "name": file.name,
        "caption": file.caption,
        "kind": file.kind,
        "size": file.size,
        "sha256": file.sha256,
        "status": file.status,
    }


def file_facts(files: Sequence[DeskFile]) -> list[Mapping[str, Any]]:
    return [file_fact(file) for file in files]
