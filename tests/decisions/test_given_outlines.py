"""Other outlines of words at given polygons."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline import TextSpotter
from pipeline.decisions.given_outlines import find_curved, given_outlines
from pipeline.decisions.outline_voting import (
    Outline,
    grown_outlines,
    slanted_outlines,
    vote_on_words,
)
from pipeline.detection.detections import Detections
from pipeline.geometry import polygon_iou, turn_ring
from pipeline.recognition.ctc_reader import Reading
from pipeline.rectification import Rectifier
from pipeline.word_reading import ReadWord

BOX = np.array([[100, 50], [200, 50], [200, 100], [100, 100]], dtype=np.float32)
ARCH = np.array(
    [[100, 80], [150, 50], [200, 80], [200, 100], [150, 70], [100, 100]], dtype=np.float32
)
IMAGE = np.zeros((200, 300, 3), dtype=np.uint8)


class Detector:
    """Finds polygons of an image, also in a part of it that starts at ``start``."""

    def __init__(self, *polygons: np.ndarray, start: tuple[int, int] = (89, 39)) -> None:
        self.polygons = polygons
        self.start = np.array(start, dtype=np.float32)
        self.calls: list[tuple[tuple[int, ...], float]] = []

    def __call__(self, image: np.ndarray, scale: float) -> Detections:
        self.calls.append((image.shape, scale))
        found = [polygon - self.start for polygon in self.polygons]
        return Detections(found, np.ones(len(found), dtype=np.float32))


def test_find_curved_searches_the_box_with_its_surroundings():
    detector = Detector(ARCH)
    np.testing.assert_allclose(find_curved(IMAGE, BOX, detector), ARCH)
    ((shape, scale),) = detector.calls
    assert shape == (72, 122, 3)  # 11 px at each side
    assert scale == pytest.approx(96 / 50)


def test_find_curved_at_the_border_repeats_it():
    image = np.arange(50 * 100 * 3, dtype=np.int64).astype(np.uint8).reshape(50, 100, 3)
    seen = []

    def find(area: np.ndarray, scale: float) -> Detections:
        seen.append(area)
        return Detections([], np.zeros(0, dtype=np.float32))

    ring = np.array([[0, 0], [100, 0], [100, 50], [0, 50]], dtype=np.float32)
    assert find_curved(image, ring, find) is None
    (area,) = seen
    assert area.shape == (72, 122, 3)
    np.testing.assert_array_equal(area[11:-11, 11:-11], image)
    np.testing.assert_array_equal(area[0, 11:-11], image[0])


@pytest.mark.parametrize(
    'found',
    [
        [],
        [BOX],  # straight
        [ARCH + np.float32([0, 60])],  # beside the box
        [ARCH, BOX],  # the largest word is straight
        [(ARCH - 150) * np.float32(0.2) + np.float32([150, 75])],  # small
    ],
)
def test_find_curved_returns_none_without_a_large_curved_word(found):
    assert find_curved(IMAGE, BOX, Detector(*found)) is None


@pytest.mark.parametrize('start', [(300, 50), (-150, 50), (100, 250), (100, -90)])
def test_find_curved_returns_none_outside_of_the_image(start):
    detector = Detector(ARCH)
    assert find_curved(IMAGE, BOX - BOX[0] + np.float32(start), detector) is None
    assert not detector.calls


def test_find_curved_searches_only_the_part_of_a_huge_box_in_the_image():
    detector = Detector(ARCH, start=(-41, -41))
    ring = np.float32([[-1e8, -1e8], [1e8, -1e8], [1e8, 1e8], [-1e8, 1e8]])
    find_curved(IMAGE, ring, detector)
    ((shape, scale),) = detector.calls
    assert shape == (282, 382, 3)  # the image and 41 px at each side
    assert scale == pytest.approx(96 / 200)


def test_find_curved_keeps_the_reading_direction_of_the_box():
    np.testing.assert_allclose(
        find_curved(IMAGE, turn_ring(BOX, 2), Detector(ARCH)), turn_ring(ARCH, 2)
    )
    assert find_curved(IMAGE, turn_ring(BOX, 1), Detector(ARCH)) is None


def test_given_outlines_of_boxes_are_slanted_and_curved():
    slanted = BOX + np.array([[0, 2], [0, 0], [0, 0], [0, 2]], dtype=np.float32)
    grown, bands = len(grown_outlines(BOX)), len(slanted_outlines(BOX))
    assert len(given_outlines(IMAGE, BOX, None)) == grown + bands
    assert len(given_outlines(IMAGE, BOX, Detector(ARCH))) == grown + bands + 1
    for ring in (slanted, ARCH):
        detector = Detector(ARCH)
        assert len(given_outlines(IMAGE, ring, detector)) == grown
        assert not detector.calls


@pytest.mark.parametrize(('weight', 'text'), [(1, 'BUB'), (2, 'PUB')])
def test_votes_count_the_weight_of_an_outline(weight, text):
    def read(crops):
        texts = ['PUB' if ring is ARCH else 'BUB' for ring in crops.polygons]
        return [Reading(text, [0.9] * 3, 0.729) for text in texts]

    outlines = [Outline(BOX), Outline(ARCH, weight=weight)]
    word = ReadWord(BOX, Reading('BUS', [0.5] * 3, 0.125), 1.0, 0)
    rectifier = Rectifier((48, 96))
    (voted,) = vote_on_words([IMAGE], [word], lambda *_: outlines, rectifier, read, 0.9)
    assert voted.reading.text == text


@pytest.mark.parametrize('engine', ['onnx', 'torch'])
def test_detectors_find_words_at_a_scale(engine):
    detector = TextSpotter.default(engine=engine, device='cpu').detector
    image = np.full((100, 300, 3), 220, dtype=np.uint8)
    cv2.putText(image, 'HOTEL', (40, 70), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 5)
    (polygon,) = detector.find_at_scale(image, 1.0).polygons
    word = np.array([[40, 25], [225, 25], [225, 72], [40, 72]], dtype=np.float32)
    assert polygon_iou(polygon, word) > 0.6
