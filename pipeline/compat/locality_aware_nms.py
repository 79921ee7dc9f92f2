"""Supplies the locality-aware suppression of quads that DRRG asks ``lanms-neo`` for.

What: DRRG's head and loss get :func:`merge_quadrangle_n9` where the package ``lanms`` is not
installed; where it is, theirs is left.
Why: ``lanms-neo`` has no wheels, so installing it wants a compiler.
When it can go: when ``lanms-neo`` ships wheels.

Zhou et al., "EAST: An Efficient and Accurate Scene Text Detector", CVPR 2017, algorithm 1.
"""

from __future__ import annotations

import numpy as np
import pyclipper
from mmocr.models.textdet.heads import drrg_head
from mmocr.models.textdet.module_losses import drrg_module_loss

_PRECISION = 10000  # Clipper counts in integers
_MERGED_SCORE_FLOOR = 1e-8


def merge_quadrangle_n9(quads: np.ndarray, thres: float = 0.3) -> np.ndarray:
    """Merge each quad with its predecessor where they overlap, then suppress the rest.

    Args:
        quads: (N, 9) as (x1, y1, ..., x4, y4, score), neighbors on the map next to each other.
        thres: Intersection over union above which two quads are one.

    Returns:
        (M, 9) float32 by falling score. A merged quad has the mean corners of its parts,
        weighted by score, and the sum of their scores.
    """
    merged: list[np.ndarray] = []
    for quad in np.asarray(quads, dtype=np.float64).reshape(-1, 9):
        if merged and _intersection_over_union(merged[-1], quad) > thres:
            merged[-1] = _merge(merged[-1], quad)
        else:
            merged.append(quad)
    kept: list[np.ndarray] = []
    for quad in sorted(merged, key=lambda quad: -quad[8]):
        if all(_intersection_over_union(better, quad) <= thres for better in kept):
            kept.append(quad)
    return np.array(kept, dtype=np.float32).reshape(-1, 9)


def supply_locality_aware_nms() -> None:
    """Give the function to DRRG's head and loss where they found none."""
    for module in (drrg_head, drrg_module_loss):
        if module.la_nms is None:
            module.la_nms = merge_quadrangle_n9


def _merge(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Average two quads, after turning the second's corners to where the first's are."""
    corners = first[:8].reshape(4, 2)
    ring = second[:8].reshape(4, 2)
    orders = [np.roll(ring, -start, axis=0) for start in range(4)]
    orders += [order[::-1] for order in orders]
    nearest = min(orders, key=lambda order: np.square(corners - order).sum())
    score = first[8] + second[8]
    mean = (corners * first[8] + nearest * second[8]) / max(score, _MERGED_SCORE_FLOOR)
    return np.append(mean.reshape(8), score)


def _intersection_over_union(first: np.ndarray, second: np.ndarray) -> float:
    rings = [quad[:8].reshape(4, 2) for quad in (first, second)]
    low, high = np.max([r.min(axis=0) for r in rings], 0), np.min([r.max(axis=0) for r in rings], 0)
    if (low >= high).any():
        return 0.0
    clipper = pyclipper.Pyclipper()
    try:
        for ring, role in zip(rings, (pyclipper.PT_SUBJECT, pyclipper.PT_CLIP), strict=True):
            clipper.AddPath(np.rint(ring * _PRECISION).astype(np.int64).tolist(), role, True)
    except pyclipper.ClipperException:  # a quad without area overlaps nothing
        return 0.0
    intersection, union = (
        abs(sum(pyclipper.Area(path) for path in clipper.Execute(operation)))
        for operation in (pyclipper.CT_INTERSECTION, pyclipper.CT_UNION)
    )
    return intersection / max(union, 1.0)
