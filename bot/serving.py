"""Starting granian with our ASGI application, in one process or in several."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from granian.constants import Interfaces, TaskImpl
from granian.log import LogLevels
from granian.server import Server

from bot.asgi import WITH_WORKER
from bot.config import Config, ConfigError

TARGET = "bot.asgi:create"
BACKLOG = 2048
# Let far more in than can be answered in time: the inbox refuses at once what would wait too long,
# while what waits outside it grows old unseen.
IN_FLIGHT = 8192
# What is asked has long been answered by then (the inbox answers or refuses within a second or so);
# what is left are connections that began a request and never ended it.
ENDS_WITHIN = 5


def require_free_port(config: Config) -> None:
    """ConfigError if somebody listens there already: two servers on one port would share its visitors."""
    host, port = config.server.host, config.server.port
    try:
        family, kind, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ConfigError(
            f"[server] host: {host} cannot be looked up ({error.strerror}); "
            "write 127.0.0.1, or 0.0.0.0 for every address of this machine"
        ) from error
    with socket.socket(family, kind) as probe:
        # Connections of a server that has just ended are no reason to wait.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise ConfigError(
                f"[server] port: {host}:{port} cannot be used ({error.strerror}); "
                "stop the program that uses it, or choose another with --port"
            ) from error


def serve(config: Config, config_file: Path, *, workers: int, with_worker: bool) -> None:
    """Serve until a signal ends it: what was asked is answered first, for at most `ENDS_WITHIN` seconds.

    With `with_worker` the timed work runs in the same process.
    """
    require_free_port(config)
    os.environ["BOT_CONFIG"] = str(config_file)
    os.environ[WITH_WORKER] = "1" if with_worker else "0"
    Server(
        TARGET,
        address=config.server.host,
        port=config.server.port,
        interface=Interfaces.ASGI,
        factory=True,
        workers=workers,
        backlog=BACKLOG,
        backpressure=IN_FLIGHT,
        task_impl=TaskImpl.asyncio,
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        workers_kill_timeout=ENDS_WITHIN,
    ).serve()
