"""reminders.toml of a pack: what it may say, and a pack from before it had one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from handlers.errors import PackError
from handlers.pack_loading import differences, load_pack, pack_from_json
from tests.talk import campaign

SMALL = Path(__file__).parents[1] / "packs" / "jiangsu-2025"
SPOILT = [
    ("workdays = -3", "workdays = 1",
     "[[ladders]] #1 (contacts) steps: are at 1, 0; "
     "write the steps in the order of time, each number of working days once"),
    ("workdays = -3", "workdays = -3, last_day = true",
     "[[ladders]] #1 (contacts) steps.1.last_day: is true at -3 working days; write it only at workdays = 0"),
    ('"form", "account"', '"form", "minimum"',
     "[[ladders]] #2 (minimum) duties: 'minimum' is also in [[ladders]] #1 (contacts); leave it to one of them"),
    ('duties = ["minimum"]', 'duties = ["draft"]',
     "[[ladders]] #2 (minimum) steps.3.to: is 'admins', but drafts are their owners' own; "
     'write "contact" or leave it out'),
    ('duties = ["minimum"]', 'duties = ["minimum"]\nsince_complete = 1',
     '[[ladders]] #2 (minimum) since_complete: is of a ladder without the duty "complete"; '
     'take it out, or add the duty "complete"'),
    ('to = "admins"', 'to = "police"',
     "[[ladders]] #2 (minimum) steps.3.to: is 'police'; write one of 'contact', 'backup' or 'admins'"),
    ('name = "minimum"', 'name = "contacts"',
     "[[ladders]] #2 (contacts) name: 'contacts' is also in [[ladders]] #1 (contacts); leave it to one of them"),
    ('counts = "recommended"', 'count = "recommended"', "count: is no key of this file; take it out"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), SPOILT)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    folder = shutil.copytree(SMALL, tmp_path / SMALL.name)
    path = folder / "reminders.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(PackError) as caught:
        load_pack(folder)
    assert str(caught.value).splitlines()[1:] == [f"  reminders.toml {said}"]


def test_another_year_has_ladders_of_its_own() -> None:
    pack = load_pack(SMALL)
    assert (pack.counts, [ladder.name for ladder in pack.ladders]) == ("recommended", ["contacts", "minimum"])


def test_a_pack_from_before_there_were_ladders_still_loads() -> None:
    content = campaign().pack.as_json()
    del content["ladders"], content["counts"]
    older = pack_from_json(content)
    assert (older.ladders, older.counts) == ((), "submitted")
    assert [str(change) for change in differences(older, campaign().pack)] == [
        "ladders contacts: new",
        "ladders minimum: new",
        "ladders draft: new",
        "ladders complete: new",
    ]
