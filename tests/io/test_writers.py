from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from pipeline.evaluation.file_evaluation import evaluate_files
from pipeline.evaluation.scoring import ScoringRules
from pipeline.io import FORMATS, CropResult, PhotoResult, make_writer
from pipeline.io.line_format import parse_line
from pipeline.io.pdf import page_sizes
from pipeline.io.submission_lines import quad_line
from pipeline.layout import Page
from pipeline.structures import Word
from pipeline.utils.atomic_write import write_whole

QUAD = np.array([[10.126, 20], [50, 21], [50, 40], [10, 39]], dtype=np.float32)


def word(text: str, shift: float = 0.0, polygon: np.ndarray = QUAD) -> Word:
    return Word(polygon + np.float32(shift), text, det_score=0.9, rec_score=0.8)


def result(name: str, *words: Word, source: str | None = None) -> PhotoResult:
    page = Page.from_words(words, (480, 640))
    image = np.full((480, 640, 3), 255, dtype=np.uint8)
    return PhotoResult(name, source or f'photos/{name}.jpg', page, 0.25, image)


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_record_contains_plain_values():
    assert result('a', word('Café')).record() == {
        'image': 'photos/a.jpg',
        'width': 640,
        'height': 480,
        'orientation': 0,
        'words': [
            {
                'polygon': [[10.13, 20.0], [50.0, 21.0], [50.0, 40.0], [10.0, 39.0]],
                'text': 'Café',
                'score': 0.8512,
                'det_score': 0.9,
                'rec_score': 0.8,
                'line': 0,
                'block': 0,
            }
        ],
        'seconds': 0.25,
    }


def test_json_writer_writes_one_file_per_image(tmp_path):
    writer = make_writer('json', tmp_path / 'new' / 'folder')
    photos = [result('a', word('"quoted" \\ 日本'), word('x', 30)), result('b')]
    for photo in photos:
        writer.write(photo)
    assert files(writer.out) == ['a.json', 'b.json']
    for photo in photos:
        text = (writer.out / f'{photo.name}.json').read_text(encoding='utf-8')
        assert json.loads(text) == photo.record()
        assert list(json.loads(text)) == [
            'image', 'width', 'height', 'orientation', 'words', 'seconds',
        ]  # fmt: skip
    assert '日本' in (writer.out / 'a.json').read_text(encoding='utf-8')


def test_jsonl_writer_writes_one_line_per_image(tmp_path):
    writer = make_writer('jsonl', tmp_path)
    photos = [result('a', word('one'), word('two')), result('b')]
    for photo in photos:
        writer.write(photo)
    assert files(tmp_path) == ['results.jsonl']
    with (tmp_path / 'results.jsonl').open(encoding='utf-8') as lines:
        assert [json.loads(line) for line in lines] == [photo.record() for photo in photos]


def test_csv_writer_writes_one_row_per_word(tmp_path):
    writer = make_writer('csv', tmp_path)
    writer.write(result('a', word('a,b "c"'), word('two')))
    writer.write(result('none'))
    with (tmp_path / 'results.csv').open(encoding='utf-8', newline='') as file:
        rows = list(csv.DictReader(file))
    assert [(row['image'], row['text']) for row in rows] == [
        ('photos/a.jpg', 'a,b "c"'), ('photos/a.jpg', 'two'), ('photos/none.jpg', ''),
    ]  # fmt: skip
    assert [rows[0][name] for name in ('block', 'line', 'x1', 'y1', 'x4', 'y4')] == [
        '0', '0', '10.13', '20.0', '10.0', '39.0',
    ]  # fmt: skip
    assert rows[0]['polygon'] == '10.13 20.0 50.0 21.0 50.0 40.0 10.0 39.0'
    scores = [rows[0][name] for name in ('score', 'det_score', 'rec_score')]
    assert scores == ['0.8718', '0.9', '0.8']


def test_icdar_writer_writes_one_line_per_word(tmp_path):
    writer = make_writer('icdar', tmp_path)
    writer.write(result('img_1', word('a,b'), word('Zwei', 5)))
    writer.write(result('img_2'))
    assert files(tmp_path) == ['res_img_1.txt', 'res_img_2.txt']
    assert (tmp_path / 'res_img_1.txt').read_text(encoding='utf-8').splitlines() == [
        '10,20,50,21,50,40,10,39,a,b',
        '15,25,55,26,55,45,15,44,Zwei',
    ]
    assert (tmp_path / 'res_img_2.txt').read_bytes() == b''


@pytest.mark.parametrize(
    'text',
    ['plain', 'a"b', '"quoted"', '"', '""', '"""', r'\"', r'"\"', r'"a\"b"', r'"\\"', r'"\\\"',
     r'a\\b', ' "spaces" ', r'"\\" \"'],
)  # fmt: skip
def test_submission_text_is_read_back_unchanged(text):
    line = quad_line(np.array([[10, 20], [50, 21], [50, 40], [10, 39]]), text)
    assert parse_line(line, 'quad').text == text


def test_icdar_writer_writes_confidences(tmp_path):
    make_writer('icdar', tmp_path, confidences=True).write(result('img_1', word('a,b')))
    line = (tmp_path / 'res_img_1.txt').read_text(encoding='utf-8')
    assert line == '10,20,50,21,50,40,10,39,0.8355,a,b\n'
    with pytest.raises(ValueError, match='--confidences is for --format icdar'):
        make_writer('csv', tmp_path, confidences=True)


def test_icdar_files_are_scored_as_written(tmp_path):
    gold = tmp_path / 'gold'
    gold.mkdir()
    (gold / 'gt_img_1.txt').write_text(
        '10,20,50,21,50,40,10,39,Hello\n200,20,250,20,250,40,200,40,no'
    )
    (gold / 'gt_img_2.txt').write_text('15,25,55,26,55,45,15,44,curved\n')
    writer = make_writer('icdar', tmp_path / 'read')
    writer.write(result('img_1', word('hello')))
    top = np.stack([np.linspace(15, 55, 5), np.linspace(25, 26, 5)], axis=1)
    ring = np.concatenate([top, top[::-1] + [0, 19]]).astype(np.float32)
    writer.write(result('img_2', word('curved', polygon=ring)))
    scores = evaluate_files(gold, writer.out, 'icdar2015', 'e2e', ScoringRules(), None)
    assert scores['calculated']
    assert scores['e2e']['precision'] == 1.0
    assert scores['e2e']['recall'] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ('result_format', 'wanted'),
    [
        ('json', {'a.json': '{"image": "a.png", "text": "Zu, \\"日\\"", "score": 0.6667}\n',
                  'b.json': '{"image": "b.png", "text": "", "score": 0.0}\n'}),
        ('jsonl', {'results.jsonl': '{"image": "a.png", "text": "Zu, \\"日\\"", "score": 0.6667}\n'
                                    '{"image": "b.png", "text": "", "score": 0.0}\n'}),
        ('csv', {'results.csv': 'image,text,score\na.png,"Zu, ""日""",0.6667\nb.png,,0.0\n'}),
    ],
)  # fmt: skip
def test_writers_write_crop_results(tmp_path, result_format, wanted):
    writer = make_writer(result_format, tmp_path, kind=CropResult)
    writer.write(CropResult('a', 'a.png', 'Zu, "日"', 2 / 3))
    writer.write(CropResult('b', 'b.png', '', 0.0))
    assert {name: (tmp_path / name).read_text('utf-8') for name in files(tmp_path)} == wanted
    again = make_writer(result_format, tmp_path, resume=True, kind=CropResult)
    assert again.has('a', 'a.png') and again.has('b', 'b.png') and not again.has('c', 'c.png')
    assert {name: (tmp_path / name).read_text('utf-8') for name in files(tmp_path)} == wanted


@pytest.mark.parametrize('result_format', ['txt', 'icdar', 'hocr', 'alto', 'page', 'pdf'])
def test_make_writer_rejects_documents_of_crops(tmp_path, result_format):
    with pytest.raises(ValueError, match='use json, jsonl or csv'):
        make_writer(result_format, tmp_path / 'new', kind=CropResult)
    assert files(tmp_path) == []


def test_icdar_writer_keeps_quads_in_the_image(tmp_path):
    top = np.stack([np.linspace(-5, 90, 5), [20, 5, 0, 5, 20]], axis=1)
    ring = np.concatenate([top, top[::-1] + [0, 19]]).astype(np.float32)
    writer = make_writer('icdar', tmp_path)
    writer.write(result('a', word('curved', polygon=ring)))
    numbers = (tmp_path / 'res_a.txt').read_text().split(',')[:8]
    assert all(0 <= int(number) <= 640 for number in numbers)


@pytest.mark.parametrize(
    ('result_format', 'name'),
    [('txt', 'a.txt'), ('hocr', 'a.hocr'), ('alto', 'a.alto.xml'), ('page', 'a.page.xml')],
)
def test_document_writer_writes_one_file_per_image(tmp_path, result_format, name):
    writer = make_writer(result_format, tmp_path)
    writer.write(result('a', word('Café'), word('au', 45)))
    writer.finish()
    assert files(tmp_path) == [name]
    assert 'Café' in (tmp_path / name).read_text(encoding='utf-8')


def test_pdf_writer_joins_the_pages_of_a_document(tmp_path):
    writer = make_writer('pdf', tmp_path)
    for number in range(1, 4):
        writer.write(result(f'scan-p00{number}', word('x'), source=f'in/scan.pdf#page={number}'))
    writer.write(result('photo-p001', word('y')))  # The name of an image, not of a page.
    assert files(tmp_path) == [
        'photo-p001.pdf', 'scan-p001.pdf', 'scan-p002.pdf', 'scan-p003.pdf',
    ]  # fmt: skip
    writer.finish()
    assert files(tmp_path) == ['photo-p001.pdf', 'scan.pdf']
    assert len(page_sizes(str(tmp_path / 'scan.pdf'), 'scan', 72)) == 3
    again = make_writer('pdf', tmp_path, resume=True)
    assert again.has('scan-p002', 'in/scan.pdf#page=2')
    assert again.has('photo-p001', 'photos/photo-p001.jpg')


def test_resumed_pdf_writer_joins_earlier_pages(tmp_path):
    first = make_writer('pdf', tmp_path)
    first.write(result('scan-p001', word('x'), source='scan.pdf#page=1'))
    again = make_writer('pdf', tmp_path, resume=True)
    assert again.has('scan-p001', 'scan.pdf#page=1')
    assert not again.has('scan-p002', 'scan.pdf#page=2')
    again.write(result('scan-p002', word('y'), source='scan.pdf#page=2'))
    again.finish()
    assert files(tmp_path) == ['scan.pdf']
    assert len(page_sizes(str(tmp_path / 'scan.pdf'), 'scan', 72)) == 2


def test_make_writer_rejects_unknown_formats(tmp_path):
    with pytest.raises(ValueError, match="'xml'"):
        make_writer('xml', tmp_path)


# Going on after an interrupt


@pytest.mark.parametrize('result_format', FORMATS)
def test_resumed_writer_has_earlier_results(tmp_path, result_format):
    first = make_writer(result_format, tmp_path)
    for photo in (result('a', word('x'), word('y')), result('b')):
        first.write(photo)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    again = make_writer(result_format, tmp_path, resume=True)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before
    assert again.has('a', 'photos/a.jpg') and again.has('b', 'photos/b.jpg')
    assert not again.has('c', 'photos/c.jpg')
    again.write(result('c', word('z')))
    assert again.has('c', 'photos/c.jpg')


def test_json_writer_compares_the_source(tmp_path):
    make_writer('json', tmp_path).write(result('a', source='first/a.jpg'))
    again = make_writer('json', tmp_path, resume=True)
    assert again.has('a', 'first/a.jpg')
    assert not again.has('a', 'second/a.jpg')


@pytest.mark.parametrize('result_format', ['json', 'jsonl', 'csv'])
def test_resumed_writer_compares_absolute_paths(tmp_path, monkeypatch, result_format):
    monkeypatch.chdir(tmp_path)
    make_writer(result_format, tmp_path).write(result('a', word('x'), source='photos/a.jpg'))
    again = make_writer(result_format, tmp_path, resume=True)
    assert again.has('a', str(tmp_path / 'photos' / 'a.jpg'))
    assert not again.has('a', str(tmp_path / 'others' / 'a.jpg'))


@pytest.mark.parametrize('result_format', ['json', 'jsonl', 'csv'])
def test_resumed_writer_compares_the_kind(tmp_path, result_format):
    crop, photo = CropResult('a', 'a.png', 'x', 0.5), result('a', word('x'), source='a.png')
    for first, then in ((crop, PhotoResult), (photo, CropResult)):
        make_writer(result_format, tmp_path, kind=type(first)).write(first)
        assert not make_writer(result_format, tmp_path, True, then).has('a', 'a.png')


@pytest.mark.parametrize('content', ['', '{"image": "photos/a.jpg", ', '[1, 2]', '7', 'null'])
def test_json_writer_rewrites_invalid_files(tmp_path, content):
    (tmp_path / 'a.json').write_text(content)
    writer = make_writer('json', tmp_path, resume=True)
    assert not writer.has('a', 'photos/a.jpg')
    writer.write(result('a'))
    assert writer.has('a', 'photos/a.jpg')


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
@pytest.mark.parametrize('cut', [1, 9, 40])
def test_resumed_writer_drops_incomplete_results(tmp_path, result_format, cut):
    first = make_writer(result_format, tmp_path)
    first.write(result('a', word('x')))
    whole = first.path.read_bytes()
    first.write(result('b', word('y'), word('z')))
    first.path.write_bytes(first.path.read_bytes()[:-cut])
    again = make_writer(result_format, tmp_path, resume=True)
    assert again.has('a', 'photos/a.jpg') and not again.has('b', 'photos/b.jpg')
    assert again.path.read_bytes() == whole


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
def test_writer_without_resume_starts_over(tmp_path, result_format):
    make_writer(result_format, tmp_path).write(result('a', word('x')))
    again = make_writer(result_format, tmp_path)
    assert not again.has('a', 'photos/a.jpg')
    assert 'photos/a.jpg' not in again.path.read_text(encoding='utf-8')


@pytest.mark.parametrize('result_format', FORMATS)
def test_resumed_writer_keeps_unicode(tmp_path, result_format):
    source = 'photos/a\u2028b\x85ü日.jpg'  # Line separators in Python, but not in the file formats.
    make_writer(result_format, tmp_path).write(result('a', word('x\u2028y'), source=source))
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    assert make_writer(result_format, tmp_path, resume=True).has('a', source)
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_write_whole_is_atomic(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('old')
    write_whole(path, 'neu: ä')
    assert path.read_bytes() == 'neu: ä'.encode()
    write_whole(path, b'\x00\xff')
    assert path.read_bytes() == b'\x00\xff'
    assert files(tmp_path) == ['a.json']


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
def test_resume_keeps_one_result_of_two_runs(tmp_path, result_format):
    first = make_writer(result_format, tmp_path)
    second = make_writer(result_format, tmp_path, resume=True)
    for name in ('a', 'b'):
        for writer in (first, second):
            writer.write(result(name, word(f'{name}1'), word(f'{name}2')))
    make_writer(result_format, tmp_path, resume=True)
    once = make_writer(result_format, tmp_path / 'once')
    for name in ('a', 'b'):
        once.write(result(name, word(f'{name}1'), word(f'{name}2')))
    assert first.path.read_bytes() == once.path.read_bytes()


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
def test_resume_drops_a_result_that_ends_inside_a_character(tmp_path, result_format):
    writer = make_writer(result_format, tmp_path)
    writer.write(result('a', word('one')))
    whole = writer.path.read_bytes()
    writer.write(result('b', word('日本')))
    content = writer.path.read_bytes()
    writer.path.write_bytes(content[: content.rindex('本'.encode()) + 1])
    again = make_writer(result_format, tmp_path, resume=True)
    assert writer.path.read_bytes() == whole
    assert again.has('a', 'photos/a.jpg') and not again.has('b', 'photos/b.jpg')


@pytest.mark.parametrize('result_format', ['jsonl', 'csv'])
@pytest.mark.skipif(not Path('/dev/full').exists(), reason='no /dev/full')
def test_full_disk_is_an_error_of_the_writer(tmp_path, result_format):
    writer = make_writer(result_format, tmp_path)
    writer.path = Path('/dev/full')
    with pytest.raises(OSError, match='No space left'):
        writer.write(result('a', word('one')))
    assert not writer.has('a', 'photos/a.jpg')
