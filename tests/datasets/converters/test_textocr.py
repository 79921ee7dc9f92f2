from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.textocr import TEXTOCR, read_textocr


def content(group: str, name: str) -> dict:
    """A JSON with the published keys, with quads and a curved word of seven points."""
    curved = [10.5, 40, 30, 30, 50, 40, 48, 50, 30, 42, 20, 44, 12, 50]
    words = [('Hello,', [1, 1, 9, 1, 9, 5, 1, 5]), ('.', [20, 1, 29, 1, 29, 5, 20, 5]),
             ('ROUND', curved), ('up', [9, 5, 1, 5, 1, 1, 9, 1])]  # fmt: skip
    anns = {
        f'{name}_{i}': {
            'id': f'{name}_{i}', 'image_id': name, 'bbox': [1.0, 1.0, 8.0, 4.0], 'area': 32.0,
            'utf8_string': text, 'points': points,
        }
        for i, (text, points) in enumerate(words, 1)
    }  # fmt: skip
    return {
        'info': {'version': '0.1'},
        'imgs': {
            name: {
                'id': name, 'width': 1024, 'height': 768, 'set': group,
                'file_name': f'train/{name}.jpg',
            }
        },
        'anns': anns,
        'imgToAnns': {name: list(anns)},
    }  # fmt: skip


def lay_out(root: Path, folder: str = 'train_images') -> Path:
    """Both splits, with images in one folder that are never opened."""
    (root / folder).mkdir(parents=True)
    for group, name in (('train', '00a1'), ('val', '00b2')):
        labels = root / f'TextOCR_0.1_{group}.json'
        labels.write_text(json.dumps(content(group, name)), encoding='utf-8')
        (root / folder / f'{name}.jpg').touch()
    return root


@pytest.mark.parametrize('folder', ['train_images', 'train_val_images/train_images'])
def test_textocr_reads_both_splits_from_one_folder(tmp_path, folder):
    train, val = read_textocr(lay_out(tmp_path, folder))
    assert [sample['img_path'] for sample in train.samples] == [f'{folder}/00a1.jpg']
    assert [sample['img_path'] for sample in val.samples] == [f'{folder}/00b2.jpg']
    assert (train.samples[0]['height'], train.samples[0]['width']) == (768, 1024)


def test_textocr_ignores_dots_and_keeps_points(tmp_path):
    words = read_textocr(lay_out(tmp_path))[0].samples[0]['instances']
    assert [(word['text'], word['ignore']) for word in words] == [
        ('Hello,', False), ('.', True), ('ROUND', False), ('up', False),
    ]  # fmt: skip
    assert words[2]['polygon'] == [10.5, 40, 30, 30, 50, 40, 48, 50, 30, 42, 20, 44, 12, 50]
    assert words[3]['polygon'] == [9, 5, 1, 5, 1, 1, 9, 1]  # it stands on its head


def test_textocr_reads_a_single_split(tmp_path):
    root = lay_out(tmp_path)
    (root / 'TextOCR_0.1_train.json').unlink()
    assert [split.name for split in read_textocr(root)] == ['val']


def test_textocr_rejects_the_test_set(tmp_path):
    root = lay_out(tmp_path)
    labels = content('test', '00b2') | {'anns': {}, 'imgToAnns': {}}
    (root / 'TextOCR_0.1_val.json').write_text(json.dumps(labels))
    with pytest.raises(ValueError, match='expected images with annotations'):
        read_textocr(root)


def test_textocr_lists_missing_files_of_both_splits(tmp_path):
    with pytest.raises(MissingFiles, match=r'train\.json\n.*val\.json\n.*train_images'):
        read_textocr(tmp_path)
    root = lay_out(tmp_path)
    for path in (root / 'train_images').iterdir():
        path.unlink()
    with pytest.raises(MissingFiles, match=r'00a1\.jpg .*\n.*00b2\.jpg .*\n(.*\n)*.*textvqa\.org'):
        TEXTOCR.read(root)


def test_textocr_names_a_malformed_word(tmp_path):
    root = lay_out(tmp_path)
    labels = content('val', '00b2')
    labels['anns']['00b2_2']['points'] = [1, 2, 3, 4, 5]
    (root / 'TextOCR_0.1_val.json').write_text(json.dumps(labels))
    with pytest.raises(ValueError, match=r"_val\.json, anns\['00b2_2'\], points: .*odd count"):
        read_textocr(root)
