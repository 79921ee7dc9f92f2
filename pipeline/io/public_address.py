"""Connections to public internet addresses only, for URLs that clients choose."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import urllib.error
import urllib.request
from typing import Any

REFUSAL = 'addresses of private networks are not read'


def is_public(address: str) -> bool:
    """Whether an IP address is a public unicast address.

    Private, loopback, link-local, shared, reserved and multicast addresses are not, nor are IPv6
    addresses that contain an IPv4 address.
    """
    ip = ipaddress.ip_address(address.partition('%')[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip.sixtofour or ip.teredo or ip.ipv4_mapped):
        return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def public_handlers() -> list[urllib.request.BaseHandler]:
    """Handlers of ``urllib`` that connect to public addresses only, also after redirects.

    The address that was checked is the one that is connected to, so that a name server cannot
    change it in between. Proxies of the environment are not used.
    """
    return [urllib.request.ProxyHandler({}), _Http(), _Https()]


def _connect(address: tuple[str, int], timeout: Any = None, source_address: Any = None) -> Any:
    """As ``socket.create_connection``, after a check of all addresses of the host."""
    host, port = address
    found = [info[4][0] for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    if not found or not all(is_public(str(ip)) for ip in found):
        raise urllib.error.URLError(REFUSAL)
    error: OSError | None = None
    for ip in found:
        try:
            return socket.create_connection((str(ip), port), timeout, source_address)
        except OSError as failed:
            error = failed
    assert error is not None
    raise error


class _HttpConnection(http.client.HTTPConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._create_connection = _connect


class _HttpsConnection(http.client.HTTPSConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._create_connection = _connect


class _Http(urllib.request.HTTPHandler):
    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpConnection, req)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_HttpsConnection, req)
