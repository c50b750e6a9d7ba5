"""What the portal's pages are sent by somebody who is up to no good, or by a broken browser: a refusal each time."""

from __future__ import annotations

import pytest
from markupsafe import escape

from tests.bot.web.portal_pages import Browser, Portal

HUGE = "9" * 19
LONGER = "9" * 5000

NUMBERED = (
    "/portal/contacts/{}/approve",
    "/portal/contacts/{}/refuse",
    "/portal/broadcasts/{}/edit",
    "/portal/broadcasts/{}/exclude",
    "/portal/broadcasts/{}/test",
    "/portal/broadcasts/{}/send",
    "/portal/broadcasts/{}/reopen",
    "/portal/broadcasts/{}/stop",
    "/portal/broadcasts/{}/retry",
)


@pytest.fixture
def admin(portal: Portal) -> Browser:
    return portal.of_admin()


@pytest.mark.parametrize("number", ["2147483648", HUGE, LONGER])
def test_a_number_that_no_row_can_have_is_refused(admin: Browser, number: str) -> None:
    posted = [admin.post(address.format(number)).status_code for address in NUMBERED]
    shown = [admin.get(f"/portal/broadcasts/{number}{page}").status_code for page in ("", "/edit")]
    assert (posted, shown) == ([404] * len(NUMBERED), [404, 404])


@pytest.mark.parametrize("person", ["2147483648", HUGE, LONGER, "²", "-1"])
def test_a_person_who_can_be_none_is_passed_over(admin: Browser, person: str) -> None:
    new = {"kind": "duty", "text": "您好", "names": ""}
    assert admin.post("/portal/broadcasts/new", **new, part=["people"], person=person).status_code == 400
    made = admin.post("/portal/broadcasts/new", **new, part=["cities"]).location
    assert admin.post(f"{made}/exclude", out=person).location == made
    assert admin.get(made).status_code == 200


def test_a_nul_is_refused_wherever_it_stands(portal: Portal, admin: Browser) -> None:
    waiting = portal.contact("nanjing", "张伟", "13800138000", state="waiting")
    draft = {"kind": "duty", "text": "您好", "part": ["people"], "names": ""}
    answers = [
        portal.browser().signs_in("nj2024\x00", "x"),
        portal.browser().signs_in("nj2024", "x\x00"),
        admin.post("/portal/broadcasts/new", **{**draft, "text": "您\x00好"}),
        admin.post("/portal/broadcasts/new", **{**draft, "names": "张\x00伟"}),
        admin.post(f"/portal/contacts/{waiting.id}/refuse", reason="\x00"),
        admin.post("/portal/contacts/mailed/nanjing%00"),
        admin.get("/portal/?page=%00"),
    ]
    assert [answer.status_code for answer in answers] == [400] * len(answers)


@pytest.mark.parametrize("said", ["{{ 7*7 }}%s{0}", "<script>alert(1)</script>", "\r\nSet-Cookie: a=b"])
def test_what_is_typed_is_shown_as_it_is(portal: Portal, admin: Browser, said: str) -> None:
    """Of a draft, a name and a refusal: neither markup, nor a template, nor a header."""
    waiting = portal.contact("nanjing", said, "13800138000", state="waiting")
    made = admin.post("/portal/broadcasts/new", kind="duty", text=said, part=["cities"], names="")
    shown = [admin.get(made.location).text, admin.get("/portal/contacts").text]
    refused = admin.post(f"/portal/contacts/{waiting.id}/refuse", reason=said)
    shown.append(admin.get("/portal/contacts").text)
    assert [str(escape(said.strip())) in page for page in shown] == [True, True, True]
    assert [mark in page for page in shown for mark in ("<script>alert", "49%s")] == [False] * 6
    assert "a=b" not in f"{made.headers}{refused.headers}"
