from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.transforms import JitterPolygons

QUAD = np.array([10, 10, 90, 10, 90, 30, 10, 30], dtype=np.float32)


def jitter(polygon: np.ndarray, amount: float, seed: int = 0) -> np.ndarray:
    (moved,) = JitterPolygons(amount, seed=seed)({'gt_polygons': [polygon]})['gt_polygons']
    return moved


def test_jitter_polygons_moves_points_by_at_most_their_bounds():
    moved = np.stack([jitter(QUAD, 0.2, seed) for seed in range(50)])
    assert moved.dtype == np.float32
    # Along: 1.5 + 0.3, across: 1 + 0.3, both times 0.2 of the height of 20.
    offsets = np.abs(moved - QUAD).reshape(50, 4, 2).max((0, 1))
    assert (offsets <= [1.8 * 4 + 1e-3, 1.3 * 4 + 1e-3]).all()
    assert (offsets > [4, 3]).all()


@pytest.mark.parametrize('amount', [0.0, 0.2])
def test_jitter_polygons_keeps_odd_polygons_and_amount_0(amount):
    odd = np.array([0, 0, 10, 0, 20, 2, 20, 12, 0, 10], dtype=np.float32)
    np.testing.assert_array_equal(jitter(odd, amount), odd)
    assert (jitter(QUAD, amount) == QUAD).all() == (amount == 0)
