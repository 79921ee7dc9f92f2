"""Overlap of gt and predicted polygons, measured as the ICDAR scripts do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from pipeline.geometry import polygon_area, polygon_shape


@dataclass(frozen=True)
class Overlaps:
    """Areas of G gt and D predicted polygons and of their intersections, in square pixels.

    Attributes:
        gt_areas: (G,) areas of the gt polygons.
        det_areas: (D,) areas of the predicted polygons.
        intersections: (G, D) areas of the intersections.
    """

    gt_areas: np.ndarray
    det_areas: np.ndarray
    intersections: np.ndarray

    def iou(self) -> np.ndarray:
        """(G, D) intersection over union, or 0 if the union is 0."""
        unions = self.gt_areas[:, None] + self.det_areas[None, :] - self.intersections
        return _ratio(self.intersections, unions)

    def det_coverage(self) -> np.ndarray:
        """(G, D) share of the area of each prediction inside each gt word, or 0 without area."""
        return _ratio(self.intersections, np.broadcast_to(self.det_areas, self.intersections.shape))


def measure_overlaps(
    gt_polygons: Sequence[np.ndarray], det_polygons: Sequence[np.ndarray]
) -> Overlaps:
    """Measure the overlap of every gt polygon with every predicted polygon.

    The intersection of a self-crossing polygon is that of its even-odd region. Its area is given
    by the shoelace formula, in which loops of opposite direction cancel. The reference scripts,
    which use the General Polygon Clipper, compute both in this way.

    Args:
        gt_polygons: G arrays (K, 2) with K >= 3, pixels.
        det_polygons: D arrays (K, 2) with K >= 3, pixels.
    """
    gt_regions = [polygon_shape(p) for p in gt_polygons]
    det_regions = [polygon_shape(p) for p in det_polygons]
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
        gt_areas=np.array([polygon_area(p) for p in gt_polygons]),
        det_areas=np.array([polygon_area(p) for p in det_polygons]),
        intersections=intersections,
    )


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    ratio = np.zeros_like(numerator)
    return np.divide(numerator, denominator, out=ratio, where=denominator != 0)
