"""Rectification of words on flat surfaces: the homography of four corners."""

from __future__ import annotations

import cv2
import numpy as np

from pipeline.geometry import check_polygon, next_points
from pipeline.rectification.sampling import (
    average_down,
    check_image,
    check_size,
    cut_region,
    interpolation_of,
)


def warp_quad(image: np.ndarray, quad: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Straighten a quad by the homography that maps it to a rectangle.

    Convention:
        - ``quad`` is in pixels, (x, y), in the order of the result's top-left, top-right,
          bottom-right and bottom-left corner. The centre of pixel (i, j) is (i + 0.5, j + 0.5).
        - The corners of ``quad`` map to the outer corners of the result, so the rectangle
          from (0, 0) to (W, H) with ``size=(H, W)`` returns the image itself.

    Args:
        image: (H, W) or (H, W, 3), any dtype that OpenCV can remap.
        quad: (4, 2), strictly convex, clockwise. A counter-clockwise quad mirrors the word.
        size: (height, width) of the result, in pixels.

    Returns:
        (height, width) or (height, width, 3), dtype of ``image``. A pixel of the result that
        covers several image pixels is their average. Outside of the image its border repeats.

    Raises:
        ValueError: If ``quad`` is not (4, 2) and strictly convex, or image or size is wrong.
    """
    check_image(image)
    height, width = check_size(size)
    corners = check_polygon(quad, 'quad', min_points=4)
    if not is_convex_quad(corners):
        raise ValueError(
            f'quad must be (4, 2) and strictly convex, got {corners.tolist()}. '
            f'min_area_quad() converts any polygon to such a quad.'
        )
    sides = np.hypot(*(next_points(corners) - corners).T)
    scale = (max(sides[1], sides[3]) / height, max(sides[0], sides[2]) / width)
    region = cut_region(image, corners, scale)
    rows, columns = region.supersampling
    grid_width, grid_height = width * columns, height * rows
    # OpenCV's pixel centres are whole numbers, so both sets of corners are shifted by 0.5.
    target = np.array([[0, 0], [grid_width, 0], [grid_width, grid_height], [0, grid_height]])
    matrix = cv2.getPerspectiveTransform(
        (target - 0.5).astype(np.float32), (region.to_region(corners) - 0.5).astype(np.float32)
    )
    sampled = cv2.warpPerspective(
        region.pixels,
        matrix,
        (grid_width, grid_height),
        flags=interpolation_of(region) | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return average_down(sampled, (height, width))


def is_convex_quad(quad: np.ndarray, min_sine: float = 1e-3) -> bool:
    """Whether a quad is strictly convex, in either direction.

    Args:
        quad: (4, 2).
        min_sine: Minimum absolute sine of the angle at each corner.
    """
    if quad.shape != (4, 2):
        return False
    sides = next_points(quad) - quad
    lengths = np.hypot(*sides.T)
    if lengths.min() < 1e-6:
        return False
    sides = sides / lengths[:, None]
    following = next_points(sides)
    sines = sides[:, 0] * following[:, 1] - sides[:, 1] * following[:, 0]
    # All corners of a convex quad have the same sign. A figure of eight has both signs.
    return bool((sines > min_sine).all() or (sines < -min_sine).all())
