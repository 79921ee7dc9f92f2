"""Parts of words that were found a second time are dropped."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.decisions.repeats import drop_repeats
from pipeline.recognition.ctc_reader import Reading
from pipeline.word_reading import ReadWord


def word(text: str, left: float, right: float, score: float = 0.8, image: int = 0) -> ReadWord:
    ring = np.array([[left, 20], [right, 20], [right, 60], [left, 60]], dtype=np.float32)
    return ReadWord(ring, Reading(text, [0.99] * len(text), 0.99), score, image)


NUMBER = word('123', 100, 200)


@pytest.mark.parametrize('words', [[NUMBER, word('3', 160, 205)], [word('3', 160, 205), NUMBER]])
def test_a_part_of_another_word_is_dropped(words):
    assert drop_repeats(words, 0.5) == [NUMBER]


def test_the_first_of_two_equal_words_is_kept():
    again = word('123', 105, 205)
    assert drop_repeats([NUMBER, again]) == [NUMBER]


@pytest.mark.parametrize(
    'other',
    [
        word('4', 160, 205),  # another text
        word('3', 180, 240),  # beside the word
        word('3', 160, 205, image=1),  # in another image
        word('3', 160, 205, score=0.3),  # will be dropped anyway
        word('', 160, 205),
    ],
)
def test_other_words_stay(other):
    assert drop_repeats([NUMBER, other], 0.5) == [NUMBER, other]
