"""A server process: the socket, signals and uvicorn."""

from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

_QUIET_PATHS = ('/healthz', '/readyz', '/metrics')


def listen(host: str, port: int) -> socket.socket:
    """Open the socket of a server.

    Args:
        host: Address or name of an interface.
        port: Port; 0 chooses a free one.

    Raises:
        OSError: If the address cannot be used.
    """
    info = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = info[0]
    return socket.create_server(address[:2], family=family, backlog=2048)


def serve(
    app: FastAPI,
    listener: socket.socket,
    stop_s: int,
    access_log: bool = True,
    on_start: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or an interrupt, then finish the requests that run.

    Args:
        app: The application.
        listener: Its socket, from :func:`listen`.
        stop_s: Longest time that the requests get to finish.
        access_log: Whether each request is logged.
        on_start: Called when requests are accepted.
    """

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                on_start()

    config = uvicorn.Config(
        app,
        log_level='info' if access_log else 'warning',
        access_log=access_log,
        server_header=False,
        timeout_graceful_shutdown=stop_s,
    )
    logging.getLogger('uvicorn.access').addFilter(_is_logged)
    # uvicorn repeats the signal after the stop, which would end the process with its status.
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        Server(config).run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _is_logged(record: logging.LogRecord) -> bool:
    """Whether a request is logged. Those of probes, which come every few seconds, are not."""
    arguments = record.args if isinstance(record.args, tuple) else ()
    return len(arguments) < 3 or str(arguments[2]) not in _QUIET_PATHS
