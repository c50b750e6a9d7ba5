"""The province's pages beside the board: contacts and the roster, accounts, the group and deliveries."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from bot.media.workbooks import WorkbookError, read_rows
from bot.web.portal_access import admins_only, current_actor, sentence, tell_next
from bot.wiring import Application
from handlers import account_notices, accounts, admins, contacts, deliveries, groups, rosters
from handlers.campaigns import Campaign
from handlers.errors import HandlerError
from handlers.messages import Line, Reply, say


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("portal_admin", __name__, url_prefix="/portal")
    desk = _Desk(application)
    page.before_request(admins_only)
    page.get("/contacts")(desk.contacts)
    page.post("/contacts/<int:number>/approve")(desk.approve)
    page.post("/contacts/<int:number>/refuse")(desk.refuse)
    page.post("/contacts/mailed/<union>")(desk.confirm_mailed)
    page.post("/contacts/roster")(desk.roster)
    page.get("/accounts")(desk.accounts)
    page.post("/accounts/<union>/reset")(desk.reset)
    page.post("/accounts/<union>/revoke")(desk.revoke)
    page.post("/accounts/<union>/restore")(desk.restore)
    page.get("/group")(desk.group)
    page.post("/group/code")(desk.code)
    return page


class _Desk:
    """The pages over one application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def contacts(self) -> str:
        """Who waits, whose mail is to be confirmed, who is who, and the roster."""
        actor, campaign = current_actor(), self._application.campaign()
        with self._application.database.reading() as session:
            return render_template(
                "portal/contacts.html",
                unions=campaign.pack.union_by_code,
                zone=campaign.zone,
                waiting=contacts.list_waiting(session, campaign, actor),
                active=contacts.list_active(session, campaign),
                forms=contacts.form_states(session, campaign),
                mailbox=campaign.pack.helpdesk.mailbox,
            )

    def approve(self, number: int) -> Response:
        application, actor = self._application, current_actor()
        with application.database.writing() as session:
            contact = contacts.approve(
                session,
                application.campaign(),
                actor,
                number,
                now=application.clock.now(),
                render=self._parts,
            )
            told = say("portal/approved", name=contact.name)
        return self._back("contacts", told)

    def refuse(self, number: int) -> Response:
        application, actor, reason = self._application, current_actor(), request.form.get("reason", "")
        with application.database.writing() as session:
            contact = contacts.refuse(
                session, application.campaign(), actor, number, reason, now=application.clock.now(),
                render=self._parts,
            )  # fmt: skip
            told = say("portal/refused", name=contact.name)
        return self._back("contacts", told)

    def confirm_mailed(self, union: str) -> Response:
        application = self._application
        campaign = application.campaign()
        with application.database.writing() as session:
            contacts.confirm_mailed(session, campaign, current_actor(), union, now=application.clock.now())
        return self._back("contacts", say("portal/mail_confirmed", union=campaign.pack.union_by_code[union]))

    def roster(self) -> str | Response:
        """Read an uploaded workbook; a row that cannot be read is named and nothing is kept."""
        application = self._application
        upload = request.files.get("file")
        try:
            rows = read_rows(upload.read() if upload else b"")
        except WorkbookError as error:
            raise HandlerError("portal/workbook", reason=error.reason) from error
        with application.database.writing() as session:
            report = rosters.import_rows(
                session, application.campaign(), current_actor(), rows, now=application.clock.now(),
                render=self._parts,
            )  # fmt: skip
            activated = [contact.name for contact in report.activated]
        if report.problems:
            problems = [(one.row, sentence(application, one.line)) for one in report.problems]
            return render_template("portal/roster_problems.html", problems=problems)
        return self._back("contacts", say("portal/imported", count=report.imported, names=activated))

    def accounts(self) -> str:
        campaign, now = self._application.campaign(), self._application.clock.now()
        with self._application.database.reading() as session:
            return render_template(
                "portal/accounts.html",
                held=accounts.list_held(session, campaign, current_actor(), now=now),
                served={row.union_code for row in contacts.list_active(session, campaign)},
                zone=campaign.zone,
            )

    def reset(self, union: str) -> Response:
        """The password goes to the union's contact in 1:1; here it is only said that it went."""
        application, campaign = self._application, self._known(union)
        with application.database.writing() as session:
            contact = account_notices.reset_for_contact(
                session, campaign, current_actor(), union, render=self._parts, now=application.clock.now()
            )
            told = say("account/sent_to_contact", union=campaign.pack.union_by_code[union], name=contact.name)
        return self._back("accounts", told)

    def revoke(self, union: str) -> Response:
        application, campaign = self._application, self._known(union)
        with application.database.writing() as session:
            is_new = account_notices.revoke(
                session, campaign, current_actor(), union, render=self._parts, now=application.clock.now()
            )
        of = campaign.pack.union_by_code[union]
        return self._back("accounts", say("account/revoked_now", union=of, is_new=is_new))

    def restore(self, union: str) -> Response:
        application, campaign = self._application, self._known(union)
        with application.database.writing() as session:
            is_new = account_notices.restore(
                session, campaign, current_actor(), union, render=self._parts, now=application.clock.now()
            )
        of = campaign.pack.union_by_code[union]
        return self._back("accounts", say("account/restored_now", union=of, is_new=is_new))

    def _known(self, union: str) -> Campaign:
        """The campaign; 404 for a union that it does not have."""
        campaign = self._application.campaign()
        if union not in campaign.pack.union_by_code:
            raise NotFound
        return campaign

    def group(self) -> str:
        return self._group_page(None)

    def code(self) -> str:
        """A new code, shown this once; an older unused one is worth nothing any more."""
        application = self._application
        with application.database.writing() as session:
            code = admins.group_code(session, current_actor().label, now=application.clock.now())
        return self._group_page(code)

    def _group_page(self, code: str | None) -> str:
        campaign = self._application.campaign()
        with self._application.database.reading() as session:
            return render_template(
                "portal/group.html",
                group=groups.bound(session, campaign),
                members=len(groups.members(session, campaign)),
                name=campaign.pack.group_name,
                zone=campaign.zone,
                code=code,
                hours=int(admins.LASTS.total_seconds() // 3600),
                held_up=deliveries.held_up(session),
                troubled=deliveries.troubled(session),
            )

    def _back(self, view: str, told: Line) -> Response:
        """Back to a page, which says what was done."""
        tell_next(self._application, told)
        return redirect(url_for(f"portal_admin.{view}"))

    def _parts(self, reply: Reply) -> list[str]:
        """What is told to people because of a page goes the way of every message."""
        return [self._application.wording.text(reply)]
