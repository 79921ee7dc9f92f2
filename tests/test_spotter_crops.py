"""Crops of words are read without detection."""

from __future__ import annotations

import io
import json
import weakref
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from PIL import Image
from toy_scenes import scene_pipeline
from toy_spotter import GREEN, draw_photo, make_toy
from toy_words import TALL, draw_crop, whole, with_start

from pipeline import ImageReadError
from pipeline.datasets import SceneWordsDataset


def draw_text(text: str, turned: bool = False) -> np.ndarray:
    crop = np.full((40, 24 * len(text) + 10, 3), 230, dtype=np.uint8)
    cv2.putText(crop, text, (5, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, (60, 30, 30), 2, cv2.LINE_AA)
    return np.ascontiguousarray(np.rot90(crop, -1)) if turned else crop


def test_a_crop_is_read_as_the_word_that_its_own_outline_rings(default_spotter):
    crops = [draw_text('HELLO'), draw_text('market', turned=True), draw_text('24')]
    readings = default_spotter.read_crops(crops)
    rings = [[whole(crop)] for crop in crops]
    assert readings == [word for (word,) in default_spotter.read_polygons(crops, rings)]
    assert [text.lower() for text, _ in readings] == ['hello', 'market', '24']
    assert default_spotter.read_crops(crops[1:2])[0] == (
        readings[1][0],
        pytest.approx(readings[1][1]),
    )


@pytest.mark.parametrize('size', [(24, 80), (80, 24), (31, 31)])
def test_a_crop_is_cut_as_in_training(tmp_path, size):
    crop = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    cv2.imwrite(str(tmp_path / 'a.png'), crop)
    entry = {'img_path': 'a.png', 'instances': [{'text': 'a'}]}
    (tmp_path / 'words.json').write_text(json.dumps({'metainfo': {}, 'data_list': [entry]}))
    dataset = SceneWordsDataset(
        'words.json', 'a', data_root=str(tmp_path), pipeline=scene_pipeline()
    )
    (trained,) = dataset[0]['inputs']
    spotter, seen = make_toy(), []
    spotter.recognizer.register_forward_pre_hook(lambda _, args: seen.append(args[0]))
    spotter.read_crops([tmp_path / 'a.png'])
    assert torch.equal((seen[0][0] * 127.5 + 127.5).round().byte(), trained)


def test_crops_are_paths_bytes_pictures_and_arrays_and_nothing_is_detected(tmp_path):
    crop = draw_crop('q')
    path = tmp_path / 'crop.png'
    picture = Image.fromarray(crop[..., ::-1])
    picture.save(path)
    spotter = make_toy()
    sources = (path, str(path), path.read_bytes(), picture, crop, draw_crop('r', (9, 300)))
    assert [text for text, _ in spotter.read_crops(sources)] == list('qqqqqr')
    assert [text for text, _ in spotter.read_crops(iter(sources))] == list('qqqqqr')
    assert [text for text, _ in spotter.read_crops(np.stack([crop] * 2))] == list('qq')
    assert spotter.detector.batches == []
    assert spotter.read_crops([]) == []


def test_every_crop_has_a_reading_however_weak():
    unread = np.zeros((24, 80, 3), dtype=np.uint8)
    (weak, nothing) = make_toy(min_score=1.0).read_crops([draw_crop('a'), unread])
    assert weak == ('a', pytest.approx(GREEN / 255, abs=0.01))
    assert nothing == ('', 0.0)


@pytest.mark.parametrize('side', ['top', 'bottom'])
def test_tall_crops_are_read_downwards_and_upwards(side):
    x1, y1, x2, y2 = TALL
    crop = with_start(draw_photo(('v', TALL)), side)[y1:y2, x1:x2]
    assert make_toy().read_crops([crop]) == [('v', pytest.approx(GREEN / 255, abs=0.01))]


def test_crops_are_read_and_held_so_many_at_a_time(monkeypatch):
    alive: list[weakref.ref] = []
    most = 0

    def read(letter: str) -> np.ndarray:
        nonlocal most
        crop = draw_crop(letter)
        alive.append(weakref.ref(crop))
        most = max(most, sum(ref() is not None for ref in alive))
        return crop

    monkeypatch.setattr('pipeline.spotter.read_image', read)
    spotter = make_toy(crop_batch_size=3)
    assert ''.join(text for text, _ in spotter.read_crops(list('abcdefgh'))) == 'abcdefgh'
    assert spotter.recognizer.calls == [3, 3, 2]
    assert most <= 3


def test_one_crop_alone_wants_a_list_around_it(tmp_path):
    one = Image.fromarray(draw_crop('a'))
    for image in ('a.png', Path('a.png'), b'PNG', draw_crop('a'), one, io.BytesIO(b'PNG')):
        with pytest.raises(ValueError, match=r'\[image\]'):
            make_toy().read_batch(image)
        with pytest.raises(ValueError, match=r'\[image\]'):
            make_toy().read_crops(image)
    with pytest.raises(ImageReadError, match='no such file'):
        make_toy().read_crops([draw_crop('a'), tmp_path / 'none.png'])
