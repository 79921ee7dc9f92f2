"""The outline of a word on its photo, visible on any ground."""

from __future__ import annotations

import cv2
import numpy as np

SUBPIXEL_BITS = 4
"""OpenCV's fixed-point coordinates have so many bits behind the point."""


def draw_outline(
    canvas: np.ndarray, ring: np.ndarray, color: tuple[int, int, int], thickness: int
) -> None:
    """Draw a closed line into a picture.

    Args:
        canvas: (H, W, 3) uint8 BGR, changed in place.
        ring: (K, 2) pixels.
        color: RGB, bright.
        thickness: In pixels; a dark rim of one pixel comes on either side.
    """
    points = fixed_point(ring)
    # The dark rim keeps bright lines visible on bright walls.
    for line_color, line_width in (((0, 0, 0), thickness + 2), (color[::-1], thickness)):
        cv2.polylines(canvas, [points], True, line_color, line_width, cv2.LINE_AA, SUBPIXEL_BITS)


def fixed_point(points: np.ndarray) -> np.ndarray:
    """Pixels as OpenCV's drawing takes them: ``SUBPIXEL_BITS`` behind the point, int32.

    Pixel centres are at halves in our coordinates, at whole numbers in OpenCV's.
    """
    return np.round((points - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)
