"""Size, angle and curvature of words."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.bins import group_by_angle, group_by_short_side
from pipeline.analysis.word_shape import (
    is_curved,
    is_vertical,
    long_axis_angle_deg,
    short_side_px,
    word_size,
)

FLAT = np.array([[0, 0], [100, 0], [100, 10], [0, 10]], dtype=np.float32)


def turned(polygon: np.ndarray, degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (polygon @ turn).astype(np.float32)


def arc(degrees: float, radius: float = 50, height: float = 10) -> np.ndarray:
    """A word on an arc of ``degrees``, with eight points per side."""
    angles = np.radians(np.linspace(-degrees / 2, degrees / 2, 8))
    side = np.stack([np.sin(angles), -np.cos(angles)], axis=1)
    return np.concatenate([side * (radius + height), (side * radius)[::-1]]).astype(np.float32)


@pytest.mark.parametrize(
    ('degrees', 'angle', 'reason'),
    [
        (0, 0, 'level'),
        (30, 30, 'down to the right'),
        (-30, 30, 'up to the right: no difference'),
        (180, 0, 'upside down: no difference'),
        (90, 90, 'reads downwards'),
        (135, 45, 'and beyond'),
    ],
)
def test_long_axis_angle_deg_of_boxes(degrees, angle, reason):
    assert long_axis_angle_deg(turned(FLAT, degrees)) == pytest.approx(angle, abs=1e-3), reason
    assert short_side_px(turned(FLAT, degrees)) == pytest.approx(10, rel=1e-5)


def test_long_axis_angle_deg_of_a_tall_word():
    tall = np.array([[0, 0], [10, 0], [10, 100], [0, 100]], dtype=np.float32)
    assert long_axis_angle_deg(tall) == pytest.approx(90)
    assert (short_side_px(tall), word_size(tall)) == (10, (100, 10))
    assert is_vertical(tall) and not is_vertical(FLAT)


def test_word_size_of_odd_polygons_is_the_min_rectangle():
    triangle = turned(np.array([[0, 0], [100, 0], [0, 10]]), 20)
    assert word_size(triangle)[1] == pytest.approx(100, rel=0.02)
    assert long_axis_angle_deg(triangle) == pytest.approx(20, abs=6)


def test_is_curved_compares_area_with_the_min_rectangle():
    # 120 degrees: the band's area is pi / 3 * (60^2 - 50^2) = 1152, its box 103.9 x 35.
    assert is_curved(arc(120))
    # 10 degrees: the band is a rectangle but for half a pixel.
    assert not is_curved(arc(10))
    assert not is_curved(FLAT)


def test_group_by_short_side_includes_the_lower_edge():
    words = [FLAT[[0, 1, 2, 3]] * (1, scale / 10) for scale in (7.9, 8, 12, 63.9, 64)]
    groups = {group.name: int(group.rows.sum()) for group in group_by_short_side(words)}
    assert groups == {
        '0 to under 8 px': 1, '8 to under 12 px': 1, '12 to under 16 px': 1,
        '16 to under 24 px': 0, '24 to under 32 px': 0, '32 to under 48 px': 0,
        '48 to under 64 px': 1, '64 px and more': 1,
    }  # fmt: skip
    steep = group_by_angle([turned(FLAT, 50), turned(FLAT, 90), turned(FLAT, 7)])
    assert [int(group.rows.sum()) for group in steep] == [0, 1, 0, 0, 2]
