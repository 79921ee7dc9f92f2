"""Matching of predictions to gt words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching


def find_dont_care_detections(
    coverage: np.ndarray, gt_dont_care: np.ndarray, area_precision: float = 0.5
) -> np.ndarray:
    """Find the predictions that are don't-care.

    A prediction is don't-care if a *single* don't-care gt word covers more than
    ``area_precision`` of its area. The areas covered by several gt words are not added.

    Args:
        coverage: (G, D) share of the area of each prediction inside each gt word.
        gt_dont_care: (G,) bool.
        area_precision: Threshold in [0, 1]. The share must be greater.

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
    """Pair gt words with predictions one to one by the rule of the ICDAR scripts.

    The gt words are visited in file order. Each takes the first free prediction, in file order,
    whose IoU is above the threshold. The rule uses neither the highest IoU nor the text.

    Args:
        iou: (G, D) intersection over union.
        gt_dont_care: (G,) bool, gt words to leave out.
        det_dont_care: (D,) bool, predictions to leave out.
        iou_threshold: Threshold in [0, 1]. The IoU must be greater.

    Returns:
        (gt index, prediction index) pairs, sorted by gt index.
    """
    pairs = []
    gt_free, det_free = ~gt_dont_care, ~det_dont_care
    for gt_index, det_index in np.argwhere(iou > iou_threshold):  # row-major: by gt word first
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
    """Pair the largest possible number of gt words with predictions.

    This is the strategy ``max_matching`` of MMOCR's ``HmeanIOUMetric``. Arguments and result are
    those of :func:`match_polygons`.
    """
    allowed = (iou > iou_threshold) & ~gt_dont_care[:, None] & ~det_dont_care[None, :]
    chosen = maximum_bipartite_matching(csr_matrix(allowed), perm_type='column')
    return [(gt, int(det)) for gt, det in enumerate(chosen) if det >= 0]


Matching = Literal['first', 'maximum']
MATCHINGS: dict[Matching, Callable[..., list[tuple[int, int]]]] = {
    'first': match_polygons,
    'maximum': match_polygons_maximum,
}
