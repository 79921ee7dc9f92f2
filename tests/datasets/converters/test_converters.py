from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mmocr.datasets import OCRDataset
from PIL import Image

from pipeline.datasets.converters.annotation_file import spotting_instance, write_annotation_file
from pipeline.datasets.converters.icdar2015 import parse_icdar2015_line, read_icdar2015
from pipeline.datasets.converters.word_crops import read_word_crops


def icdar(root: Path, **truths: str) -> Path:
    """Photos of 64 x 48 with their ground truth, laid out as published."""
    for folder in ('images', 'gt'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name, truth in truths.items():
        Image.new('RGB', (64, 48)).save(root / 'images' / f'{name}.jpg')
        (root / 'gt' / f'gt_{name}.txt').write_text(truth, encoding='utf-8')
    return root


def crops(root: Path, labels: str, *names: str) -> Path:
    for folder in ('images', 'gt'):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.new('RGB', (30, 10)).save(root / 'images' / name)
    (root / 'gt' / 'labels.tsv').write_text(labels, encoding='utf-8')
    return root


@pytest.mark.parametrize(
    ('line', 'text'),
    [
        ('0,0,8,0,8,4,0,4,word', 'word'),
        ('0,0,8,0,8,4,0,4,1,234,5', '1,234,5'),  # commas of the transcript stay
        ('0,0,8,0,8,4,0,4,', ''),
        ('0,0,8,0,8,4,0,4, two words \r\n', ' two words '),
        ('0,0,8,0,8,4,0,4,"quoted"', '"quoted"'),
    ],
)
def test_a_line_is_a_quad_and_its_transcript(line, text):
    quad, read = parse_icdar2015_line(line)
    assert quad.tolist() == [[0, 0], [8, 0], [8, 4], [0, 4]]
    assert read == text


@pytest.mark.parametrize(
    ('line', 'message'), [('1,2,3', '3 fields'), ('0,0,8,0,8,4,0,x,w', 'numeric')]
)
def test_a_line_that_is_none_says_what_is_wrong(line, message):
    with pytest.raises(ValueError, match=message):
        parse_icdar2015_line(line)


def test_photos_come_with_size_words_and_what_to_ignore(tmp_path):
    root = icdar(
        tmp_path,
        img_1='\ufeff1,2,30,2,30,12,1,12,Café\n\n5,20,9,20,9,30,5,30,###\n',
        img_2='',
    )
    first, second = read_icdar2015(root)
    assert (first['img_path'], first['width'], first['height']) == ('images/img_1.jpg', 64, 48)
    assert [(word['text'], word['ignore']) for word in first['instances']] == [
        ('Café', False), ('###', True),
    ]  # fmt: skip
    assert first['instances'][0]['polygon'] == [1, 2, 30, 2, 30, 12, 1, 12]
    assert first['instances'][0]['bbox'] == [1, 2, 30, 12]
    assert second['instances'] == []


def test_what_is_missing_or_broken_in_a_set_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='images'):
        list(read_icdar2015(tmp_path / 'none'))
    root = icdar(tmp_path, img_1='1,2,30,2,30,12,1,12,ok\nbroken')
    with pytest.raises(ValueError, match=r'gt_img_1\.txt, line 2'):
        list(read_icdar2015(root))
    (root / 'gt' / 'gt_img_1.txt').unlink()
    with pytest.raises(FileNotFoundError, match='gt_img_1'):
        list(read_icdar2015(root))


def test_word_crops_come_with_their_transcripts(tmp_path):
    root = crops(tmp_path, '\ufeffa.png\tOne\nb.png\ttwo\tthree\n\n', 'a.png', 'b.png')
    assert list(read_word_crops(root)) == [
        {'img_path': 'images/a.png', 'instances': [{'text': 'One'}]},
        {'img_path': 'images/b.png', 'instances': [{'text': 'two\tthree'}]},
    ]


def test_missing_lists_crops_and_tabs_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'labels\.tsv'):
        list(read_word_crops(tmp_path))
    with pytest.raises(FileNotFoundError, match='line 1: no crop'):
        list(read_word_crops(crops(tmp_path, 'gone.png\tword\n')))
    with pytest.raises(ValueError, match='line 2: wanted file<TAB>transcript'):
        list(read_word_crops(crops(tmp_path, 'a.png\tok\nb.png word\n', 'a.png')))


def test_mmocr_reads_the_file_that_is_written(tmp_path):
    root = icdar(tmp_path, img_1='1,2,30,2,30,12,1,12,Café\n5,20,9,20,9,30,5,30,###\n')
    path = root / 'new' / 'annotation.json'
    assert write_annotation_file(path, 'textspotting', read_icdar2015(root)) == 1
    assert 'Café' in path.read_text(encoding='utf-8')
    dataset = OCRDataset(ann_file=str(path), data_root=str(root), pipeline=[])
    info = dataset.get_data_info(0)
    assert Path(info['img_path']).is_file()
    assert [word['text'] for word in info['instances']] == ['Café', '###']


def test_a_task_that_is_none_is_refused(tmp_path):
    with pytest.raises(ValueError, match='textspotting'):
        write_annotation_file(tmp_path / 'a.json', 'detection', [])


def test_an_instance_holds_plain_numbers():
    word = spotting_instance(np.array([[0.126, 1], [9, 1], [9, 5], [0, 5]], np.float32), 'a', True)
    assert json.loads(json.dumps(word)) == {
        'polygon': [0.13, 1.0, 9.0, 1.0, 9.0, 5.0, 0.0, 5.0],
        'bbox': [0.0, 1.0, 9.0, 5.0],
        'bbox_label': 0,
        'text': 'a',
        'ignore': True,
    }
