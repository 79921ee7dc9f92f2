"""Downloads from public addresses only, for URLs that clients choose."""

from __future__ import annotations

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.io import ImageReadError
from pipeline.io.download import fetch_url
from pipeline.io.public_address import is_public


class _Server(http.server.BaseHTTPRequestHandler):
    target = ''
    hosts: list[str]

    def do_GET(self) -> None:
        self.hosts.append(self.headers['Host'])
        if self.path == '/away':
            self.send_response(302)
            self.send_header('Location', self.target)
            self.end_headers()
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'content')

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    _Server.hosts = []
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), _Server) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    'address',
    [
        '127.0.0.1', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1',
        '0.0.0.0', '224.0.0.1', '240.0.0.1', '255.255.255.255', '192.0.2.1', '::1', '::',
        'fe80::1%eth0', 'fc00::1', 'fd12::1', 'ff02::1', '::ffff:127.0.0.1', '::ffff:10.0.0.1',
        '2002:7f00:1::', '64:ff9b::7f00:1', '2001:db8::1',
    ],
)  # fmt: skip
def test_is_public_refuses_other_networks(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize('address', ['8.8.8.8', '1.1.1.1', '2606:4700:4700::1111'])
def test_is_public_accepts_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost', '2130706433', '0x7f.1', '[::1]'])
def test_fetch_url_refuses_private_addresses(port: int, host: str) -> None:
    with pytest.raises(ImageReadError, match='private networks'):
        fetch_url(f'http://{host}:{port}/a.png', public_only=True)
    assert not _Server.hosts


@pytest.mark.parametrize('url', ['file:///etc/passwd', 's3://bucket/a.png', 'ftp://host/a.png'])
def test_fetch_url_refuses_other_schemes(url: str) -> None:
    with pytest.raises(ImageReadError, match='only http and https'):
        fetch_url(url, public_only=True)


def test_fetch_url_connects_to_the_address_it_checked(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is public at the first look-up and private at the second one."""
    answers = [['8.8.8.8'], ['127.0.0.1']]
    connected = []

    def look_up(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(2, 1, 6, '', (ip, port)) for ip in answers.pop(0)]

    def connect(address: tuple[str, int], *_: Any) -> socket.socket:
        connected.append(address[0])
        raise OSError('no route')

    monkeypatch.setattr('socket.getaddrinfo', look_up)
    monkeypatch.setattr('socket.create_connection', connect)
    with pytest.raises(ImageReadError, match='no route'):
        fetch_url('http://rebind.example/a.png', public_only=True)
    assert connected == ['8.8.8.8']


def test_fetch_url_refuses_a_name_with_a_private_address(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, '', (ip, 80)) for ip in ('8.8.8.8', '10.0.0.1')]
    monkeypatch.setattr('socket.getaddrinfo', lambda *_, **__: found)
    with pytest.raises(ImageReadError, match='private networks'):
        fetch_url('http://mixed.example/a.png', public_only=True)


def test_fetch_url_checks_redirects(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first server counts as public, the target of its redirect does not."""
    monkeypatch.setattr('pipeline.io.public_address.is_public', lambda ip: ip == '127.0.0.1')
    assert fetch_url(f'http://127.0.0.1:{port}/a.png', public_only=True) == b'content'
    _Server.target = f'http://127.0.0.2:{port}/a.png'
    with pytest.raises(ImageReadError, match='private networks'):
        fetch_url(f'http://127.0.0.1:{port}/away', public_only=True)
    assert _Server.hosts == [f'127.0.0.1:{port}'] * 2


def test_fetch_url_ignores_proxies_of_the_environment(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('http_proxy', f'http://127.0.0.1:{port}')
    with pytest.raises(ImageReadError, match='private networks'):
        fetch_url('http://10.0.0.1/a.png', public_only=True)
    assert not _Server.hosts
