"""Letters that were detected one by one become one word."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decisions.letter_chains import join_letters
from pipeline.geometry import rotate_points
from pipeline.recognition.ctc_reader import Reading
from pipeline.word_reading import ReadWord


def letters(text: str, pitch: float = 40, y: float = 10, image: int = 0) -> list[ReadWord]:
    """Letters of 20x30 pixels."""
    words = []
    for number, letter in enumerate(text):
        x = 10 + pitch * number
        ring = np.float32([[x, y], [x + 20, y], [x + 20, y + 30], [x, y + 30]])
        words.append(ReadWord(ring, Reading(letter, [0.9], 0.9), 0.8, image))
    return words


def texts(words) -> list[str]:
    return [word.reading.text for word in words]


def test_letters_set_wide_become_one_word():
    market = letters('MARKET')
    (word,) = join_letters(market[3:] + market[:3])
    assert word.reading.text == 'MARKET'
    np.testing.assert_allclose(word.polygon, [[10, 10], [230, 10], [230, 40], [10, 40]], atol=1e-3)
    assert word.reading.score == pytest.approx(0.9**6)
    assert word.char_score == pytest.approx(0.9)
    np.testing.assert_allclose(word.reading.char_places, np.arange(20, 240, 40) / 220 - 10 / 220)


def test_lines_below_each_other_stay_apart():
    assert texts(join_letters(letters('SPA') + letters('GAER', y=60))) == ['SPA', 'GAER']


def test_letters_of_rotated_images_are_joined():
    rotated = [
        ReadWord(rotate_points(w.polygon, 90, (100, 300)).astype(np.float32), w.reading, 0.8, 0)
        for w in letters('GAER')
    ]
    assert texts(join_letters(rotated)) == ['GAER']


@pytest.mark.parametrize(
    'words',
    [
        letters('123'),  # digits may be the cells of a table
        letters('AB'),  # too few
        letters('ABC', pitch=80),  # too far apart
        letters('AB') + letters('XC', y=90)[1:],  # on different lines
        letters('AB') + [letters('ABCDE')[4]],  # irregular
        letters('AB') + [letters('ABC', image=1)[2]],  # in another image
    ],
)
def test_other_letters_stay_apart(words):
    assert join_letters(words) == words


def test_letters_below_min_score_stay_apart():
    words = letters('SPA')
    assert join_letters(words, min_score=0.75) == words
