"""Clipping of word polygons to the image."""

from __future__ import annotations

import numpy as np
from shapely.geometry import Polygon, box

from pipeline.geometry.ring import check_polygon
from pipeline.geometry.ring_order import min_area_quad


def clip_to_image(polygon: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Move the points of a polygon that are outside an image to its border.

    The number and order of the points stay the same, so a ring remains a ring. If the moved points
    cross each other, the smallest rectangle around the visible part replaces the polygon.

    Args:
        polygon: (K, 2) in pixels.
        size: (height, width) of the image.

    Returns:
        (K, 2) or (4, 2) float32 inside the image.

    Raises:
        ValueError: If ``polygon`` is not (K, 2) finite numbers with K >= 3.
    """
    points = check_polygon(polygon)
    limit = np.array([size[1], size[0]], dtype=np.float64)
    if (points >= 0).all() and (points <= limit).all():
        return points.astype(np.float32)
    clipped = points.clip(0, limit)
    before = Polygon(points)
    if before.is_valid and before.area and not Polygon(clipped).is_valid:
        visible = before.intersection(box(0, 0, *limit)).convex_hull
        if visible.geom_type == 'Polygon':
            corners = min_area_quad(np.array(visible.exterior.coords)).clip(0, limit)
            start = int(np.abs(corners - clipped[0]).sum(1).argmin())
            clipped = np.roll(corners, -start, axis=0)
    return clipped.astype(np.float32)
