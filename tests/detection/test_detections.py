from __future__ import annotations

import numpy as np
import pytest

from pipeline.detection.detections import Detections, merge_detections


def words(*boxes: tuple[float, ...]) -> Detections:
    """Detections from boxes (x1, y1, x2, y2, score)."""
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
def test_merge_detections_replaces_parts_by_a_better_word(score, wins):
    whole = (0, 0, 200, 50, score)
    wanted = [FAR, whole] if wins else [LEFT, RIGHT, FAR]
    assert merge(words(LEFT, RIGHT, FAR), words(whole)) == wanted


def test_merge_detections_keeps_one_of_the_same_word():
    again = (2, 1, 103, 52, 0.9)
    assert merge(words(LEFT), words(again)) == [again]
    assert merge(words(again), words(LEFT)) == [again]


def test_merge_detections_never_replaces_a_word_by_its_part():
    word = (0, 0, 200, 50, 0.6)
    assert merge(words(word), words((0, 0, 120, 50, 0.9))) == [word]


def test_merge_detections_drops_small_coarse_words():
    assert merge(words(), words((0, 0, 100, 29, 0.9))) == []
    assert merge(words(), words((0, 0, 29, 100, 0.9))) == []
    assert merge(words(), words((0, 0, 100, 31, 0.9))) == [(0, 0, 100, 31, 0.9)]


def test_merge_detections_keeps_touching_neighbors():
    below = (0, 40, 100, 90, 0.9)
    assert merge(words(LEFT), words(below)) == [LEFT, below]


def test_merge_detections_of_empty_detections():
    assert merge(words(), words()) == []
