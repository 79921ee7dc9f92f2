"""Words that cannot be read in their outlines get a larger outline."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decisions.enlarging import enlarge_words
from pipeline.geometry import ring_size
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord

IMAGE = np.full((200, 400, 3), 200, dtype=np.uint8)
UNREAD = Reading('0', [0.001], 0.001)


def box(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)


def read_from_height(least: float, text: str = '42', score: float = 0.99):
    """A recognizer that reads ``text`` in crops that are at least this high."""

    def read(crops):
        return [
            Reading(text, [score] * len(text), score) if ring_size(ring)[0] >= least else UNREAD
            for ring in crops.polygons
        ]

    return read


def enlarge(word, read, others=()):
    words = [word, *others]
    chosen = enlarge_words([IMAGE], words, Rectifier((48, 144)), read, 0.5)
    assert chosen[1:] == list(others)
    return chosen[0]


LOW = ReadWord(box(100, 80, 200, 120), UNREAD, 0.7, 0)


@pytest.mark.parametrize('least, height', [(50, 52), (60, 64)])
def test_smallest_outline_that_is_read_is_chosen(least, height):
    word = enlarge(LOW, read_from_height(least))
    assert (word.reading.text, word.det_score) == ('42', 0.7)
    assert ring_size(word.polygon)[0] == pytest.approx(height)


def read_differently(crops):
    """A recognizer that is certain, and reads another text in each outline."""
    return [Reading(f'{ring_size(ring)[0]:.0f}', [0.99] * 2, 0.99) for ring in crops.polygons]


@pytest.mark.parametrize(
    'read',
    [
        pytest.param(read_differently, id='texts differ'),
        pytest.param(read_from_height(70), id='read in the largest outline only'),
        pytest.param(read_from_height(50, score=0.8), id='not certain'),
        pytest.param(read_from_height(50, text='4'), id='one character'),
        pytest.param(read_from_height(50, text='=/'), id='no letters or digits'),
    ],
)
def test_other_readings_change_nothing(read):
    assert enlarge(LOW, read) is LOW


@pytest.mark.parametrize(
    'word',
    [
        pytest.param(ReadWord(LOW.polygon, UNREAD, 0.4, 0), id='not found with certainty'),
        pytest.param(ReadWord(LOW.polygon, Reading('AB', [0.9] * 2, 0.9), 0.7, 0), id='read'),
        pytest.param(ReadWord(box(100, 80, 120, 90), UNREAD, 0.7, 0), id='very small'),
    ],
)
def test_other_words_stay(word):
    assert enlarge(word, read_from_height(0)) is word


def test_neighbours_do_not_grow_into_each_other():
    left = ReadWord(box(100, 80, 130, 120), UNREAD, 0.7, 0)
    right = ReadWord(box(136, 80, 166, 120), UNREAD, 0.7, 0)
    read = read_from_height(50)
    chosen = enlarge_words([IMAGE], [left, right], Rectifier((48, 144)), read, 0.5)
    assert [word.reading.text for word in chosen] == ['42', '0']


def test_outlines_do_not_grow_into_other_words():
    below = ReadWord(box(100, 122, 200, 160), Reading('STOP', [0.99] * 4, 0.99), 0.9, 0)
    assert enlarge(LOW, read_from_height(50), [below]) is LOW
