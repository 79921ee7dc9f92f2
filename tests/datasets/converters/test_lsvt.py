from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.lsvt import read_lsvt

POINTS = [[45, 27], [90, 28], [90, 40], [45, 39]]


def lay_out(root: Path) -> Path:
    """Images of both archives, with words without ``language``."""
    labels = {
        'gt_0': [{'transcription': '一站式购物中心', 'points': POINTS, 'illegibility': False}],
        'gt_29999': [{'transcription': '###', 'points': POINTS, 'illegibility': True}],
    }
    root.mkdir(exist_ok=True)
    (root / 'train_full_labels.json').write_text(json.dumps(labels), encoding='utf-8')
    for folder, key in (('train_full_images_0', 'gt_0'), ('train_full_images_1', 'gt_29999')):
        (root / folder).mkdir()
        Image.new('L', (100, 50)).save(root / folder / f'{key}.jpg')
    return root


def test_lsvt_reads_both_folders_as_one_split(tmp_path):
    (train,) = read_lsvt(lay_out(tmp_path))
    assert [sample['img_path'] for sample in train.samples] == [
        'train_full_images_0/gt_0.jpg',
        'train_full_images_1/gt_29999.jpg',
    ]
    word = train.samples[0]['instances'][0]
    assert (word['text'], word['ignore']) == ('一站式购物中心', False)
    assert 'language' not in word
    assert train.samples[1]['instances'][0]['ignore']


def test_lsvt_names_a_missing_folder(tmp_path):
    root = lay_out(tmp_path)
    (root / 'train_full_images_1' / 'gt_29999.jpg').unlink()
    (root / 'train_full_images_1').rmdir()
    with pytest.raises(MissingFiles) as error:
        read_lsvt(root)
    assert len(error.value.missing) == 1
    assert 'train_full_images_1' in error.value.missing[0]


def test_lsvt_names_an_unreadable_image(tmp_path):
    root = lay_out(tmp_path)
    (root / 'train_full_images_0' / 'gt_0.jpg').write_text('no image')
    with pytest.raises(ValueError, match=r'gt_0\.jpg cannot be read as an image'):
        read_lsvt(root)
