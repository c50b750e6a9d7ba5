"""What the export must say of submissions that were handed in as the corpus has them."""

from __future__ import annotations

import hashlib
import tomllib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.corpus_reading import SaidFile, Submission
from tests.scenarios.phones import NAMELESS

PACK = Path(__file__).parents[2] / "templates" / "packs" / "jiangsu-2024"
SCANS = ("pledge", "authorization")


SHORT = {
    field["key"]: field["short"]
    for field in tomllib.loads((PACK / "fields.toml").read_text(encoding="utf-8"))["fields"]
}


def number_codes() -> dict[str, str]:
    """The two letters of each union in a number, as WX2024-NJ-0001."""
    unions = tomllib.loads((PACK / "unions.toml").read_text(encoding="utf-8"))["unions"]
    return {union["code"]: union["number_code"] for union in unions}


def handed_in(submissions: Sequence[Submission], *, names_travel: bool) -> list[dict[str, Any]]:
    """One entry for each, numbered in the order in which they were handed in, gapless in each union."""
    codes, counts = number_codes(), Counter[str]()
    entries = []
    for submission in submissions:
        union = submission.stored["union"]
        counts[union] += 1
        answers = {key: _stored(submission, key, names_travel) for key in submission.stored}
        files = [
            {"field": key, **fact}
            for key in submission.said
            if isinstance(submission.said[key][0], SaidFile)
            for fact in answers[key]
        ]
        entries.append(
            {
                "number": f"WX2024-{codes[union]}-{counts[union]:04d}",
                "state": "submitted",
                "union": union,
                "answers": answers,
                "files": files,
                "acts": ["open", "submit"],
                "certificate": None,
            }
        )
    return entries


def _stored(submission: Submission, key: str, names_travel: bool) -> Any:
    """The value of a field; of a file also its hash, and its name where none came with it."""
    said = [message for message in submission.said[key] if isinstance(message, SaidFile)]
    if not said:
        return submission.stored[key]
    facts = []
    for place, (file, stored) in enumerate(zip(said, submission.stored[key], strict=True), start=1):
        fact = {**stored, "sha256": hashlib.sha256(file.content()).hexdigest(), "status": "stored"}
        if not names_travel and file.kind in NAMELESS:
            fact["name"] = f"{SHORT[key]}{place}.{file.kind}"
            fact["caption"] = None if key in SCANS else stored["caption"]
        facts.append(fact)
    return facts


def entries_of(exported: dict[str, Any]) -> list[dict[str, Any]]:
    """The submissions of an export in the order of handing in; times and person ids left out."""
    entries = []
    for entry in exported["submissions"]:
        history = entry["history"]
        told = {key: entry[key] for key in entry if key not in ("history", "submitter")}
        told["acts"] = [act["action"] for act in history]
        entries.append((history[-1]["at"], told))
    return [told for _, told in sorted(entries, key=lambda entry: entry[0])]
