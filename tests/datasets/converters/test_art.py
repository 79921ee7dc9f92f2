from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from pipeline.datasets.converters.art import ART, read_art
from pipeline.datasets.converters.files import MissingFiles

CURVED = [[141, 199], [237, 201], [313, 236], [357, 283], [359, 300], [309, 261], [233, 230],
          [140, 231]]  # fmt: skip


def word(text: str, points: list, language: str = 'Latin', illegible: bool = False) -> dict:
    return {
        'transcription': text, 'points': points, 'language': language, 'illegibility': illegible,
    }  # fmt: skip


def content() -> dict:
    box = [[1, 2], [9, 2], [9, 8], [1, 8]]
    return {
        'gt_10': [word('燎申集团', CURVED, 'Chinese'), word('###', box, illegible=True)],
        'gt_2': [word('faint', box, illegible=True), word('###', box), word('line', box[:2])],
        'gt_0': [],
    }


def lay_out(root: Path, labels: dict, folder: str = 'train_images') -> Path:
    (root / folder).mkdir(parents=True)
    text = json.dumps(labels, ensure_ascii=False)
    (root / 'train_labels.json').write_text(text, encoding='utf-8-sig')
    for key in labels:
        Image.new('RGB', (400, 320)).save(root / folder / f'{key}.jpg')
    return root


@pytest.mark.parametrize('folder', ['train_images', 'train_images/train_images'])
def test_art_reads_images_in_number_order(tmp_path, folder):
    (train,) = read_art(lay_out(tmp_path, content(), folder))
    assert train.name == 'train'
    assert [sample['img_path'] for sample in train.samples] == [
        f'{folder}/gt_{number}.jpg' for number in (0, 2, 10)
    ]
    assert all((s['height'], s['width']) == (320, 400) for s in train.samples)


def test_art_keeps_polygons_and_ignores_illegible_words(tmp_path):
    _, second, tenth = read_art(lay_out(tmp_path, content()))[0].samples
    curved = tenth['instances'][0]
    assert curved['polygon'] == [value for point in CURVED for value in point]
    assert (curved['text'], curved['language'], curved['ignore']) == ('燎申集团', 'Chinese', False)
    assert [w['ignore'] for w in second['instances']] == [True, True, True]
    assert second['instances'][2]['degenerate']  # two points


def test_art_lists_missing_images_and_the_url(tmp_path):
    root = lay_out(tmp_path, content())
    (root / 'train_images' / 'gt_2.jpg').unlink()
    with pytest.raises(MissingFiles, match=r'train_images/gt_2\.jpg(.|\n)*ch=14'):
        ART.read(root)


def test_art_mentions_an_archive_that_is_not_unpacked(tmp_path):
    (tmp_path / 'train_images.tar.gz').touch()
    with pytest.raises(MissingFiles, match=r'train_labels(.|\n)*unpack train_images\.tar\.gz'):
        read_art(tmp_path)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        ({'points': [[1, 2], [3]]}, r"'gt_2'\[1\], points: expected pairs"),
        ({'illegibility': 'no'}, r"'gt_2'\[1\], 'illegibility': expected true or false, got 'no'"),
        ({'transcription': None}, r"'gt_2'\[1\], 'transcription': expected a text, got None"),
    ],
)
def test_art_names_a_malformed_word(tmp_path, change, message):
    labels = content()
    labels['gt_2'][1].update(change)
    with pytest.raises(ValueError, match=rf'train_labels\.json, {message}'):
        read_art(lay_out(tmp_path, labels))


@pytest.mark.parametrize(('text', 'message'), [('[]', 'a JSON object'), ('{"gt_0": 1}', 'a list')])
def test_art_rejects_a_json_file_of_another_type(tmp_path, text, message):
    root = lay_out(tmp_path, content())
    (root / 'train_labels.json').write_text(text)
    with pytest.raises(ValueError, match=f'expected {message}, got'):
        read_art(root)
