from __future__ import annotations

import cv2
import numpy as np
import pytest

from pipeline.geometry import Arc, fit_arc, polygon_iou


def strip(radius: float, thickness: float, middle_deg: float, bend_deg: float) -> np.ndarray:
    """The ring of a strip along an arc around (300, 300)."""
    angles = np.radians(np.linspace(middle_deg - bend_deg / 2, middle_deg + bend_deg / 2, 90))
    away = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    sides = [300 + (radius + side * thickness / 2) * away for side in (1, -1)]
    return np.concatenate([sides[0], sides[1][::-1]]).astype(np.float32)


def contour_of(ring: np.ndarray, size: int = 600) -> np.ndarray:
    mask = np.zeros((size, size), np.uint8)
    cv2.fillPoly(mask, [np.round(ring * 16).astype(np.int32)], 1, shift=4)
    (contour,), _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return contour


@pytest.mark.parametrize('middle_deg', [-90, 90, 0, 180, 37])
@pytest.mark.parametrize(('radius', 'bend_deg'), [(200, 40), (120, 110), (150, 200), (90, 290)])
def test_fit_arc_recovers_the_arc_of_a_strip(middle_deg, radius, bend_deg):
    ring = strip(radius, 20, middle_deg, bend_deg)
    arc = fit_arc(contour_of(ring))
    assert arc is not None
    assert arc.center == pytest.approx((300, 300), abs=12)
    assert arc.radius == pytest.approx(radius, rel=0.06)
    assert np.degrees(arc.span) == pytest.approx(bend_deg, abs=3 + 0.05 * bend_deg)
    found = arc.ring(20)
    assert found is not None
    assert polygon_iou(found, ring) > 0.8


def test_fit_arc_ignores_a_wavy_border():
    angles = np.radians(np.linspace(200, 340, 200))
    away = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    wave = 3 * np.sin(np.arange(200) / 5)[:, None]
    ring = np.concatenate([(160 + wave) * away, ((140 + wave) * away)[::-1]]) + 300
    arc = fit_arc(contour_of(ring.astype(np.float32)))
    assert arc is not None
    assert arc.radius == pytest.approx(150, abs=3)
    assert arc.length == pytest.approx(150 * np.radians(140), rel=0.06)


@pytest.mark.parametrize('box', [(100, 100, 500, 140), (100, 100, 140, 500), (200, 200, 260, 250)])
def test_fit_arc_returns_none_for_straight_and_short_outlines(box):
    x1, y1, x2, y2 = box
    ring = np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], dtype=np.float32)
    assert fit_arc(contour_of(ring)) is None


@pytest.mark.parametrize(
    'points', [np.zeros((1, 1, 2)), np.zeros((9, 2)), np.eye(2), np.full((9, 2), np.nan)]
)
def test_fit_arc_returns_none_for_degenerate_outlines(points):
    assert fit_arc(points) is None


def test_arc_ring_returns_none_for_overlapping_strips():
    arc = Arc((0.0, 0.0), 50.0, 0.0, 1.9 * np.pi - 0.1)
    assert arc.ring(10) is not None
    assert arc.ring(10, extension=5) is None
    assert Arc((0.0, 0.0), 50.0, 0.0, 1.0).ring(96) is None
