"""The orientation of an image follows from its words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import rotate_points, rotated_size, turn_ring
from pipeline.image_orientation import (
    choose_image_orientations,
    evidence,
    rotate_image,
    sample_words,
    vote_orientation,
)
from pipeline.recognition.ctc_reader import Reading
from pipeline.word_reading import ReadWord

WIDE = np.array([[10, 10], [70, 10], [70, 30], [10, 30]], dtype=np.float32)
TALL = np.array([[10, 10], [30, 10], [30, 70], [10, 70]], dtype=np.float32)


def read(polygon: np.ndarray, text: str, score: float = 1.0) -> ReadWord:
    return ReadWord(polygon, Reading(text, [score] * len(text), score ** len(text)), 0.8, 0)


@pytest.mark.parametrize('degrees', [0, 90, 180, 270])
def test_rotate_points_returns_to_the_original_pixels(degrees):
    image = np.zeros((40, 70, 3), dtype=np.uint8)
    image[5:9, 50:64] = 255
    ys, xs = np.nonzero(rotate_image(image, degrees)[..., 0])
    x1, y1, x2, y2 = xs.min(), ys.min(), xs.max() + 1, ys.max() + 1
    ring = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
    back = rotate_points(ring, -degrees, rotated_size((40, 70), degrees))
    assert [*back.min(0), *back.max(0)] == [50, 5, 64, 9]
    # Clockwise, from the corner that is at the top left of the rotated image.
    start = {0: (50, 5), 90: (50, 9), 180: (64, 9), 270: (64, 5)}[degrees]
    assert tuple(back[0]) == start
    side = back[1] - back[0], back[2] - back[1]
    assert side[0][0] * side[1][1] - side[0][1] * side[1][0] > 0


@pytest.mark.parametrize(
    ('quarter_turns', 'polygon', 'degrees'),
    [(0, WIDE, 0), (1, TALL, 270), (3, TALL, 90), (2, WIDE, 180)],
)
def test_vote_orientation_makes_words_upright(quarter_turns, polygon, degrees):
    word = read(turn_ring(polygon, quarter_turns), 'WORD')
    assert vote_orientation([word], 0.4) == degrees
    upright = rotate_image(np.zeros((100, 100, 3), np.uint8), degrees)
    assert upright.shape == (100, 100, 3)


@pytest.mark.parametrize(('tilt', 'degrees'), [(50, 0), (-50, 0), (130, 180), (80, 270), (-80, 90)])
def test_vote_orientation_tolerates_tilted_words(tilt, degrees):
    cos, sin = np.cos(np.radians(tilt)), np.sin(np.radians(tilt))
    ring = (WIDE @ np.array([[cos, sin], [-sin, cos]])).astype(np.float32)
    assert vote_orientation([read(ring, 'WORD')], 0.4) == degrees


def test_vote_orientation_requires_more_than_half_of_the_characters():
    upwards = read(turn_ring(TALL, 3), 'WORD')
    assert vote_orientation([upwards, read(WIDE, 'FOUR')], 0.4) == 0
    assert vote_orientation([upwards, read(WIDE, 'TWO')], 0.4) == 90
    assert vote_orientation([upwards, read(WIDE, 'LONGER', 0.2)], 0.4) == 90  # low score
    assert vote_orientation([read(turn_ring(TALL, 3), 'I')], 0.4) == 0  # one character
    assert vote_orientation([], 0.4) == 0


def test_sample_words_is_empty_for_clear_words():
    clear = [read(WIDE, 'CLEAR', 0.99)] * 3
    doubtful = [read(WIDE, 'DOUBT', 0.7)] * 3
    assert sample_words(clear) == sample_words([]) == []
    assert sample_words(clear + doubtful[:2]) == []
    assert sample_words(doubtful + clear[:2]) == doubtful + clear[:2]
    assert len(sample_words(doubtful * 3)) == 5
    assert sample_words([read(turn_ring(TALL, 1), 'DOUBT', 0.7), read(WIDE, 'D', 0.7)]) == []


def test_sample_words_contains_clear_words_that_are_tilted():
    def tilted(degrees: float) -> ReadWord:
        cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
        ring = (WIDE @ np.array([[cos, sin], [-sin, cos]])).astype(np.float32)
        return read(ring, 'CLEAR', 0.99)

    assert sample_words([tilted(15)] * 3) == []
    assert len(sample_words([tilted(-45)] * 3)) == 3
    assert sample_words([tilted(45), tilted(0), tilted(0)]) == []  # most are not tilted


def test_evidence_counts_the_characters_of_good_words():
    assert evidence([read(WIDE, 'FOUR'), read(WIDE, 'MANY', 0.1)], 0.4) == pytest.approx(3.2)


@pytest.mark.parametrize(
    ('upright', 'flipped', 'degrees'),
    [(('Ion', 0.83), ('uoi', 0.9), 0), (('OTUV', 0.6), ('ANTO', 0.9), 180)],
)
def test_image_is_turned_only_with_a_clear_advantage(upright, flipped, degrees):
    up, down = read(WIDE, *upright), read(WIDE, *flipped)
    words, orientations = choose_image_orientations(
        [np.zeros((80, 80, 3), np.uint8)], [[up]], 0.4, lambda _: [[down]], lambda *_: [down]
    )
    assert orientations == [degrees]
    assert words[0][0].reading.text == (flipped if degrees else upright)[0]
