"""Greedy non-maximum suppression of axis-aligned boxes."""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor

from pipeline.compat.operators.precision import widen


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float, offset: int) -> Tensor:
    """Keep each box that overlaps no better one by more than ``iou_threshold``.

    Args:
        boxes: (N, 4) as (x1, y1, x2, y2).
        scores: (N,).
        iou_threshold: Overlap above which the lesser box goes.
        offset: 0 where x2 and y2 are edges, 1 where they name the last pixel inside; a width
            is ``x2 - x1 + offset``.

    Returns:
        (M,) int64, indices of the kept boxes by falling score.
    """
    boxes, scores = widen(boxes, scores)
    if offset:
        # Moving the far corner by the offset turns inclusive boxes into plain ones.
        boxes = torch.cat([boxes[:, :2], boxes[:, 2:] + offset], dim=1)
    return torchvision.ops.nms(boxes, scores, iou_threshold)
