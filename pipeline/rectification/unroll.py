"""Rectification of curved words: the ruled surface between their two long sides."""

from __future__ import annotations

import numpy as np

from pipeline.geometry import polyline_length, resample_polyline, split_sides
from pipeline.rectification.sampling import (
    check_image,
    check_size,
    cut_region,
    sample_fractions,
    sample_points,
)


def unroll_polygon(image: np.ndarray, polygon: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Straighten curved text by sampling along the polygon's two long sides.

    Both sides are resampled at equal arc length, and each output column is the
    straight segment between the matching points (the ruled surface of the sides).

    Convention:
        - ``polygon`` is in pixels, (x, y), clockwise from the top-left of the first
          character: K/2 points along the top, then K/2 back along the bottom. The centre of
          pixel (i, j) is (i + 0.5, j + 0.5).
        - Column c of the output samples at fraction (c + 0.5) / width of both sides.
        - Row r of the output samples at height (r + 0.5) / height between the sides.

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
    across = np.hypot(*(resample_polyline(top, _NINE) - resample_polyline(bottom, _NINE)).T)
    scale = (float(across.max()) / height, max(lengths) / width)
    region = cut_region(image, np.concatenate([top, bottom]), scale)
    rows, columns = region.supersampling
    along = sample_fractions(width * columns)
    down = sample_fractions(height * rows)[:, None, None]
    top_points, bottom_points = resample_polyline(top, along), resample_polyline(bottom, along)
    return sample_points(region, top_points + (bottom_points - top_points) * down, (height, width))


_NINE = np.linspace(0.0, 1.0, 9)
