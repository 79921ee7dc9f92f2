from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.io import iter_inputs
from pipeline.io.listing import expand_url, list_files

fsspec = pytest.importorskip('fsspec')


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ('10.jpg', '9.JPG', 'notes.txt', '.hidden.png', 'sub/1.png', 'out/2.png'):
        path = tmp_path / 'photos' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / 'photos'


@pytest.fixture
def bucket() -> str:
    files = fsspec.filesystem('memory')
    for name in ('10.jpg', '9.jpg', 'notes.txt', 'sub/1.png'):
        files.pipe_file(f'/bucket/{name}', b'x')
    yield 'memory://bucket'
    files.rm('/bucket', recursive=True)


def test_list_files_walks_folders_in_natural_order(photos: Path) -> None:
    files, errors = list_files([str(photos)], excluded=[str(photos / 'out')])
    assert [path.removeprefix(f'{photos}/') for path in files] == ['9.JPG', '10.jpg', 'sub/1.png']
    assert errors == []


def test_list_files_names_each_file_once(photos: Path) -> None:
    files, _ = list_files([f'{photos}/*.jpg', f'{photos}/10.jpg', 'gone.jpg', str(photos)])
    assert len(files) == len(set(files)) == 5
    assert files[:2] == [f'{photos}/10.jpg', 'gone.jpg']


def test_list_files_reports_inputs_without_images(tmp_path: Path) -> None:
    (tmp_path / 'empty').mkdir()
    files, errors = list_files([f'{tmp_path}/empty', f'{tmp_path}/*.jpg', 'memory://gone/'])
    assert files == []
    assert [error.rpartition(': ')[2] for error in errors] == [
        'no images in this folder', 'nothing matches', 'nothing matches',
    ]  # fmt: skip


@pytest.mark.parametrize(
    ('given', 'names'),
    [
        ('memory://bucket/', ['9.jpg', '10.jpg', 'sub/1.png']),
        ('memory://bucket/*.jpg', ['9.jpg', '10.jpg']),
        ('memory://bucket/9.jpg', ['9.jpg']),
    ],
)
def test_expand_url_lists_remote_folders_and_globs(
    bucket: str, given: str, names: list[str]
) -> None:
    assert [url.partition('bucket/')[2] for url in expand_url(given)] == names


def test_expand_url_leaves_web_addresses() -> None:
    for url in ('https://example.org/photos/', 'http://example.org/a.jpg?size=*'):
        assert expand_url(url) == [url]


def test_iter_inputs_lists_remote_globs(bucket: str) -> None:
    sources = [item.source for item in iter_inputs(['memory://bucket/*.jpg', 'memory://none/'])]
    assert [source.rpartition('/')[2] for source in sources] == ['9.jpg', '10.jpg', '']
