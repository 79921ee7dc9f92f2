"""Drawing of word outlines."""

from __future__ import annotations

import cv2
import numpy as np

SUBPIXEL_BITS = 4
"""Number of fractional bits of OpenCV's fixed-point coordinates."""


def draw_outline(
    canvas: np.ndarray, ring: np.ndarray, color: tuple[int, int, int], thickness: int
) -> None:
    """Draw a closed outline with a dark rim.

    Args:
        canvas: (H, W, 3) uint8 BGR, modified in place.
        ring: Polygon (K, 2) in pixels.
        color: Bright RGB color.
        thickness: Thickness in pixels, without the dark rim of one pixel on either side.
    """
    points = fixed_point(ring)
    # The dark rim keeps the outline visible on bright backgrounds.
    for line_color, line_width in (((0, 0, 0), thickness + 2), (color[::-1], thickness)):
        cv2.polylines(canvas, [points], True, line_color, line_width, cv2.LINE_AA, SUBPIXEL_BITS)


def fixed_point(points: np.ndarray) -> np.ndarray:
    """Convert pixels to OpenCV's fixed-point int32 coordinates with ``SUBPIXEL_BITS``.

    Pixel centres are at (i + 0.5, j + 0.5) in this package, at (i, j) in OpenCV.
    """
    return np.round((points - 0.5) * 2**SUBPIXEL_BITS).astype(np.int32)
