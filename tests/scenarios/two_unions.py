"""A campaign with two unions that both have everything: contacts, account, submissions, drafts, papers, broadcasts."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from handlers import accounts, contacts, papers, passwords, plans, sign_ins
from handlers.access import Actor
from handlers.contacts import Entry
from handlers.papers import Issued
from storage import admins, people
from storage.admins import Admin
from storage.db import Database
from tests import filing
from tests.handlers.contact_people import render
from tests.talk import Talk, campaign

NOON = datetime(2024, 4, 15, 4, 0, tzinfo=UTC)
PASSWORD = "wo zai gonghui 2024"
FOR_EVER = timedelta(days=36500)
OURS, THEIRS = "nanjing", "wuxi"


@dataclass(frozen=True)
class Side:
    """One union's people and what is theirs; the words are such as nobody else uses."""

    union: str
    contact: Entry
    backup: Entry
    worker: str
    completers: str
    phone: str
    title: str
    draft: str
    sub_unit: str

    @property
    def marks(self) -> tuple[str, ...]:
        """What nobody of the other union may read."""
        first, second = self.completers.split("、")
        people_of = (self.contact.name, self.backup.name, first, second)
        phones = (self.contact.phone, self.backup.phone, self.phone)
        return (*people_of, *phones, self.title, self.draft, self.sub_unit)


NANJING = Side(
    OURS, Entry(OURS, "张伟", "13800138000"), Entry(OURS, "李娜", "13800138001", role="B"), "worker-nanjing",
    "赵敏、孙强", "13800138002", "公交车门防夹装置的改进与应用", "站台雨棚排水槽的革新与推广",
    "栖霞区",
)  # fmt: skip
WUXI = Side(
    THEIRS, Entry(THEIRS, "周洁", "13900139000"), Entry(THEIRS, "吴刚", "13900139001", role="B"), "worker-wuxi",
    "郑丽、冯涛", "13900139002", "滤芯快换扳手的研制与应用", "太湖蓝藻打捞船链条防护罩改进",
    "滨湖区",
)  # fmt: skip


def file_in(database: Database, side: Side) -> None:
    """One result handed in and one draft begun by a worker of the union."""
    talk = Talk(database, name=side.worker, now=NOON)
    texts = copy.copy(filing.TEXTS)
    filing.TEXTS.update(
        completers=side.completers, phone=side.phone, title=side.title,
        union=campaign().pack.union_by_code[side.union].full_name,
        first_completer_bio=f"{side.completers.split('、')[0]}，高级技师，从事检修工作二十年。",
    )  # fmt: skip
    try:
        filing.fill(talk)
        talk.says("提交")
        talk.says("新建")
        talk.says(side.completers)
        talk.says("修改8")
        talk.says(side.draft)
        talk.says("修改5")
        talk.says(filing.TEXTS["union"])
        talk.says("暂停")
    finally:
        filing.TEXTS.update(texts)


def populate(database: Database) -> dict[str, Any]:
    """Build both sides; what a thief would need to name: ids, tokens and logins by union."""
    for side in (NANJING, WUXI):
        file_in(database, side)
    named: dict[str, Any] = {"tokens": {}, "logins": {}, "contacts": {}}
    with database.writing() as session:
        admin = Admin(name="钱德乾", person_id=people.add(session, "test", "qian", now=NOON), created_at=NOON)
        session.add(admin)
        session.flush()
        boss = Actor(f"admin:{admin.id}", admin.name, is_admin=True, person_id=admin.person_id)
        assert admins.find_of_person(session, boss.person_id or 0) is admin
        for side in (NANJING, WUXI):
            plan(session, side, boss)
            for entry in (side.contact, side.backup):
                person = people.add(session, "test", f"{side.union}-{entry.role}", now=NOON, name=entry.name)
                came = contacts.register(
                    session, campaign(), entry, person_id=person, now=NOON, render=render
                )
                contacts.approve(session, campaign(), boss, came.contact.id, now=NOON, render=render)
                named["contacts"][side.union] = came.contact.id
            one_time = accounts.issue(
                session, campaign(), side.union, person_id=person, actor_label="contact:1", now=NOON
            )
            named["logins"][side.union] = (one_time.login, one_time.password)
            facts = {"sheet": "联系人", "header": ["姓名"], "rows": [[side.contact.name]]}
            # The pages run by the wall's clock, years later.
            named["tokens"][side.union] = papers.issue(
                session,
                Issued("workbook", side.contact.name, facts),
                person_id=person,
                now=NOON,
                lasts=FOR_EVER,
            )
    for side in (NANJING, WUXI):
        choose_password(database, *named["logins"][side.union])
    return named


def plan(session: Session, side: Side, boss: Actor) -> None:
    """An own deadline, and a sub-unit under which the union's result is."""
    args = (session, campaign(), boss, side.union)
    plans.set_deadline(*args, date(2024, 5, 31), now=NOON)
    plans.set_sub_units(*args, [(side.sub_unit, 3)], now=NOON)
    number = f"WX2024-{campaign().pack.union_by_code[side.union].number_code}-0001"
    plans.put_under(*args, (number, side.sub_unit), now=NOON)


def choose_password(database: Database, login: str, one_time: str) -> None:
    """Sign in for the first time and choose the password that the tests know."""
    with database.writing() as session:
        attempt = sign_ins.begin(session, campaign(), login, now=NOON)
    assert passwords.holds(attempt.kept, one_time)
    with database.writing() as session:
        signed_in = sign_ins.finish(session, campaign(), attempt, now=NOON)
    with database.writing() as session:
        again = sign_ins.begin_change(session, signed_in, now=NOON)
    with database.writing() as session:
        sign_ins.change_password(session, campaign(), again, passwords.hash_chosen(PASSWORD), now=NOON)


def snapshot(database: Database, table: str, where: str) -> list[tuple[Any, ...]]:
    """The rows of a table that belong to somebody, for comparing before and after."""
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(f"SELECT * FROM {table} WHERE {where}"))]
