"""The target maps of TextSnake's and DRRG's losses."""

from __future__ import annotations

import numpy as np
import pytest
from mmocr.models.textdet.module_losses import DRRGModuleLoss, TextSnakeModuleLoss

# Lines of a word that is 40 px wide and 16 px high and runs straight to the right.
TOP = np.array([[10, 12], [30, 12], [50, 12]], np.float32)
BOTTOM = TOP + np.array([0, 16], np.float32)
CENTER = (TOP + BOTTOM) / 2


def test_textsnake_targets_of_a_float32_word() -> None:
    mask = np.zeros((40, 60), np.uint8)
    radius, sine, cosine = (np.zeros((40, 60), np.float32) for _ in range(3))
    TextSnakeModuleLoss()._draw_center_region_maps(
        TOP, BOTTOM, CENTER, mask, radius, sine, cosine, 0.3
    )
    assert mask[20, 30] == 1
    assert radius[20, 30] == pytest.approx(8)
    assert sine[20, 30] == pytest.approx(0, abs=1e-6)
    assert cosine[20, 30] == pytest.approx(1, abs=1e-6)
    assert not mask[12].any()  # the center region is narrower than the word


def test_drrg_targets_of_a_float32_word() -> None:
    mask = np.zeros((40, 60), np.uint8)
    above, below, sine, cosine = (np.zeros((40, 60), np.float32) for _ in range(4))
    DRRGModuleLoss()._draw_center_region_maps(
        TOP, BOTTOM, CENTER, mask, above, below, sine, cosine, 0.3
    )
    assert above[19, 30] == pytest.approx(7)
    assert below[19, 30] == pytest.approx(9)
    assert (above + below)[mask > 0] == pytest.approx(16)


def test_drrg_distance_from_a_line() -> None:
    line = (np.array([0.0, 0.0]), np.array([3.0, 4.0]))
    points = np.array([[0.0, 5.0], [3.0, 4.0], [4.0, -3.0]])
    distance = DRRGModuleLoss()._dist_point2line(points, line)
    assert distance == pytest.approx([3.0, 0.0, 5.0])
