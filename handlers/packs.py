"""The rule pack of one year's campaign as values: dates, unions, fields, texts.

Loading and checking a folder is in `handlers.pack_loading`; here are only the shapes,
frozen, so that one pack may serve every thread.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class RequiredWhen(StrEnum):
    """When a field must be filled (A18)."""

    SUBMIT = "submit"
    RECOMMEND = "recommend"
    NEVER = "never"


class Dates(_Frozen):
    """Days of the campaign in its time zone, each through its last second (A1, A2)."""

    opens_on: date
    contact_deadline: date
    submission_deadline: date


class Circular(_Frozen):
    """The days on which the province circulates how far every union has come (R17).

    None where the half-months of A3 are meant: the 15th and the last day, moved back to a working day.
    """

    dates: tuple[date, ...] = ()


class Helpdesk(_Frozen):
    """Whom to ask at the province, exactly as the notice names them (R19)."""

    name: str
    department: str
    phones: tuple[str, ...]
    mailbox: str
    source: str


class Quota(_Frozen):
    """How many projects of one category a union owes at least and may send at most.

    `category` None stands for every category alike; `maximum` None for no upper limit.
    """

    category: str | None = None
    minimum: int = Field(default=0, ge=0)
    maximum: int | None = Field(default=None, ge=0)


class Union(_Frozen):
    """One of the unions of 附件3; `number_code` goes into submission numbers.

    `minimum` and `maximum` (None: no upper limit, R38) count all categories together,
    `per_category` each for itself. `initials` may be several, separated by spaces. `aliases`
    are certain; `hints` are slips and places that only suggest the union and are asked about.
    """

    code: str = Field(pattern=r"^[a-z]+$")
    name: str
    full_name: str
    kind: Literal["city", "industry"]
    minimum: int = Field(ge=0)
    maximum: int | None = Field(default=None, ge=0)
    per_category: tuple[Quota, ...] = ()
    number_code: str = Field(pattern=r"^[A-Z]{2,4}$")
    aliases: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    initials: str = Field(pattern=r"^[a-z]+( [a-z]+)*$")

    def quota(self, category: str) -> Quota:
        """What this union owes and may send of one category; without a rule nothing and all."""
        for wanted in (category, None):
            for quota in self.per_category:
                if quota.category == wanted:
                    return quota
        return Quota(category=category)


class Choice(_Frozen):
    """One option of a closed choice; `definition` is reference, not the notice's text.

    `aliases` are certain; `hints` only suggest the option and are asked about.
    """

    value: str
    aliases: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    initials: str = Field(default="", pattern=r"^([a-z]+( [a-z]+)*)?$")
    definition: str = ""


class Limits(_Frozen):
    """Lengths in counted characters (A23) and file rules.

    Soft: `about` is the notice's own "左右"; `quiet_min`–`quiet_max` pass in silence, above
    `quiet_max` is advised once, above `reason_over` wants a reason. Hard: `hard_max` refuses.
    Files: sizes in bytes, both bounds allowed; `formats` as `bot.media.sniffing` names them.
    """

    about: int | None = None
    quiet_min: int | None = None
    quiet_max: int | None = None
    reason_over: int | None = None
    hard_max: int | None = None
    people_max: int | None = None
    files_min: int | None = None
    files_max: int | None = None
    size_min: int | None = None
    size_max: int | None = None
    formats: tuple[str, ...] = ()


class Check(_Frozen):
    """A soft content check of a text field: any of `words` (or a pattern) should occur.

    `rule` is the requirement it comes from ("R63"), `label` what is wanted, as a person reads
    it. In a photo field it looks at the captions together (R72). With `asks` a text without it
    is asked about once before it is kept; otherwise it is only mentioned.
    """

    rule: str
    label: str
    words: tuple[str, ...] = ()
    pattern: str | None = None
    asks: bool = False


class FieldSpec(_Frozen):
    """One field of 附件4. `order` is its number there; a field without one stands `beside` another.

    From the notice, verbatim: `label`, `requirement`, `guide` (内容要点, a line each),
    `example` and `remark` (备注). Our own words: `short`, `prompt` and `reference`, which
    explains and is shown as such. `initials` are those of `short`, then further ones. A first
    draft of a text may be `assembled_from` other fields (A13). `paper` is the heading, in an
    attachment, of the form that is to be stamped for a scan.
    """

    key: str
    kind: str
    label: str
    short: str
    requirement: str
    prompt: str
    source: str
    order: int | None = None
    beside: int | None = None
    aliases: tuple[str, ...] = ()
    initials: str = Field(default="", pattern=r"^([a-z]+( [a-z]+)*)?$")
    guide: tuple[str, ...] = ()
    example: str = ""
    remark: str = ""
    reference: str = ""
    required_when: RequiredWhen = RequiredWhen.SUBMIT
    asked_in_turn: bool = True
    limits: Limits = Limits()
    checks: tuple[Check, ...] = ()
    choices: tuple[Choice, ...] = ()
    assembled_from: tuple[str, ...] = ()
    paper: str = ""
    single_line: bool = False
    needs_caption: bool = False


class Attachment(_Frozen):
    """An attachment of the notice: `text` verbatim; `note` is what the bot adds."""

    number: int
    title: str
    aliases: tuple[str, ...] = ()
    text: str
    note: str = ""


class Industry(_Frozen):
    """A 大类 of GB/T 4754—2017 with its 门类.

    `words` are the names of its 中类 and 小类, `aliases` everyday words for it (医院, 供电);
    both are for search alone.
    """

    section: str = Field(pattern=r"^[A-T]$")
    section_name: str
    division: str = Field(pattern=r"^\d{2}$")
    name: str
    words: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @cached_property
    def label(self) -> str:
        """As in the example of 附件4 第10项: 门类-大类."""
        return f"{self.section_name}-{self.name}"


class Share(_Frozen):
    """One option of a ratio and how many parts of the whole it should have."""

    value: str
    parts: int = Field(ge=1)


class Ratio(_Frozen):
    """A mix that a year's notice asks for: the options of a choice field as 5:4:1."""

    field: str
    shares: tuple[Share, ...]


Duty = Literal["form", "group", "account", "minimum", "draft", "complete"]


class Step(_Frozen):
    """A step of a ladder: `workdays` after the deadline, negative before it, 0 on the day (R113).

    `to` whom: the union's contact (the backup where there is no other), the backup, or the
    province's admins as a list of calls. A `last_day` may fall on a holiday or in quiet hours,
    which the province has to approve (R115).
    """

    workdays: int
    to: Literal["contact", "backup", "admins"] = "contact"
    last_day: bool = False

    @property
    def key(self) -> str:
        """What names the step for ever; no date is in it, so a moved deadline repeats nothing."""
        if self.workdays == 0:
            return "on-the-day"
        return f"{abs(self.workdays)}-{'before' if self.workdays < 0 else 'after'}"


class Ladder(_Frozen):
    """Reminders of some duties ahead of a deadline, and where they climb after it.

    Up to the deadline the steps count from `days_early` days before it (A2). A draft that is
    complete is named once more `since_complete` working days after it became so (L2).
    """

    # With a union's code of up to 20 letters behind it, it names the steps of that union's own deadline.
    name: str = Field(pattern=r"^[a-z_]{1,19}$")
    duties: tuple[Duty, ...] = Field(min_length=1)
    deadline: Literal["contact_deadline", "submission_deadline"]
    days_early: int = Field(default=0, ge=0)
    since_complete: int | None = Field(default=None, ge=1)
    steps: tuple[Step, ...] = ()


class Pack(_Frozen):
    """One campaign's rules, checked as a whole when loaded.

    `manual_attachment` is the number of the attachment with the manual for submitters (R8).
    `counts` is the state in which a submission counts toward its union's minimum (R39).
    """

    name: str
    title: str
    short_title: str
    issuer: str
    issued_on: date
    group_name: str
    number_prefix: str = Field(pattern=r"^[A-Z0-9]+$")
    timezone: str
    root_union: str
    manual_attachment: int | None = None
    dates: Dates
    circular: Circular = Circular()
    helpdesk: Helpdesk
    ratios: tuple[Ratio, ...] = ()
    counts: Literal["submitted", "recommended"] = "submitted"
    ladders: tuple[Ladder, ...] = ()
    unions: tuple[Union, ...]
    fields: tuple[FieldSpec, ...]
    attachments: tuple[Attachment, ...]
    industries: tuple[Industry, ...]

    @cached_property
    def version(self) -> str:
        """A short hash of the whole content, which a new shape with a default does not change."""
        content = json.dumps(
            self.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False, sort_keys=True
        )
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @cached_property
    def field_by_key(self) -> dict[str, FieldSpec]:
        return {spec.key: spec for spec in self.fields}

    @cached_property
    def union_by_code(self) -> dict[str, Union]:
        return {union.code: union for union in self.unions}

    @cached_property
    def numbered(self) -> tuple[FieldSpec, ...]:
        """The fields of 附件4 that bear a number, in its order."""
        return tuple(spec for spec in self.fields if spec.order is not None)

    @cached_property
    def asked(self) -> tuple[FieldSpec, ...]:
        """The fields that a submitter is walked through, in order."""
        return tuple(spec for spec in self.fields if spec.asked_in_turn)

    def spec(self, key: str) -> FieldSpec:
        return self.field_by_key[key]

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
