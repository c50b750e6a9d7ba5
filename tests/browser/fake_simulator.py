"""A small server with the simulator's page and an in-memory stand-in for its JSON calls.

The conversation is a short script, enough to drive every part of the page; rules of the
real product are not imitated. `python tests/browser/fake_simulator.py` serves it for trying by hand.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from threading import RLock, Thread
from types import SimpleNamespace
from typing import Any

import qrcode
from flask import Flask, Response, jsonify, render_template, request
from jinja2 import StrictUndefined
from werkzeug.serving import make_server

ROOT = Path(__file__).resolve().parents[2]
CSP = "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; script-src 'self'; object-src 'none'"
UNIONS = {
    "nanjing": "南京市总工会", "wuxi": "无锡市总工会", "xuzhou": "徐州市总工会", "changzhou": "常州市总工会",
    "suzhou": "苏州市总工会", "nantong": "南通市总工会", "lianyungang": "连云港市总工会",
    "huaian": "淮安市总工会", "yancheng": "盐城市总工会", "yangzhou": "扬州市总工会",
    "zhenjiang": "镇江市总工会", "taizhou": "泰州市总工会", "suqian": "宿迁市总工会",
    "jykj": "省教育科技工会", "jyshih": "省机冶石化工会", "cmqf": "省财贸轻纺工会",
    "bsqs": "省部属企事业工会", "jianshe": "省建设工会", "jtys": "省交通运输工会", "shuili": "省水利工会",
    "dianli": "省电力工会", "dianxin": "省电信工会", "yidong": "省移动工会", "njtl": "南京铁路工会",
}  # fmt: skip
CATEGORIES = ("小发明", "小创造", "小革新", "小建议", "小设计")
FIELDS = (
    ("completers", "people", 1, "成果完成人", "请写出全部完成人的姓名，用顿号隔开，最多20人（附件4第1项）。"),
    ("union", "union", 5, "所属上级工会", "请选择上级工会，回复数字或名称：\n{unions}"),
    ("category", "choice", 6, "成果类别", "请选择一类，回复数字：\n{categories}"),
    ("title", "text", 8, "创新成果名称", "请写成果名称，20字左右，纯文字（附件4第8项）。"),
    (
        "summary",
        "text",
        9,
        "成果简介",
        (
            "请写成果简介，500字以内，分点分条（附件4第9项）。内容要点：\n1. 适用领域/工种\n2. 解决的实际问题\n"
            "3. 成果的创新点\n4. 实现的经济效益与社会效益\n5. 其他补充事项"
        ),
    ),
    (
        "photos",
        "photos",
        15,
        "成果照片",
        "请发送照片，至少3张，JPG格式，每张1M至10M（附件4第15项）。发完回复“完成”。",
    ),
    ("new_productive_forces", "yes_no", 19, "是否为新质生产力", "成果是否属于新质生产力？请回复“是”或“否”。"),
)
PACK = SimpleNamespace(
    title="全省职工“五小”创新成果项目征集",
    dates=SimpleNamespace(
        opens_on=date(2024, 4, 10), contact_deadline=date(2024, 4, 12), submission_deadline=date(2024, 6, 11)
    ),
    helpdesk=SimpleNamespace(
        name="钱德乾", department="江苏省总工会劳动和经济工作部", phones=("025-83536240", "18118991940")
    ),
    fields=tuple(SimpleNamespace(key=key, kind=kind) for key, kind, *_ in FIELDS),
)
WELCOME = (
    "您好，这里是五小征集助手。\n请回复数字，或者直接打字：\n1. 我要申报\n2. 看征集要求\n3. 怎样使用\n"
    "申报到6月11日截止，随时可以停下，已填的内容都会保存。"
)


def numbered(options: Any) -> str:
    return "\n".join(f"{number}. {option}" for number, option in enumerate(options, 1))


@dataclass
class Person:
    id: str
    name: str
    answers: dict[str, Any] | None = None
    files: list[dict[str, Any]] = field(default_factory=list)
    proposed: str | None = None

    @property
    def asked(self) -> str | None:
        if self.answers is None:
            return None
        return next((key for key, *_ in FIELDS if key not in self.answers), None)


class FakeSimulator:
    """All that the fake remembers; every call holds `lock`."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.people: dict[str, Person] = {}
        self.messages: list[dict[str, Any]] = []
        self.stored: dict[int, tuple[bytes, str]] = {}
        self.answered: dict[str, dict[str, Any]] = {}
        self.now = datetime.fromisoformat("2024-04-10T09:00:00+08:00")
        self.bound = False

    def add_person(self, name: str) -> Person:
        person = Person(f"sim-{len(self.people) + 1}", name)
        self.people[person.id] = person
        return person

    def put(self, person: Person, sender: str, chat: str, text: str = "", **more: Any) -> dict[str, Any]:
        message = {
            "id": len(self.messages) + 1, "at": self.now.isoformat(), "chat": chat, "from": sender, "text": text,
            "image_url": None, "link": None, "file": None, "to": person.id, **more,
        }  # fmt: skip
        self.messages.append(message)
        return message

    def visible(self, person: str, after: int) -> list[dict[str, Any]]:
        return [
            message
            for message in self.messages
            if message["id"] > after and (message["chat"] == "group" or message["to"] == person)
        ]

    def receive(self, person: Person, said: dict[str, Any], upload: Any) -> dict[str, Any]:
        """One message of `person`: keep it, answer it. A repeated key gets the stored answer."""
        key = said.get("key")
        if key in self.answered:
            return self.answered[key]
        chat, kind, text = said.get("chat", "private"), said.get("kind", "text"), said.get("text") or ""
        if upload is not None:
            self.keep_file(person, chat, kind, upload)
        elif kind != "event":
            self.put(person, person.id, chat, text, **({"kind": "voice"} if kind == "voice" else {}))
        before = len(self.messages)
        outcome = (
            self.in_group(person, text) if chat == "group" else self.in_private(person, kind, text, said)
        )
        replies = [message for message in self.messages[before:] if message["from"] == "bot"]
        answer = {"outcome": outcome, "asked": person.asked, "replies": replies}
        if key:
            self.answered[key] = answer
        return answer

    def keep_file(self, person: Person, chat: str, kind: str, upload: Any) -> None:
        content = upload.read()
        number = len(self.stored) + 1
        self.stored[number] = (content, upload.mimetype)
        kept = {"name": upload.filename, "size": len(content), "kind": kind}
        url = f"/simulator/files/{number}" if kind == "image" else None
        self.put(person, person.id, chat, image_url=url, file=kept)
        person.files.append({**kept, "caption": "", "sha256": "", "status": "kept"})

    def in_group(self, person: Person, text: str) -> str:
        if re.fullmatch(r"绑定\s*\S+", text.strip()):
            self.bound = True
            self.put(person, "bot", "group", "已绑定，本群为征集群。")
            return "moved"
        return "ignored"

    def in_private(self, person: Person, kind: str, text: str, said: dict[str, Any]) -> str:
        def say(reply: str, **more: Any) -> None:
            self.put(person, "bot", "private", reply, **more)

        if kind == "event":
            return self.on_event(person, said, say)
        if kind == "voice":
            person.proposed = text
            say(f"听到您说：\n{text}\n要把这段话作为回答吗？请回复“是”或“否”。")
            return "needs_confirmation"
        if kind != "text":
            name = person.files[-1]["name"]
            if person.asked == "photos":
                say(f"已收到照片{name}，共{len(person.files)}张。")
                return "accepted"
            say(f"已收到{name}，先为您保管。")
            return "answered"
        return self.on_text(person, text.strip(), say)

    def on_event(self, person: Person, said: dict[str, Any], say: Any) -> str:
        if said.get("event") == "scan":
            code = str(said.get("scene", "")).removeprefix("union-")
            person.answers = {**(person.answers or {}), "union": code}
            say(f"您扫的是{UNIONS[code]}的二维码，上级工会已记下。")
            self.ask(person, say)
            return "moved"
        say(WELCOME)
        return "answered"

    def on_text(self, person: Person, text: str, say: Any) -> str:
        if person.proposed is not None:
            text, person.proposed = (person.proposed if text == "是" else ""), None
            if not text:
                say("好的，没有保存。请重新说一次。")
                return "answered"
        if text == "网页":
            say("请打开网页填写长文字：https://example.invalid/help。谢谢！", link="/u/abc123")
            return "answered"
        if text == "二维码":
            say("南京市总工会的二维码，扫码即可申报。", image_url="/simulator/qr/nanjing.png")
            return "answered"
        if person.answers is None:
            if text not in ("1", "我要申报"):
                say(WELCOME)
                return "answered"
            person.answers = {}
            self.ask(person, say)
            return "moved"
        return self.on_answer(person, text, say)

    def on_answer(self, person: Person, text: str, say: Any) -> str:
        asked = person.asked
        assert person.answers is not None
        if asked is None:
            say("材料已齐，发送“提交”即可。")
            return "answered"
        value = self.understood(asked, text)
        if value is None:
            say(f"没有看懂“{text}”，请按数字选择。")
            return "rejected"
        person.answers[asked] = value
        say(f"已保存：{text}")
        self.ask(person, say)
        return "accepted"

    def understood(self, asked: str, text: str) -> Any:
        if asked == "completers":
            return re.split(r"[、，, ]+", text)
        if asked in ("union", "category"):
            options = tuple(UNIONS.values()) if asked == "union" else CATEGORIES
            chosen = options[int(text) - 1] if text.isdigit() and 0 < int(text) <= len(options) else text
            if chosen not in options:
                return None
            return tuple(UNIONS)[options.index(chosen)] if asked == "union" else chosen
        if asked == "new_productive_forces":
            return {"是": True, "否": False}.get(text)
        return text

    def ask(self, person: Person, say: Any) -> None:
        asked = person.asked
        if asked is None:
            say(
                "【需办】材料已齐。现在提交吗？\n1. 是，现在提交\n2. 否，我再看看\n提交后，6月11日（含当天）前仍可修改。"
            )
            return
        _, _, order, label, prompt = next(row for row in FIELDS if row[0] == asked)
        filled = prompt.format(unions=numbered(UNIONS.values()), categories=numbered(CATEGORIES))
        say(f"第{order}项／共19项：{label}\n{filled}")

    def state(self, person: Person) -> dict[str, Any]:
        answers = person.answers
        rows = [
            {
                "key": key,
                "order": order,
                "label": label,
                "value_text": self.shown(key, (answers or {}).get(key)),
            }
            for key, _, order, label, _ in FIELDS
        ]
        submission = None
        if answers is not None:
            submission = {
                "number": None, "state": "draft", "union": answers.get("union"), "answers": answers,
                "missing": [key for key, *_ in FIELDS if key not in answers], "files": person.files,
            }  # fmt: skip
        pending = {"kind": "voice", "text": person.proposed} if person.proposed else None
        return {"asked": person.asked, "pending": pending, "submission": submission, "fields": rows,
                "roles": ["submitter"]}  # fmt: skip

    def shown(self, key: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, list):
            return "、".join(value)
        return UNIONS[value] if key == "union" else str(value)

    def move_clock(self, to: datetime) -> None:
        """Move on and send what falls due; raises ValueError for an earlier instant."""
        if to < self.now:
            raise ValueError("时间只能向后拨。")
        due = datetime.fromisoformat("2024-04-12T09:00:00+08:00")
        reminds = self.now < due <= to
        self.now = due if reminds else to
        for person in self.people.values() if reminds else ():
            self.put(person, "bot", "private", "提醒：今天是报送联系人的最后一天（通知第三部分）。")
        self.now = to


def create_app(fake: FakeSimulator) -> Flask:
    app = Flask(
        "fake_simulator",
        template_folder=str(ROOT / "templates/web"),
        static_folder=str(ROOT / "bot/web/static"),
    )
    app.jinja_env.undefined = StrictUndefined

    @app.after_request
    def guard(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = CSP
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    given = {"pack": PACK, "dates": PACK.dates}
    app.add_url_rule("/", "home", lambda: render_template("home.html", **given, simulator_enabled=True))
    app.add_url_rule("/simulator", "simulator", lambda: render_template("simulator.html", **given))
    add_api(app, fake)
    add_pictures(app, fake)
    return app


def add_api(app: Flask, fake: FakeSimulator) -> None:
    @app.route("/simulator/api/people", methods=["GET", "POST"])
    def people() -> Any:
        with fake.lock:
            if request.method == "POST":
                return {"id": fake.add_person(request.get_json()["name"]).id}
            return jsonify([{"id": person.id, "name": person.name} for person in fake.people.values()])

    @app.get("/simulator/api/unions")
    def unions() -> Any:
        rows = [
            {"code": code, "name": name, "qr": f"/simulator/qr/{code}.png"} for code, name in UNIONS.items()
        ]
        return jsonify(rows)

    @app.route("/simulator/api/messages", methods=["GET", "POST"])
    def messages() -> Any:
        with fake.lock:
            if request.method == "GET":
                return jsonify(fake.visible(request.args["person"], int(request.args.get("after", 0))))
            said = request.get_json() if request.is_json else request.form.to_dict()
            if said.get("person") not in fake.people:
                return {"error": "没有这个人。"}, 404
            return fake.receive(fake.people[said["person"]], said, request.files.get("file"))

    @app.get("/simulator/api/state")
    def state() -> Any:
        with fake.lock:
            return fake.state(fake.people[request.args["person"]])

    @app.get("/simulator/api/group")
    def group() -> Any:
        with fake.lock:
            return {"bound": fake.bound, "name": "全省职工“五小”创新成果征集群"}

    @app.route("/simulator/api/clock", methods=["GET", "POST"])
    def clock() -> Any:
        with fake.lock:
            if request.method == "POST":
                try:
                    fake.move_clock(datetime.fromisoformat(request.get_json()["now"]))
                except ValueError as error:
                    return {"error": str(error)}, 409
            return {"now": fake.now.isoformat()}


def add_pictures(app: Flask, fake: FakeSimulator) -> None:
    @app.get("/simulator/group.png", defaults={"code": "group"})
    @app.get("/simulator/qr/<code>.png")
    def qr(code: str) -> Response:
        picture = io.BytesIO()
        qrcode.make(f"http://localhost/scan/union-{code}", box_size=4).save(picture)
        return Response(picture.getvalue(), mimetype="image/png")

    @app.get("/simulator/files/<int:number>")
    def stored(number: int) -> Response:
        content, mimetype = fake.stored[number]
        return Response(content, mimetype=mimetype)


@contextmanager
def serving(fake: FakeSimulator, port: int = 0) -> Iterator[str]:
    """Serve `fake` on this machine while the block runs; gives the base URL."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    server = make_server("127.0.0.1", port, create_app(fake), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(5)


if __name__ == "__main__":
    with serving(FakeSimulator(), 8011) as address:
        print(address + "/simulator")
        input()
