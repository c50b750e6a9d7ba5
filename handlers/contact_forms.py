"""The form of 附件5 filled in, and the mail that goes with it; nothing is sent from here (R86, R87)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from handlers import papers
from handlers.campaigns import Campaign
from handlers.messages import Line, say
from handlers.packs import Attachment, Pack
from handlers.papers import Issued
from storage.contacts import Contact

KIND = "contact_form"
# The words by which the form is known among the attachments.
_OF_FORM = ("单位名称", "联系电话")
_COLONS = ":："


def form_of(pack: Pack) -> Attachment | None:
    """The attachment that is the contacts' form; None if this year's notice has none."""
    forms = (one for one in pack.attachments if all(word in one.text for word in _OF_FORM))
    return next(forms, None)


def offer(session: Session, campaign: Campaign, contact: Contact, *, now: datetime) -> Line:
    """The address of the filled form for its owner, and the mail's words to be copied.

    Title, label and note are the notice's own, so that both of its names for the contact stand
    there (A19).
    """
    pack = campaign.pack
    form, union = form_of(pack), pack.union_by_code[contact.union_code]
    token = None
    if form is not None:
        token = papers.issue(session, _filled(pack, form, contact), person_id=contact.person_id, now=now)
    return say(
        "contact/form", token=token, title=form.title if form is not None else pack.title, union=union,
        contact=contact, helpdesk=pack.helpdesk,
    )  # fmt: skip


def _filled(pack: Pack, form: Attachment, contact: Contact) -> Issued:
    lines = [line.strip() for line in form.text.splitlines() if line.strip()]
    union = pack.union_by_code[contact.union_code]
    labels = [line.rstrip(_COLONS) for line in lines if line[-1] in _COLONS]
    facts = {
        "union_full_name": union.full_name,
        "name": contact.name,
        "phone": contact.phone,
        "title": lines[0],
        "label_long": labels[0] if labels else "",
        "note": lines[-1],
        "mailbox": pack.helpdesk.mailbox,
    }
    return Issued(KIND, f"{union.full_name}-{form.title}", facts)
