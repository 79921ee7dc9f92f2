"""PDF and TIFF files in requests: one record per page, bounds and passwords."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gated_spotter import SETTINGS, GatedSpotter
from PIL import Image
from small_documents import encrypted_pdf, text_pdf

from pipeline.cli.infer import main as infer
from pipeline.serve.errors import RequestError
from pipeline.serve.files import check_total, list_images


def tiff(*sizes: tuple[int, int], pages: list[Image.Image] | None = None) -> bytes:
    pages = [*(pages or []), *(Image.new('RGB', size, 'white') for size in sizes)]
    buffer = io.BytesIO()
    options = {'save_all': True, 'append_images': pages[1:], 'compression': 'tiff_deflate'}
    pages[0].save(buffer, 'TIFF', **options)
    return buffer.getvalue()


def post(client: TestClient, name: str, data: bytes, **fields: str) -> Any:
    return client.post('/v1/spot', files=[('image', (name, data))], data=fields)


def test_spot_reads_every_page_as_infer(client: TestClient, sign: bytes, tmp_path: Path) -> None:
    files = {
        'scan.pdf': text_pdf(['ROSA', 'BAKERY']),
        'one.pdf': text_pdf(['OPEN']),
        'scan.tif': tiff((64, 32), pages=[Image.open(io.BytesIO(sign))]),
        'one.tif': tiff((64, 32)),
    }
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    paths = [str(tmp_path / name) for name in files]
    options = ['--format', 'jsonl', '--no-draw', '--quiet', '--workers', '1']
    assert infer([*paths, '--out', str(tmp_path / 'out'), *options]) == 0
    (written,) = (tmp_path / 'out').glob('*.jsonl')
    expected = [json.loads(line) for line in written.read_text('utf-8').splitlines()]
    found = []
    for name, data in files.items():
        answer = post(client, name, data).json()
        assert isinstance(answer, list) is name.startswith('scan')
        found += answer if isinstance(answer, list) else [answer]
    for record in expected:
        record['image'] = record['image'].removeprefix(f'{tmp_path}/')
    assert [{**record, 'seconds': 0} for record in found] == [
        {**record, 'seconds': 0} for record in expected
    ]
    assert [(record['image'], [word['text'] for word in record['words']]) for record in found] == [
        ('scan.pdf#page=1', ['ROSA']),
        ('scan.pdf#page=2', ['BAKERY']),
        ('one.pdf#page=1', ['OPEN']),
        ('scan.tif#page=1', ['ROSA', 'BAKERY']),
        ('scan.tif#page=2', []),
        ('one.tif', []),
    ]


def test_spot_takes_a_pdf_as_the_body(client: TestClient) -> None:
    headers = {'Content-Type': 'application/pdf', 'Accept': 'text/csv'}
    content = text_pdf(['ROSA', 'OPEN'])
    answer = client.post('/v1/spot', params={'name': 'a.pdf'}, content=content, headers=headers)
    rows = [line.split(',') for line in answer.text.splitlines()]
    assert [(row[0], row[3]) for row in rows[1:]] == [
        ('a.pdf#page=1', 'ROSA'), ('a.pdf#page=2', 'OPEN'),
    ]  # fmt: skip


def test_spot_returns_the_images_of_pages(client: TestClient) -> None:
    records = post(client, 'scan.pdf', text_pdf(['ROSA', '']), images='on').json()
    for record in records:
        kind, _, data = record['image_data'].partition(',')
        assert kind == 'data:image/jpeg;base64'
        assert Image.open(io.BytesIO(base64.b64decode(data))).size == (200, 100)
    wrong = post(client, 'scan.pdf', text_pdf(['']), images='yes')
    assert (wrong.status_code, wrong.json()['error']) == (
        422, "images: wanted on or off, got 'yes'.",
    )  # fmt: skip


def test_spot_opens_encrypted_pdfs(client: TestClient) -> None:
    data = encrypted_pdf('secret')
    assert len(post(client, 'a.pdf', data, password='secret').json()) == 2
    for fields, reason in (({}, 'requires a password'), ({'password': 'x'}, 'wrong password')):
        answer = post(client, 'a.pdf', data, **fields)
        assert answer.status_code == 422
        assert answer.json()['error'] == (
            f'a.pdf: cannot read the PDF: {reason}; send the form field password.'
        )
    headers = {'Content-Type': 'application/octet-stream'}
    answer = client.post('/v1/spot', params={'password': 'x'}, content=data, headers=headers)
    assert answer.status_code == 422
    assert 'wanted a form field' in answer.json()['error']


@pytest.mark.parametrize(
    ('data', 'message'),
    [
        (text_pdf([''] * 33), 'a: has more pages than the limit of 32; send its pages in'),
        (tiff(*[(2, 2)] * 33), 'a: has more pages than the limit of 32'),
        (tiff((8, 8), (1000, 501)), 'a#page=2: 1000 x 501 pixels are more than the limit of 0.5'),
        (text_pdf([''] * 7), 'at most 6 images in one request, got 7'),
    ],
)
def test_spot_refuses_large_documents(
    client: TestClient, spotter: GatedSpotter, data: bytes, message: str
) -> None:
    answer = post(client, 'a', data)
    assert answer.status_code == 413
    assert message in answer.json()['error']
    assert not spotter.batches


def test_spot_bounds_the_pixels_of_a_request(client: TestClient) -> None:
    pages, _ = list_images(tiff((1000, 400), (1000, 400)), 'a.tif', None, SETTINGS)
    check_total(pages, 800_000)
    with pytest.raises(RequestError, match=r'at most 0.799999 million .* 0.8 million in 2 images'):
        check_total(pages, 799_999)


def test_batches_have_the_pixels_of_one_image(client: TestClient, spotter: GatedSpotter) -> None:
    assert len(post(client, 'a.tif', tiff(*[(1000, 300)] * 3)).json()) == 3
    assert [size for _, size in spotter.batches] == [1, 1, 1]


def test_spot_warns_of_missing_pages(client: TestClient) -> None:
    answer = post(client, 'cut.tif', tiff((8, 6), (8, 6), (8, 6))[:-150])
    assert len(answer.json()) == 2
    assert 'cut.tif: damaged TIFF, only 2 pages are found' in (
        answer.headers['x-image-warning'].replace('%20', ' ')
    )
