from __future__ import annotations

import numpy as np
import pytest

from pipeline.datasets.synthetic.legibility import is_illegible, measure_contrast, share_inside


def box(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


FAIR = {
    'polygon': box(10, 10, 90, 30),
    'size': (100, 100),
    'contrast': 100.0,
    'ground_deviation': 5.0,
    'blur_px': 0.5,
    'noise': 3.0,
    'hidden': 0.0,
}


@pytest.mark.parametrize(
    ('change', 'illegible'),
    [
        ({}, False),
        ({'polygon': box(10, 10, 40, 16)}, True),  # too small
        ({'polygon': box(60, 10, 120, 30)}, True),  # leaves the picture
        ({'polygon': box(22, 10, 102, 30)}, False),  # hardly leaves it
        ({'contrast': 9.0}, True),
        ({'contrast': 25.0, 'noise': 30.0}, True),  # drowned in noise
        ({'contrast': 25.0, 'ground_deviation': 60.0}, True),  # drowned in texture
        ({'blur_px': 4.0}, True),
        ({'hidden': 0.5}, True),
        ({'hidden': 0.05}, False),
    ],
)
def test_is_illegible_applies_each_rule(change, illegible):
    assert is_illegible(**{**FAIR, **change}) is illegible


def test_share_inside_is_by_area():
    assert share_inside(box(0, 0, 50, 20), (100, 100)) == 1.0
    assert share_inside(box(-50, 0, 50, 20), (100, 100)) == pytest.approx(0.5, abs=0.02)
    assert share_inside(box(200, 0, 250, 20), (100, 100)) == 0.0


def test_measure_contrast_is_the_step_from_ground_to_ink():
    image = np.full((40, 60, 3), 80, np.uint8)
    ink = np.zeros((40, 60), np.uint8)
    ink[10:30:4, 10:50] = 255
    image[ink > 0] = (80, 80, 200)
    contrast, deviation = measure_contrast(image, box(8, 8, 52, 32), ink, (0, 0))
    assert contrast == pytest.approx(120)
    assert deviation == pytest.approx(0)
