"""The simulator page in a real browser: sending, receiving, people, clock, group."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fake_simulator import ROOT
from playwright.sync_api import Page, Route, expect
from simulator_page import PHONE, Desk, Phone, Server, document, photo

pytest_plugins = ["simulator_fixtures"]

XSS = '<img src=x onerror="window.hit=1"><script>window.hit=1</script> {{7*7}} ${7*7} javascript:alert(1)'


def test_page_is_served_under_a_strict_policy(
    new_page: Callable[..., Page], simulator_server: Server
) -> None:
    response = new_page().goto(f"{simulator_server.url}/simulator")
    assert response is not None and response.status == 200
    policy = response.headers["content-security-policy"]
    assert "'unsafe-inline'" not in policy and "script-src 'self'" in policy


def test_home_leads_to_the_simulator(new_page: Callable[..., Page], simulator_server: Server) -> None:
    page = new_page({"width": 360, "height": 740})
    page.goto(simulator_server.url + "/")
    page.get_by_role("link", name="打开模拟器，现在试一次").click()
    expect(page).to_have_url(simulator_server.url + "/simulator")


def test_text_is_sent_shown_and_answered(zhang: Phone, desk: Desk, simulator_server: Server) -> None:
    zhang.say("我要申报")
    assert zhang.own_texts() == ["我要申报"]
    assert simulator_server.get("state", person=simulator_server.person(zhang))["asked"] == "completers"
    expect(desk.state).to_contain_text("草稿（未提交）")
    expect(desk.state.locator("[aria-current=step]")).to_contain_text("成果完成人")


def test_shift_enter_makes_a_line_and_the_box_grows(zhang: Phone) -> None:
    height = zhang.box.bounding_box()["height"]  # type: ignore[index]
    zhang.box.press_sequentially("第一行")
    zhang.box.press("Shift+Enter")
    zhang.box.press_sequentially("第二行")
    assert zhang.box.bounding_box()["height"] > height  # type: ignore[index]
    zhang.say(zhang.box.input_value())
    assert zhang.own_texts() == ["第一行\n第二行"]


def test_enter_that_chooses_a_word_does_not_send(zhang: Phone) -> None:
    zhang.box.fill("zhangwei")
    zhang.box.dispatch_event("keydown", {"key": "Enter", "isComposing": True, "keyCode": 229})
    assert (zhang.box.input_value(), zhang.own.count()) == ("zhangwei", 0)


def test_file_is_sent_as_a_card(zhang: Phone) -> None:
    zhang.pick("文件", [document("真实性承诺书.pdf")])
    expect(zhang.own.locator(".card-name")).to_have_text(["真实性承诺书.pdf"])
    expect(zhang.bot).to_have_count(2)


def test_several_photos_at_once_are_sent_in_order(zhang: Phone) -> None:
    zhang.pick("图片", [photo("主视图.jpg"), photo("侧视图.jpg"), photo("应用.jpg")])
    expect(zhang.own.locator("img")).to_have_count(3)
    alternatives = [image.get_attribute("alt") for image in zhang.own.locator("img").all()]
    assert alternatives == [f"{zhang.name}发来的图片，{name}.jpg" for name in ("主视图", "侧视图", "应用")]
    zhang.own.locator("img").last.scroll_into_view_if_needed()
    expect(zhang.own.locator("img").last).to_have_js_property("naturalWidth", 640)


def test_answer_to_the_last_of_several_files_is_shown(zhang: Phone, simulator_server: Server) -> None:
    simulator_server.walk(simulator_server.person(zhang), "pledge")
    expect(zhang.bot.last).to_contain_text("成果真实性确认")
    heard = zhang.bot.count()
    zhang.pick("文件", [document(f"第{place}份.pdf") for place in range(6)])
    expect(zhang.bot).to_have_count(heard + 6)
    expect(zhang.bot.last).to_be_in_viewport()
    expect(zhang.chat.get_by_role("button", name="有新消息，跳到最新")).to_be_hidden()


def test_words_to_send_can_be_tapped(zhang: Phone) -> None:
    zhang.quick.filter(has_text="我要申报").click()
    expect(zhang.own.locator(".text")).to_have_text(["我要申报"])
    expect(zhang.bot.last).to_contain_text("第1项／共19项")


def test_panel_says_in_words_what_waits(zhang: Phone, desk: Desk) -> None:
    zhang.say("我要申报")
    zhang.say("张伟")
    zhang.say("帮助")
    waiting = desk.state.locator("dl div").filter(has_text="等待确认").locator("dd")
    expect(waiting).to_have_text("指令还是内容")


def test_dropped_files_are_sent(zhang: Phone) -> None:
    zhang.pane.evaluate(
        """(pane) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File(["a"], "题库一.docx", {type: "application/msword"}));
            transfer.items.add(new File(["b"], "讲解.mp3", {type: "audio/mpeg"}));
            for (const name of ["dragover", "drop"]) {
                pane.dispatchEvent(new DragEvent(name, {dataTransfer: transfer, bubbles: true, cancelable: true}));
            }
        }"""
    )
    expect(zhang.own.locator(".card-name")).to_have_text(["题库一.docx", "讲解.mp3"])


def test_voice_is_sent_as_its_transcript(zhang: Phone) -> None:
    zhang.more("语音").click()
    dialog = zhang.page.get_by_role("dialog", name="语音")
    dialog.get_by_label("您说的话").fill("完成人是张伟和李娜")
    with zhang.page.expect_request("**/simulator/api/messages") as sent:
        dialog.get_by_role("button", name="发送语音").click()
    body = sent.value.post_data_json
    assert (body["kind"], body["chat"], body["text"]) == ("voice", "private", "完成人是张伟和李娜")
    expect(zhang.own.locator(".text")).to_have_text(["完成人是张伟和李娜"])


def test_scanning_a_union_code_sends_its_scene(zhang: Phone) -> None:
    zhang.more("扫一扫").click()
    dialog = zhang.page.get_by_role("dialog", name="扫一扫")
    expect(dialog.get_by_role("button")).to_have_count(25)
    assert dialog.locator("img").first.evaluate(
        "async (image) => { await image.decode(); return image.naturalWidth; }"
    )
    with zhang.page.expect_request("**/simulator/api/messages") as sent:
        dialog.get_by_role("button", name="南京").first.click()
    body = sent.value.post_data_json
    assert (body["kind"], body["event"], body["scene"]) == ("event", "scan", "union-nanjing")
    expect(zhang.bot.nth(1)).to_be_visible()


def test_numbers_of_a_question_can_be_tapped(zhang: Phone, simulator_server: Server) -> None:
    person = simulator_server.person(zhang)
    simulator_server.walk(person, "category")
    zhang.quick.filter(has_text="小革新").click()
    expect(zhang.own.last).to_contain_text("3")
    expect(zhang.quick.filter(has_text="小革新")).to_have_count(0)
    assert simulator_server.get("state", person=person)["submission"]["answers"]["category"] == "小革新"


def test_a_file_that_waits_can_be_placed_or_left_with_a_tap(zhang: Phone, simulator_server: Server) -> None:
    """The list has one place and 0 for none; both are buttons."""
    person = simulator_server.person(zhang)
    simulator_server.walk(person, "pledge")
    simulator_server.say(person, "修改15")
    zhang.pick("图片", [photo("主视图.jpg")])
    expect(zhang.bot.last).to_contain_text("0. 先不放")
    assert [label.split()[0] for label in zhang.quick.all_inner_texts()][-1] == "0"
    zhang.quick.last.click()
    expect(zhang.own.last).to_contain_text("0")
    expect(zhang.quick.filter(has_text="先不放")).to_have_count(0)
    assert simulator_server.get("state", person=person)["submission"]["files"] == []


def test_buttons_that_come_behind_the_answer_are_seen(narrow_desk: Desk, simulator_server: Server) -> None:
    """What may be chosen depends on the state, which is read after the answer was drawn."""
    phone = narrow_desk.add("陈涛")
    person = simulator_server.person(phone)
    simulator_server.walk(person, "pledge")
    phone.say("修改15")
    phone.pick("文件", [document("承诺书.pdf")])
    expect(phone.quick.last).to_contain_text("先不放")
    expect(phone.quick.last).to_be_in_viewport(ratio=1)


def test_points_of_a_free_text_question_are_no_buttons(zhang: Phone, simulator_server: Server) -> None:
    simulator_server.walk(simulator_server.person(zhang), "summary")
    expect(zhang.bot.last).to_contain_text("成果简介")
    expect(zhang.quick).to_have_count(0)


def test_long_question_is_shown_from_its_beginning(
    new_page: Callable[..., Page], simulator_server: Server
) -> None:
    desk = Desk(new_page({"width": 1280, "height": 560}), simulator_server).open()
    phone = desk.add("赵强")
    phone.say("你好")
    simulator_server.walk(simulator_server.person(phone), "union")
    expect(phone.bot.last).to_contain_text("上级工会")
    expect(phone.quick.first).to_be_attached()
    top = phone.chat.locator(".scroller").bounding_box()["y"]  # type: ignore[index]
    assert phone.bot.last.bounding_box()["y"] >= top  # type: ignore[index]


@pytest.mark.parametrize("text", [XSS, "<b>粗</b>&amp;", "x" * 900, "一\n\n  二\u202e三"])
def test_text_stays_text(zhang: Phone, text: str) -> None:
    zhang.say(text)
    assert zhang.own.locator(".text").last.evaluate("(element) => element.textContent") == text
    assert zhang.page.evaluate("window.hit") is None
    assert zhang.own.locator("img, script, b").count() == 0


def test_markup_in_a_name_stays_text(desk: Desk) -> None:
    phone = desk.add("<b>李娜</b>")
    phone.say("你好")
    expect(desk.page.locator(".person b, .pane b, .state b")).to_have_count(0)


def test_links_open_outside_without_the_page(zhang: Phone) -> None:
    zhang.say("见 https://example.invalid/a?b=1，谢谢")
    link = zhang.own.get_by_role("link")
    assert link.get_attribute("href") == "https://example.invalid/a?b=1"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_two_people_side_by_side_do_not_mix(zhang: Phone, desk: Desk, simulator_server: Server) -> None:
    li = desk.add("李娜")
    zhang.say("我要申报")
    li.say("帮助")
    assert (zhang.own_texts(), li.own_texts()) == (["我要申报"], ["帮助"])
    li.box.focus()
    expect(desk.state).to_contain_text(f"当前申报 · {li.name}")
    expect(desk.state).to_contain_text("还没有申报")
    zhang.box.focus()
    expect(desk.state).to_contain_text("草稿（未提交）")


def test_reload_keeps_people_messages_and_what_is_typed(zhang: Phone, desk: Desk) -> None:
    li = desk.add("李娜")
    zhang.say("我要申报")
    zhang.box.fill("写到一半")
    desk.open()
    expect(zhang.own.locator(".text")).to_have_text(["我要申报"])
    assert zhang.box.input_value() == "写到一半"
    expect(li.pane).to_be_visible()


def test_large_type_is_kept(zhang: Phone, desk: Desk) -> None:
    size = "parseFloat(getComputedStyle(document.querySelector('.bubble')).fontSize)"
    before = desk.page.evaluate(size)
    desk.page.get_by_role("button", name="大字").click()
    desk.open()
    expect(desk.page.get_by_role("button", name="大字", pressed=True)).to_be_visible()
    zhang.bot.first.wait_for()
    assert desk.page.evaluate(size) > before * 1.2


def test_forgotten_choice_falls_back_to_the_servers_list(zhang: Phone, desk: Desk) -> None:
    desk.page.evaluate("localStorage.clear()")
    desk.open()
    expect(desk.page.get_by_role("region")).not_to_have_count(0)


def test_messages_from_elsewhere_appear_by_themselves(zhang: Phone, simulator_server: Server) -> None:
    simulator_server.say(simulator_server.person(zhang), "帮助")
    expect(zhang.own.locator(".text")).to_have_text(["帮助"])
    expect(zhang.bot).to_have_count(2)


def test_clock_moves_on_and_not_back(zhang: Phone, desk: Desk, simulator_server: Server) -> None:
    page = desk.page
    before = page.locator("#clock-toggle").inner_text()
    page.get_by_role("button", name="模拟时间", exact=False).first.click()
    page.get_by_role("button", name="+1小时").click()
    expect(page.locator("#clock-result")).to_contain_text("现在是2024年")
    assert page.locator("#clock-toggle").inner_text() != before
    page.get_by_label("拨到指定时间（北京时间）").fill("2024-04-20T10:00")
    page.get_by_role("button", name="拨到", exact=True).click()
    expect(page.locator("#clock-result")).to_contain_text("现在是2024年4月20日 周六 10:00")
    expect(page.get_by_role("button", name="到4月12日")).to_be_disabled()
    assert simulator_server.get("clock")["now"].startswith(("2024-04-20T10:00", "2024-04-20T02:00"))


def test_failed_message_can_be_sent_again(
    zhang: Phone, simulator_server: Server, faults_expected: list[str]
) -> None:
    faults_expected.append("Failed to load resource")
    calls: list[str] = []

    def lose_first_answer(route: Route) -> None:
        calls.append(route.request.method)
        if route.request.method == "POST" and calls.count("POST") == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    zhang.page.route("**/simulator/api/messages*", lose_first_answer)
    zhang.box.fill("我要申报")
    zhang.box.press("Enter")
    expect(zhang.chat.get_by_role("alert")).to_contain_text("连接不上服务器")
    zhang.chat.get_by_role("button", name="重发").click()
    expect(zhang.chat.locator(".outgoing .message")).to_have_count(0)
    said = [
        m["text"]
        for m in simulator_server.get("messages", person=simulator_server.person(zhang), after=0)
        if m["from"] != "bot" and m["chat"] == "private"
    ]
    assert said == ["我要申报"]
    assert zhang.own_texts() == ["我要申报"]


def test_lost_connection_is_told_and_mends_itself(
    desk: Desk, zhang: Phone, faults_expected: list[str]
) -> None:
    faults_expected.append("Failed to load resource")
    status = desk.page.locator("#status")
    desk.page.context.set_offline(True)
    expect(status).to_have_text("连接中断，正在重试…")
    desk.page.context.set_offline(False)
    expect(status).to_have_text("")


def test_a_server_that_is_down_is_no_empty_desk(
    new_page: Callable[..., Page], simulator_server: Server, faults_expected: list[str]
) -> None:
    """Who is there cannot be known, so nobody is asked to add the first person."""
    faults_expected.append("ERR_FAILED")
    page = new_page(PHONE)
    page.route("**/simulator/api/**", lambda route: route.abort())
    page.goto(f"{simulator_server.url}/simulator/")
    expect(page.get_by_role("status").first).to_contain_text("连接不上服务器")
    expect(page.locator("#nobody")).to_be_hidden()
    assert page.locator("#clock-toggle").bounding_box()["width"] >= 44  # type: ignore[index]
    page.unroute("**/simulator/api/**")
    expect(page.locator("#clock-time")).to_contain_text(":")


def test_refusal_is_shown_as_the_servers_sentence(zhang: Phone, faults_expected: list[str]) -> None:
    faults_expected.append("Failed to load resource")

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=413, json={"error": "文件超过20M，请压缩后再发。"})
        else:
            route.continue_()

    zhang.page.route("**/simulator/api/messages*", refuse)
    zhang.pick("文件", [document("大文件.pdf")])
    expect(zhang.chat.get_by_role("alert")).to_contain_text("文件超过20M，请压缩后再发。")
    zhang.chat.get_by_role("button", name="删除").click()
    expect(zhang.chat.locator(".outgoing .message")).to_have_count(0)


@pytest.mark.parametrize("simulator_server", ["fake"], indirect=True)
def test_group_is_shared_and_opens_when_bound(zhang: Phone, desk: Desk, simulator_server: Server) -> None:
    li = desk.add("李娜")
    for phone in (zhang, li):
        phone.tab("征集群")
    notice = zhang.chat.locator(".group-notice")
    expect(notice).to_contain_text("助手还没有绑定这个群")
    expect(notice).to_be_visible()
    expect(zhang.quick).to_have_count(0)
    zhang.box.fill("大家好")
    with desk.page.expect_request("**/simulator/api/messages") as sent:
        zhang.box.press("Enter")
    assert sent.value.post_data_json["chat"] == "group"
    expect(li.chat).to_contain_text(f"{zhang.name}：")
    expect(li.chat).to_contain_text("大家好")
    zhang.say(f"绑定 {simulator_server.bind_code}")
    expect(notice).to_be_hidden()
    expect(zhang.quick).to_have_text(["@助手 进度", "@助手 二维码", "@助手 帮助", "@助手 联系人"])
    zhang.tab("单聊")
    assert zhang.own_texts() == []


def test_every_word_of_the_page_is_there_and_used() -> None:
    words = set(
        re.findall(r'data-word="([^"]+)"', (ROOT / "templates/web/simulator_words.html").read_text("utf-8"))
    )
    scripts = "".join(path.read_text("utf-8") for path in (ROOT / "bot/web/static/simulator").glob("*.js"))
    assert set(re.findall(r'[wW]ord\("([a-z_]+)"', scripts)) - words == set()
    composed = re.compile(r"(state|outcome|role|pending)\.|(chat|write|empty)_")
    assert [word for word in words if f'"{word}"' not in scripts and not composed.match(word)] == []
