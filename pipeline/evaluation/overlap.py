"""How much gold and predicted polygons overlap, as the ICDAR scripts measure it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely


@dataclass(frozen=True)
class Overlaps:
    """Areas of G gold and D predicted polygons and of their intersections, in square pixels.

    Attributes:
        gt_areas: (G,).
        det_areas: (D,).
        intersections: (G, D).
    """

    gt_areas: np.ndarray
    det_areas: np.ndarray
    intersections: np.ndarray

    def iou(self) -> np.ndarray:
        """(G, D) intersection over union; 0 where the union is 0."""
        unions = self.gt_areas[:, None] + self.det_areas[None, :] - self.intersections
        return _ratio(self.intersections, unions)

    def det_coverage(self) -> np.ndarray:
        """(G, D) share of each prediction inside each gt word; 0 for predictions without area."""
        return _ratio(self.intersections, np.broadcast_to(self.det_areas, self.intersections.shape))


def measure_overlaps(
    gt_polygons: Sequence[np.ndarray], det_polygons: Sequence[np.ndarray]
) -> Overlaps:
    """Measure every gt polygon against every predicted one.

    A polygon that crosses itself covers its even-odd region, but its *area* is that of the
    shoelace formula, in which loops of opposite direction cancel. The reference scripts do so
    (they use the General Polygon Clipper), and scores near a threshold depend on it.

    Args:
        gt_polygons: G arrays (K, 2) with K >= 3.
        det_polygons: D arrays (K, 2) with K >= 3.

    Returns:
        The areas and intersections; pairs whose bounding boxes are apart are not intersected.
    """
    gt_regions = [_even_odd_region(p) for p in gt_polygons]
    det_regions = [_even_odd_region(p) for p in det_polygons]
    intersections = np.zeros((len(gt_regions), len(det_regions)))
    if gt_regions and det_regions:
        gt_boxes, det_boxes = shapely.bounds(gt_regions), shapely.bounds(det_regions)
        low = np.maximum(gt_boxes[:, None, :2], det_boxes[None, :, :2])  # (G, D, 2)
        high = np.minimum(gt_boxes[:, None, 2:], det_boxes[None, :, 2:])
        gt_index, det_index = np.nonzero((low < high).all(-1))  # empty regions have NaN bounds
        pieces = shapely.intersection(
            np.array(gt_regions, dtype=object)[gt_index],
            np.array(det_regions, dtype=object)[det_index],
        )
        intersections[gt_index, det_index] = shapely.area(pieces)
    return Overlaps(
        gt_areas=np.array([shoelace_area(p) for p in gt_polygons]),
        det_areas=np.array([shoelace_area(p) for p in det_polygons]),
        intersections=intersections,
    )


def shoelace_area(polygon: np.ndarray) -> float:
    """Absolute shoelace area of a (K, 2) ring; loops of opposite direction cancel."""
    x, y = np.asarray(polygon, dtype=np.float64).T
    return abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2


def _even_odd_region(polygon: np.ndarray) -> shapely.Geometry:
    region = shapely.Polygon(np.asarray(polygon, dtype=np.float64))
    if region.is_valid:
        return region
    parts = shapely.get_parts(shapely.make_valid(region))
    # Repairing may leave lines and points beside the areas; overlay wants areas only.
    return shapely.union_all([p for p in _flatten(parts) if p.geom_type == 'Polygon'])


def _flatten(parts: np.ndarray) -> np.ndarray:
    while any(p.geom_type.startswith('Multi') for p in parts):
        parts = shapely.get_parts(parts)
    return parts


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio = np.zeros_like(numerator)
    return np.divide(numerator, denominator, out=ratio, where=denominator != 0)
