from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import polygon_iou

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


@pytest.mark.parametrize(
    'first, second, iou, reason',
    [
        (SQUARE, SQUARE, 1, 'the same'),
        (SQUARE, SQUARE[::-1], 1, 'direction does not matter'),
        (SQUARE, SQUARE + np.array([5, 0]), 1 / 3, 'half shared: 50 of 150'),
        (SQUARE, SQUARE + np.array([10, 0]), 0, 'an edge has no area'),
        (SQUARE, SQUARE + np.array([99, 0]), 0, 'apart'),
        (SQUARE, SQUARE * 0.5, 1 / 4, 'one inside the other'),
        (SQUARE * 0, SQUARE * 0, 0, 'nothing over nothing'),
        (SQUARE, SQUARE[[0, 1, 3, 2]], 1 / 2, 'a figure of eight is its two lobes, 50 of 100'),
        (SQUARE[[0, 2, 0]], SQUARE, 0, 'a line has no area'),
        (np.repeat(SQUARE, 3, axis=0), SQUARE, 1, 'repeated points change nothing'),
    ],
)
def test_polygon_iou_matches_hand_computed_pairs(first, second, iou, reason):
    assert polygon_iou(first, second) == pytest.approx(iou, abs=1e-9), reason
    assert polygon_iou(second, first) == pytest.approx(iou, abs=1e-9), reason


def test_polygon_iou_accepts_self_crossing_polygons():
    rng = np.random.default_rng(0)
    values = [polygon_iou(*rng.uniform(0, 20, (2, 7, 2))) for _ in range(100)]
    assert all(0 <= value <= 1 for value in values)
