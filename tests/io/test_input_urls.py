"""iter_inputs: images at addresses, downloaded with limits."""

from __future__ import annotations

import base64
import gzip
import io
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import numpy as np
import pytest
from input_photos import error_of, make_pdf, make_tiff, names, save_photo
from PIL import Image

from pipeline.io import ImageReadError, iter_inputs, read_image
from pipeline.io.download import fetch_url


class _Server(BaseHTTPRequestHandler):
    files: ClassVar[dict[str, bytes]] = {}
    headers_of: ClassVar[dict[str, dict[str, str]]] = {}
    requests: ClassVar[list[tuple[str, str | None]]] = []

    def do_GET(self):
        token = self.headers['Authorization']
        self.requests.append((self.path, token))
        data = self.files.get(self.path)
        headers = self.headers_of.get(self.path, {})
        if 'private' in self.path and token != PRIVATE:
            self.send_response(401)
        else:
            self.send_response(302 if 'Location' in headers else 200 if data else 404)
        for header in headers.items():
            self.send_header(*header)
        self.end_headers()
        self.wfile.write(data or b'')

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def server(tmp_path):
    _Server.files = {
        '/photo%20one.png': save_photo(tmp_path / 'a.png').read_bytes(),
        '/doc.pdf?v=1': make_pdf(tmp_path / 'doc.pdf').read_bytes(),
        '/page.html': b'<html></html>',
        '/document': make_pdf(tmp_path / 'doc.pdf').read_bytes(),
        '/scan.png': make_tiff(tmp_path / 'scan.tif').read_bytes(),
        '/private.png': (tmp_path / 'a.png').read_bytes(),
    }
    _Server.headers_of = {}
    _Server.requests = []
    served = HTTPServer(('127.0.0.1', 0), _Server)
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()
    yield f'http://127.0.0.1:{served.server_port}'
    served.shutdown()
    thread.join()
    served.server_close()


def test_iter_inputs_downloads_urls(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    items = list(
        iter_inputs(
            [
                f'{server}/photo one.png',
                f'{server}/doc.pdf?v=1',
                f'{server}/gone.png',
                f'{server}/page.html',
            ]
        )
    )
    assert names(items) == ['photo one', 'doc-p001', 'doc-p002', 'gone', 'page']
    assert items[0].load().shape == (6, 8, 3)
    assert items[2].load().shape == (100, 200, 3)
    assert '404' in error_of(items[3])
    assert 'not an image' in error_of(items[4])


def test_iter_inputs_contacts_urls_when_they_are_opened(server, monkeypatch, tmp_path):
    monkeypatch.setenv('no_proxy', '*')
    local = save_photo(tmp_path / 'gone.png')
    urls = [f'{server}/gone.png', f'{server}/document', f'{server}/photo one.png']
    items = list(iter_inputs([*urls, local], contact_urls=False))
    assert names(items) == ['gone', 'document', 'photo one', 'gone-2']
    assert _Server.requests == []
    opened = [list(item.open()) for item in items]
    assert [names(some) for some in opened] == [
        ['gone'], ['document-p001', 'document-p002'], ['photo one'], ['gone-2'],
    ]  # fmt: skip
    assert '404' in error_of(opened[0][0])
    assert opened[1][0].load().shape == (100, 200, 3)
    assert opened[2][0].load().shape == opened[3][0].load().shape == (6, 8, 3)


PRIVATE = 'Basic ' + base64.b64encode(b'me:s/cr@t').decode()


def test_iter_inputs_recognizes_documents_of_urls_by_their_bytes(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    items = list(iter_inputs([f'{server}/document', f'{server}/scan.png']))
    assert names(items) == [
        'document-p001', 'document-p002', 'scan-p001', 'scan-p002', 'scan-p003',
    ]  # fmt: skip
    assert items[1].source == f'{server}/document#page=2'
    assert items[1].load().shape == (100, 200, 3)
    assert items[4].load()[0, 0].tolist() == [255, 0, 0]


def raw_deflate(data):
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize(
    'encoding, compress',
    [
        ('gzip', gzip.compress),
        ('gzip', lambda data: gzip.compress(data[:40]) + gzip.compress(data[40:])),
        ('gzip', lambda data: gzip.compress(data) + bytes(8)),
        ('gzip', bytes),  # Not compressed, although the header names gzip.
        ('identity', gzip.compress),
        ('deflate', zlib.compress),
        ('deflate', raw_deflate),
    ],
)
def test_iter_inputs_decompresses_downloads(server, monkeypatch, encoding, compress):
    monkeypatch.setenv('no_proxy', '*')
    _Server.files['/packed'] = compress(_Server.files['/photo%20one.png'])
    _Server.headers_of['/packed'] = {'Content-Encoding': encoding}
    (item,) = iter_inputs([f'{server}/packed'])
    assert item.load().shape == (6, 8, 3)


def test_fetch_url_limits_decompressed_data(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    _Server.files['/bomb'] = gzip.compress(bytes(5_000_000))
    with pytest.raises(ImageReadError, match='larger than 1 MB'):
        fetch_url(f'{server}/bomb', max_bytes=1_000_000)
    _Server.files['/bomb'] = gzip.compress(bytes(99))[:12] + b'broken data'
    with pytest.raises(ImageReadError, match='damaged compressed data'):
        fetch_url(f'{server}/bomb')
    _Server.headers_of['/bomb'] = {'Content-Encoding': 'br'}
    with pytest.raises(ImageReadError, match='unsupported Content-Encoding br'):
        fetch_url(f'{server}/bomb')


def test_iter_inputs_logs_in_without_showing_the_password(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    url = f'{server}/private.png'
    login = url.replace('//', '//me:s%2Fcr%40t@')
    good, gone, wrong, anonymous = iter_inputs(
        [login, login.replace('.png', '.gone'), login.replace('cr', 'xx'), url]
    )
    assert good.load().shape == (6, 8, 3)
    assert '404' in error_of(gone) and '401' in error_of(wrong)
    assert 'user:password@' in error_of(anonymous)
    for item in (good, gone, wrong):
        assert item.source.startswith(f'{server}/private.')
        assert 'me' not in item.source and 's%2F' not in repr(item)
    for item in (gone, wrong):
        assert error_of(item).startswith(item.source)


@pytest.mark.parametrize(
    'url',
    [
        'http://me:s/ecret@127.0.0.1:9/a.png',
        'http://me:s#ecret@127.0.0.1:9/a.png',
        'http://me:ecret@[broken/a.png',
        'http://me:ecret@127.0.0.1:port/a.png',
        'nothing://me:ecret@host/a.png',
        'ftp://me:ecret@127.0.0.1:9/a.png',
    ],
)
def test_iter_inputs_hides_passwords_of_invalid_urls(url, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    (item,) = iter_inputs([url], timeout_s=2)
    assert 'ecret' not in error_of(item) + repr(item)
    with pytest.raises(ImageReadError) as caught:
        read_image(url)
    assert 'ecret' not in str(caught.value)


def test_fetch_url_sends_the_password_only_to_its_host(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    login = server.replace('//', '//me:s%2Fcr%40t@')
    elsewhere = server.replace('127.0.0.1', 'localhost')
    _Server.headers_of = {
        '/same': {'Location': '/private.png'},
        '/other': {'Location': f'{elsewhere}/private.png'},
    }
    assert fetch_url(f'{login}/same') == _Server.files['/private.png']
    with pytest.raises(ImageReadError, match='401'):
        fetch_url(f'{login}/other')
    assert _Server.requests[-1] == ('/private.png', None)


@pytest.mark.parametrize('target', ['file:///etc/hostname', 'ftp://localhost/a', 'data:,a'])
def test_fetch_url_refuses_redirects_to_other_schemes(server, monkeypatch, target):
    monkeypatch.setenv('no_proxy', '*')
    _Server.headers_of['/away'] = {'Location': target}
    with pytest.raises(ImageReadError, match=r'redirect to \w+:, which is not http'):
        fetch_url(f'{server}/away')


def test_iter_inputs_downloads_once_within_the_limit(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    monkeypatch.setattr('pipeline.io.inputs._MAX_KEPT_BYTES', 10)
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, 'PNG')
    _Server.files['/large'] = buffer.getvalue()
    items = list(iter_inputs([f'{server}/large'] * 2))
    assert [item.load().shape for item in items] == [(200, 200, 3)] * 2
    assert len(_Server.requests) == 3


def test_iter_inputs_reads_other_schemes_through_fsspec(tmp_path):
    memory = pytest.importorskip('fsspec').filesystem('memory')
    memory.pipe('/box/photo.png', save_photo(tmp_path / 'a.png').read_bytes())
    memory.pipe('/box/scan', make_pdf(tmp_path / 'doc.pdf').read_bytes())
    urls = [f'memory://box/{name}' for name in ('photo.png', 'scan', 'gone.png')]
    items = list(iter_inputs(urls))
    assert names(items) == ['photo', 'scan-p001', 'scan-p002', 'gone']
    assert items[0].load().shape == (6, 8, 3)
    assert error_of(items[3]) == 'memory://box/gone.png: no such file'
    np.testing.assert_array_equal(read_image(urls[0]), items[0].load())


def test_iter_inputs_names_the_packages_of_other_schemes(monkeypatch):
    pytest.importorskip('fsspec')
    (item,) = iter_inputs(['nothing://box/a.png'])
    assert error_of(item) == 'nothing://box/a.png: Protocol not known: nothing'
    monkeypatch.setitem(sys.modules, 'fsspec', None)
    (item,) = iter_inputs(['s3://box/a.png'])
    assert 'pip install fsspec' in error_of(item)


def test_iter_inputs_reports_unreachable_servers(monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    (item,) = iter_inputs(['http://127.0.0.1:9/photo.png'], timeout_s=2)
    assert 'http://127.0.0.1:9/photo.png' in error_of(item)


def test_fetch_url_stops_large_downloads(server, monkeypatch):
    monkeypatch.setenv('no_proxy', '*')
    with pytest.raises(ImageReadError, match='larger than'):
        fetch_url(f'{server}/doc.pdf?v=1', max_bytes=10)
