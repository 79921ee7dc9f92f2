"""Words between two others on a line are found."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pipeline import TextSpotter
from pipeline.decisions.filling import fill_gaps
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord

IMAGE = np.full((100, 400, 3), 200, dtype=np.uint8)


def box(x1: float, x2: float, y1: float = 20, y2: float = 60) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)


def word(text: str, ring: np.ndarray, det_score: float = 0.8) -> ReadWord:
    return ReadWord(ring, Reading(text, [0.99] * len(text), 0.99), det_score, 0)


KA, AB = word('KA', box(0, 100)), word('AB', box(200, 300), 0.7)


def fill(words, text='KA 7 AB', probs=None, gaps=(0.4, 0.6)):
    """Fill gaps where each pair is read as ``text``."""
    places = list((np.arange(len(text)) + 0.5) / len(text))
    reading = Reading(text, probs or [0.99] * len(text), 0.9, list(gaps), places)
    return fill_gaps(
        [IMAGE],
        words,
        Rectifier((48, 144), margin=(0, 0)),
        lambda crops: [reading] * len(crops.crops),
    )


def test_a_character_between_two_words_becomes_a_word():
    first, last, found = fill([KA, AB])
    assert (first, last) == (KA, AB)
    assert found.reading.text == '7'
    assert found.det_score == 0.7
    np.testing.assert_allclose(found.polygon, box(120, 180), atol=1)
    np.testing.assert_allclose(found.reading.char_places, [0.5], atol=0.01)


def test_several_words_in_one_gap_are_found():
    words = fill([KA, AB], 'KA 7 & AB', gaps=(0.3, 0.5, 0.7))
    assert [each.reading.text for each in words] == ['KA', 'AB', '7', '&']


@pytest.mark.parametrize(
    'reading',
    [
        dict(text='KA AB', gaps=(0.5,)),  # nothing between the words
        dict(text='KB 7 AB'),  # the first word is read otherwise
        dict(text='KA - AB'),  # a mark
        dict(text='KA 7 AB', probs=[0.99, 0.99, 0.99, 0.8, 0.99, 0.99, 0.99]),
        dict(text='KA 7 AB', gaps=(0.4,)),  # a space without a place
    ],
)
def test_other_readings_add_nothing(reading):
    assert fill([KA, AB], **reading) == [KA, AB]


@pytest.mark.parametrize(
    'others',
    [
        [word('AB', box(110, 200))],  # no room
        [word('AB', box(300, 390))],  # too far away
        [word('AB', box(200, 300, 50, 90))],  # on another line
        [AB, word('7', box(130, 170))],  # the word has been found
    ],
)
def test_gaps_of_other_sizes_and_gaps_with_words_stay(others):
    words = [KA, *others]
    assert fill(words) == words


def fill_ends(words, texts):
    """Fill where the longer outlines of the first and the last word are read as ``texts``."""

    def read(crops):
        return [
            Reading(text, [0.99] * len(text), 0.99, [0.3 if text[1] == ' ' else 0.7])
            for text in (texts[0] if ring[0, 0] < 100 else texts[1] for ring in crops.polygons)
        ]

    return [each.reading.text for each in fill_gaps([IMAGE], words, Rectifier((48, 144)), read)]


PB, NUMBER = word('PB', box(100, 150)), word('5987', box(160, 260))


def test_single_characters_at_the_ends_of_a_code_become_words():
    assert fill_ends([PB, NUMBER], ('N PB', '5987 D')) == ['PB', '5987', 'N', 'D']


@pytest.mark.parametrize('texts', [('XY PB', '5987'), ('- PB', '5987'), ('N PR', '5988 D')])
def test_other_readings_beyond_the_ends_add_nothing(texts):
    assert fill_ends([PB, NUMBER], texts) == ['PB', '5987']


@pytest.mark.parametrize(
    ('first', 'last', 'texts'),
    [
        (PB, word('HALL', box(160, 260)), ('N PB', 'HALL D')),  # no digit
        (word('Pb', box(100, 150)), NUMBER, ('N Pb', '5987')),  # lower case
        (PB, word('598765', box(160, 260)), ('PB', '598765 D')),  # long
    ],
)
def test_other_words_are_not_read_beyond_their_ends(first, last, texts):
    words = [first, last]
    assert fill_ends(words, texts) == [each.reading.text for each in words]


def test_the_outline_of_a_character_at_an_end_is_as_wide_as_the_character():
    def read(crops):
        places = [0.1, 0.3, 0.5, 0.6, 0.7, 0.8]
        return [Reading('5987 D', [0.99] * 6, 0.99, [0.7], places)] * len(crops.crops)

    found = fill_gaps([IMAGE], [PB, NUMBER], Rectifier((48, 144)), read)[-1]
    # The longer outline is 176 px wide; the character's middle is at 0.8, the gap at 0.7.
    np.testing.assert_allclose(found.polygon, box(160 + 0.7 * 176, 160 + 0.9 * 176), atol=1)
    np.testing.assert_allclose(found.reading.char_places, [0.5], atol=0.01)


def test_words_of_other_images_do_not_matter():
    """The gap is filled although another image has a word at its place."""
    other = replace(word('7', box(130, 170)), image_index=1)
    reading = Reading('KA 7 AB', [0.99] * 7, 0.9, [0.4, 0.6], [0.1] * 7)
    images = [IMAGE, IMAGE]
    words = fill_gaps(
        images, [KA, other, AB], Rectifier((48, 144)), lambda crops: [reading] * len(crops.crops)
    )
    assert [(each.reading.text, each.image_index) for each in words][-1] == ('7', 0)


def test_default_reads_a_single_digit_on_a_plate():
    image = np.full((720, 1280, 3), 70, dtype=np.uint8)
    cv2.rectangle(image, (380, 400), (900, 510), (255, 255, 255), -1)
    cv2.rectangle(image, (380, 400), (900, 510), (0, 0, 0), 4)
    for text, x in (('KA', 420), ('01', 550), ('7', 680), ('AB', 760)):
        cv2.putText(image, text, (x, 485), cv2.FONT_HERSHEY_SIMPLEX, 2.2, (0, 0, 0), 9)
    assert [each.text for each in TextSpotter.default().read(image)] == ['KA', '01', '7', 'AB']
