"""Size, angle and curvature of words."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.geometry import CURVED_FILL, polygon_area, ring_size, split_sides


def word_size(polygon: np.ndarray) -> tuple[float, float]:
    """(height, width) of a word in pixels.

    Args:
        polygon: (K, 2). If K is even, the sides of the ring give the size. Otherwise it is the size
            of the smallest rectangle, whose shorter side counts as height.
    """
    if len(polygon) % 2 or len(polygon) < 4:
        short, long = sorted(_smallest_rectangle(polygon)[1])
        return float(short), float(long)
    return ring_size(polygon)


def short_side_px(polygon: np.ndarray) -> float:
    """The shorter one of height and width of a word, in pixels."""
    return min(word_size(polygon))


def long_axis_angle_deg(polygon: np.ndarray) -> float:
    """Angle between the longer axis of a word and the horizontal, in [0, 90] degrees.

    The angle is the same for upward and downward slopes, and for words that are upside down. The
    axis of a curved word connects the middles of its ends.
    """
    points = np.asarray(polygon, dtype=np.float64)
    if len(points) % 2 or len(points) < 4:
        corners = cv2.boxPoints(_smallest_rectangle(points))
        sides = np.diff(corners[:3], axis=0)
        axis = sides[int(np.argmax(np.hypot(*sides.T)))]
    else:
        top, bottom = split_sides(points)
        height, width = ring_size(points)
        starts, ends = (top[0], bottom[0]), (top[-1], bottom[-1])
        if width < height:
            starts, ends = (top[0], top[-1]), (bottom[0], bottom[-1])
        axis = np.mean(ends, axis=0) - np.mean(starts, axis=0)
    return float(np.degrees(np.arctan2(abs(axis[1]), abs(axis[0]))))


def is_curved(polygon: np.ndarray) -> bool:
    """Whether a word is curved.

    A word is curved if its polygon has more than four points and fills less than ``CURVED_FILL`` of
    the smallest rectangle around it.
    """
    if len(polygon) <= 4:
        return False
    width, height = _smallest_rectangle(polygon)[1]
    return polygon_area(polygon) < CURVED_FILL * width * height


def is_vertical(polygon: np.ndarray) -> bool:
    """Whether a word is taller than wide. This includes single narrow letters."""
    height, width = word_size(polygon)
    return height > width


def _smallest_rectangle(polygon: np.ndarray) -> cv2.typing.RotatedRect:
    return cv2.minAreaRect(np.asarray(polygon, dtype=np.float32))
