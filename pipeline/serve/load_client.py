"""HTTP requests of the load test over plain sockets, so that broken ones can be sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

_TIMEOUT_S = 300.0


class Answer(NamedTuple):
    """Status, headers (lower-case names) and body of an answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


async def request(
    port: int,
    method: str,
    path: str,
    body: bytes = b'',
    kind: str = 'application/octet-stream',
    cut_after: int | None = None,
) -> Answer | None:
    """Send one request to 127.0.0.1 on a connection of its own.

    Args:
        port: Port of the server.
        method: HTTP method.
        path: Path with query.
        body: Body.
        kind: Its media type.
        cut_after: Number of bytes of the body after which the connection is closed.

    Returns:
        The answer, or None if the connection was cut.

    Raises:
        OSError: If there is no complete answer.
        TimeoutError: If there is no answer after five minutes.
    """
    return await asyncio.wait_for(_send(port, method, path, body, kind, cut_after), _TIMEOUT_S)


async def _send(
    port: int, method: str, path: str, body: bytes, kind: str, cut_after: int | None
) -> Answer | None:
    reader, writer = await asyncio.open_connection('127.0.0.1', port)
    try:
        head = (
            f'{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n'
            f'Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n'
        )
        writer.write(head.encode() + body[:cut_after])
        await writer.drain()
        if cut_after is not None:
            return None
        return await _receive(reader)
    except asyncio.IncompleteReadError as error:
        raise ConnectionError('the answer is incomplete') from error
    finally:
        writer.close()


async def _receive(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
    first, *lines = head.strip().split('\r\n')
    headers = {}
    for line in lines:
        name, _, value = line.partition(':')
        headers[name.strip().lower()] = value.strip()
    if 'content-length' in headers:
        body = await reader.readexactly(int(headers['content-length']))
    else:
        body = await reader.read()
    return Answer(int(first.split()[1]), headers, body)
