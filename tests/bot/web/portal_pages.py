"""The portal as people use it in tests: two unions with rows of their own, an admin, and browsers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from bot.app import create_app
from bot.wiring import Application
from handlers import accounts
from handlers.access import Actor
from handlers.accounts import OneTime
from storage import admins, contacts, people, submissions
from storage.admins import Admin
from storage.contacts import Contact
from tests.talk import NOON

GOOD = "wo ai gonghui 2024"
ADMIN = Actor("admin:1", "王芳", is_admin=True)
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@dataclass
class Browser:
    """One browser with its cookies; forms are posted with the token of the page that they are on."""

    client: FlaskClient

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def post(self, path: str, *, on: str = "/portal/password", **form: Any) -> TestResponse:
        found = _TOKEN.search(self.client.get(on).text)
        assert found is not None, f"{on} has no form"
        return self.client.post(path, data={"csrf_token": found[1], **form})

    def signs_in(self, login: str, password: str) -> TestResponse:
        return self.post("/portal/sign-in", on="/portal/sign-in", login=login, password=password)


@dataclass
class Portal:
    """The product's pages over one database."""

    application: Application
    app: Flask = field(init=False)
    passwords: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = create_app(self.application)
        self.application.clock.move_to(NOON)

    def browser(self) -> Browser:
        return Browser(self.app.test_client())

    def writes(self, work: Any, *args: Any, **kwargs: Any) -> Any:
        with self.application.database.writing() as session:
            return work(session, *args, **kwargs)

    def person(self, address: str, name: str) -> int:
        return int(self.writes(people.add, "simulator", address, now=NOON, name=name))

    def contact(
        self, union: str, name: str, phone: str, *, state: str = "active", role: str = "A"
    ) -> Contact:
        row = Contact(
            campaign="jiangsu-2024", union_code=union, person_id=self.person(f"sim-{name}", name), name=name,
            phone=phone, role=role, state=state, registered_at=NOON, decided_at=NOON, decided_by="roster",
        )  # fmt: skip
        self.writes(contacts.add, row)
        return row

    def hands_in(self, union: str, completer: str, title: str, number: str) -> None:
        """A submission as it lies in the database after 提交."""
        with self.application.database.writing() as session:
            person = people.add(session, "simulator", f"sim-{completer}", now=NOON, name=completer)
            row = {
                "person_id": person, "campaign": "jiangsu-2024", "pack_version": "x", "state": "submitted",
                "route": "self", "union_code": union, "skipped": [], "number": number, "created_at": NOON,
                "changed_at": NOON, "submitted_at": NOON,
            }  # fmt: skip
            submission = submissions.add(session, row)
            for key, value in {"title": title, "completers": [completer], "union": union}.items():
                session.add(
                    submissions.Answer(
                        submission_id=submission, field=key, value=value, person_id=person, answered_at=NOON
                    )
                )

    def issues(self, union: str) -> OneTime:
        """What the contact of a union gets in 1:1."""
        given: OneTime = self.writes(
            accounts.issue, self.application.campaign(), union, person_id=None, actor_label="contact:1",
            now=NOON,
        )  # fmt: skip
        return given

    def admin(self) -> tuple[Admin, OneTime]:
        with self.application.database.writing() as session:
            admin = admins.add(session, "王芳", now=NOON)
            return admin, accounts.issue_admin(session, self.application.campaign(), admin, now=NOON)

    def signed_in(self, one_time: OneTime) -> Browser:
        """A browser that has been through the forced change of the password."""
        browser = self.browser()
        assert browser.signs_in(one_time.login, one_time.password).location == "/portal/password"
        assert browser.post("/portal/password", new=GOOD, again=GOOD).location == "/portal/"
        return browser

    def of(self, union: str) -> Browser:
        return self.signed_in(self.issues(union))

    def of_admin(self) -> Browser:
        return self.signed_in(self.admin()[1])

    def later(self, **by: float) -> None:
        self.application.clock.move_to(self.application.clock.now() + timedelta(**by))
