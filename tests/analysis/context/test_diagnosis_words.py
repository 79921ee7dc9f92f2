"""Comparison of words, groups of words, and misspellings."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from pipeline.analysis.agreement import is_right, normalize
from pipeline.analysis.context.misspelling import make_misspellings, misspell
from pipeline.analysis.gt_images import read_gt_images
from pipeline.analysis.word_groups import (
    group_by_blur,
    group_by_height,
    group_by_length,
    group_by_vocabulary,
    ring_height,
)


@pytest.mark.parametrize(
    ('text', 'gt_text', 'alphanumeric', 'exact', 'reason'),
    [
        ('Open', 'Open', True, True, 'the same'),
        ('OPEN', 'Open', True, False, 'case'),
        ('Open!', 'Open', True, False, 'punctuation'),
        ('0pen', 'Open', False, False, 'a digit is no letter'),
        ('', 'Open', False, False, 'nothing read'),
        ('', '&', False, False, 'a sign is not nothing'),
        ('&', '&', True, True, 'signs are compared where there is nothing else'),
        ('CAFÉ', 'café', True, False, 'letters of other alphabets count'),
    ],
)
def test_is_right_compares_alphanumeric_or_exact(text, gt_text, alphanumeric, exact, reason):
    assert is_right(text, gt_text, 'alphanumeric') is alphanumeric, reason
    assert is_right(text, gt_text, 'exact') is exact, reason


def test_is_right_rejects_an_unknown_rule():
    with pytest.raises(ValueError, match='rule must be one of'):
        is_right('a', 'a', 'loosely')


def test_group_by_vocabulary_and_length_are_partitions():
    texts = ['Open', 'zzz', 'a', 'incomprehensible']
    inside, outside = group_by_vocabulary(texts, ['OPEN!', 'other'])
    assert inside.rows.tolist() == [True, False, False, False]
    assert (inside.rows ^ outside.rows).all()
    lengths = group_by_length(texts)
    assert np.sum([group.rows for group in lengths], axis=0).tolist() == [1, 1, 1, 1]
    assert lengths[0].rows.tolist() == [False, False, True, False]


def test_ring_height_is_that_of_the_word_not_the_bbox():
    flat = np.array([[0, 0], [100, 0], [100, 10], [0, 10]], np.float32)
    turn = np.array([[0, 1], [-1, 0]], np.float32)
    groups = group_by_height([flat, flat @ turn.T])
    assert groups[0].rows.tolist() == [True, True]
    assert groups[0].name == '0 to under 12 px'


def test_ring_height_of_odd_polygons_is_the_short_side():
    triangle = np.array([[0, 0], [100, 0], [0, 10]], np.float32)
    assert ring_height(triangle) == pytest.approx(9.95, abs=0.01)
    assert ring_height(triangle[:, ::-1]) == pytest.approx(9.95, abs=0.01)


def test_group_by_blur_makes_thirds():
    rng = np.random.default_rng(0)
    sharp = rng.integers(0, 256, (32, 128, 3)).astype(np.uint8)
    crops = [cv2.GaussianBlur(sharp, (0, 0), sigma) for sigma in (0.5, 1, 2, 3, 4, 5)]
    blurred, between, clear = group_by_blur(np.stack(crops))
    assert clear.rows.tolist() == [True, True, False, False, False, False]
    assert between.rows.tolist() == [False, False, True, True, False, False]
    assert blurred.rows.tolist() == [False, False, False, False, True, True]


def test_read_gt_images_readable_skips_ignored_and_empty(tmp_path):
    square = [0, 0, 4, 0, 4, 4, 0, 4]
    words = [
        {'polygon': square, 'text': 'open'},
        {'polygon': square, 'text': '###', 'ignore': True},
        {'polygon': square, 'text': ''},
    ]
    entries = [{'img_path': 'a.png', 'instances': words}]
    entries += [{'img_path': 'crop.png', 'instances': [{'text': 'a crop has no scene'}]}]
    (tmp_path / 'a.json').write_text(json.dumps({'data_list': entries}))
    (tmp_path / 'a.png').touch()
    (photo,) = read_gt_images([tmp_path / 'a.json'])
    assert [word.text for word in photo.readable] == ['open']
    assert len(photo.words) == 3
    assert photo.path == tmp_path / 'a.png'


def test_read_gt_images_keep_empty_keeps_images_without_words(tmp_path):
    word = {'polygon': [0, 0, 4, 0, 4, 4, 0, 4], 'text': 'open'}
    entries = [
        {'img_path': 'a.png', 'instances': [word]},
        {'img_path': 'b.png', 'instances': []},
        {'img_path': 'crop.png', 'instances': [{'text': 'a crop is no image without words'}]},
    ]
    for name in ('a.png', 'b.png'):
        (tmp_path / name).touch()
    path = tmp_path / 'a.json'
    path.write_text(json.dumps({'data_list': entries}))
    assert [p.path.name for p in read_gt_images([path])] == ['a.png']
    kept = read_gt_images([path], keep_empty=True)
    assert [p.path.name for p in kept] == ['a.png', 'b.png']
    path.write_text(json.dumps({'data_list': entries[1:]}))
    with pytest.raises(ValueError, match='no image with word polygons'):
        read_gt_images([path], keep_empty=True)


def test_read_gt_images_rejects_data_without_scenes(tmp_path):
    path = tmp_path / 'crops.json'
    path.write_text(json.dumps({'data_list': [{'img_path': 'a', 'instances': [{'text': 'a'}]}]}))
    with pytest.raises(ValueError, match='have no scene'):
        read_gt_images([path])
    path.write_text('[]')
    with pytest.raises(ValueError, match='not an MMOCR JSON'):
        read_gt_images([path])
    with pytest.raises(FileNotFoundError, match='no annotation'):
        read_gt_images([tmp_path / 'none.json'])


def test_read_gt_images_reports_missing_images(tmp_path):
    word = {'polygon': [0, 0, 4, 0, 4, 4, 0, 4], 'text': 'open'}
    path = tmp_path / 'moved' / 'a.json'
    path.parent.mkdir()
    path.write_text(
        json.dumps({'data_list': [{'img_path': f'{i}.png', 'instances': [word]} for i in range(3)]})
    )
    (tmp_path / '1.png').touch()
    with pytest.raises(FileNotFoundError, match=r'none of the 3 images of .*--data-root'):
        read_gt_images([path])
    # One that is there is enough: which of the others are not is told when they are read.
    assert len(read_gt_images([path], data_root=tmp_path)) == 3


def test_make_misspellings_are_one_edit_from_their_word():
    vocabulary = ['CAKE', 'LAKE', 'MAKE', 'CLOSED', 'BAKER', 'BAKE']
    pairs = make_misspellings(vocabulary, 200, 8, np.random.default_rng(0))
    assert len(pairs) == 200
    known = {normalize(word) for word in vocabulary}
    letters = set(''.join(vocabulary))
    for word, wrong in pairs:
        assert word in vocabulary
        assert normalize(wrong) not in known
        assert abs(len(wrong) - len(word)) <= 1
        assert set(wrong) <= letters


def test_make_misspellings_keep_the_case():
    pairs = make_misspellings(['Closed', 'STREET'], 100, 9, np.random.default_rng(0))
    assert {wrong.isupper() for word, wrong in pairs if word == 'STREET'} == {True}
    assert not any(wrong[1:].isupper() for word, wrong in pairs if word == 'Closed')


def test_misspell_returns_none_without_a_result():
    assert make_misspellings(['a', '42', 'x-y'], 10, 8, np.random.default_rng(0)) == []
    assert misspell('AAAA', {'aaaa', 'aaaaa', 'aaa'}, 'A', np.random.default_rng(0)) is None
