"""The pages behind the sign-in: nothing opens without a session, and no union sees another's rows (R89)."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy import select

from handlers import accounts, contacts
from storage.accounts import Account
from storage.contacts import Contact, RosterEntry
from storage.outbox import OutboxRow
from storage.papers import Paper
from storage.submissions import Submission
from tests.bot.web.portal_pages import ADMIN, Browser, Portal
from tests.talk import NOON

OPEN = {"/portal/sign-in"}
# What only the other union may be shown.
OF_WUXI = ("孙丽", "13900139000", "无锡的成果名称", "2024-WX-00001", "吴敏", "wx2024", "无锡")


@pytest.fixture
def two_unions(portal: Portal) -> Portal:
    """Rows of 南京 and 无锡, and somebody of 苏州 who waits."""
    portal.contact("nanjing", "张伟", "13800138000")
    portal.contact("nanjing", "李娜", "13800138001", role="B")
    portal.contact("wuxi", "孙丽", "13900139000")
    portal.contact("suzhou", "王强", "13700137000", state="waiting")
    portal.hands_in("nanjing", "陈刚", "南京的成果名称", "2024-NJ-00001")
    portal.hands_in("wuxi", "吴敏", "无锡的成果名称", "2024-WX-00001")
    portal.writes(contacts.say_mailed, portal.application.campaign(), ADMIN, "wuxi", now=NOON)
    return portal


def routes(portal: Portal) -> Iterator[tuple[str, str]]:
    """Every method and address below /portal, with the other union's rows in the address."""
    values: dict[str, Any] = {"union": "wuxi", "number": 3, "broadcast": 1, "token": "x", "code": "wuxi"}
    adapter = portal.app.url_map.bind("localhost")
    for rule in portal.app.url_map.iter_rules():
        if rule.rule.split("/")[1] == "portal":
            given = {name: values.get(name, 1) for name in rule.arguments}
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, adapter.build(rule.endpoint, given, method=method)


def test_every_page_but_the_sign_in_wants_a_session(two_unions: Portal) -> None:
    found = sorted(set(routes(two_unions)))
    assert len(found) > 15
    browser = two_unions.browser()
    answers = {
        (method, path): browser.client.open(path, method=method).location
        for method, path in found
        if path not in OPEN
    }
    assert {place: where for place, where in answers.items() if where != "/portal/sign-in"} == {}


@pytest.mark.parametrize("path", ["/portal", "/portal/nothing", "/portal/contacts/../accounts", "/portal//"])
def test_an_address_that_is_none_leads_to_the_sign_in_too(portal: Portal, path: str) -> None:
    assert portal.browser().get(path).location in ("/portal/sign-in", "/portal/", "http://localhost/portal/")


def test_before_the_forced_change_no_page_opens(two_unions: Portal) -> None:
    one_time = two_unions.issues("nanjing")
    browser = two_unions.browser()
    browser.signs_in(one_time.login, one_time.password)
    answers = {
        path: browser.get(path).location
        for method, path in routes(two_unions)
        if method == "GET" and path not in {*OPEN, "/portal/password"}
    }
    assert set(answers.values()) == {"/portal/password"}


def test_a_union_sees_nothing_of_another_on_any_page(two_unions: Portal) -> None:
    browser = two_unions.of("nanjing")
    for method, path in sorted(set(routes(two_unions))):
        if path.endswith("sign-out"):
            continue
        answer = browser.get(path) if method == "GET" else browser.post(path, reason="无", text="x")
        assert [part for part in OF_WUXI if part in answer.text] == [], path
    with two_unions.application.database.reading() as session:
        assert session.scalars(select(Account.union_code)).all() == ["nanjing"]
        states = session.execute(select(Contact.union_code, Contact.state).order_by(Contact.id)).all()
        assert [tuple(row) for row in states][-2:] == [("wuxi", "active"), ("suzhou", "waiting")]


def test_the_provinces_pages_are_closed_to_a_union(two_unions: Portal) -> None:
    """Whatever it asks for: a page that would find nothing says so to an admin alone."""
    browser = two_unions.of("nanjing")
    inside = [
        (method, re.sub(r"<[^>]+>", "1", rule.rule))
        for rule in two_unions.app.url_map.iter_rules()
        if rule.endpoint.startswith(("portal_admin.", "portal_broadcasts."))
        for method in (rule.methods or set()) & {"GET", "POST"}
    ]
    shut = {
        (method, path): (browser.get if method == "GET" else browser.post)(path).status_code
        for method, path in inside
    }
    assert shut == dict.fromkeys(inside, 403)
    assert len(shut) > 20


def test_a_unions_own_page(two_unions: Portal) -> None:
    page = two_unions.of("nanjing").get("/portal/").text
    parts = (
        "南京市总工会",
        "张伟",
        "13800138000",
        "李娜",
        "13800138001",
        "陈刚",
        "南京的成果名称",
        "2024-NJ-00001",
        "nj2024",
    )
    assert [part for part in parts if part not in page] == []
    assert "还差<strong>119项</strong>" in page


def test_a_page_is_never_kept_by_the_browser(two_unions: Portal) -> None:
    assert two_unions.of("nanjing").get("/portal/").headers["Cache-Control"] == "no-store"


def test_what_people_typed_is_no_markup(portal: Portal) -> None:
    portal.contact("nanjing", "<b>张伟</b>", "13800138000")
    portal.hands_in("nanjing", "<i>陈刚</i>", "<script>alert(1)</script>", "2024-NJ-00001")
    page = portal.of("nanjing").get("/portal/").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert re.findall(r"<script>|<b>|<i>", page) == []


def test_more_than_a_page_of_submissions(portal: Portal) -> None:
    for number in range(1, 53):
        portal.hands_in("nanjing", f"完成人{number}", f"第{number}个成果", f"2024-NJ-{number:05}")
    browser = portal.of("nanjing")
    pages = [browser.get(f"/portal/?page={page}").text for page in ("1", "2", "99999", "-1", "x")]
    shown = [len(re.findall(r"2024-NJ-\d{5}", page)) for page in pages]
    assert shown == [50, 2, 2, 50, 50]


def test_a_draft_is_its_owners_alone(portal: Portal) -> None:
    portal.hands_in("nanjing", "陈刚", "还没有交的成果", "")
    with portal.application.database.writing() as session:
        row = session.scalars(select(Submission)).one()
        row.state, row.number, row.union_code, row.submitted_at = "draft", None, None, None
    page = portal.of("nanjing").get("/portal/").text
    assert ("还没有交的成果" in page, "陈刚" in page) == (False, False)


@pytest.mark.parametrize("whose", ["nanjing", "admin"])
def test_the_poster_is_shown(two_unions: Portal, whose: str) -> None:
    browser = two_unions.of_admin() if whose == "admin" else two_unions.of(whose)
    page = browser.post("/portal/poster").text
    picture = browser.get(re.findall(r'src="(/p/[^"]+)"', page)[0])
    assert (picture.status_code, picture.mimetype) == (200, "image/png")
    with two_unions.application.database.reading() as session:
        scene = session.scalars(select(Paper.facts)).one()["scene"]
    assert scene == {"nanjing": "union-nanjing", "admin": "group"}[whose]
    # The day that the picture itself names.
    assert {"nanjing": "有效期至6月11日（周二）。", "admin": "有效期至4月22日（周一）。"}[whose] in page


def test_the_board_is_the_24_unions_in_order(two_unions: Portal) -> None:
    page = two_unions.of_admin().get("/portal/").text.split('id="standings"')[0]
    names = [union.full_name for union in two_unions.application.campaign().pack.unions]
    assert re.findall(r'<th scope="row">([^<]+)<', page) == [*names[:13], "合计", *names[13:], "合计"]
    assert "2位联系人" not in page and "1位联系人等您确认" in page


def test_the_board_ends_with_the_ranks_of_both_groups(portal: Portal) -> None:
    portal.hands_in("wuxi", "陈刚", "一个成果", "WX2024-WX-0001")
    page = portal.of_admin().get("/portal/").text.split('id="standings"')[1]
    assert "4月10日（周三）以来" in page
    cells = re.findall(r"<t[dh][^>]*>([^<]*)</t[dh]>", page)
    rows = [tuple(cells[place : place + 5]) for place in range(0, len(cells), 5)]
    assert (len(rows), rows[1], rows[2]) == (
        26, ("无锡市总工会", "1", "1 / 120", "0%", "+1"), ("南京市总工会", "还没有开始", "0 / 120", "0%", "0"),
    )  # fmt: skip


def test_a_union_sees_no_ranks_of_others(two_unions: Portal) -> None:
    assert 'id="standings"' not in two_unions.of("nanjing").get("/portal/").text


def waiting(portal: Portal) -> Contact:
    with portal.application.database.reading() as session:
        return session.scalars(select(Contact).where(Contact.union_code == "suzhou")).one()


def told(portal: Portal, name: str) -> list[str]:
    query = select(OutboxRow.kind).where(OutboxRow.address == f"sim-{name}").order_by(OutboxRow.id)
    with portal.application.database.reading() as session:
        return list(session.scalars(query))


def test_an_admin_says_yes_to_a_contact(two_unions: Portal) -> None:
    browser, contact = two_unions.of_admin(), waiting(two_unions)
    assert "13700137000" in browser.get("/portal/contacts").text
    assert browser.post(f"/portal/contacts/{contact.id}/approve").location == "/portal/contacts"
    assert (waiting(two_unions).state, waiting(two_unions).decided_by) == ("active", "admin:1")
    assert told(two_unions, "王强") == ["duty"]
    assert "已通过王强的登记" in browser.get("/portal/contacts").text


def test_a_no_wants_a_reason(two_unions: Portal) -> None:
    browser, contact = two_unions.of_admin(), waiting(two_unions)
    assert browser.post(f"/portal/contacts/{contact.id}/refuse", reason=" ").status_code == 400
    assert waiting(two_unions).state == "waiting"
    browser.post(f"/portal/contacts/{contact.id}/refuse", reason="请由单位工会重新报送")
    assert (waiting(two_unions).state, told(two_unions, "王强")) == ("refused", ["duty"])


def test_two_admins_decide_at_once(two_unions: Portal) -> None:
    browser, contact = two_unions.of_admin(), waiting(two_unions)
    browser.post(f"/portal/contacts/{contact.id}/approve")
    answer = browser.post(f"/portal/contacts/{contact.id}/refuse", reason="重复")
    assert (answer.status_code, waiting(two_unions).state) == (400, "active")


def test_the_mailed_form_is_confirmed(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    assert "jsldjs@126.com" in browser.get("/portal/contacts").text
    assert browser.post("/portal/contacts/mailed/wuxi").location == "/portal/contacts"
    with two_unions.application.database.reading() as session:
        assert contacts.form_states(session, two_unions.application.campaign())["wuxi"].mailed_confirmed
    assert browser.post("/portal/contacts/mailed/nowhere").status_code == 400


def workbook(*rows: tuple[str, ...]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
    return content.getvalue()


def upload(browser: Browser, content: bytes) -> Any:
    return browser.post(
        "/portal/contacts/roster", on="/portal/contacts", file=(io.BytesIO(content), "名册.xlsx")
    )


def test_a_roster_is_uploaded_and_lets_in_who_waited(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    content = workbook(("单位名称", "联系人", "联系电话"), ("苏州市总工会", "王强", "13700137000"))
    assert upload(browser, content).location == "/portal/contacts"
    assert waiting(two_unions).state == "active"
    assert "共1人" in browser.get("/portal/contacts").text


def test_a_roster_with_a_wrong_row_is_not_taken_and_the_row_is_named(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    content = workbook(("单位名称", "联系人", "联系电话"), ("上海市总工会", "王强", "13700137000"))
    answer = upload(browser, content)
    assert ("第2行" in answer.text, waiting(two_unions).state) == (True, "waiting")
    with two_unions.application.database.reading() as session:
        assert session.scalars(select(RosterEntry)).all() == []


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken", workbook()])
def test_a_file_that_is_no_roster_is_told_kindly(portal: Portal, content: bytes) -> None:
    answer = upload(portal.of_admin(), content)
    assert (answer.status_code, "没有办成" in answer.text) == (400, True)


def test_a_reset_goes_to_the_contact_and_never_onto_the_page(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    answer = browser.post("/portal/accounts/nanjing/reset")
    page = browser.get("/portal/accounts").text
    assert (answer.location, told(two_unions, "张伟"), told(two_unions, "李娜")) == (
        "/portal/accounts", ["duty", "secret"], ["duty"],
    )  # fmt: skip
    with two_unions.application.database.reading() as session:
        password = session.scalars(select(OutboxRow.text).where(OutboxRow.kind == "secret")).one()
    assert "已一对一发给联系人张伟" in page and password not in page
    assert two_unions.browser().signs_in("nj2024", password).location == "/portal/password"


def test_accounts_are_stopped_and_started(two_unions: Portal) -> None:
    union, browser = two_unions.of("nanjing"), two_unions.of_admin()
    browser.post("/portal/accounts/nanjing/revoke")
    assert union.get("/portal/").location == "/portal/sign-in?ended=1"
    assert "已停用" in browser.get("/portal/accounts").text
    browser.post("/portal/accounts/nanjing/restore")
    with two_unions.application.database.reading() as session:
        states = accounts.states(session, two_unions.application.campaign(), now=NOON)
    assert states["nanjing"] == "none"
    assert [
        browser.post(f"/portal/accounts/nowhere/{deed}").status_code
        for deed in ("reset", "revoke", "restore")
    ] == [404] * 3


def test_a_binding_code_is_shown_once(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    shown = re.findall(r"绑定 (\d{8})", browser.post("/portal/group/code").text)
    assert len(shown) == 1
    assert shown[0] not in browser.get("/portal/group").text


def test_what_did_not_arrive_is_counted(two_unions: Portal) -> None:
    browser = two_unions.of_admin()
    assert "都送到了" in browser.get("/portal/group").text
    rows = [
        OutboxRow(
            channel="official_account", address=f"o{place}", dedupe_key=f"k{place}", text="x", state=state,
            kind="duty", due_at=NOON, created_at=NOON,
        )
        for place, state in enumerate(["failed", "failed", "unsure", "parked", "sent"])
    ]  # fmt: skip
    with two_unions.application.database.writing() as session:
        session.add_all(rows)
    page = browser.get("/portal/group").text
    counts = re.findall(r'data-label="情况">(.{4})[^<]*</td><td data-label="条数">(\d)条', page)
    assert counts == [("没有送到", "2"), ("等对方来", "1"), ("不知道送", "1")]
