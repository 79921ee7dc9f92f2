from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.detections import Detections, merge_detections


def words(*boxes: tuple[float, ...]) -> Detections:
    """Of (x1, y1, x2, y2, score)."""
    rings = [
        np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
        for x1, y1, x2, y2, _ in boxes
    ]
    return Detections(rings, np.array([box[4] for box in boxes], dtype=np.float32))


def merge(fine: Detections, coarse: Detections, min_side: float = 30.0) -> list[tuple[float, ...]]:
    merged = merge_detections(fine, coarse, min_side)
    assert merged.scores.dtype == np.float32
    return [
        (*ring[0].tolist(), *ring[2].tolist(), pytest.approx(score))
        for ring, score in zip(merged.polygons, merged.scores)
    ]


LEFT, RIGHT, FAR = (0, 0, 100, 50, 0.8), (110, 0, 200, 50, 0.5), (500, 0, 560, 20, 0.9)


@pytest.mark.parametrize(('score', 'wins'), [(0.7, True), (0.6, False)])
def test_a_whole_word_replaces_its_parts_if_it_is_surer_than_they_are_together(score, wins):
    whole = (0, 0, 200, 50, score)
    wanted = [FAR, whole] if wins else [LEFT, RIGHT, FAR]
    assert merge(words(LEFT, RIGHT, FAR), words(whole)) == wanted


def test_the_same_word_stays_once():
    again = (2, 1, 103, 52, 0.9)
    assert merge(words(LEFT), words(again)) == [again]
    assert merge(words(again), words(LEFT)) == [again]


def test_a_part_does_not_replace_the_word_however_sure():
    word = (0, 0, 200, 50, 0.6)
    assert merge(words(word), words((0, 0, 120, 50, 0.9))) == [word]


def test_small_words_are_left_to_the_fine_search():
    assert merge(words(), words((0, 0, 100, 29, 0.9))) == []
    assert merge(words(), words((0, 0, 29, 100, 0.9))) == []
    assert merge(words(), words((0, 0, 100, 31, 0.9))) == [(0, 0, 100, 31, 0.9)]


def test_neighbours_that_touch_do_not_replace_each_other():
    below = (0, 40, 100, 90, 0.9)
    assert merge(words(LEFT), words(below)) == [LEFT, below]


def test_nothing_and_nothing_is_nothing():
    assert merge(words(), words()) == []
