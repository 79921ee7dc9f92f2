"""Locality-aware suppression of quads for DRRG, as in ``lanms-neo``.

What: Sets :func:`merge_quadrangle_n9` in DRRG's head and loss if the package ``lanms`` is not
installed.
Why: ``lanms-neo`` has no wheels, so its installation requires a compiler.
Remove when: ``lanms-neo`` ships wheels.

Zhou et al., "EAST: An Efficient and Accurate Scene Text Detector", CVPR 2017, algorithm 1.
"""

from __future__ import annotations

import numpy as np
import shapely
from mmocr.models.textdet.heads import drrg_head
from mmocr.models.textdet.module_losses import drrg_module_loss

_MIN_SCORE = 1e-8


def merge_quadrangle_n9(quads: np.ndarray, thres: float = 0.3) -> np.ndarray:
    """Merge each quad with its predecessor if they overlap, then apply non-maximum suppression.

    Args:
        quads: (N, 9) as (x1, y1, ..., x4, y4, score), in the order of their positions on the map.
        thres: Intersection over union above which quads are merged or suppressed.

    Returns:
        (M, 9) float32 in order of decreasing score. A merged quad has the score-weighted mean of
        the corners of its parts, and the sum of their scores.
    """
    merged = _merge_neighbors(np.asarray(quads, dtype=np.float64).reshape(-1, 9), thres)
    by_score = merged[np.argsort(-merged[:, 8], kind='stable')]
    return by_score[_suppress(_polygons(by_score), thres)].astype(np.float32)


def supply_locality_aware_nms() -> None:
    """Set the function in DRRG's head and loss if ``lanms`` is not installed."""
    for module in (drrg_head, drrg_module_loss):
        if module.la_nms is None:
            module.la_nms = merge_quadrangle_n9


def _polygons(quads: np.ndarray) -> np.ndarray:
    """(N,) polygons of (N, 9) quads. A self-crossing quad becomes its two triangles."""
    return shapely.make_valid(shapely.polygons(quads[:, :8].reshape(-1, 4, 2)))


def _intersection_over_union(polygons: np.ndarray, other: shapely.Geometry) -> np.ndarray:
    """(N,) overlaps of (N,) polygons with another polygon. Zero if neither has an area."""
    intersection = shapely.area(shapely.intersection(polygons, other))
    union = shapely.area(polygons) + shapely.area(other) - intersection
    return intersection / np.maximum(union, np.finfo(np.float64).tiny)


def _merge_neighbors(quads: np.ndarray, thres: float) -> np.ndarray:
    merged: list[np.ndarray] = []
    last: np.ndarray = np.array([])  # Polygon of the last merged quad.
    for quad, polygon in zip(quads, _polygons(quads), strict=True):
        if merged and _intersection_over_union(last, polygon)[0] > thres:
            merged[-1] = _mean_quad(merged[-1], quad)
            last = _polygons(merged[-1][None])
        else:
            merged.append(quad)
            last = np.array([polygon])
    return np.array(merged).reshape(-1, 9)


def _mean_quad(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Score-weighted mean of two quads, after matching the corner order of the second quad."""
    corners = first[:8].reshape(4, 2)
    polygon = second[:8].reshape(4, 2)
    orders = [np.roll(polygon, -start, axis=0) for start in range(4)]
    orders += [order[::-1] for order in orders]
    nearest = min(orders, key=lambda order: np.square(corners - order).sum())
    score = first[8] + second[8]
    mean = (corners * first[8] + nearest * second[8]) / max(score, _MIN_SCORE)
    return np.append(mean.reshape(8), score)


def _suppress(polygons: np.ndarray, thres: float) -> np.ndarray:
    """Non-maximum suppression of (N,) polygons, best first: (N,) bool, True for kept polygons."""
    kept = np.ones(len(polygons), dtype=bool)
    tree = shapely.STRtree(polygons)
    for rank, polygon in enumerate(polygons):
        if kept[rank]:
            near = tree.query(polygon)
            lesser = near[(near > rank) & kept[near]]
            overlap = _intersection_over_union(polygons[lesser], polygon)
            kept[lesser[overlap > thres]] = False
    return kept
