"""Two unions with what their plans are about: contacts, and results handed in with numbers and work units."""

from __future__ import annotations

from sqlalchemy.orm import Session

from handlers.access import Actor
from storage.submissions import Answer, Submission
from tests import province
from tests.province import at
from tests.talk import campaign

NOW = at("05-20", "12:00")
OF_NANJING = Actor("contact:1", "张伟", union_code="nanjing")
OF_WUXI = Actor("contact:2", "李娜", union_code="wuxi")
ADMIN = Actor("admin:1", "钱敏", is_admin=True)


def populate(session: Session) -> None:
    """南京 has three of 江宁区, 鼓楼区 and nowhere, 无锡 has one."""
    province.add_admin(session)
    province.bind_group(session)
    province.add_contact(session, "nanjing", "张伟")
    province.add_contact(session, "wuxi", "李娜")
    file_in(session, "nanjing", "WX2024-NJ-0001", "南京市江宁区第一机械厂")
    file_in(session, "nanjing", "WX2024-NJ-0002", "南京鼓楼区 环卫所")
    file_in(session, "nanjing", "WX2024-NJ-0003", "南京公共交通集团")
    file_in(session, "wuxi", "WX2024-WX-0001", "无锡市江宁区联络处")


def file_in(session: Session, union: str, number: str, work_unit: str) -> None:
    person_id = province.person(session, f"{number}的申报人")
    row = Submission(
        person_id=person_id, campaign=campaign().pack.name, pack_version=campaign().version, state="submitted",
        route="self", union_code=union, skipped=[], number=number, created_at=NOW, changed_at=NOW,
        submitted_at=NOW,
    )  # fmt: skip
    session.add(row)
    session.flush()
    for key, value in {"work_unit": work_unit, "union": union, "title": f"{number}的成果"}.items():
        answer = Answer(submission_id=row.id, field=key, value=value, person_id=person_id, answered_at=NOW)
        session.add(answer)
    session.flush()
