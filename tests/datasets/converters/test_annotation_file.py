from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mmocr.datasets import OCRDataset
from published_sets import icdar

from pipeline.datasets.converters.annotation_file import (
    detection_sample,
    spotting_instance,
    write_annotation_file,
)
from pipeline.datasets.converters.icdar2015 import read_icdar2015

QUAD = [[1, 2], [30, 2], [30, 12], [1, 12]]


@pytest.mark.parametrize('task', ['textdet', 'textspotting'])
def test_annotation_file_is_read_by_mmocr(task, tmp_path):
    root = icdar(tmp_path, img_1='1,2,30,2,30,12,1,12,Café\n5,20,9,20,9,30,5,30,###\n')
    (split,) = read_icdar2015(root)
    path = root / 'new' / f'{task}.json'
    samples = map(detection_sample, split.samples) if task == 'textdet' else split.samples
    assert write_annotation_file(path, task, samples) == 1
    dataset = OCRDataset(ann_file=str(path), data_root=str(root), pipeline=[])
    assert dataset.metainfo['task_name'] == task
    info = dataset.get_data_info(0)
    assert Path(info['img_path']).is_file()
    assert [word['ignore'] for word in info['instances']] == [False, True]
    assert [word.get('text') for word in info['instances']] == (
        [None, None] if task == 'textdet' else ['Café', '###']
    )


def test_annotation_file_keeps_unicode(tmp_path):
    path = tmp_path / 'a.json'
    write_annotation_file(path, 'textrecog', [{'img_path': 'a', 'instances': [{'text': 'Café'}]}])
    assert 'Café' in path.read_text(encoding='utf-8')
    assert 'category' not in json.loads(path.read_text(encoding='utf-8'))['metainfo']


def test_annotation_file_is_written_atomically(tmp_path):
    path = tmp_path / 'a.json'
    write_annotation_file(path, 'textdet', [])
    before = path.read_bytes()
    with pytest.raises(TypeError):
        write_annotation_file(path, 'textdet', [{'img_path': object()}])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ['a.json']


def test_annotation_file_rejects_an_unknown_task(tmp_path):
    with pytest.raises(ValueError, match='textspotting'):
        write_annotation_file(tmp_path / 'a.json', 'detection', [])


def test_spotting_instance_contains_plain_numbers():
    word = spotting_instance(np.array([[0.126, 1], [9, 1], [9, 5], [0, 5]], np.float32), 'a', True)
    assert json.loads(json.dumps(word)) == {
        'polygon': [0.13, 1.0, 9.0, 1.0, 9.0, 5.0, 0.0, 5.0],
        'bbox': [0.0, 1.0, 9.0, 5.0],
        'bbox_label': 0,
        'text': 'a',
        'ignore': True,
    }


def test_spotting_instance_reverses_only_counter_clockwise():
    upside_down = QUAD[2:] + QUAD[:2]
    for ring in (QUAD, upside_down):
        assert spotting_instance(np.array(ring), '', False)['polygon'] == np.ravel(ring).tolist()
    mirrored = [QUAD[0], *QUAD[:0:-1]]
    assert spotting_instance(np.array(mirrored), '', False)['polygon'] == np.ravel(QUAD).tolist()


def test_spotting_instance_needs_three_finite_points():
    with pytest.raises(ValueError, match='at least 3'):
        spotting_instance(np.array([[0, 0], [1, 1]]), '', False)
    with pytest.raises(ValueError, match='finite'):
        spotting_instance(np.array([[0, 0], [1, 1], [np.nan, 0]]), '', False)
