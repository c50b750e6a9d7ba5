"""The peer: WeRoBot with its default SQLite session, walking through the same form."""

from __future__ import annotations

import os
from typing import Any

from werobot import WeRoBot
from werobot.session.sqlitestorage import SQLiteStorage

from benchmarks.script import ANSWERS
from tests.platform import AES_KEY, APP_ID, TOKEN

STEPS = [marker for _, marker in ANSWERS]
robot = WeRoBot(token=TOKEN, session_storage=SQLiteStorage(os.environ["WEROBOT_DB"]))
robot.config["APP_ID"] = APP_ID
robot.config["ENCODING_AES_KEY"] = AES_KEY


@robot.text
def answer(message: Any, session: dict[str, Any]) -> str:
    """Keep the answer, say the next question: what its tutorial does with a session."""
    step = session.get("step", 0)
    answers = session.setdefault("answers", {})
    if step:
        text = message.content.strip()
        if not text or len(text) > 500:
            return "请重新填写"
        answers[str(step)] = text
    session["step"] = step + 1
    return f"已收到。{STEPS[min(step, len(STEPS) - 1)]}／共19项，请继续填写。"


class _AtCallback:
    """Mounts the robot where the product answers."""

    def __init__(self, wsgi: Any) -> None:
        self._wsgi = wsgi

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ["PATH_INFO"] = "/"
        return self._wsgi(environ, start_response)


application = _AtCallback(robot.wsgi)
