from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import (
    is_clockwise,
    make_clockwise,
    next_points,
    polygon_area,
    signed_area,
)

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


def test_signed_area_is_positive_for_clockwise_rings():
    assert signed_area(SQUARE) == 100
    assert signed_area(SQUARE[::-1]) == -100
    assert is_clockwise(SQUARE) and not is_clockwise(SQUARE[::-1])


def test_polygon_area_is_exact_far_from_the_origin():
    assert polygon_area(SQUARE.astype(np.float64) * 0.1 + 1e7) == pytest.approx(1.0, rel=1e-6)


def test_next_points_shifts_the_ring_by_one():
    assert np.array_equal(next_points(SQUARE), [*SQUARE[1:], SQUARE[0]])


def test_make_clockwise_keeps_the_first_point():
    wrong = np.array([[0, 0], [0, 10], [10, 10], [10, 0]])
    np.testing.assert_array_equal(make_clockwise(wrong), SQUARE)
    np.testing.assert_array_equal(make_clockwise(SQUARE), SQUARE)


@pytest.mark.parametrize(
    'polygon, reason',
    [
        (np.zeros((2, 2)), 'at least 3 points'),
        (np.zeros((4, 3)), r'\(K, 2\)'),
        (np.zeros(7), r'\(K, 2\)'),
        ([[0, 0], [1, np.nan], [1, 1]], 'finite'),
        ([[0, 0], [1, np.inf], [1, 1]], 'finite'),
        ([['a', 'b'], [1, 1], [2, 2]], 'numbers'),
    ],
)
def test_polygon_area_rejects_invalid_polygons(polygon, reason):
    with pytest.raises(ValueError, match=reason):
        polygon_area(polygon)
