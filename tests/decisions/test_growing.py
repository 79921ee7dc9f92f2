"""Words that the detector has cut short are grown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pipeline.decisions.growing import grow_words
from pipeline.recognition.ctc_reader import Reading
from pipeline.recognition.language.letter_ngrams import LetterNgrams
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord

IMAGE = np.full((100, 400, 3), 200, dtype=np.uint8)
SIGN = 'ASTORIA'  # its letters are 12 px wide, and start at x = 100


def box(x1: float, x2: float) -> np.ndarray:
    return np.array([[x1, 20], [x2, 20], [x2, 60], [x1, 60]], dtype=np.float32)


def word(text: str, ring: np.ndarray, det_score: float = 0.8) -> ReadWord:
    return ReadWord(ring, Reading(text, [0.99] * len(text), 0.95), det_score, 0)


def read_sign(crops, prob=0.99):
    """Read the letters of the sign whose middle is in a crop; letters at the ends have ``prob``."""
    readings = []
    for ring in crops.polygons:
        left, right = ring[0, 0], ring[1, 0]
        inside = [i for i in range(len(SIGN)) if left <= 106 + 12 * i <= right]
        text = ''.join(SIGN[i] for i in inside)
        probs = [prob, *[0.99] * (len(text) - 2), prob]
        places = [(106 + 12 * i - left) / (right - left) for i in inside]
        readings.append(Reading(text, probs, float(np.prod(probs)), [], places))
    return readings


def grow(words, read=read_sign, is_known=lambda text: False):
    return grow_words([IMAGE], words, Rectifier((48, 144)), read, is_known, 0.5)


@pytest.mark.parametrize('left, right', [(112, 184), (100, 160), (124, 160)])
def test_missing_letters_at_both_ends_are_added(left, right):
    part = word(SIGN[(left - 100) // 12 : (right - 100) // 12], box(left, right))
    (grown,) = grow([part])
    assert grown.reading.text == SIGN
    assert grown.det_score == part.det_score
    start, end = grown.polygon[0, 0], grown.polygon[1, 0]
    assert start <= 106 and end >= 178
    places = start + np.array(grown.reading.char_places) * (end - start)
    np.testing.assert_allclose(places, 106 + 12 * np.arange(7), atol=0.5)


def test_an_end_without_new_letters_stays():
    (grown,) = grow([word('STORIA', box(112, 184))])
    np.testing.assert_allclose(grown.polygon[1:3, 0], 184)


@pytest.mark.parametrize(
    'part',
    [
        word('STORIA', box(112, 184), det_score=0.4),  # will be dropped
        word('ST', box(112, 136)),
        word('STOR1A', box(112, 184)),
        word('STQRIA', box(112, 184)),  # the longer outline shows another word
    ],
)
def test_other_words_are_not_grown(part):
    assert grow([part]) == [part]


def test_uncertain_letters_are_not_added():
    part = word('STORIA', box(112, 184))
    assert grow([part], lambda crops: read_sign(crops, prob=0.8)) == [part]


def test_letters_of_another_word_are_not_added():
    words = [word('STORIA', box(112, 184)), word('XA', box(60, 111))]
    assert grow(words) == words


def test_a_letter_between_two_parts_is_added_once():
    parts = [word('AST', box(100, 136)), word('RIA', box(148, 184))]
    assert [each.reading.text for each in grow(parts)] == ['ASTO', 'RIA']


def test_words_of_other_images_do_not_matter():
    part = word('STORIA', box(112, 184))
    other = replace(word('XA', box(60, 111)), image_index=1)
    grown = grow_words([IMAGE, IMAGE], [other, part], Rectifier((48, 144)), read_sign, str.islower)
    assert [each.reading.text for each in grown] == ['XA', SIGN]


def test_words_of_the_lists_are_not_grown():
    part = word('STORIA', box(112, 184))
    assert grow([part], is_known=LetterNgrams({'storia': 1.0}).contains) == [part]
    assert grow([part], is_known=LetterNgrams({'story': 1.0}).contains) != [part]
