"""How large a word is in its photo, how it is turned, and whether it is bent."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.geometry import CURVED_FILL, polygon_area, ring_size, split_sides


def word_size(polygon: np.ndarray) -> tuple[float, float]:
    """(height, width) of a word in pixels.

    Args:
        polygon: (K, 2). A ring of 2k points tells its sides; of any other outline the smallest
            rectangle is taken, as a word wider than tall.
    """
    if len(polygon) % 2 or len(polygon) < 4:
        short, long = sorted(_smallest_rectangle(polygon)[1])
        return float(short), float(long)
    return ring_size(polygon)


def short_side_px(polygon: np.ndarray) -> float:
    """The shorter of height and width, whichever way the word reads."""
    return min(word_size(polygon))


def long_axis_angle_deg(polygon: np.ndarray) -> float:
    """Angle between a word's longer axis and the horizontal, in [0, 90] degrees.

    Up or down, upside down or not makes no difference. The axis of a bent word joins its ends.
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
    """Whether a polygon of more than four points fills less than ``CURVED_FILL`` of the smallest
    rectangle around it."""
    if len(polygon) <= 4:
        return False
    width, height = _smallest_rectangle(polygon)[1]
    return polygon_area(polygon) < CURVED_FILL * width * height


def is_vertical(polygon: np.ndarray) -> bool:
    """Whether a word is taller than wide; single narrow letters are, too."""
    height, width = word_size(polygon)
    return height > width


def _smallest_rectangle(polygon: np.ndarray) -> cv2.typing.RotatedRect:
    return cv2.minAreaRect(np.asarray(polygon, dtype=np.float32))
