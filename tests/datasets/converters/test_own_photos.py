from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.datasets.converters.catalog import DATASETS
from pipeline.datasets.converters.files import MissingFiles
from pipeline.datasets.converters.prepare import prepare_dataset

QUAD = [[10, 10], [60, 12], [60, 30], [10, 28]]
FLAT = [value for point in QUAD for value in point]
OWN = DATASETS['own']


def draw(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new('RGB', (80, 40), 'white').save(path)
    return path


def write_icdar(root: Path) -> None:
    line = ','.join(map(str, FLAT))
    (root / 'gt').mkdir()
    (root / 'gt' / 'gt_a.txt').write_text(f'{line},Café\n{line},###\n', encoding='utf-8')
    (root / 'gt' / 'gt_b.txt').write_text('')


def write_labelme(root: Path) -> None:
    shapes = [
        {'label': 'Café', 'points': QUAD, 'shape_type': 'polygon'},
        {'label': '###', 'points': [[60, 30], [10, 10]], 'shape_type': 'rectangle'},
    ]
    size = {'imageHeight': 40, 'imageWidth': 80}
    for name, some in (('a', shapes), ('b', [])):
        path = root / 'photos' / f'{name}.json'
        path.write_text(json.dumps({'shapes': some, 'imagePath': f'{name}.jpg', **size}))


def write_ppocrlabel(root: Path) -> None:
    words = [
        {'transcription': 'Café', 'points': QUAD, 'difficult': False},
        {'transcription': 'dim', 'points': QUAD, 'difficult': True},
    ]
    lines = [f'photos/a.jpg\t{json.dumps(words)}', 'photos/b.jpg\t[]']
    (root / 'photos' / 'Label.txt').write_text('\n'.join(lines))


def write_coco(root: Path) -> None:
    images = [
        {'id': i, 'file_name': f'{name}.jpg', 'height': 40, 'width': 80}
        for i, name in enumerate('ab')
    ]
    annotations: list[dict[str, Any]] = [
        {'id': 1, 'image_id': 0, 'segmentation': [FLAT], 'attributes': {'text': 'Café'}},
        {'id': 2, 'image_id': 0, 'bbox': [10, 10, 50, 20], 'iscrowd': 1, 'text': 'x'},
    ]
    content = {'images': images, 'annotations': annotations, 'categories': []}
    (root / 'instances.json').write_text(json.dumps(content))


WRITERS = [write_icdar, write_labelme, write_ppocrlabel, write_coco]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in 'ab':
        draw(tmp_path / 'own' / 'photos' / f'{name}.jpg')
    return tmp_path / 'own'


@pytest.mark.parametrize('write', WRITERS)
def test_own_photos_are_read_from_each_tool(root: Path, write: Any) -> None:
    write(root)
    draw(root / 'cut' / 'images' / 'a.jpg')  # crops of an earlier training
    for _ in range(2):  # the second time beside its own results
        (split,) = prepare_dataset(OWN, root)
        assert (split.found.photos, split.found.words, split.ignored) == (2, 1, 1)
    spotting = json.loads((root / 'textspotting.json').read_text())['data_list']
    assert [sample['img_path'] for sample in spotting] == ['photos/a.jpg', 'photos/b.jpg']
    word, ignored = spotting[0]['instances']
    assert (word['text'], word['polygon']) == ('Café', FLAT)
    assert ignored['ignore'] and spotting[1]['instances'] == []
    crops = json.loads((root / 'textrecog.json').read_text())['data_list']
    assert [crop['instances'] for crop in crops] == [[{'text': 'Café'}]]


def test_own_photos_of_two_tools_are_refused(root: Path) -> None:
    write_icdar(root)
    write_labelme(root)
    with pytest.raises(ValueError, match='one tool, got ICDAR and LabelMe'):
        OWN.read(root)


def test_own_photos_without_annotations_list_the_layouts(root: Path) -> None:
    with pytest.raises(MissingFiles, match=r'annotations of the 2 photos(.|\n)*Label\.txt'):
        OWN.read(root)


def test_own_photos_that_are_not_annotated_are_left_out(root: Path, caplog: Any) -> None:
    write_icdar(root)
    (root / 'gt' / 'gt_b.txt').unlink()
    assert OWN.read(root)[0].counts().photos == 1
    assert '1 of 2 photos have no annotation of ICDAR' in caplog.text


def test_own_photos_with_one_label_are_for_detection(root: Path) -> None:
    shapes = [{'label': label, 'points': QUAD} for label in ('word', 'word', 'word', '###')]
    (root / 'photos' / 'a.json').write_text(json.dumps({'shapes': shapes}))
    (split,) = OWN.read(root)
    assert not split.has_text and split.counts().words == 3


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'imageHeight': 80, 'imageWidth': 40}, r'annotated at 40 x 80 .* stored at 80 x 40'),
        ({'imagePath': 'c.jpg'}, r'expected the photo c\.jpg'),
        ({'shapes': [{'label': 'x', 'points': 3}]}, r"shape 1, 'points': expected a list"),
    ],
)
def test_own_photos_name_the_file_with_a_fault(root: Path, change: Any, message: str) -> None:
    content = {'shapes': [], 'imagePath': 'a.jpg', **change}
    (root / 'photos' / 'x.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message) as error:
        OWN.read(root)
    assert 'x.json' in str(error.value)
