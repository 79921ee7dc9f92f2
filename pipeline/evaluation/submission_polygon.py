"""Polygons as an ICDAR submission holds them."""

from __future__ import annotations

import cv2
import numpy as np


def submission_quad(polygon: np.ndarray) -> np.ndarray:
    """Round a word polygon to the whole-number clockwise quad that ICDAR 2013 and 2015 take.

    Convention:
        - Pixels, (x, y), y down; corners clockwise on screen.
        - A quad keeps its corners and its first one; any other polygon becomes the smallest
          rotated rectangle around it.

    Args:
        polygon: (K, 2) with K >= 3.

    Returns:
        (4, 2) float64 of whole numbers.

    Raises:
        ValueError: If ``polygon`` is not (K, 2) with K >= 3, or not finite.
    """
    polygon = np.asarray(polygon, dtype=np.float64)
    if polygon.ndim != 2 or polygon.shape[1] != 2 or len(polygon) < 3:
        raise ValueError(f'polygon must be (K, 2) with K >= 3, got {polygon.shape}.')
    if not np.isfinite(polygon).all():
        raise ValueError('polygon must be finite, got NaN or infinite coordinates.')
    quad = polygon
    if len(polygon) != 4:
        quad = cv2.boxPoints(cv2.minAreaRect(polygon.astype(np.float32))).astype(np.float64)
        # OpenCV's first corner turns with the angle; start nearest the polygon's own first point.
        quad = np.roll(quad, -int(np.abs(quad - polygon[0]).sum(1).argmin()), axis=0)
    quad = np.rint(quad)
    x, y = quad.T
    if np.dot(x, np.roll(y, -1)) < np.dot(y, np.roll(x, -1)):
        quad = np.roll(quad[::-1], 1, axis=0)
    return quad + 0.0  # turns -0.0 into 0.0
