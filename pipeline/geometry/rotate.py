"""Rotation of points together with their image."""

from __future__ import annotations

import numpy as np


def rotated_size(size: tuple[int, int], degrees: int) -> tuple[int, int]:
    """(height, width) of an image after a rotation by a multiple of 90 degrees."""
    return (size[1], size[0]) if degrees % 180 else (size[0], size[1])


def rotate_points(points: np.ndarray, degrees: int, size: tuple[int, int]) -> np.ndarray:
    """Rotate points clockwise together with their image.

    Convention:
        - Pixels, (x, y), y down. The centre of pixel (i, j) is (i + 0.5, j + 0.5).

    Args:
        points: (K, 2) in pixels of the image.
        degrees: Multiple of 90. Negative values rotate counter-clockwise.
        size: (height, width) of the image before the rotation.

    Returns:
        (K, 2) in pixels of the rotated image, in the same order.
    """
    height, width = size
    x, y = points[:, 0], points[:, 1]
    turned = {0: (x, y), 90: (height - y, x), 180: (width - x, height - y), 270: (y, width - x)}
    return np.stack(turned[degrees % 360], axis=1)
