"""Broadcasts on the province's pages: for admins alone, confirmed twice over twenty, nothing twice (R116, L8)."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.scheduler import run_due
from bot.web import portal_broadcasts
from storage.admins import Admin
from storage.broadcasts import Broadcast
from storage.outbox import OutboxRow
from storage.simulated import SimulatedMessage
from tests.bot.web.portal_pages import Browser, Portal
from tests.corpus_files import make
from tests.talk import campaign

NEW = "/portal/broadcasts/new"
FIRST = "/portal/broadcasts/1"
PAGES = ("/portal/broadcasts", NEW, FIRST, f"{FIRST}/edit")
DEEDS = ("edit", "exclude", "test", "send", "reopen", "stop", "retry")


@pytest.fixture
def admin(portal: Portal) -> Browser:
    """Somebody of the province; two unions have contacts."""
    portal.contact("nanjing", "张伟", "13800138000")
    portal.contact("wuxi", "孙丽", "13900139000")
    return portal.of_admin()


def writes(browser: Browser, **form: Any) -> Any:
    given = {"kind": "duty", "text": "请于周五前报送材料。", "part": ["contacts"], **form}
    return browser.post(NEW, on=NEW, **given)


def mark_of(browser: Browser) -> str:
    found = re.search(r'name="mark" value="([0-9a-f]+)"', browser.get(FIRST).text)
    assert found is not None
    return found[1]


def sends(browser: Browser, **form: Any) -> Any:
    return browser.post(f"{FIRST}/send", on=FIRST, mark=mark_of(browser), checked="1", **form)


def state(portal: Portal) -> str:
    with portal.application.database.reading() as session:
        return session.get_one(Broadcast, 1).state


def test_a_broadcast_from_the_form_to_its_results(portal: Portal, admin: Browser) -> None:
    assert writes(admin).location == FIRST
    shown = admin.get(FIRST).text
    assert "【需办】请于周五前报送材料。" in shown and "张伟" in shown and "孙丽" in shown
    assert sends(admin).location == FIRST
    assert state(portal) == "scheduled"
    assert "还没发出2" in admin.get(FIRST).text and "共2个" in admin.get(FIRST).text


def test_what_is_typed_is_shown_as_it_is(admin: Browser) -> None:
    writes(admin, text="<b>{{ 7 * 7 }}</b>")
    page = admin.get(FIRST).text
    assert "&lt;b&gt;{{ 7 * 7 }}&lt;/b&gt;" in page and "<b>" not in page and "49" not in page


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_for_admins_alone(portal: Portal, admin: Browser, path: str) -> None:
    writes(admin)
    assert admin.get(path).status_code == 200
    for union in ("nanjing", "wuxi"):
        refused = portal.of(union).get(path)
        assert (refused.status_code, "请于周五前" in refused.text) == (403, False)
    assert portal.browser().get(path).location.startswith("/portal/sign-in")


@pytest.mark.parametrize("deed", DEEDS)
def test_deeds_are_for_admins_alone(portal: Portal, admin: Browser, deed: str) -> None:
    writes(admin)
    before = mark_of(admin)
    refused = portal.of("nanjing").post(f"{FIRST}/{deed}", checked="1", text="别的", part=["contacts"])
    assert (refused.status_code, state(portal), mark_of(admin)) == (403, "draft", before)


def test_a_union_writes_nothing(portal: Portal, admin: Browser) -> None:
    refused = portal.of("wuxi").post(NEW, kind="duty", text="别的", part=["contacts"])
    with portal.application.database.reading() as session:
        assert (refused.status_code, session.scalars(select(Broadcast)).all()) == (403, [])


@pytest.mark.parametrize(("count", "wants"), [(20, False), (21, True)])
def test_a_second_confirmation_from_twenty_one_on(portal: Portal, count: int, wants: bool) -> None:
    for place, union in enumerate(campaign().pack.unions[:count]):
        portal.contact(union.code, f"甲{place}", "13800138000")
    admin = portal.of_admin()
    writes(admin)
    refused = sends(admin)
    assert (refused.status_code, state(portal)) == ((400, "draft") if wants else (302, "scheduled"))
    if wants:
        assert sends(admin, agreed="确认群发 20 人").status_code == 400
        assert sends(admin, agreed="确认群发 21 人").location == FIRST
        assert state(portal) == "scheduled"


def test_nothing_goes_out_unchecked_or_changed(portal: Portal, admin: Browser) -> None:
    writes(admin)
    unchecked = admin.post(f"{FIRST}/send", on=FIRST, mark=mark_of(admin))
    stale = admin.post(f"{FIRST}/send", on=FIRST, mark="0" * 16, checked="1")
    assert (unchecked.status_code, stale.status_code, state(portal)) == (400, 400, "draft")


def test_excluding_ticked_people(portal: Portal, admin: Browser) -> None:
    writes(admin)
    found = re.search(r'name="out" value="(\d+)"', admin.get(FIRST).text)
    assert found is not None
    admin.post(f"{FIRST}/exclude", on=FIRST, out=found[1])
    assert "发给1个" in admin.get(FIRST).text
    admin.post(f"{FIRST}/exclude", on=FIRST)
    assert "发给2个" in admin.get(FIRST).text


@pytest.mark.parametrize("when", ["昨天", "4月1日9点", "明天23点"])
def test_times_that_are_unclear_past_or_of_rest_are_refused(
    portal: Portal, admin: Browser, when: str
) -> None:
    writes(admin)
    assert (sends(admin, when=when).status_code, state(portal)) == (400, "draft")


def test_scheduling_changing_and_cancelling(portal: Portal, admin: Browser) -> None:
    writes(admin)
    sends(admin, when="明天23点", anyway="1")
    assert state(portal) == "scheduled"
    admin.post(f"{FIRST}/reopen", on=FIRST)
    assert state(portal) == "draft"
    admin.post(f"{FIRST}/edit", on=f"{FIRST}/edit", kind="notice", text="改过的。", part=["cities"])
    assert "【通知】改过的。" in admin.get(FIRST).text
    sends(admin, when="明天9点")
    admin.post(f"{FIRST}/stop", on=FIRST)
    assert state(portal) == "cancelled"
    assert admin.get(f"{FIRST}/edit").status_code == 400


def test_a_stuck_one_is_an_alarm_on_the_page(portal: Portal, admin: Browser) -> None:
    writes(admin)
    sends(admin)
    assert 'role="alert"' not in admin.get("/portal/broadcasts").text
    portal.later(minutes=11)
    for path in ("/portal/broadcasts", FIRST):
        assert 'role="alert"' in admin.get(path).text


def test_a_test_needs_the_admins_own_chat(portal: Portal, admin: Browser) -> None:
    writes(admin)
    assert admin.post(f"{FIRST}/test", on=FIRST).status_code == 400
    chat = portal.person("sim-wang", "王芳")
    with portal.application.database.writing() as session:
        session.execute(update(Admin).values(person_id=chat))
    assert admin.post(f"{FIRST}/test", on=FIRST).location == FIRST
    with portal.application.database.reading() as session:
        assert session.scalars(select(OutboxRow.person_id)).all() == [chat]


@pytest.mark.parametrize("ticked", [{}, {"no_picture": "1"}])
def test_after_an_error_the_form_still_knows_of_its_picture(admin: Browser, ticked: dict[str, str]) -> None:
    png, edit = make("png", "c.png", 1), f"{FIRST}/edit"
    writes(admin, picture=(io.BytesIO(png), "c.png"))
    form = {"kind": "duty", "text": "", "part": ["contacts"], **ticked}
    again = admin.post(edit, on=edit, picture=(io.BytesIO(png), "d.png"), **form)
    assert again.status_code == 400
    assert "已带一张图" in again.text and "请再选一次" in again.text
    assert ('name="no_picture" value="1" checked' in again.text) is bool(ticked)
    assert "已带一张图" not in writes(admin, text="").text


def test_a_picture_is_kept_and_anything_else_refused(
    portal: Portal, admin: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portal_broadcasts, "LARGEST_PICTURE", 1000)
    page = make("pdf", "a.pdf", 1, None)
    refused = writes(admin, picture=(io.BytesIO(page), "a.jpg"))
    assert (refused.status_code, "请于周五前报送材料。" in refused.text) == (400, True)
    large = b"\xff\xd8\xff\xe0" + b"0" * 997
    assert writes(admin, picture=(io.BytesIO(large), "b.jpg")).status_code == 400
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"0" * 984
    assert writes(admin, picture=(io.BytesIO(png), "c.png")).location == FIRST
    with portal.application.database.reading() as session:
        sha256 = session.get_one(Broadcast, 1).picture
    assert sha256 is not None and portal.application.blobs.get(sha256) == png


@pytest.mark.parametrize(
    "form",
    [
        {"text": ""},
        {"part": []},
        {"part": ["drafts"]},
        {"part": ["people"]},
        {"part": ["people"], "names": "没有的人"},
    ],
)
def test_what_is_incomplete_is_shown_again(portal: Portal, admin: Browser, form: dict[str, Any]) -> None:
    shown = writes(admin, **form)
    assert (shown.status_code, 'role="alert"' in shown.text) == (400, True)
    with portal.application.database.reading() as session:
        assert session.scalars(select(Broadcast)).all() == []


def test_two_of_one_name_are_shown_to_choose_from(portal: Portal, admin: Browser) -> None:
    second = portal.person("sim-two", "张伟")
    shown = writes(admin, part=["people"], names="张伟")
    assert shown.status_code == 400 and f'name="person" value="{second}"' in shown.text
    assert writes(admin, part=["people"], names="张伟", person=str(second)).location == FIRST
    assert "发给1个" in admin.get(FIRST).text


def test_it_reaches_everybody_once_and_the_page_says_so(portal: Portal, admin: Browser) -> None:
    png = bytes.fromhex("89504e470d0a1a0a0000000d49484452") + b"0" * 64
    writes(admin, picture=(io.BytesIO(png), "c.png"))
    sends(admin)
    for _ in range(2):
        run_due(portal.application)
        portal.later(seconds=5)
    assert "已送达2" in admin.get(FIRST).text
    with portal.application.database.reading() as session:
        rows = session.scalars(select(SimulatedMessage).where(SimulatedMessage.key.startswith("broadcast:")))
        seen = sorted(rows, key=lambda row: (row.person_id or 0, row.id))
    paper = seen[1].paper
    text = "【需办】请于周五前报送材料。\n\n看到后请回复“收到”。"
    assert [(row.text, row.paper) for row in seen] == [(text, None), ("", paper)] * 2
    assert admin.get(f"/p/{paper}").data == png
