"""Who sends the messages that benchmarks.broadcast counts: each is a process of its own.

python -m benchmarks.senders NAME PORT COUNT FOLDER writes wall and CPU seconds as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

TEXT = "【需办】{name}您好，离6月11日（周二）截止还有三天，贵单位还差第12项（主要创新点）和承诺书。请回复“还差什么”查看，谢谢。"
IN_FLIGHT = 200
THREADS = 64

Prepared = Callable[[], object]


def texts(count: int) -> list[tuple[str, str]]:
    return [(f"o{number:027d}", TEXT.format(name=f"张伟{number}")) for number in range(count)]


def product(port: int, count: int, folder: Path) -> Prepared:
    """The dispatcher with its outbox on SQLite: claimed, sent, settled, each row flushed to the disk."""
    from bot.channels.official_account import OfficialAccount
    from bot.clock import Clock
    from bot.dispatcher import Dispatcher
    from bot.token_store import DatabaseTokens
    from bot.upgrading import upgrade
    from storage.db import Database
    from storage.inbound import InboundRow
    from storage.outbox import OutboxRow
    from storage.people import Address, Person

    database = Database(f"sqlite:///{folder.as_posix()}/bot.db")
    upgrade(database)
    then = datetime.now(UTC) - timedelta(hours=1)
    with database.writing() as session:
        session.add_all(Person(id=number, created_at=then) for number in range(1, count + 1))
        session.flush()
        for number, (openid, text) in enumerate(texts(count), 1):
            common: dict[str, Any] = {"channel": "official_account", "person_id": number}
            session.add_all([
                Address(address=openid, created_at=then, **common),
                OutboxRow(address=openid, kind="duty", dedupe_key=f"b:{number}", text=text, due_at=then, created_at=then, **common),
                InboundRow(identity=f"i{number}", sender=openid, key="k", chat="private", kind="text", text="您好",
                           outcome="answered", reply="您好", received_at=then, **common),
            ])  # fmt: skip
    channel = OfficialAccount(
        app_id="wx", app_secret="s", token="t", api_base_url=f"http://127.0.0.1:{port}",
        tokens=DatabaseTokens(database), wall=Clock().wall,
    )  # fmt: skip
    dispatcher = Dispatcher(database, {channel.name: channel})

    def run() -> None:
        dispatcher.deliver(Clock().now)
        from sqlalchemy import func, select

        with database.reading() as session:
            sent = session.scalar(select(func.count()).where(OutboxRow.state == "sent"))
        assert sent == count, sent

    return run


def wechatpy_threads(port: int, count: int, folder: Path, *, connections: int | None = None) -> Prepared:
    """wechatpy's own client in threads, keeping nothing; `connections` is more than it has by itself."""
    from requests.adapters import HTTPAdapter
    from wechatpy import WeChatClient

    client = WeChatClient("wx", "s", access_token="a-token")
    # Each of its calls names the platform's host by itself.
    type(client.message).API_BASE_URL = f"http://127.0.0.1:{port}/cgi-bin/"
    if connections is not None:
        client._http.mount("http://", HTTPAdapter(pool_connections=1, pool_maxsize=connections))

    def run() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda one: client.message.send_text(*one), texts(count)))

    return run


def wechatpy_tuned(port: int, count: int, folder: Path) -> Prepared:
    """The same with a connection for each thread, which it does not offer: its inside is reached into."""
    return wechatpy_threads(port, count, folder, connections=THREADS)


def plain_aiohttp(port: int, count: int, folder: Path) -> Prepared:
    """The floor: the same requests by aiohttp, keeping nothing."""
    import aiohttp

    async def send() -> None:
        waiting = iter(texts(count))
        connector = aiohttp.TCPConnector(limit=0)
        address = f"http://127.0.0.1:{port}/cgi-bin/message/custom/send?access_token=a-token"
        async with aiohttp.ClientSession(connector=connector) as session:

            async def one_after_the_other() -> None:
                for openid, text in waiting:
                    body = {"touser": openid, "msgtype": "text", "text": {"content": text}}
                    content = json.dumps(body, ensure_ascii=False).encode()
                    async with session.post(address, data=content) as response:
                        assert (await response.json())["errcode"] == 0

            await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))

    return lambda: asyncio.run(send())


SENDERS: dict[str, Callable[[int, int, Path], Prepared]] = {
    "product": product,
    "wechatpy-threads": wechatpy_threads,
    "wechatpy-tuned": wechatpy_tuned,
    "aiohttp": plain_aiohttp,
}


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    name, port, count, folder = sys.argv[1:5]
    if len(sys.argv) > 5:
        globals()["THREADS"] = int(sys.argv[5])
    run = SENDERS[name](int(port), int(count), Path(folder))
    wall_before, cpu_before = time.perf_counter(), cpu()
    run()
    print(json.dumps({"wall": time.perf_counter() - wall_before, "cpu": cpu() - cpu_before}))


if __name__ == "__main__":
    main()
