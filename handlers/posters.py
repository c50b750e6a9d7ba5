"""Posters with a QR code: a union's, by which one files for that union (R52), and the group's (附件6)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from handlers import papers
from handlers.campaigns import Campaign
from handlers.events import GROUP_SCENE, UNION_SCENE
from handlers.packs import Union
from handlers.papers import Issued
from handlers.turns import Turn

# As long as a platform's own code of a group lasts (A26).
GROUP_LASTS = timedelta(days=7)


def of_union(campaign: Campaign, union: Union) -> Issued:
    """The facts that it is drawn from; it is good through the last day for submissions."""
    pack = campaign.pack
    facts = {
        "title": pack.title, "union": union.full_name, "scene": f"{UNION_SCENE}{union.code}",
        "code": union.code, "valid_until": campaign.dates.submission_deadline.isoformat(),
        "issuer": pack.issuer, "phones": list(pack.helpdesk.phones),
    }  # fmt: skip
    return Issued("poster", union.full_name, facts)


def group_until(campaign: Campaign, *, now: datetime) -> date:
    """The last day of a poster of the group that is issued now; it is fresh each time it is asked for."""
    return (now + GROUP_LASTS).astimezone(campaign.zone).date()


def of_group(campaign: Campaign, until: date) -> Issued:
    """The facts of the poster by which one enters the group."""
    pack = campaign.pack
    facts = {
        "title": pack.title, "group_name": pack.group_name, "scene": GROUP_SCENE,
        "valid_until": until.isoformat(), "issuer": pack.issuer, "phones": list(pack.helpdesk.phones),
    }  # fmt: skip
    return Issued("poster", pack.group_name, facts)


def issue_group(turn: Turn) -> tuple[str, date]:
    """Give the group's poster an address that holds for everybody in it; its token and its last day."""
    until = group_until(turn.campaign, now=turn.now)
    issued = of_group(turn.campaign, until)
    return papers.issue(turn.session, issued, person_id=None, now=turn.now, lasts=GROUP_LASTS), until
