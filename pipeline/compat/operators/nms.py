"""Greedy non-maximum suppression of axis-aligned boxes."""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor

from pipeline.compat.operators.precision import widen


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Suppress each box that overlaps a box with a higher score by more than ``iou_threshold``.

    Args:
        boxes: (N, 4) as (x1, y1, x2, y2).
        scores: (N,).
        iou_threshold: Intersection over union above which the box with the lower score is
            dropped.
        offset: 0 if x2 and y2 are edges, 1 if they are the last pixels inside. The width is
            ``x2 - x1 + offset``.

    Returns:
        (M,) int64, indices of the kept boxes in order of decreasing score.
    """
    boxes, scores = widen(boxes, scores)
    if offset:
        # Converts inclusive corners to edges.
        boxes = torch.cat([boxes[:, :2], boxes[:, 2:] + offset], dim=1)
    return torchvision.ops.nms(boxes, scores, iou_threshold)
