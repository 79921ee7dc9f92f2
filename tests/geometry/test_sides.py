from __future__ import annotations

import numpy as np
import pytest
from rings import arc_ring, rectangle

from pipeline.geometry import (
    join_sides,
    resample_polyline,
    ring_size,
    split_sides,
    turn_ring,
)


def test_split_sides_returns_reading_direction():
    ring = np.array([[0, 0], [5, 1], [9, 0], [9, 5], [5, 6], [0, 5]])
    top, bottom = split_sides(ring)
    np.testing.assert_array_equal(top, [[0, 0], [5, 1], [9, 0]])
    np.testing.assert_array_equal(bottom, [[0, 5], [5, 6], [9, 5]])
    np.testing.assert_array_equal(join_sides(top, bottom), ring)


def test_split_sides_rejects_an_odd_number_of_points():
    with pytest.raises(ValueError, match='order_ring'):
        split_sides(np.zeros((5, 2)))


def test_resample_polyline_spaces_points_evenly():
    line = np.array([[0, 0], [0.1, 0], [0.1, 0], [7, 0], [10, 0]])
    points = resample_polyline(line, np.linspace(0, 1, 6))
    np.testing.assert_allclose(points, [[0, 0], [2, 0], [4, 0], [6, 0], [8, 0], [10, 0]])


def test_resample_polyline_without_length_repeats_the_point():
    points = resample_polyline(np.array([[3, 4], [3, 4]]), np.linspace(0, 1, 3))
    np.testing.assert_array_equal(points, [[3, 4]] * 3)


def test_ring_size_returns_height_and_width():
    assert ring_size(rectangle(40, 10, angle_deg=33)) == pytest.approx((10, 40))


def test_turn_ring_four_times_is_the_identity():
    ring = rectangle(40, 10)
    turned = ring
    for _ in range(4):
        turned = turn_ring(turned, 1)
    np.testing.assert_allclose(turned, ring)
    np.testing.assert_allclose(turn_ring(turn_ring(ring, 1), 1), turn_ring(ring, 2))


def test_turn_ring_by_180_degrees_swaps_the_sides():
    ring = arc_ring(210, 330, 100, 30)
    top, bottom = split_sides(ring)
    turned_top, turned_bottom = split_sides(turn_ring(ring, 2))
    np.testing.assert_allclose(turned_top, bottom[::-1], rtol=1e-6)
    np.testing.assert_allclose(turned_bottom, top[::-1], rtol=1e-6)
