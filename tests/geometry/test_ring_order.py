from __future__ import annotations

import numpy as np
import pytest
from rings import arc_ring, rectangle
from shapely.geometry import Polygon

from pipeline.geometry import (
    is_clockwise,
    min_area_quad,
    order_quad,
    order_ring,
    polygon_iou,
    split_sides,
)


def shuffled(ring, rng):
    """The same outline with another start and direction."""
    ring = np.roll(ring, int(rng.integers(len(ring))), axis=0)
    return ring[::-1] if rng.random() < 0.5 else ring


@pytest.mark.parametrize('angle', [-74, -60, -45, -10, 0, 10, 45, 60, 74])
@pytest.mark.parametrize('aspect', [1.6, 3, 10])
def test_order_quad_starts_long_words_at_the_top_left(angle, aspect):
    rng = np.random.default_rng(0)
    ring = rectangle(20 * aspect, 20, angle)
    for _ in range(4):
        np.testing.assert_allclose(order_quad(shuffled(ring, rng)), ring, rtol=1e-5)


@pytest.mark.parametrize('angle', [-40, -15, 0, 15, 40])
def test_order_quad_starts_square_words_upright(angle):
    ring = rectangle(20, 20.5, angle)
    np.testing.assert_allclose(order_quad(ring[[2, 3, 0, 1]]), ring, rtol=1e-5)


@pytest.mark.parametrize('angle', [-14, 0, 14])
def test_order_quad_starts_tall_words_at_the_short_side(angle):
    ring = rectangle(20, 100, angle)
    rng = np.random.default_rng(1)
    np.testing.assert_allclose(order_quad(shuffled(ring, rng)), ring, rtol=1e-5)


def test_order_quad_sorts_zigzag_corners():
    ring = rectangle(50, 20)
    np.testing.assert_allclose(order_quad(ring[[0, 1, 3, 2]]), ring)


def test_min_area_quad_of_a_rectangle():
    ring = rectangle(50, 20, 17)
    extra = np.concatenate([ring, ring.mean(axis=0, keepdims=True)])
    np.testing.assert_allclose(min_area_quad(extra), ring, atol=1e-3)


def test_min_area_quad_of_one_point():
    np.testing.assert_allclose(min_area_quad(np.full((5, 2), 7.0)), np.full((4, 2), 7.0))


@pytest.mark.parametrize(
    'start, end, radius, height',
    [
        (200, 340, 100, 30),  # An arch.
        (160, 20, 100, 30),  # Below the centre of a circle, the word's top faces it.
        (250, 290, 250, 30),  # A gentle bend.
        (205, 335, 60, 40),  # A thick word.
    ],
)
def test_order_ring_of_curved_contours(start, end, radius, height):
    rng = np.random.default_rng(0)
    truth = arc_ring(start, end, radius, height)
    outline = np.array(Polygon(truth).segmentize(3).exterior.coords)[:-1]
    for _ in range(3):
        ring = order_ring(shuffled(outline, rng))
        assert ring.shape == (20, 2)
        assert is_clockwise(ring)
        assert polygon_iou(ring, truth) > 0.9
        top, bottom = split_sides(ring)
        assert top[0, 0] < top[-1, 0] and bottom[0, 0] < bottom[-1, 0]
        assert top[:, 1].mean() < bottom[:, 1].mean()


def test_order_ring_of_rounded_rectangles():
    truth = rectangle(120, 30, 8)
    contour = np.array(Polygon(truth).buffer(-8).buffer(8).exterior.coords)[:-1]
    ring = order_ring(contour)
    assert ring.shape == (4, 2)
    assert polygon_iou(ring, truth) > 0.98


def test_order_ring_of_curved_vertical_words():
    ring = order_ring(arc_ring(100, 260, 100, 30))
    top, bottom = split_sides(ring)
    assert top[0, 1] < top[-1, 1] and bottom[0, 1] < bottom[-1, 1]
