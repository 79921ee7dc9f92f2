"""Words that the detector has cut in two are joined."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.decisions.joining import join_words
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord, WordBatch

IMAGE = np.full((100, 400, 3), 200, dtype=np.uint8)


def box(x1: float, x2: float, y1: float = 20, y2: float = 60) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)


def word(text: str, ring: np.ndarray, det_score: float = 0.8, image: int = 0, gaps=()) -> ReadWord:
    return ReadWord(ring, Reading(text, [0.99] * len(text), 0.95, list(gaps)), det_score, image)


def join(words, text='HOTEL', score=0.95, gaps=(), images=(IMAGE,)):
    """Join words where each pair is read as ``text``."""
    reading = Reading(text, [score] * len(text), score ** len(text), list(gaps))
    return join_words(
        images, words, Rectifier((48, 96)), lambda crops: [reading] * len(crops.crops), 0.5
    )


def texts(words) -> list[str]:
    return [each.reading.text for each in words]


HO, TEL = word('HO', box(10, 70)), word('TEL', box(72, 150), 0.7)


def test_two_parts_become_one_word_with_a_common_outline():
    (joined,) = join([HO, TEL])
    assert joined.reading.text == 'HOTEL'
    assert joined.det_score == 0.8
    np.testing.assert_allclose(joined.polygon, box(10, 150), atol=1e-3)


def test_parts_are_found_in_any_order_and_other_words_stay():
    other = word('OPEN', box(10, 100, 70, 95))
    assert sorted(texts(join([TEL, other, HO]))) == ['HOTEL', 'OPEN']


def test_a_word_in_three_parts_is_joined_step_by_step():
    parts = [word('BLA', box(10, 70)), word('CK', box(70, 110)), word('CLOSE', box(111, 200))]

    def read(crops):
        return [
            Reading(text, [1.0] * len(text), 1.0)
            for text in ('BLACKCLOSE' if ring[1, 0] > 190 else 'BLACK' for ring in crops.polygons)
        ]

    joined = join_words([IMAGE], parts, Rectifier((48, 96)), read)
    assert texts(joined) == ['BLACKCLOSE']


@pytest.mark.parametrize(
    'second',
    [
        word('TEL', box(100, 180)),  # a gap of 0.75 heights
        word('TEL', box(72, 150, 40, 80)),  # lower
        word('TEL', box(72, 150, 30, 50)),  # half as high
        word('TEL', np.roll(box(72, 150), 2, axis=0)),  # upside down
        word('TEL', box(72, 150), 0.3),  # below min_score
        word('TEL', box(72, 150), image=1),  # in another image
        word('T EL', box(72, 150), gaps=[0.5]),  # several words
        word('', box(72, 150)),
    ],
)
def test_other_neighbours_are_not_joined(second):
    assert join([HO, second], images=(IMAGE, IMAGE)) == [HO, second]


@pytest.mark.parametrize(
    ('text', 'score', 'gaps'),
    [
        ('HO TEL', 0.95, [0.4]),  # a space
        ('HOTEL', 0.95, [0.4]),  # an improbable space
        ('HOTEL', 0.8, []),  # uncertain
        ('HO.TEL', 0.95, []),  # a separator that neither part has
        ('HOT', 0.95, []),  # letters are lost
    ],
)
def test_words_that_are_not_read_as_one_stay_apart(text, score, gaps):
    assert join([HO, TEL], text, score, gaps) == [HO, TEL]


def draw(*words: tuple[str, int]) -> tuple[np.ndarray, list[np.ndarray]]:
    """A sign, and the upright box of each word."""
    image = np.full((120, 640, 3), (60, 90, 40), dtype=np.uint8)
    boxes = []
    for text, x in words:
        (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, 2, 4)
        cv2.putText(
            image, text, (x, 85), cv2.FONT_HERSHEY_DUPLEX, 2, (235, 235, 235), 4, cv2.LINE_AA
        )
        boxes.append(box(x, x + width, 85 - height - 5, 92))
    return image, boxes


def read_boxes(spotter, image, boxes) -> list[str]:
    found = WordBatch(boxes, [0.9] * len(boxes), [0] * len(boxes))
    return texts(spotter.recognize([image], spotter.rectify([image], found), None))


def test_default_joins_a_cut_word(default_spotter):
    image, [whole] = draw(('RESTAURANT', 40))
    (left, top), _, (right, bottom), _ = whole
    middle = left + 0.42 * (right - left)
    cut = [box(left, middle, top, bottom), box(middle, right, top, bottom)]
    assert read_boxes(default_spotter, image, cut) == ['RESTAURANT']


def test_default_keeps_two_words_whose_outlines_touch(default_spotter):
    image, (blue, door) = draw(('BLUE', 40), ('DOOR', 250))
    door[[0, 3], 0] = blue[1, 0] + 2
    assert read_boxes(default_spotter, image, [blue, door]) == ['BLUE', 'DOOR']
