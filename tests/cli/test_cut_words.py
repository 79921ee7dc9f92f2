"""``clipter cut-words``: crops of a recognizer's size from images and from word crops."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.cli import cut_words
from pipeline.clipter.cache.context_cache import photo_key

CONFIG = Path(__file__).parents[2] / 'configs' / '_base_' / 'ppocrv6-small.py'


@pytest.fixture
def photo(tmp_path) -> Path:
    """Two words side by side, a third that is not to be read, a narrow character."""
    image = np.full((200, 400, 3), 255, np.uint8)
    words = [('ab', (20, 20, 120, 60)), ('cde', (130, 20, 280, 60)), ('x', (20, 100, 35, 150))]
    instances = [
        {'text': text, 'polygon': [x1, y1, x2, y1, x2, y2, x1, y2], 'ignore': False}
        for text, (x1, y1, x2, y2) in words
    ]
    hidden = {'text': '', 'polygon': [200, 100, 300, 100, 300, 140, 200, 140], 'ignore': True}
    cv2.imwrite(str(tmp_path / 'photo.png'), image)
    data_list = [{'img_path': 'photo.png', 'instances': [*instances, hidden]}]
    path = tmp_path / 'textspotting.json'
    path.write_text(json.dumps({'metainfo': {}, 'data_list': data_list}))
    return path


def cut(data: Path, out: Path, *options: str) -> list[dict]:
    arguments = [str(CONFIG), '--data', str(data), '--out', str(out), '--workers', '1', *options]
    assert cut_words.main(arguments) == 0
    return json.loads((out / 'textrecog.json').read_text(encoding='utf-8'))['data_list']


def texts(entries: list[dict]) -> list[str]:
    return sorted(entry['instances'][0]['text'] for entry in entries)


def test_cut_words_writes_readable_words_only(photo, tmp_path) -> None:
    entries = cut(photo, tmp_path / 'out', '--variants', '2', '--join-prob', '0')
    assert texts(entries) == ['ab', 'ab', 'cde', 'cde', 'x', 'x']
    for entry in entries:
        crop = cv2.imread(str(tmp_path / 'out' / entry['img_path']))
        assert crop.shape[:2] == (entry['height'], entry['width']) == (48, crop.shape[1])


def test_cut_words_keeps_narrow_characters_upright(photo, tmp_path) -> None:
    entries = cut(photo, tmp_path / 'out', '--join-prob', '0')
    (width,) = {e['width'] for e in entries if e['instances'][0]['text'] == 'x'}
    assert width == 32


def test_cut_words_joins_words_of_a_line(photo, tmp_path) -> None:
    entries = cut(photo, tmp_path / 'out', '--variants', '1', '--join-prob', '1')
    assert texts(entries) == ['ab cde', 'cde', 'x']


def test_cut_words_is_the_same_for_a_seed(photo, tmp_path) -> None:
    first, second = (cut(photo, tmp_path / name, '--seed', '7') for name in ('a', 'b'))
    assert first == second
    other = cut(photo, tmp_path / 'c', '--seed', '8')
    assert [e['width'] for e in other] != [] and len(other) >= 4


def test_cut_words_records_the_image_of_each_crop(photo, tmp_path) -> None:
    out = tmp_path / 'deep' / 'out'
    entries = cut(photo, out, '--resize', '300', '150')
    image = (tmp_path / 'photo.png').read_bytes()
    for entry in entries:
        scene = entry['scene']
        assert (out / scene['img_path']).read_bytes() == image
        assert scene['native_size'] == [150, 300]
        assert scene['key'] == photo_key(image, (150, 300))


def test_cut_words_takes_word_crops(tmp_path) -> None:
    cv2.imwrite(str(tmp_path / 'word.png'), np.full((30, 90, 3), 99, np.uint8))
    data_list = [{'img_path': 'word.png', 'instances': [{'text': 'abc'}]}]
    path = tmp_path / 'textrecog.json'
    path.write_text(json.dumps({'metainfo': {}, 'data_list': data_list}))
    entries = cut(path, tmp_path / 'out', '--variants', '3')
    assert texts(entries) == ['abc'] * 3
    assert not any('scene' in entry for entry in entries)
    assert all(128 <= entry['width'] <= 160 for entry in entries)


def test_cut_words_names_a_config_without_rectifier(photo, tmp_path, capsys) -> None:
    (tmp_path / 'config.py').write_text('model = dict()')
    arguments = [str(tmp_path / 'config.py'), '--data', str(photo), '--out', str(tmp_path / 'o')]
    assert cut_words.main(arguments) == 2
    assert 'rectifier' in capsys.readouterr().err


def test_cut_words_bends_straight_words(photo, tmp_path) -> None:
    straight, bent = (
        cut(photo, tmp_path / name, '--join-prob', '0', '--bend-prob', share)
        for name, share in (('straight', '0'), ('bent', '1'))
    )
    assert texts(bent) == texts(straight)
    widths = [
        np.mean([e['width'] for e in entries if e['instances'][0]['text'] == 'cde'])
        for entries in (straight, bent)
    ]
    assert widths[1] < widths[0]
