from __future__ import annotations

import json
import logging
import zipfile
from pathlib import Path

import pytest
from mmocr.datasets import OCRDataset

from pipeline.datasets.converters.annotation_file import write_annotation_file
from pipeline.datasets.converters.coco_text import COCO_TEXT, read_coco_text
from pipeline.datasets.converters.files import MissingFiles


def word(photo: int, text: str, mask: list, **other: object) -> dict:
    """An entry of ``anns`` with the keys of the published file."""
    return {
        'id': 1, 'image_id': photo, 'mask': mask, 'utf8_string': text, 'bbox': [0, 0, 1, 1],
        'area': 1.0, 'class': 'machine printed', 'language': 'english', 'legibility': 'legible',
        **other,
    }  # fmt: skip


def photo(number: int, group: str) -> dict:
    name = f'COCO_train2014_{number:012}.jpg'
    return {'id': number, 'file_name': name, 'height': 480, 'width': 640, 'set': group}


def content() -> dict:
    # The masks of V2 run counter-clockwise as often as not.
    box = [468.9, 286.7, 468.9, 295.2, 493.0, 295.8, 493.0, 287.2]
    return {
        'cats': {},
        'info': {},
        'imgs': {
            '217925': photo(217925, 'train'),
            '9': photo(9, 'train'),
            '5': photo(5, 'val'),
            '3': photo(3, 'test'),
        },
        'anns': {
            '45346': word(217925, 'the', box),
            '45347': word(217925, ' AT&amp;T ', box),
            '45348': word(217925, '', box, legibility='illegible', language='na'),
            '45349': word(217925, 'été', box, language='not english'),
            '45350': word(5, 'hand', [1, 1, 9, 1, 9, 5, 1, 5], **{'class': 'handwritten'}),
        },
        'imgToAnns': {'217925': [45346, 45347, 45348, 45349], '9': [], '5': [45350], '3': []},
    }


def lay_out(root: Path, labels: dict, without: tuple[int, ...] = ()) -> Path:
    """Write annotations and empty image files; image sizes are in the annotations."""
    (root / 'train2014').mkdir(parents=True)
    (root / 'cocotext.v2.json').write_text(json.dumps(labels), encoding='utf-8')
    for image in labels['imgs'].values():
        if image['id'] not in without:
            (root / 'train2014' / image['file_name']).touch()
    return root


def test_coco_text_reads_splits_with_sizes_from_the_json(tmp_path):
    train, val = read_coco_text(lay_out(tmp_path, content()))  # none for test: it has no words
    assert (train.name, val.name) == ('train', 'val')
    assert [sample['img_path'] for sample in train.samples] == [
        'train2014/COCO_train2014_000000000009.jpg',
        'train2014/COCO_train2014_000000217925.jpg',
    ]
    assert train.samples[0]['instances'] == []
    assert (val.samples[0]['height'], val.samples[0]['width']) == (480, 640)
    assert val.samples[0]['instances'][0]['class'] == 'handwritten'


def test_coco_text_ignores_words_and_decodes_entities(tmp_path):
    words = read_coco_text(lay_out(tmp_path, content()))[0].samples[1]['instances']
    assert [(w['text'], w['ignore'], w['language']) for w in words] == [
        ('the', False, 'english'),
        ('AT&T', False, 'english'),
        ('', True, 'na'),
        ('été', True, 'not english'),
    ]
    assert words[0]['polygon'] == [468.9, 286.7, 493.0, 287.2, 493.0, 295.8, 468.9, 295.2]


def test_coco_text_lists_all_missing_images(tmp_path):
    labels = content()
    labels['imgs'] |= {str(n): photo(n, 'val') for n in range(1000, 1015)}
    root = lay_out(tmp_path, labels, without=(9, 3, *range(1000, 1015)))
    with pytest.raises(MissingFiles) as error:
        COCO_TEXT.read(root)
    assert len(error.value.missing) == 16  # image 3 is of the test set
    for part in ('000000000009.jpg', '16 missing in all', 'cocodataset.org', 'cocotext.v2.json'):
        assert part in str(error.value)


def test_coco_text_names_a_missing_file_or_folder(tmp_path):
    with pytest.raises(MissingFiles, match=r'cocotext\.v2\.json\n.*train2014'):
        read_coco_text(tmp_path)


def test_coco_text_unpacks_zipped_annotations(tmp_path):
    root = lay_out(tmp_path, content())
    with zipfile.ZipFile(root / 'cocotext.v2.zip', 'w') as archive:
        archive.write(root / 'cocotext.v2.json', 'cocotext.v2.json')
    (root / 'cocotext.v2.json').unlink()
    assert [split.name for split in read_coco_text(root)] == ['train', 'val']


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'mask': [1, 2, 3]}, r"anns\['45350'\], mask: .*odd count of 3"),
        ({'mask': None}, r"anns\['45350'\], 'mask': expected a list, got None"),
        ({'legibility': 1}, r"anns\['45350'\], 'legibility': expected a text, got 1"),
    ],
)
def test_coco_text_names_a_malformed_annotation(tmp_path, change, message):
    labels = content()
    labels['anns']['45350'].update(change)
    with pytest.raises(ValueError, match=message):
        read_coco_text(lay_out(tmp_path, labels))


def test_coco_text_rejects_version_1(tmp_path):
    labels = content()
    del labels['anns']['45350']['mask']
    with pytest.raises(ValueError, match="expected 'mask', got only"):
        read_coco_text(lay_out(tmp_path, labels))


@pytest.mark.parametrize(
    ('where', 'change', 'message'),
    [
        ('imgs', {'width': 0}, r"imgs\['5'\], 'width': expected a size in pixels, got 0"),
        ('imgs', {'set': 'extra'}, r"sets .*got \['extra'\]"),
    ],
)
def test_coco_text_names_a_malformed_image_entry(tmp_path, where, change, message):
    labels = content()
    labels[where]['5'].update(change)
    with pytest.raises(ValueError, match=message):
        read_coco_text(lay_out(tmp_path, labels))


def test_coco_text_rejects_a_reference_to_a_missing_word(tmp_path):
    labels = content()
    del labels['anns']['45350']
    with pytest.raises(ValueError, match=r"anns\['45350'\]: not found, but imgToAnns\['5'\]"):
        read_coco_text(lay_out(tmp_path, labels))


def test_coco_text_logs_annotations_without_image(tmp_path, caplog):
    labels = content()
    labels['anns']['77'] = word(77, 'lost', [1, 1, 9, 1, 9, 5, 1, 5])
    labels['imgToAnns']['77'] = [77]
    with caplog.at_level(logging.WARNING):
        read_coco_text(lay_out(tmp_path, labels))
    assert '1 of 6 annotations have no image' in caplog.text


def test_coco_text_names_the_line_of_a_truncated_file(tmp_path):
    root = lay_out(tmp_path, content())
    path = root / 'cocotext.v2.json'
    path.write_text(path.read_text()[:-40])
    with pytest.raises(ValueError, match=r'cocotext\.v2\.json, line 1, column .*invalid JSON'):
        read_coco_text(root)


def test_coco_text_output_is_read_by_mmocr(tmp_path):
    root = lay_out(tmp_path, content())
    train, _ = read_coco_text(root)
    write_annotation_file(root / 'textspotting_train.json', 'textspotting', train.samples)
    dataset = OCRDataset(
        ann_file='textspotting_train.json', data_root=str(root), pipeline=[], test_mode=True
    )
    info = dataset.get_data_info(1)
    assert Path(info['img_path']).is_file()
    assert [(w['text'], w['language']) for w in info['instances']][1] == ('AT&T', 'english')
