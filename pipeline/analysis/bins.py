"""Groups of words that the detector and the recognizer report share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.analysis.word_groups import WordGroup, group_by_edges
from pipeline.analysis.word_shape import long_axis_angle_deg, short_side_px

HEIGHT_EDGES_PX = (0, 8, 12, 16, 24, 32, 48, 64)
ANGLE_EDGES_DEG = (0, 5, 10, 20, 45)


def group_by_short_side(polygons: Sequence[np.ndarray]) -> list[WordGroup]:
    """Groups by the shorter side of each word, in pixels of the image."""
    return group_by_edges([short_side_px(p) for p in polygons], HEIGHT_EDGES_PX, 'px')


def group_by_angle(polygons: Sequence[np.ndarray]) -> list[WordGroup]:
    """Groups by the angle of the long axis of each word to the horizontal, 0 to 90 degrees."""
    return group_by_edges([long_axis_angle_deg(p) for p in polygons], ANGLE_EDGES_DEG, 'degrees')
