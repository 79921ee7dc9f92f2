"""mmcv's non-maximum suppression with the operator of ``pipeline.compat``."""

from __future__ import annotations

import torch
from mmcv.ops import batched_nms, nms


def suppress_by_loop(
    boxes: torch.Tensor, scores: torch.Tensor, iou_threshold: float, offset: int
) -> list[int]:
    """Greedy suppression by loops, one pair of boxes at a time."""
    kept: list[int] = []
    for candidate in scores.argsort(descending=True).tolist():
        x1, y1, x2, y2 = boxes[candidate].tolist()
        area = (x2 - x1 + offset) * (y2 - y1 + offset)
        for better in kept:
            u1, v1, u2, v2 = boxes[better].tolist()
            width = max(0.0, min(x2, u2) - max(x1, u1) + offset)
            height = max(0.0, min(y2, v2) - max(y1, v1) + offset)
            other_area = (u2 - u1 + offset) * (v2 - v1 + offset)
            if width * height / (area + other_area - width * height) > iou_threshold:
                break
        else:
            kept.append(candidate)
    return kept


def draw_boxes(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    corners = torch.rand(count, 2) * 30
    boxes = torch.cat([corners, corners + 5 + torch.rand(count, 2) * 15], dim=1)
    return boxes, torch.rand(count)


def test_nms_equals_a_plain_loop(device: str) -> None:
    boxes, scores = draw_boxes(60)
    for offset in (0, 1):
        detections, kept = nms(boxes.to(device), scores.to(device), 0.4, offset=offset)
        assert kept.tolist() == suppress_by_loop(boxes, scores, 0.4, offset)
        assert torch.equal(detections[:, :4].cpu(), boxes[kept.cpu()])
        assert torch.equal(detections[:, 4].cpu(), scores[kept.cpu()])


def test_nms_offset_includes_the_last_pixel() -> None:
    # Pixels 0-1 and 1-2: as edges the boxes share a third, as pixels half of each other's four.
    boxes = torch.tensor([[0.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 2.0]])
    scores = torch.tensor([0.9, 0.8])
    assert len(nms(boxes, scores, 0.6, offset=0)[1]) == 2  # 1 / 2
    assert len(nms(boxes, scores, 0.6, offset=1)[1]) == 1  # 4 / 6


def test_nms_filters_scores_and_limits_the_number() -> None:
    boxes = torch.tensor([[0.0, 0, 1, 1], [5, 5, 6, 6], [9, 9, 10, 10], [20, 20, 21, 21]])
    scores = torch.tensor([0.1, 0.9, 0.8, 0.7])
    assert nms(boxes, scores, 0.5, score_threshold=0.2)[1].tolist() == [1, 2, 3]
    assert nms(boxes, scores, 0.5, max_num=2)[1].tolist() == [1, 2]


def test_nms_without_boxes(device: str) -> None:
    detections, kept = nms(torch.zeros(0, 4, device=device), torch.zeros(0, device=device), 0.5)
    assert detections.shape == (0, 5)
    assert kept.shape == (0,)


def test_batched_nms_keeps_other_classes(device: str) -> None:
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10]], device=device)
    scores = torch.tensor([0.9, 0.8, 0.7], device=device)
    classes = torch.tensor([0, 1, 0], device=device)
    _, kept = batched_nms(boxes, scores, classes, {'type': 'nms', 'iou_threshold': 0.5})
    assert kept.tolist() == [0, 1]
