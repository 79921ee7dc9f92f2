from __future__ import annotations

import numpy as np
import pytest

from pipeline.geometry import (
    flat_to_ring,
    is_clockwise,
    make_clockwise,
    next_points,
    polygon_area,
    polygon_bbox,
    ring_to_flat,
    signed_area,
)

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], dtype=np.float32)


def test_clockwise_on_the_screen_is_positive_area_with_y_down():
    assert signed_area(SQUARE) == 100
    assert signed_area(SQUARE[::-1]) == -100
    assert is_clockwise(SQUARE) and not is_clockwise(SQUARE[::-1])


def test_area_of_a_small_word_far_from_the_origin_is_exact():
    assert polygon_area(SQUARE.astype(np.float64) * 0.1 + 1e7) == pytest.approx(1.0, rel=1e-6)


def test_each_point_of_a_ring_is_followed_by_another():
    assert np.array_equal(next_points(SQUARE), [*SQUARE[1:], SQUARE[0]])


def test_make_clockwise_keeps_the_first_character_first():
    wrong = np.array([[0, 0], [0, 10], [10, 10], [10, 0]])
    np.testing.assert_array_equal(make_clockwise(wrong), SQUARE)
    np.testing.assert_array_equal(make_clockwise(SQUARE), SQUARE)


def test_flat_lists_and_rings_are_each_others_inverse():
    flat = [1.0, 2.0, 3.5, 4.0, 5.0, 6.25]
    assert ring_to_flat(flat_to_ring(flat)) == flat


def test_bbox_is_x1_y1_x2_y2():
    assert polygon_bbox(np.array([[3, 9], [7, 1], [5, 4]])) == (3, 1, 7, 9)


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
def test_what_is_no_polygon_is_refused_with_the_reason(polygon, reason):
    with pytest.raises(ValueError, match=reason):
        polygon_area(polygon)
