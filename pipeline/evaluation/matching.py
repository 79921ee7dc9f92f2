"""Which prediction answers for which gt word."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching


def find_dont_care_detections(
    coverage: np.ndarray, gt_dont_care: np.ndarray, area_precision: float = 0.5
) -> np.ndarray:
    """Find the predictions that lie in illegible text.

    A prediction is don't-care if more than ``area_precision`` of it lies in any *single*
    don't-care gt word; several that cover it together do not count.

    Args:
        coverage: (G, D) share of each prediction inside each gt word.
        gt_dont_care: (G,) bool.
        area_precision: Threshold, exceeded strictly.

    Returns:
        (D,) bool.
    """
    return (coverage[gt_dont_care] > area_precision).any(axis=0)


def match_polygons(
    iou: np.ndarray,
    gt_dont_care: np.ndarray,
    det_dont_care: np.ndarray,
    iou_threshold: float = 0.5,
) -> list[tuple[int, int]]:
    """Pair gt words with predictions one to one, first come first served.

    gt words choose in file order, each takes the first free prediction whose IoU exceeds the
    threshold. Neither the best IoU nor the transcript plays a part: that is the ICDAR rule, not
    an approximation of a better one.

    Args:
        iou: (G, D) intersection over union.
        gt_dont_care: (G,) bool, gt words left out.
        det_dont_care: (D,) bool, predictions left out.
        iou_threshold: Exceeded strictly.

    Returns:
        (gt index, prediction index) pairs, by gt index.
    """
    pairs = []
    gt_free, det_free = ~gt_dont_care, ~det_dont_care
    for gt_index, det_index in np.argwhere(iou > iou_threshold):  # row-major: gold, then file order
        if gt_free[gt_index] and det_free[det_index]:
            gt_free[gt_index] = det_free[det_index] = False
            pairs.append((int(gt_index), int(det_index)))
    return pairs


def match_polygons_maximum(
    iou: np.ndarray,
    gt_dont_care: np.ndarray,
    det_dont_care: np.ndarray,
    iou_threshold: float = 0.5,
) -> list[tuple[int, int]]:
    """Pair as many gt words with predictions as possible (MMOCR's ``max_matching``).

    Arguments and result are those of :func:`match_polygons`.
    """
    allowed = (iou > iou_threshold) & ~gt_dont_care[:, None] & ~det_dont_care[None, :]
    chosen = maximum_bipartite_matching(csr_matrix(allowed), perm_type='column')
    return [(gt, int(det)) for gt, det in enumerate(chosen) if det >= 0]
