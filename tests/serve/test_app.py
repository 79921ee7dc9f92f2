"""Keys, probes, metrics, pages and headers."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from gated_spotter import SETTINGS, GatedSpotter

from pipeline.serve.app import PAGE, create_app
from pipeline.serve.formats import FORMATS
from pipeline.serve.keys import KeyCheck, read_keys

KEY = 'correct-horse'


@pytest.fixture(scope='module')
def locked(_spotter: GatedSpotter) -> TestClient:
    with TestClient(create_app(_spotter, replace(SETTINGS, keys=('other', KEY)))) as client:
        yield client


@pytest.mark.parametrize(
    ('headers', 'status'),
    [
        ({}, 401),
        ({'X-API-Key': 'wrong'}, 401),
        ({'X-API-Key': KEY[:-1]}, 401),
        ({'Authorization': f'Basic {KEY}'}, 401),
        ({'Authorization': 'Bearer'}, 401),
        ({'X-API-Key': KEY}, 200),
        ({'Authorization': f'Bearer {KEY}'}, 200),
        ({'Authorization': f'bearer {KEY}'}, 200),
    ],
)
def test_spot_and_metrics_require_a_key(
    locked: TestClient, spotter: GatedSpotter, blank: bytes, headers: dict[str, str], status: int
) -> None:
    content = {'content': blank, 'headers': {**headers, 'Content-Type': 'image/png'}}
    answer = locked.post('/v1/spot', **content)
    assert answer.status_code == status
    assert locked.get('/metrics', headers=headers).status_code == status
    if status == 401:
        assert answer.headers['www-authenticate'] == 'Bearer'
        assert 'X-API-Key: KEY' in answer.json()['error']
        assert not spotter.batches


def test_pages_and_probes_require_no_key(locked: TestClient) -> None:
    for path in ('/', '/docs', '/openapi.json', '/healthz', '/readyz', '/v1/info'):
        assert locked.get(path).status_code == 200
    assert locked.get('/v1/info').json()['key_required'] is True


def test_key_check_compares_all_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[bytes] = []

    def compare(a: bytes, b: bytes) -> bool:
        compared.append(b)
        return a == b

    monkeypatch.setattr('hmac.compare_digest', compare)
    KeyCheck(['first', 'second']).check(None, 'first')
    assert len(set(compared)) == 2


def test_read_keys_ignores_comments(tmp_path: Path) -> None:
    path = tmp_path / 'keys.txt'
    path.write_text('# phones\nabc\n\n  def  \n', encoding='utf-8')
    assert read_keys(path) == ['abc', 'def']
    path.write_text('# none\n', encoding='utf-8')
    with pytest.raises(ValueError, match='wanted one key per line'):
        read_keys(path)


def test_metrics_count_requests_and_images(client: TestClient, blank: bytes) -> None:
    def value(name: str) -> float:
        text = client.get('/metrics').text
        found = re.search(rf'^{re.escape(name)} (\S+)$', text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    names = [
        'clipter_requests_total{status="200"}',
        'clipter_requests_total{status="415"}',
        'clipter_batch_images_sum',
    ]
    before = [value(name) for name in names]
    headers = {'Content-Type': 'image/png'}
    assert client.post('/v1/spot', content=blank, headers=headers).status_code == 200
    assert client.post('/v1/spot', content=b'none', headers=headers).status_code == 415
    assert [value(name) - old for name, old in zip(names, before)] == [1, 1, 1]
    assert value('clipter_queue_images') == 0
    assert value('process_resident_memory_bytes') > 1e7


def test_info_describes_the_server(client: TestClient) -> None:
    info = client.get('/v1/info').json()
    assert (info['min_score'], info['context'], info['max_body']) == (0.5, False, 400_000)
    assert info['formats'][0] == 'json'


def test_page_uses_settings_that_exist(client: TestClient) -> None:
    used = re.findall(r'\binfo\.(\w+)', (PAGE / 'page.js').read_text('utf-8'))
    assert 'min_score' in used
    assert set(used) <= set(client.get('/v1/info').json())


def test_openapi_describes_options_and_refusals(client: TestClient) -> None:
    spot = client.get('/openapi.json').json()['paths']['/v1/spot']['post']
    assert {'min_score', 'words', 'context', 'format'} <= {p['name'] for p in spot['parameters']}
    assert {'200', '401', '413', '415', '422', '503'} <= set(spot['responses'])
    assert 'multipart/form-data' in spot['requestBody']['content']


def test_openapi_describes_every_field_of_the_json(client: TestClient, sign: bytes) -> None:
    spot = client.get('/openapi.json').json()['paths']['/v1/spot']['post']
    record = spot['responses']['200']['content']['application/json']['schema']['oneOf'][0]
    files = {'image': ('a.png', sign)}
    found = client.post('/v1/spot', files=files, data={'images': 'on'}).json()
    assert set(record['properties']) == set(found)
    word = record['properties']['words']['items']
    assert set(word['properties']) == set(found['words'][0])


def test_pages_load_nothing_from_other_hosts(client: TestClient) -> None:
    for path in ('/', '/docs'):
        answer = client.get(path)
        assert "default-src 'none'" in answer.headers['content-security-policy']
        found = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert found
        for target in found:
            assert target.startswith('/') and not target.startswith('//')
            assert client.get(target).status_code == 200, target
    for file in PAGE.iterdir():
        addresses = re.findall(r'https?://[^\s"\'`]+', file.read_text(encoding='utf-8'))
        assert set(addresses) <= {'http://www.w3.org/2000/svg'}


def test_serve_extra_contains_the_packages_of_all_formats() -> None:
    text = (Path(__file__).parents[2] / 'pyproject.toml').read_text(encoding='utf-8')

    def packages(extra: str) -> set[str]:
        (found,) = re.findall(rf'^{extra} = \[(.+?)\n?\]$', text, re.M | re.S)
        return set(re.findall('"(.*?)"', found))

    assert 'pdf' in FORMATS and {'reportlab>=4'} == packages('pdf') <= packages('serve')


def test_setup_packs_the_page() -> None:
    setup = (Path(__file__).parents[2] / 'setup.py').read_text(encoding='utf-8')
    assert "'serve/page/*'" in setup
