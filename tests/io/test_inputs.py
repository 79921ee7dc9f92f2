from __future__ import annotations

import base64
import gzip
import io
import subprocess
import sys
import threading
import zlib
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
from PIL import Image
from small_documents import encrypted_pdf, text_pdf

from pipeline.io import ImageReadError, ImageReadWarning, iter_inputs, read_image
from pipeline.io.download import fetch_url


def save_photo(path, color=(10, 20, 30), **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (8, 6), color).save(path, **options)
    return path


def names(items):
    return [item.name for item in items]


def error_of(item):
    with pytest.raises(ImageReadError) as caught:
        item.load()
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_iter_inputs_keeps_the_order_of_files(tmp_path):
    paths = [save_photo(tmp_path / name) for name in ('b.png', 'a.jpg')]
    items = list(iter_inputs(paths))
    assert names(items) == ['b', 'a']
    assert [item.source for item in items] == [str(path) for path in paths]
    assert items[0].load()[0, 0].tolist() == [30, 20, 10]


def test_iter_inputs_is_lazy(tmp_path):
    path = save_photo(tmp_path / 'later.png', color=(1, 1, 1))
    (item,) = iter_inputs([path])
    save_photo(path, color=(9, 9, 9))
    assert item.load()[0, 0].tolist() == [9, 9, 9]


def test_iter_inputs_lists_images_of_folders_in_natural_order(tmp_path):
    for name in ('img_10.png', 'img_2.png', 'sub/img_1.JPG', '.hidden/x.png', '._img_2.png'):
        save_photo(tmp_path / name, format='PNG')
    (tmp_path / 'notes.txt').write_text('no photo')
    assert names(iter_inputs([tmp_path])) == ['img_2', 'img_10', 'img_1']
    assert names(iter_inputs([tmp_path], recursive=False)) == ['img_2', 'img_10']
    assert names(iter_inputs([tmp_path], exclude=[tmp_path / 'sub'])) == ['img_2', 'img_10']


def test_iter_inputs_globs_match_files_and_folders(tmp_path):
    for name in ('a1.png', 'a2.png', 'b.png', 'deep/er/c.png'):
        save_photo(tmp_path / name)
    assert names(iter_inputs([f'{tmp_path}/a*.png'])) == ['a1', 'a2']
    assert names(iter_inputs([f'{tmp_path}/**/*.png'])) == ['a1', 'a2', 'b', 'c']
    assert names(iter_inputs([f'{tmp_path}/d*'])) == ['c']


def test_iter_inputs_accepts_file_names_with_brackets(tmp_path):
    path = save_photo(tmp_path / 'photo [1].png')
    (item,) = iter_inputs([path])
    assert item.load().shape == (6, 8, 3)


def test_iter_inputs_names_are_unique_and_deterministic(tmp_path):
    paths = [save_photo(tmp_path / name) for name in ('a.png', 'x/a.jpg', 'y/A.bmp', 'a-2.png')]
    assert names(iter_inputs(paths)) == ['a', 'a-2', 'A-3', 'a-2-2']
    assert names(iter_inputs(paths)) == ['a', 'a-2', 'A-3', 'a-2-2']


def test_iter_inputs_bad_inputs_raise_on_load_only(tmp_path):
    (tmp_path / 'nothing').mkdir()
    (tmp_path / 'empty.jpg').touch()
    good = save_photo(tmp_path / 'good.png')
    given = [
        tmp_path / 'missing.jpg',
        tmp_path / 'nothing',
        f'{tmp_path}/*.webp',
        tmp_path / 'empty.jpg',
        'http://[broken/a.jpg',
        good,
    ]
    items = list(iter_inputs(given))
    assert len(set(names(items))) == 6
    messages = [error_of(item) for item in items[:5]]
    for message, reason in zip(
        messages,
        ['no such file', 'no images in this folder', 'nothing matches', 'empty', 'IPv6'],
        strict=True,
    ):
        assert reason in message
    assert items[5].load().shape == (6, 8, 3)


def test_safe_name_removes_forbidden_characters(tmp_path):
    photo = save_photo(tmp_path / ('ä' * 100 + '.png'))
    (item,) = iter_inputs([photo])
    assert 0 < len(item.name.encode('utf-8')) <= 180
    (item,) = iter_inputs(['http://localhost:1/..%2F..%2Fetc%2Fpass:wd.png'])
    assert item.name == 'pass_wd'


def make_pdf(path, colors=('red', 'blue')):
    pages = [Image.new('RGB', (72, 36), color) for color in colors]
    pages[0].save(path, save_all=True, append_images=pages[1:], resolution=72)
    return path


def test_iter_inputs_renders_pdf_pages_at_200_dpi(tmp_path):
    items = list(iter_inputs([make_pdf(tmp_path / 'doc.pdf')]))
    assert names(items) == ['doc-p001', 'doc-p002']
    assert [item.source.rpartition('#')[2] for item in items] == ['page=1', 'page=2']
    first, second = (item.load() for item in items)
    assert first.shape == (100, 200, 3)  # An inch wide, half an inch high.
    np.testing.assert_allclose(first[50, 100], [0, 0, 255], atol=3)
    np.testing.assert_allclose(second[50, 100], [255, 0, 0], atol=3)


def test_pdf_pages_are_rendered_in_several_threads(tmp_path):
    path = tmp_path / 'doc.pdf'
    path.write_bytes(text_pdf(['ROSA', 'BAKERY', 'OPEN', 'DAILY']))
    # A process of its own, because PDFium ends it if its functions run at the same time.
    program = (
        'import sys\n'
        'from concurrent.futures import ThreadPoolExecutor\n'
        'from pipeline.io import iter_inputs\n'
        'items = list(iter_inputs(sys.argv[1:]))\n'
        'with ThreadPoolExecutor(8) as pool:\n'
        '    found = list(pool.map(lambda item: item.load().tobytes(), items * 40))\n'
        'print(len(set(found)), found == found[:4] * 40)\n'
    )
    command = [sys.executable, '-c', program, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, '4 True\n')


def test_iter_inputs_pdf_page_names_are_unique(tmp_path):
    (tmp_path / 'sub').mkdir()
    paths = [make_pdf(tmp_path / 'doc.pdf'), make_pdf(tmp_path / 'sub' / 'doc.pdf')]
    assert names(iter_inputs(paths)) == ['doc-p001', 'doc-p002', 'doc-2-p001', 'doc-2-p002']


def test_iter_inputs_opens_encrypted_pdfs(tmp_path):
    path = tmp_path / 'doc.pdf'
    path.write_bytes(encrypted_pdf('secret'))
    items = list(iter_inputs([path, make_pdf(tmp_path / 'open.pdf')], password='secret'))
    assert names(items) == ['doc-p001', 'doc-p002', 'open-p001', 'open-p002']
    assert [item.load().shape for item in items] == [(100, 200, 3)] * 4
    (item,) = iter_inputs([path])
    assert error_of(item).endswith('cannot read the PDF: requires a password (--password)')
    (item,) = iter_inputs([path], password='guess')
    assert error_of(item).endswith('cannot read the PDF: wrong password')


COLORS = ('red', 'lime', 'blue')


def make_tiff(path, colors=COLORS, sizes=((8, 6),) * 3, **options):
    pages = [Image.new('RGB', size, color) for size, color in zip(sizes, colors)]
    pages[0].save(path, format='TIFF', save_all=True, append_images=pages[1:], **options)
    return path


def test_iter_inputs_reads_tiff_pages(tmp_path):
    path = make_tiff(tmp_path / 'scan.tif', sizes=((8, 6), (5, 4), (7, 9)))
    items = list(iter_inputs([path]))
    assert names(items) == ['scan-p001', 'scan-p002', 'scan-p003']
    assert [item.source for item in items] == [f'{path}#page={n}' for n in (1, 2, 3)]
    pages = [item.load() for item in items]
    assert [page.shape[:2] for page in pages] == [(6, 8), (4, 5), (9, 7)]
    assert [page[0, 0].tolist() for page in pages] == [[0, 0, 255], [0, 255, 0], [255, 0, 0]]
    assert '#page=2: 5 x 4 pixels' in error_of(list(iter_inputs([path], max_pixels=10))[1])


def test_iter_inputs_finds_tiff_pages_by_their_bytes(tmp_path, monkeypatch):
    path = make_tiff(tmp_path / 'scan.dat', colors=COLORS[:2])
    assert names(iter_inputs([path])) == ['scan-p001', 'scan-p002']
    monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    items = list(iter_inputs(['-']))
    assert names(items) == ['stdin-p001', 'stdin-p002']
    assert items[1].load()[0, 0].tolist() == [0, 255, 0]


def test_iter_inputs_leaves_out_tiff_thumbnails(tmp_path):
    frames = [Image.new('RGB', (8, 6), color) for color in COLORS]
    for frame, kind in zip(frames, (1, 0, 4)):  # Thumbnail, page, mask.
        frame.encoderinfo = {'tiffinfo': {254: kind}}
    path = tmp_path / 'photo.tif'
    frames[0].save(path, save_all=True, append_images=frames[1:], tiffinfo={254: 1})
    (item,) = iter_inputs([path])
    assert (item.name, item.source) == ('photo', str(path))
    assert item.load()[0, 0].tolist() == [0, 255, 0]


def test_iter_inputs_reads_tiff_pages_before_damage(tmp_path):
    path = make_tiff(tmp_path / 'cut.tif')
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.warns(ImageReadWarning, match='cut.tif: damaged TIFF, only 2 pages'):
        items = list(iter_inputs([path]))
    assert names(items) == ['cut-p001', 'cut-p002']
    assert items[1].load()[0, 0].tolist() == [0, 255, 0]
    (item,) = iter_inputs([path], strict=True)
    assert 'damaged TIFF' in error_of(item)


def test_iter_inputs_reports_damaged_pdfs_and_huge_pages(tmp_path):
    broken = tmp_path / 'broken.pdf'
    broken.write_bytes(b'%PDF-1.4 and nothing more')
    (item,) = iter_inputs([broken])
    assert 'cannot read the PDF' in error_of(item)
    items = list(iter_inputs([make_pdf(tmp_path / 'doc.pdf')], max_pixels=1000))
    assert 'limit' in error_of(items[1])


def test_iter_inputs_reads_standard_input(tmp_path, monkeypatch):
    for path, wanted in [
        (save_photo(tmp_path / 'a.png'), ['stdin']),
        (make_pdf(tmp_path / 'doc.pdf'), ['stdin-p001', 'stdin-p002']),
    ]:
        monkeypatch.setattr(sys, 'stdin', SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
        items = list(iter_inputs(['-']))
        assert names(items) == wanted
        assert items[0].load().ndim == 3


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
