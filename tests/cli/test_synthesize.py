"""``clipter synthesize`` with a few scenes."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from mmocr.datasets import OCRDataset

from pipeline.cli import synthesize as tool


@pytest.fixture(scope='module')
def written(tmp_path_factory):
    out = tmp_path_factory.mktemp('scenes')
    arguments = [
        '--out',
        str(out),
        '--count',
        '4',
        '--size',
        '160',
        '200',
        '--seed',
        '5',
        '--only-fonts',
    ]
    threads = cv2.getNumThreads()
    assert tool.main([*arguments, '--contact-sheet', str(out / 'sheet.png')]) == 0
    assert cv2.getNumThreads() == threads
    return out, arguments


def test_synthesize_output_loads_in_mmocr(written):
    out, _ = written
    dataset = OCRDataset(
        ann_file='annotation.json', data_root=str(out), data_prefix={'img_path': ''}, pipeline=[]
    )
    assert len(dataset) == 4
    sample = dataset[0]
    assert cv2.imread(sample['img_path']).shape == (160, 200, 3)
    assert sample['instances'][0]['text']


def test_synthesize_draws_a_contact_sheet(written):
    out, _ = written
    assert cv2.imread(str(out / 'sheet.png')).shape == (320, 4 * 320, 3)


def test_synthesize_continues_an_earlier_run(written):
    out, arguments = written
    untouched = out / 'images' / '00000001.jpg'
    before = (untouched.stat().st_mtime_ns, (out / 'annotation.json').read_bytes())
    lost = out / 'scenes' / '00000002.json'
    content = lost.read_bytes()
    lost.unlink()
    assert tool.main(arguments) == 0
    assert (untouched.stat().st_mtime_ns, (out / 'annotation.json').read_bytes()) == before
    assert lost.read_bytes() == content


def test_synthesize_rejects_a_folder_of_other_settings(written):
    _, arguments = written
    assert tool.main([*arguments, '--seed', '6']) == 2


def test_synthesize_is_equal_for_any_number_of_workers(written, tmp_path):
    out, arguments = written
    other = [*arguments, '--out', str(tmp_path), '--workers', '2']
    assert tool.main(other) == 0
    for name in ('annotation.json', 'images/00000000.jpg', 'images/00000003.jpg'):
        assert (tmp_path / name).read_bytes() == (out / name).read_bytes()


def test_synthesize_annotation_has_metainfo(written):
    annotation = json.loads((written[0] / 'annotation.json').read_text())
    assert annotation['metainfo']['category'] == [{'id': 0, 'name': 'text'}]
    polygons = [
        np.array(word['polygon'])
        for record in annotation['data_list']
        for word in record['instances']
    ]
    assert polygons and all(polygon.size % 4 == 0 for polygon in polygons)


def test_synthesize_names_a_missing_folder(tmp_path, capsys):
    code = tool.main(
        [
            '--out',
            str(tmp_path / 'x'),
            '--count',
            '1',
            '--fonts',
            str(tmp_path / 'nothing'),
            '--only-fonts',
        ]
    )
    assert code == 2
    assert 'nothing' in capsys.readouterr().err


def test_synthesize_reports_its_progress(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr('pipeline.utils.progress.SECONDS', 0.0)
    arguments = ['--out', str(tmp_path), '--count', '2', '--size', '160', '200', '--only-fonts']
    assert tool.main(arguments) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line[:13] for line in lines] == ['1 of 2 scenes', '2 of 2 scenes']
