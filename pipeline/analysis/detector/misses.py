"""How a word was missed: by what the boxes around it look like."""

from __future__ import annotations

from typing import Literal

import numpy as np

from pipeline.evaluation.overlap import Overlaps

MissKind = Literal['none', 'joined', 'cut', 'loose', 'taken']
MISS_NAMES: dict[MissKind, str] = {
    'none': 'no box: none covers a tenth of the word',
    'joined': 'joined: a box over half of the word or more, and more than twice as large',
    'cut': 'cut: two boxes or more, each more than half inside the word',
    'loose': 'a box of too low IoU, neither joined nor cut',
    'taken': "a box that fits, but lies in a don't-care word or answers for another word",
}
_LEAST_COVER = 0.1
_MOST_OF_IT = 0.5
_MUCH_LARGER = 2.0


def name_miss(overlaps: Overlaps, gt_index: int, iou_threshold: float = 0.5) -> MissKind:
    """Say how a gt word that has no partner was missed.

    With g and d the areas of the word and of a box and x that of their intersection, the first of
    these that holds: ``taken``: IoU above the threshold; ``none``: x < g / 10 for all boxes;
    ``joined``: x >= g / 2 and d > 2 g; ``cut``: x > d / 2 and x >= g / 10 for two boxes or more;
    ``loose``. A word whose IoU is too low because the box is wide or off, or covers but one part
    of it, is loose.

    Args:
        overlaps: Of all gt words and all boxes of the photo.
        gt_index: The word.
        iou_threshold: Of the score.
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
