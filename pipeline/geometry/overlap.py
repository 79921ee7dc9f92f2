"""Overlap of two polygons of any shape."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import Polygon

from pipeline.geometry.ring import check_polygon


def polygon_shape(polygon: np.ndarray) -> shapely.Geometry:
    """Convert a (K, 2) polygon to the valid shapely geometry that :func:`polygon_iou` uses."""
    shape = Polygon(check_polygon(polygon))
    if shape.is_valid:
        return shape
    # make_valid() splits a self-crossing polygon into its lobes (the even-odd rule). It may add
    # lines and points, which have no area.
    parts = shapely.get_parts(shapely.make_valid(shape))
    while any(part.geom_type.startswith('Multi') for part in parts):
        parts = shapely.get_parts(parts)
    return shapely.union_all([part for part in parts if part.geom_type == 'Polygon'])


def polygon_iou(polygon: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two polygons, or 0 if neither has an area.

    Args:
        polygon: (K, 2), any direction, convex or not, self-crossing or not.
        other: (M, 2).

    Raises:
        ValueError: If a polygon is not (K, 2) finite numbers with K >= 3.
    """
    first, second = polygon_shape(polygon), polygon_shape(other)
    shared = float(first.intersection(second).area)
    union = float(first.area) + float(second.area) - shared
    return shared / union if union > 0 else 0.0
