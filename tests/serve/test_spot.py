"""Requests to /v1/spot: images in, words out, and refusals."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from gated_spotter import GatedSpotter
from small_documents import text_pdf

from pipeline.cli.infer import main as infer

ROOT = str(Path(__file__).parents[2])
PNG = {'Content-Type': 'image/png'}


def huge_png() -> bytes:
    """The header of a PNG of 100,000 x 100,000 pixels, and no pixels."""
    header = b'IHDR' + struct.pack('>IIBBBBB', 100_000, 100_000, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n\0\0\0\x0d' + header + struct.pack('>I', zlib.crc32(header))


def post(client: TestClient, *images: tuple[str, bytes], **fields: Any) -> Any:
    return client.post('/v1/spot', files=[('image', image) for image in images], data=fields)


def without_time(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != 'seconds'}


def test_spot_returns_the_json_of_infer(client: TestClient, sign: bytes, tmp_path: Path) -> None:
    (tmp_path / 'sign.png').write_bytes(sign)
    photo = tmp_path / 'sign.png'
    assert infer([str(photo), '--out', str(tmp_path / 'out'), '--no-draw', '--quiet']) == 0
    expected = json.loads((tmp_path / 'out' / 'sign.json').read_text('utf-8'))
    answer = post(client, ('sign.png', sign))
    assert answer.status_code == 200
    assert answer.headers['content-type'] == 'application/json'
    record = answer.json()
    assert list(record) == list(expected)
    assert without_time(record) == {**without_time(expected), 'image': 'sign.png'}
    assert [word['text'] for word in record['words']] == ['ROSA', 'BAKERY']


def test_spot_takes_raw_bodies(client: TestClient, blank: bytes) -> None:
    for kind in ('image/png', 'application/octet-stream'):
        answer = client.post('/v1/spot', content=blank, headers={'Content-Type': kind})
        assert answer.json()['image'] == 'image'
    answer = client.post('/v1/spot', params={'name': 'a.png'}, content=blank, headers=PNG)
    assert (answer.json()['image'], answer.json()['words']) == ('a.png', [])


def test_spot_returns_a_list_for_several_images(
    client: TestClient, sign: bytes, blank: bytes
) -> None:
    records = post(client, ('a.png', blank), ('b.png', sign), ('c.png', blank)).json()
    assert [record['image'] for record in records] == ['a.png', 'b.png', 'c.png']
    assert [len(record['words']) for record in records] == [0, 2, 0]


def test_spot_applies_options_to_their_request_only(client: TestClient, sign: bytes) -> None:
    assert post(client, ('a.png', sign), min_score='0.99').json()['words'] == []
    answer = client.post('/v1/spot', params={'words': 'none'}, content=sign, headers=PNG)
    assert len(answer.json()['words']) == 2
    assert len(post(client, ('a.png', sign)).json()['words']) == 2


def test_spot_applies_charset_and_orientation(client: TestClient, sign: bytes) -> None:
    def read(**fields: str) -> tuple[int, list[str]]:
        record = post(client, ('a.png', sign), **fields).json()
        return record['orientation'], [word['text'] for word in record['words']]

    assert read(orientation='0') == (0, ['ROSA', 'BAKERY'])
    letters = read(charset='ABERKY', min_score='0.1')[1]
    assert letters and set(''.join(letters)) <= set('ABERKY')
    assert read(orientation='180', min_score='0.1')[0] == 180
    assert read() == (0, ['ROSA', 'BAKERY'])


def test_spot_takes_a_word_list_as_a_file(client: TestClient, spotter: Any, blank: bytes) -> None:
    default = spotter.language_model
    files = [('image', ('a.png', blank)), ('words', ('list.txt', b'ROSA 8\nBAKERY\n'))]
    assert client.post('/v1/spot', files=files).status_code == 200
    assert spotter.language_model.words == {'ROSA': 8.0, 'BAKERY': 1.0}
    assert post(client, ('a.png', blank)).status_code == 200
    assert spotter.language_model is default


def test_spot_formats_follow_format_and_accept(client: TestClient, sign: bytes) -> None:
    lines = post(client, ('a.png', sign), ('b.png', sign), format='jsonl').text.splitlines()
    assert [json.loads(line)['image'] for line in lines] == ['a.png', 'b.png']
    answer = client.post('/v1/spot', content=sign, headers={**PNG, 'Accept': 'text/csv'})
    assert answer.headers['content-type'].startswith('text/csv')
    assert [line.split(',')[3] for line in answer.text.splitlines()] == ['text', 'ROSA', 'BAKERY']
    headers = {**PNG, 'Accept': 'text/csv;q=0.5, application/json'}
    assert client.post('/v1/spot', content=sign, headers=headers).json()['words']


@pytest.mark.parametrize(
    ('name', 'accept', 'start'),
    [
        ('txt', 'text/plain', b'ROSA BAKERY\n'),
        ('hocr', 'text/vnd.hocr+html', b'<'),
        ('alto', 'application/alto+xml', b'<'),
        ('page', 'application/vnd.prima.page+xml', b'<'),
        ('pdf', 'application/pdf', b'%PDF-'),
    ],
)
def test_spot_returns_documents(
    client: TestClient, sign: bytes, name: str, accept: str, start: bytes
) -> None:
    answer = client.post('/v1/spot', content=sign, headers={**PNG, 'Accept': accept})
    assert answer.headers['content-type'].partition(';')[0] == accept
    assert answer.content.startswith(start)
    assert name == 'pdf' or b'BAKERY' in answer.content
    named = post(client, ('a.png', sign), format=name)
    assert named.headers['content-type'] == answer.headers['content-type']
    several = post(client, ('a.png', sign), ('b.png', sign), format=name)
    assert several.status_code == 200


def test_spot_separates_the_texts_of_images(client: TestClient, sign: bytes, blank: bytes) -> None:
    answer = post(client, ('a.png', sign), ('b.png', blank), ('c.png', sign), format='txt')
    assert answer.headers['content-type'].startswith('text/plain')
    assert answer.text.split('\f') == ['ROSA BAKERY\n', '', 'ROSA BAKERY\n']


def test_spot_returns_several_page_documents_as_an_archive(
    client: TestClient, sign: bytes, blank: bytes
) -> None:
    pages = [('a.png', sign), ('a.jpg', blank), ('scan.pdf', text_pdf(['OPEN', 'CAFE']))]
    answer = post(client, *pages, format='page')
    assert answer.headers['content-type'] == 'application/zip'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert list(texts) == [
        'a.page.xml', 'a-2.page.xml', 'scan-p001.page.xml', 'scan-p002.page.xml',
    ]  # fmt: skip
    found = [[word for word in ('BAKERY', 'OPEN', 'CAFE') if word in t] for t in texts.values()]
    assert found == [['BAKERY'], [], ['OPEN'], ['CAFE']]
    assert 'imageFilename="scan.pdf#page=2"' in texts['scan-p002.page.xml']


def test_spot_names_the_unread_part_of_a_damaged_image(client: TestClient, sign: bytes) -> None:
    answer = post(client, ('cut.png', sign[: len(sign) * 3 // 4]))
    assert answer.status_code == 200
    assert answer.headers['x-image-warning'].startswith('cut.png: damaged image')
    assert 'x-image-warning' not in post(client, ('whole.png', sign)).headers


@pytest.mark.parametrize(
    ('status', 'content', 'kind', 'message'),
    [
        (413, b'0' * 400_001, 'image/png', 'at most 0.4 MB'),
        (413, huge_png(), 'image/png', '100000 x 100000 pixels'),
        (415, b'no image at all', 'image/png', 'send a JPEG'),
        (415, b'', 'image/png', 'the file is empty'),
        (415, b'%PDF-1.7', 'image/png', 'cannot read the PDF'),
        (415, b'{}', 'application/json', 'got application/json'),
        (
            415,
            b'\xff\xd8\xff\xe0\x00',
            'application/x-www-form-urlencoded',
            'curl -F image=@photo.jpg',
        ),
        (422, b'--x\r\nbroken', 'multipart/form-data; boundary=x', 'malformed'),
        (422, b'', 'multipart/form-data', 'malformed'),
        (422, b'--x--\r\n', 'multipart/form-data; boundary=x', 'at least one image'),
    ],
)
def test_spot_refuses_bodies(
    client: TestClient, status: int, content: bytes, kind: str, message: str
) -> None:
    answer = client.post('/v1/spot', content=content, headers={'Content-Type': kind})
    assert answer.status_code == status
    assert message in answer.json()['error']


def test_spot_refuses_large_bodies_of_unknown_length(client: TestClient) -> None:
    chunks = (b'0' * 50_000 for _ in range(9))
    answer = client.post('/v1/spot', content=chunks, headers=PNG)
    assert answer.status_code == 413


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'min_score': '2'}, "min_score: wanted a number from 0 to 1, got '2'"),
        ({'min_score': 'nan'}, 'wanted a number from 0 to 1'),
        ({'minscore': '0.5'}, 'did you mean min_score?'),
        ({'fromat': 'csv'}, 'did you mean format?'),
        ({'words': 'Straße 2 3 4'}, 'wanted a word and an optional weight'),
        ({'image': ''}, 'image is not a file: send it as curl -F image=@photo.jpg does'),
        ({'depth': '1'}, 'orientation, format, images, name, password, url'),
        ({'context': 'on'}, 'has no scene context'),
        ({'context': 'yes'}, 'wanted on or off'),
        ({'words': 'one two three'}, 'wanted a word and an optional weight'),
        ({'words': '123'}, 'letter'),
        ({'charset': '/(a+)+b/'}, 'got a regular expression'),
        ({'charset': '\u20ff'}, 'cannot read'),
        ({'charset': 'digit'}, 'charset: wanted a charset of digits, letters, alphanumeric'),
        ({'orientation': '45'}, 'wanted one of auto, 0, 90, 180, 270'),
        ({'format': 'docx'}, 'wanted one of json'),
        ({'url': 'http://127.0.0.1/a.png'}, 'does not read addresses'),
    ],
)
def test_spot_refuses_options(
    client: TestClient, blank: bytes, options: dict[str, str], message: str
) -> None:
    for answer in (
        post(client, ('a.png', blank), **options),
        client.post('/v1/spot', params=options, content=blank, headers=PNG),
    ):
        assert answer.status_code == 422
        assert message in answer.json()['error']


def test_answers_contain_no_path_of_the_server(
    client: TestClient, spotter: GatedSpotter, blank: bytes
) -> None:
    answers = [
        post(client, ('../../etc/passwd.png', blank)),
        post(client, ('C:\\photos\\a.png', blank)),
        post(client, ('/etc/passwd', b'none')),
        post(client, ('a.png', blank), words='/etc/passwd'),
        client.get('/assets/../app.py'),
        client.get('/assets/%2e%2e/app.py'),
        client.get('/nothing'),
        client.get('/v1/spot'),
    ]
    spotter.failing = 1
    answers.append(post(client, ('a.png', blank)))
    assert [answer.status_code for answer in answers] == [
        200,
        200,
        415,
        200,
        404,
        404,
        404,
        405,
        500,
    ]
    assert [answer.json()['image'] for answer in answers[:2]] == ['passwd.png', 'a.png']
    for answer in answers[2:]:
        for part in (ROOT, '/srv', '/etc/passwd', 'root:', 'Traceback', 'pipeline'):
            assert part not in answer.text
