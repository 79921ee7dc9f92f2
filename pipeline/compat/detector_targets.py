"""Repair of the target maps of TextSnake's and DRRG's losses.

What: Converts the side lines of a text polygon to double precision before both losses draw its
center region. DRRG computes the distance of a point from a line without ``np.cross``.
Why: OpenCV 4.13 and later do not accept ``np.float32`` colors, which result from float32 polygons
(``np.float64`` is a Python float). numpy 2.5 does not accept 2-vectors in ``np.cross``.
Remove when: MMOCR casts the colors and replaces ``np.cross``.
"""

from __future__ import annotations

import functools

import numpy as np
from mmocr.models.textdet.module_losses import DRRGModuleLoss, TextSnakeModuleLoss


def repair_detector_targets() -> None:
    """Replace the three methods, once."""
    for loss in (TextSnakeModuleLoss, DRRGModuleLoss):
        _draw_in_double_precision(loss)
    DRRGModuleLoss._dist_point2line = _distance_from_line


def _draw_in_double_precision(loss: type) -> None:
    draw = loss._draw_center_region_maps  # type: ignore[attr-defined]
    if hasattr(draw, '__wrapped__'):
        return

    @functools.wraps(draw)
    def draw_center_region_maps(self, top_line, bot_line, center_line, *args, **kwargs) -> None:
        lines = (line.astype(np.float64) for line in (top_line, bot_line, center_line))
        draw(self, *lines, *args, **kwargs)

    loss._draw_center_region_maps = draw_center_region_maps  # type: ignore[attr-defined]


def _distance_from_line(
    self: DRRGModuleLoss, point: np.ndarray, line: tuple[np.ndarray, np.ndarray]
) -> np.ndarray:
    """Distance of points (P, 2) from the line through two points (2,), in pixels: (P,)."""
    start, end = line
    along, to_point = end - start, point - start
    parallelogram = along[..., 0] * to_point[..., 1] - along[..., 1] * to_point[..., 0]
    return np.abs(parallelogram) / (np.linalg.norm(along) + 1e-8)
