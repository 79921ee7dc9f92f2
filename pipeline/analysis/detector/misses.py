"""Kinds of missed words, by the predicted boxes around them."""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipeline.evaluation.overlap import Overlaps

MissKind = Literal['none', 'joined', 'cut', 'loose', 'taken']
MISS_NAMES: dict[MissKind, str] = {
    'none': 'no box covers a tenth of the word or more',
    'joined': 'merged: a box covers half of the word or more and is more than twice as large',
    'cut': 'split: two or more boxes are each more than half inside the word',
    'loose': 'a box with too low IoU, neither merged nor split',
    'taken': "a box fits, but it is in a don't-care word or matched to another word",
}
_LEAST_COVER = 0.1
_MOST_OF_IT = 0.5
_MUCH_LARGER = 2.0


def name_miss(overlaps: Overlaps, gt_index: int, iou_threshold: float = 0.5) -> MissKind:
    """Return the kind of a missed gt word.

    Let g be the area of the word, d the area of a box and x the area of their intersection. The
    kind is the first of these whose condition holds:

    - ``taken``: the IoU of a box is above the threshold.
    - ``none``: x < g / 10 for all boxes.
    - ``joined``: x >= g / 2 and d > 2 g for a box.
    - ``cut``: x > d / 2 and x >= g / 10 for two or more boxes.
    - ``loose``: otherwise, for example if the box is too wide, shifted or covers one part.

    Args:
        overlaps: Overlaps of all gt words and all boxes of the image.
        gt_index: Index of the gt word.
        iou_threshold: IoU threshold of the score.
    """
    if (overlaps.iou()[gt_index] > iou_threshold).any():
        return 'taken'
    area, shared = overlaps.gt_areas[gt_index], overlaps.intersections[gt_index]
    covered = shared / area if area > 0 else np.zeros_like(shared)
    touching = covered >= _LEAST_COVER
    if not touching.any():
        return 'none'
    if ((covered >= _MOST_OF_IT) & (overlaps.det_areas > _MUCH_LARGER * area)).any():
        return 'joined'
    inside = overlaps.det_coverage()[gt_index] > _MOST_OF_IT
    return 'cut' if int((inside & touching).sum()) >= 2 else 'loose'
