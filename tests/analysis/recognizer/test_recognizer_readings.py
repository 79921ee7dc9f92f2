"""Words read at gt polygons, and word crops."""

from __future__ import annotations

import json

import numpy as np
import pytest
from toy_report_scenes import write_scenes
from toy_scenes import write_set
from toy_spotter import BLUE_STEP, GREEN, draw_photo, make_toy

from pipeline.analysis.gt_words import read_gt_words
from pipeline.analysis.recognizer.accuracy import judge_readings
from pipeline.analysis.recognizer.failures import choose_failures, draw_failures
from pipeline.analysis.recognizer.readings import read_word_crops, read_words_of_photos


def write_crops(folder):
    """Three word crops, one of them ignored: a c and an e of the same color."""
    photos = {
        f'{letter}.png': draw_photo((letter, (0, 0, 64, 16)), size=(16, 64)) for letter in 'cex'
    }
    samples = [
        {'img_path': 'c.png', 'instances': [{'text': 'C'}]},
        {'img_path': 'e.png', 'instances': [{'text': 'f'}]},
        {'img_path': 'x.png', 'instances': [{'text': 'x', 'ignore': True}]},
    ]
    return write_set(folder, samples, photos) / 'annotation.json'


def test_read_words_of_photos_reads_gt_polygons(tmp_path):
    photos, crops = read_gt_words([write_scenes(tmp_path)])
    readings = read_words_of_photos(make_toy(min_score=1.0), photos)
    assert not crops
    # b is white paper in the image, which the toy reads as the letter of its blue.
    white = chr(ord('a') + 255 // BLUE_STEP)
    assert [(r.gt_text, r.text) for r in readings] == [
        ('a', 'a'), ('b', white), ('c', 'c'), ('d', 'd'),
    ]  # fmt: skip
    assert readings[0].score == pytest.approx(GREEN / 255)
    assert readings[1].sharpness == 0 < readings[0].sharpness  # paper alone has no edge
    assert readings[0].path.name == 'one.png'


def test_read_word_crops_reads_whole_images(tmp_path):
    photos, crops = read_gt_words([write_crops(tmp_path)])
    readings = read_word_crops(make_toy(), crops)
    assert not photos
    assert [(r.gt_text, r.text, r.is_crop) for r in readings] == [
        ('C', 'c', True),
        ('f', 'e', True),
    ]
    assert readings[0].polygon.tolist() == [[0, 0], [64, 0], [64, 16], [0, 16]]


def test_read_gt_words_accepts_images_and_crops(tmp_path):
    paths = [write_scenes(tmp_path / 'scenes'), write_crops(tmp_path / 'crops')]
    photos, crops = read_gt_words(paths)
    assert (len(photos), len(crops)) == (2, 2)
    photos, _ = read_gt_words([paths[1], paths[0], paths[0]])
    assert len(photos) == 2


def test_read_gt_words_rejects_data_without_texts(tmp_path):
    word = {'polygon': [0, 0, 4, 0, 4, 4, 0, 4], 'text': '###', 'ignore': True}
    path = tmp_path / 'a.json'
    (tmp_path / 'a.png').touch()
    path.write_text(json.dumps({'data_list': [{'img_path': 'a.png', 'instances': [word]}]}))
    with pytest.raises(ValueError, match='got 1 words that are all ignored'):
        read_gt_words([path])
    path.write_text(json.dumps({'data_list': []}))
    with pytest.raises(ValueError, match='wanted words with texts'):
        read_gt_words([path])


def test_choose_failures_is_equal_for_equal_seeds(tmp_path):
    photos, _ = read_gt_words([write_scenes(tmp_path)])
    readings = read_words_of_photos(make_toy(), photos) * 10  # ten times b is wrong
    right = judge_readings(readings)['alphanumeric']
    first, again = (choose_failures(readings, right, 4, np.random.default_rng(7)) for _ in range(2))
    assert len(first) == 4 and all(r.gt_text == 'b' for r in first)
    assert all(a is b for a, b in zip(first, again))
    assert len(choose_failures(readings, right, 99, np.random.default_rng(0))) == 10
    sheet = draw_failures(first, make_toy().rectifier)
    assert sheet.shape[2] == 3 and sheet.dtype == np.uint8
