"""Scenes of the benchmark: reproducible, with plates that do not depend on the look."""

from __future__ import annotations

import inspect
import json
from collections import Counter

import cv2
import numpy as np
import pytest

from pipeline.analysis.context.synthetic import data
from pipeline.analysis.context.synthetic.looks import LIGHTS, draw_look
from pipeline.analysis.context.synthetic.plates import draw_plate, letters_quad
from pipeline.analysis.context.synthetic.scenes import MOST_WORDS, SIZE, draw_scene
from pipeline.analysis.context.synthetic.vocabulary import (
    KINDS,
    VOCABULARIES,
    all_words,
    ambiguous_word,
    common_word,
)
from pipeline.rectification import Rectifier

RECTIFIER = Rectifier(size=(32, 128))


def hang(kind, words, seed=3):
    return draw_scene(kind, words, np.random.default_rng([seed, 9]), np.random.default_rng(seed))


def test_make_scene_is_equal_for_equal_seeds():
    first, _ = data.make_scene(1, 4)
    again, _ = data.make_scene(1, 4)
    other, _ = data.make_scene(2, 4)
    assert np.array_equal(first.image, again.image)
    assert first.words == again.words
    assert not np.array_equal(first.image, other.image)


def test_draw_plate_has_no_argument_for_word_or_kind():
    assert list(inspect.signature(draw_plate).parameters) == ['visible', 'rng']


def test_draw_scene_crops_do_not_depend_on_the_look():
    """The crops are equal bit for bit, so they contain no information about the look."""
    crops = {}
    for kind in KINDS:
        words = [ambiguous_word(kind, p) for p in ('?AKE', 'CA?E')] + [common_word('OPEN')]
        scene = hang(kind, words)
        crops[kind] = RECTIFIER(scene.image, scene.quads)
    first, *others = crops.values()
    assert all(np.array_equal(first, other) for other in others)


def test_draw_scene_differs_between_kinds():
    scenes = [hang(kind, [common_word('OPEN')]).image for kind in KINDS]
    for i, image in enumerate(scenes):
        for other in scenes[:i]:
            assert np.abs(image.astype(int) - other).mean() > 10


def test_draw_plate_leaves_no_trace_of_a_hidden_letter():
    """The cover is one color with noise, unlike the letters beside it."""
    plate = draw_plate('?AKE', np.random.default_rng(0))
    gray = cv2.cvtColor(cv2.GaussianBlur(plate, (5, 5), 0), cv2.COLOR_BGR2GRAY)
    x1, y1 = (int(value) for value in letters_quad('?AKE')[0])
    cover, letter = (gray[y1 + 10 : y1 + 20, x1 + x : x1 + x + 10] for x in (6, 24))
    assert cover.std() < 6 < letter.std()


def test_draw_scene_quads_match_the_letters():
    """The crop of a word equals its plate up to interpolation."""
    word = common_word('SECOND')
    scene = hang('garage', [word])
    crop = RECTIFIER(scene.image, scene.quads)[0]
    rng = np.random.default_rng(3)
    rng.permutation(MOST_WORDS)  # as the scene draws its place first
    flat = RECTIFIER(draw_plate(word.visible, rng), [letters_quad(word.visible)])[0]
    gray = [cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).ravel() for image in (crop, flat)]
    assert np.corrcoef(*gray)[0, 1] > 0.9


def test_draw_scene_rejects_too_many_words():
    with pytest.raises(ValueError, match='room for'):
        hang('garage', [common_word('OPEN')] * (MOST_WORDS + 1))


def test_draw_look_rejects_an_unknown_kind():
    with pytest.raises(ValueError, match='kind'):
        draw_look('castle', SIZE, np.random.default_rng(0))


def test_draw_look_draws_all_lights_for_every_kind():
    for kind in KINDS:
        rngs = [np.random.default_rng(seed) for seed in range(20)]
        assert {draw_look(kind, (16, 16), rng)[1] for rng in rngs} == set(LIGHTS)


def test_make_scene_uses_words_of_its_kind():
    for index in range(12):
        scene, kind = data.make_scene(0, index)
        assert scene.look == kind == KINDS[index % 6]
        hidden = [word for word in scene.words if word.role == 'ambiguous']
        assert len(hidden) == data.AMBIGUOUS_WORDS
        assert all(word.text == VOCABULARIES[kind][word.visible] for word in hidden)


def test_choose_words_misleading_words_are_visible():
    known = set(all_words())
    scenes = [data.make_scene(0, index)[0] for index in range(30)]
    words = [word for scene in scenes for word in scene.words if word.role == 'misleading']
    assert all(word.visible == word.text for word in words)
    assert sum(word.text not in known for word in words) > len(words) / 2


def test_make_scene_uninformative_changes_only_looks():
    looks = Counter()
    for index in range(36):
        informative, _ = data.make_scene(0, index)
        scene, kind = data.make_scene(0, index, informative=False)
        assert scene.words == informative.words
        looks[scene.look == kind] += 1
    assert 1 <= looks[True] <= 15  # six of 36 on average


def test_write_set_writes_mmocr_json(tmp_path):
    annotation = data.write_set(tmp_path, seed=5, count=6)
    content = json.loads(annotation.read_text())
    assert [photo['kind'] for photo in content['data_list']] == list(KINDS)
    photo = content['data_list'][0]
    scene, _ = data.make_scene(5, 0)
    assert np.array_equal(cv2.imread(str(tmp_path / photo['img_path'])), scene.image)
    words = photo['instances']
    assert [word['text'] for word in words] == [word.text for word in scene.words]
    assert np.allclose(words[0]['polygon'], scene.quads[0].ravel(), atol=0.01)


def test_write_set_keeps_an_existing_set(tmp_path, monkeypatch):
    annotation = data.write_set(tmp_path, seed=5, count=6)
    before = annotation.read_text()
    with monkeypatch.context() as patch:
        patch.setattr(data, 'make_scene', None)
        assert data.write_set(tmp_path, seed=5, count=6).read_text() == before
    assert data.write_set(tmp_path, seed=6, count=6).read_text() != before


def test_write_set_rejects_unequal_kinds(tmp_path):
    with pytest.raises(ValueError, match='multiple of 6'):
        data.write_set(tmp_path, seed=0, count=7)
