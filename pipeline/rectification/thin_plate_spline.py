"""Rectification of curved words: the thin-plate spline through their two sides.

F. L. Bookstein, "Principal warps: thin-plate splines and the decomposition of
deformations", IEEE TPAMI 11(6), 1989.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from pipeline.geometry import polyline_length, resample_polyline, split_sides
from pipeline.rectification.sampling import (
    check_image,
    check_size,
    cut_region,
    sample_fractions,
    sample_points,
)

_POINTS_PER_SIDE = 10


def warp_thin_plate_spline(
    image: np.ndarray, polygon: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """Straighten curved text by the smoothest map from its sides to straight sides.

    Ten points at equal arc length along the top and ten along the bottom map to evenly spaced
    points on the edges of the result. Between them the map has minimum bending energy (closed
    form, one linear system). For polygons with few points, the map smooths the kinks that
    :func:`unroll_polygon` preserves.

    Convention:
        - ``polygon`` is in pixels, (x, y), clockwise from the top-left of the first
          character: K/2 points along the top, then K/2 back along the bottom. The centre of
          pixel (i, j) is (i + 0.5, j + 0.5).
        - The ends of the sides map to the outer corners of the result.

    Args:
        image: (H, W) or (H, W, 3), any dtype that OpenCV can remap.
        polygon: (K, 2), K even and at least 4.
        size: (height, width) of the result, in pixels.

    Returns:
        (height, width) or (height, width, 3), dtype of ``image``. A pixel of the result that
        covers several image pixels is their average. Outside of the image its border repeats.

    Raises:
        ValueError: If ``polygon`` is not (2k, 2) with k >= 2, or a side has no length.
    """
    check_image(image)
    height, width = check_size(size)
    top, bottom = split_sides(polygon)
    lengths = polyline_length(top), polyline_length(bottom)
    if min(lengths) <= 0:
        raise ValueError(
            f'polygon must have sides longer than 0 px, got top {lengths[0]:g} px '
            f'and bottom {lengths[1]:g} px.'
        )
    fractions = np.linspace(0.0, 1.0, _POINTS_PER_SIDE)
    sides = [resample_polyline(side, fractions) for side in (top, bottom)]
    across = float(np.hypot(*(sides[0] - sides[1]).T).max())
    region = cut_region(
        image,
        # The spline may extend beyond the polygon by a fraction of its height.
        np.concatenate([side + shift * across / 2 for side in sides for shift in (-1, 1)]),
        (across / height, max(lengths) / width),
    )
    rows, columns = region.supersampling
    points = (_basis(height, width) @ np.concatenate(sides)).reshape(height + 2, width + 2, 2)
    return sample_points(
        region, _refine_grid(points, (height * rows, width * columns)), (height, width)
    )


def _refine_grid(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Bilinear interpolation of a map to ``size``.

    Args:
        points: (height + 2, width + 2, 2), with one extra cell on each side.
        size: (height * rows, width * columns).
    """
    height, width = points.shape[0] - 2, points.shape[1] - 2
    grid_x = (sample_fractions(size[1]) * width + 0.5).astype(np.float32)
    grid_y = (sample_fractions(size[0]) * height + 0.5).astype(np.float32)
    if size == (height, width):
        return points[1:-1, 1:-1]
    # Two 1-D interpolations: cv2.remap would round the weights to 1/32.
    low = np.floor(grid_y).astype(int)
    weight = (grid_y - low)[:, None, None]
    points = points[low] * (1 - weight) + points[low + 1] * weight
    low = np.floor(grid_x).astype(int)
    weight = (grid_x - low)[None, :, None]
    return points[:, low] * (1 - weight) + points[:, low + 1] * weight


@lru_cache(maxsize=8)
def _basis(height: int, width: int) -> np.ndarray:
    """Weight of each control point at each pixel: ((height + 2) * (width + 2), 20).

    The weights depend on the size of the crop only, so they are cached. The grid has one extra
    pixel on each side, for interpolation.
    """
    aspect = width / height
    across = np.linspace(0.0, aspect, _POINTS_PER_SIDE)
    control = np.stack(
        [np.tile(across, 2), np.repeat([0.0, 1.0], _POINTS_PER_SIDE)], axis=1
    )  # (M, 2), in heights of the crop
    count = len(control)
    affine = np.concatenate([np.ones((count, 1)), control], axis=1)
    system = np.zeros((count + 3, count + 3))  # Bookstein's matrix L
    system[:count, :count] = _kernel(control, control)
    system[:count, count:] = affine
    system[count:, :count] = affine.T
    x = (np.arange(-1, width + 1) + 0.5) / height
    y = (np.arange(-1, height + 1) + 0.5) / height
    pixels = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    design = np.concatenate([_kernel(pixels, control), np.ones((len(pixels), 1)), pixels], axis=1)
    return np.linalg.solve(system, design.T).T[:, :count]  # L is symmetric.


def _kernel(points: np.ndarray, control: np.ndarray) -> np.ndarray:
    """U(r) = r^2 log r^2, zero at r = 0: (P, M)."""
    squared = ((points[:, None] - control[None]) ** 2).sum(axis=-1)
    return squared * np.log(np.maximum(squared, 1e-12))
