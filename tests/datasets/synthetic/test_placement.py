from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.datasets.synthetic.placement import Bend, Placement, tilt_homography

SHIFT = np.array([[1, 0, 150], [0, 1, 120], [0, 0, 1]], np.float64)
BENDS = (
    None,
    Bend('arch', (50, 30), 60),
    Bend('bowl', (50, 30), 60),
    Bend('wave', (50, 30), 6, 80, 0.5),
)


@pytest.mark.parametrize('bend', BENDS)
def test_warp_draws_where_forward_maps_points(bend):
    sheet = np.zeros((40, 100), np.uint8)
    sheet[18:22, 68:72] = 255  # centered on (70, 20), in pixel corners
    placement = Placement(SHIFT @ tilt_homography((50, 30), 1.5, 0.3, 0.2, 0.1, 600), bend)
    picture = placement.warp(sheet, (0, 0, 320, 320))
    rows, columns = np.nonzero(picture > 127)
    center = np.array([columns.mean() + 0.5, rows.mean() + 0.5])
    expected = placement.forward(np.array([[70.0, 20.0]]))[0]
    assert np.abs(center - expected).max() < 0.6


@pytest.mark.parametrize('bend', BENDS[1:])
def test_bend_undo_is_the_inverse_of_apply(bend):
    points = np.random.default_rng(0).uniform((0, 0), (100, 40), (50, 2))
    bent = bend.apply(points)
    x, y = bend.undo(bent[:, 0], bent[:, 1])
    np.testing.assert_allclose(np.stack([x, y], axis=1), points, atol=1e-9)


def test_arch_keeps_the_length_of_its_baseline():
    bend = Bend('arch', (50, 30), 60)
    baseline = np.stack([np.linspace(0, 100, 2001), np.full(2001, 30.0)], axis=1)
    length = np.linalg.norm(np.diff(bend.apply(baseline), axis=0), axis=1).sum()
    assert length == pytest.approx(100, abs=1e-3)


def test_warp_of_a_window_equals_a_part_of_the_whole():
    sheet = np.random.default_rng(0).integers(0, 255, (40, 100, 4), dtype=np.uint8)
    placement = Placement(SHIFT @ tilt_homography((50, 30), 1.0, 0.4, 0.3, 0.0, 500))
    whole, part = placement.warp(sheet, (0, 0, 320, 320)), placement.warp(sheet, (90, 70, 200, 190))
    assert np.abs(whole[70:190, 90:200].astype(int) - part.astype(int)).max() <= 8


def test_box_polygon_starts_at_the_top_left():
    polygon = Placement(np.eye(3)).box_polygon((10, 20, 50, 30), 2)
    np.testing.assert_array_equal(polygon, [[10, 20], [50, 20], [50, 30], [10, 30]])
    assert cv2.contourArea(polygon, oriented=True) > 0  # clockwise where y points down
