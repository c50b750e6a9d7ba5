"""Signing in on the pages: what lets somebody in, what keeps others out, and what ends a session."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from flask import request, request_started

from bot.app import create_app
from handlers import accounts
from handlers.access import Actor
from tests.bot.web.portal_pages import GOOD, Portal
from tests.talk import NOON

PROVINCE = Actor("admin:1", "王芳", is_admin=True)


def test_the_first_sign_in_leads_to_a_password_of_ones_own_and_nowhere_else(portal: Portal) -> None:
    one_time = portal.issues("nanjing")
    browser = portal.browser()
    assert browser.signs_in("NJ2024", one_time.password).location == "/portal/password"
    assert browser.get("/portal/").location == "/portal/password"
    assert browser.post("/portal/password", new=GOOD, again=GOOD).location == "/portal/"
    page = browser.get("/portal/")
    assert (page.status_code, "南京市总工会" in page.text, "新密码已保存" in page.text) == (200, True, True)


def test_the_next_sign_in_goes_to_the_first_page_at_once(portal: Portal) -> None:
    portal.of("nanjing")
    assert portal.browser().signs_in("nj2024", GOOD).location == "/portal/"


@pytest.mark.parametrize("login", ["nj2024", "wx2024", "nobody", "", "x" * 500, "' or 1=1 --"])
def test_a_wrong_login_and_a_wrong_password_are_told_the_same(portal: Portal, login: str) -> None:
    portal.issues("nanjing")
    answer = portal.browser().signs_in(login, "not the password")
    told = answer.text.split('id="told">')[1].split("</p>")[0]
    assert answer.status_code == 403
    assert told == portal.browser().signs_in("nobody2", "").text.split('id="told">')[1].split("</p>")[0]


def test_what_was_typed_is_no_markup(portal: Portal) -> None:
    answer = portal.browser().signs_in("<script>x</script>", "y")
    assert "&lt;script&gt;x&lt;/script&gt;" in answer.text and "<script>x" not in answer.text


def test_five_wrong_passwords_hold_off_the_right_one_for_a_minute(portal: Portal) -> None:
    portal.of("nanjing")
    browser = portal.browser()
    for _ in range(5):
        assert browser.signs_in("nj2024", "not the password").status_code == 403
    assert browser.signs_in("nj2024", GOOD).status_code == 403
    portal.later(seconds=61)
    assert browser.signs_in("nj2024", GOOD).location == "/portal/"


@pytest.mark.parametrize(
    ("new", "again", "why"),
    [
        ("short", "short", "新密码太短"),
        ("nj2024nj2024", "nj2024nj2024", "登录名"),
        (GOOD, GOOD + "!", "不一样"),
    ],
)
def test_a_password_that_will_not_do_is_refused_with_its_reason(
    portal: Portal, new: str, again: str, why: str
) -> None:
    one_time = portal.issues("nanjing")
    browser = portal.browser()
    browser.signs_in(one_time.login, one_time.password)
    answer = browser.post("/portal/password", new=new, again=again)
    assert (answer.status_code, why in answer.text) == (400, True)
    assert browser.get("/portal/").location == "/portal/password"


@pytest.mark.parametrize("form", ["{}", "{dense}", "{upper}"])
def test_the_one_time_password_is_not_taken_as_ones_own(portal: Portal, form: str) -> None:
    one_time = portal.issues("nanjing")
    same = form.format(
        one_time.password, dense=one_time.password.replace("-", ""), upper=one_time.password.upper()
    )
    browser = portal.browser()
    browser.signs_in(one_time.login, one_time.password)
    assert "和原来的密码一样" in browser.post("/portal/password", new=same, again=same).text


def test_a_later_change_wants_the_present_password_and_ends_the_other_sessions(portal: Portal) -> None:
    browser, other = portal.of("nanjing"), portal.browser()
    other.signs_in("nj2024", GOOD)
    refused = browser.post("/portal/password", present="wrong", new=GOOD + "5", again=GOOD + "5")
    assert (refused.status_code, "现在的密码" in refused.text) == (400, True)
    assert (
        browser.post("/portal/password", present=GOOD, new=GOOD + "5", again=GOOD + "5").location
        == "/portal/"
    )
    assert browser.get("/portal/").status_code == 200
    assert other.get("/portal/").location == "/portal/sign-in?ended=1"
    assert "您已退出登录" in other.get("/portal/sign-in?ended=1").text


def test_guessing_the_present_password_is_held_off_as_signing_in_is(portal: Portal) -> None:
    browser = portal.of("nanjing")
    for _ in range(5):
        browser.post("/portal/password", present="wrong", new=GOOD + "5", again=GOOD + "5")
    assert browser.post("/portal/password", present=GOOD, new=GOOD + "5", again=GOOD + "5").status_code == 400


@pytest.mark.parametrize("act", ["reset", "suspend", "revoke"])
def test_a_session_ends_with_a_reset_a_hand_over_or_a_revocation(portal: Portal, act: str) -> None:
    browser, other = portal.of("nanjing"), portal.of("wuxi")
    campaign = portal.application.campaign()
    if act == "revoke":
        portal.writes(accounts.revoke, campaign, PROVINCE, "nanjing", now=NOON)
    elif act == "reset":
        portal.writes(accounts.reset, campaign, "nanjing", person_id=None, actor_label="admin:1", now=NOON)
    else:
        portal.writes(accounts.suspend, campaign, "nanjing", actor_label="contact:1", now=NOON)
    assert browser.get("/portal/").location == "/portal/sign-in?ended=1"
    assert other.get("/portal/").status_code == 200


def test_a_session_ends_after_eight_idle_hours_of_real_time(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = portal.of("nanjing")
    wall = portal.application.clock.wall()
    for hours, status in ((7.9, 200), (15.7, 200), (23.8, 302)):
        monkeypatch.setattr(
            portal.application.clock, "wall", lambda after=hours: wall + timedelta(hours=after)
        )
        assert browser.get("/portal/").status_code == status


def test_who_leaves_is_out(portal: Portal) -> None:
    browser = portal.of("nanjing")
    assert browser.post("/portal/sign-out").location == "/portal/sign-in"
    assert browser.get("/portal/").location == "/portal/sign-in"


def test_no_form_is_taken_without_its_token(portal: Portal) -> None:
    browser, one_time = portal.browser(), portal.issues("wuxi")
    answer = browser.client.post(
        "/portal/sign-in", data={"login": one_time.login, "password": one_time.password}
    )
    assert (answer.status_code, "请再试一次" in answer.text) == (400, True)
    inside = portal.of("nanjing")
    assert inside.client.post("/portal/sign-out").status_code == 400
    assert inside.get("/portal/").status_code == 200


def test_the_cookie_is_the_portals_alone_and_no_scripts(portal: Portal) -> None:
    one_time = portal.issues("nanjing")
    cookie = portal.browser().signs_in(one_time.login, one_time.password).headers["Set-Cookie"]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert attributes == {"Secure", "HttpOnly", "Path=/portal", "SameSite=Lax"}
    assert one_time.password not in cookie


def test_a_forged_cookie_is_none(portal: Portal) -> None:
    browser = portal.of("nanjing")
    cookie = browser.client.get_cookie("portal", path="/portal")
    assert cookie is not None
    forged = ("A" if cookie.value[0] != "A" else "B") + cookie.value[1:]
    browser.client.set_cookie("portal", forged, path="/portal")
    assert browser.get("/portal/").location == "/portal/sign-in"


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_only_a_trusted_proxy_says_who_comes(portal: Portal, proxies: int, seen: str) -> None:
    config = portal.application.config
    server = config.server.model_copy(update={"trusted_proxies": proxies})
    application = replace(portal.application, config=config.model_copy(update={"server": server}))
    app, addresses = create_app(application), []
    with request_started.connected_to(lambda *_, **__: addresses.append(request.remote_addr), app):
        app.test_client().get("/portal/", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.9"})
    assert addresses == [seen]
