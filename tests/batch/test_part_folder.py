from __future__ import annotations

import io
import json
import os
import pickle
from pathlib import Path

import pytest
from light_spotter import LightSpotter, write_letter

from pipeline.batch import Part, PartFolder, plan_parts
from pipeline.batch.rows import error_row, read_rows
from pipeline.io import PhotoResult, read_image
from pipeline.layout import Page

fsspec = pytest.importorskip('fsspec')
parquet = pytest.importorskip('pyarrow.parquet')

ROWS = [{'image': 'a.jpg', 'words': []}, error_row('b.jpg', 'b.jpg: no such file')]


@pytest.fixture(params=['local', 'memory'])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == 'local':
        yield str(tmp_path / 'results')
    else:
        yield 'memory://results'
        fsspec.filesystem('memory').rm('/results', recursive=True)


def names(folder: PartFolder) -> list[str]:
    files, root = fsspec.core.url_to_fs(folder.url)
    return sorted(str(path).partition('results/')[2] for path in files.find(root))


def test_plan_parts_divides_the_inputs() -> None:
    parts = plan_parts(list('abcde'), 2, first=7)
    assert [(part.name, part.inputs) for part in parts] == [
        ('part-000007', ('a', 'b')),
        ('part-000008', ('c', 'd')),
        ('part-000009', ('e',)),
    ]


def test_part_folder_lists_written_parts(url: str) -> None:
    folder = PartFolder(url)
    folder.start({'min_score': None}, resume=False)
    assert folder.finished() == {}
    folder.write(Part(3, ('a.jpg', 'b.jpg')), ROWS)
    (manifest,) = [folder.finished()[3]]
    assert manifest.pop('process').endswith(f':{os.getpid()}')
    assert manifest == {'inputs': ['a.jpg', 'b.jpg'], 'rows': 2, 'errors': 1}
    assert names(folder) == ['_parts/part-000003.json', '_parts/run.json', 'part-000003.jsonl']
    with fsspec.open(f'{url}/part-000003.jsonl', 'rt') as file:
        assert [json.loads(line) for line in file] == ROWS


def test_part_folder_keeps_only_finished_parts_on_resume(url: str) -> None:
    folder = pickle.loads(pickle.dumps(PartFolder(url)))
    folder.start({}, resume=True)
    folder.write(Part(0, ('a.jpg', 'b.jpg')), ROWS)
    files = fsspec.core.url_to_fs(url)[0]
    for name in ('part-000001.jsonl', '.part-000002.jsonl.1f', '_parts/.part-000002.json.2e'):
        files.pipe_file(f'{url}/{name}', b'{"image"')
    folder.start({}, resume=True)
    assert names(folder) == ['_parts/part-000000.json', '_parts/run.json', 'part-000000.jsonl']


def test_part_folder_refuses_a_run_of_other_settings(url: str) -> None:
    PartFolder(url).start({'min_score': 0.4, 'words': None}, resume=False)
    with pytest.raises(ValueError, match='continue it with --resume'):
        PartFolder(url).start({'min_score': 0.4, 'words': None}, resume=False)
    with pytest.raises(ValueError, match=r'read with min_score 0\.4, now it is 0\.5'):
        PartFolder(url).start({'min_score': 0.5, 'words': None}, resume=True)
    with pytest.raises(ValueError, match="read with format 'jsonl', now it is 'parquet'"):
        PartFolder(url, 'parquet').start({'min_score': 0.4, 'words': None}, resume=True)


def test_rows_are_records_or_errors_in_both_formats(tmp_path: Path) -> None:
    spotter = LightSpotter()
    write_letter(tmp_path / 'a.png', 'k')
    write_letter(tmp_path / 'b.png')
    (tmp_path / 'c.png').write_bytes(b'no image')
    sources = [str(tmp_path / name) for name in ('a.png', 'b.png', 'c.png', 'd.png')]
    rows = [row for source in sources for row in read_rows(spotter, source)]
    photo = read_image(sources[0])
    (words,) = spotter.read_batch([photo])
    page = Page.from_words(words, photo.shape[:2])
    record = PhotoResult('a', sources[0], page, 0.0).record()
    assert record['words'][0]['text'] == 'k'
    assert {**rows[0], 'seconds': 0.0} == record
    assert rows[1]['words'] == []
    assert [row['error'] for row in rows[2:]] == [
        f'{sources[2]}: not an image that can be read', f'{sources[3]}: no such file or folder',
    ]  # fmt: skip
    folder = PartFolder(str(tmp_path / 'results'), 'parquet')
    folder.start({}, resume=False)
    folder.write(Part(0, tuple(sources)), rows)
    content = (tmp_path / 'results' / 'part-000000.parquet').read_bytes()
    read = parquet.read_table(io.BytesIO(content)).to_pylist()
    assert [{k: v for k, v in row.items() if v is not None} for row in read] == rows


def test_read_rows_survives_a_fault_of_the_spotter(tmp_path: Path) -> None:
    write_letter(tmp_path / 'a.png', 'k')
    spotter = LightSpotter()
    spotter.read_batch = None
    (row,) = read_rows(spotter, f'{tmp_path}/a.png')
    assert row['image'] == f'{tmp_path}/a.png'
    assert "a.png: TypeError: 'NoneType' object is not callable" in row['error']
