"""mmcv's RoIAlign, plain and rotated, with the operators of ``pipeline.compat``."""

from __future__ import annotations

import math

import pytest
import torch
import torchvision
from mmcv.ops import RoIAlign, RoIAlignRotated, roi_align, roi_align_rotated
from torch.autograd import gradcheck

from pipeline.compat.operators.missing import MissingOperatorError

BOXES = torch.tensor(
    [[0, 1.0, 2.0, 9.0, 11.0], [1, 0.0, 0.0, 15.9, 15.9], [0, -3.0, 10.0, 6.0, 22.0]],
    dtype=torch.float64,
)
ROTATED = torch.tensor(
    [
        [0, 8.0, 9.0, 6.0, 10.0, 0.4],
        [1, 7.0, 6.0, 12.0, 3.0, -1.2],
        [0, 1.0, 15.0, 9.0, 9.0, 2.5],  # leaves the map
        [1, 8.0, 8.0, 7.0, 0.0, 0.3],  # has no area
    ],
    dtype=torch.float64,
)


def read_bilinear(channel: torch.Tensor, y: float, x: float) -> float:
    """One bilinear sample as RoIAlign defines it at and beyond the border."""
    height, width = channel.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    y, x = min(max(y, 0.0), height - 1), min(max(x, 0.0), width - 1)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    upper = channel[top, left] * (1 - dx) + channel[top, right] * dx
    lower = channel[bottom, left] * (1 - dx) + channel[bottom, right] * dx
    return float(upper * (1 - dy) + lower * dy)


def pool_rotated_by_loop(
    features: torch.Tensor,
    rois: torch.Tensor,
    size: tuple[int, int],
    scale: float,
    sampling_ratio: int,
    aligned: bool,
    clockwise: bool,
) -> torch.Tensor:
    """Rotated RoIAlign by loops, one sample at a time."""
    shift = 0.5 if aligned else 0.0
    output = torch.zeros(len(rois), features.size(1), *size, dtype=features.dtype)
    for r, (index, *center, width, height, angle) in enumerate(rois.tolist()):
        center_x, center_y = (value * scale - shift for value in center)
        width, height = width * scale, height * scale
        if not aligned:
            width, height = max(width, 1.0), max(height, 1.0)
        if clockwise:
            angle = -angle
        rows = sampling_ratio or max(math.ceil(height / size[0]), 0)
        columns = sampling_ratio or max(math.ceil(width / size[1]), 0)
        for c in range(features.size(1)):
            for i in range(size[0]):
                for j in range(size[1]):
                    total = 0.0
                    for p in range(rows):
                        for q in range(columns):
                            v = (i + (p + 0.5) / rows) * height / size[0] - height / 2
                            u = (j + (q + 0.5) / columns) * width / size[1] - width / 2
                            y = v * math.cos(angle) - u * math.sin(angle) + center_y
                            x = v * math.sin(angle) + u * math.cos(angle) + center_x
                            total += read_bilinear(features[int(index), c], y, x)
                    output[r, c, i, j] = total / max(rows * columns, 1)
    return output


def rotate_boxes(boxes: torch.Tensor) -> torch.Tensor:
    """Boxes (R, 5) as rotated regions (R, 6) of angle zero."""
    index, x1, y1, x2, y2 = boxes.unbind(1)
    return torch.stack(
        [index, (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, torch.zeros_like(x1)], dim=1
    )


@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('sampling_ratio', [0, 2])
def test_roi_align_equals_a_plain_loop(aligned: bool, sampling_ratio: int, device: str) -> None:
    features = torch.randn(2, 2, 8, 8, dtype=torch.float64)
    pooled = roi_align(
        features.to(device), BOXES.to(device), 3, 0.5, sampling_ratio, 'avg', aligned
    )
    expected = pool_rotated_by_loop(
        features, rotate_boxes(BOXES), (3, 3), 0.5, sampling_ratio, aligned, False
    )
    torch.testing.assert_close(pooled.cpu(), expected)


def test_roi_align_gradient_equals_finite_differences(device: str) -> None:
    features = torch.randn(2, 2, 6, 6, dtype=torch.float64, device=device, requires_grad=True)
    rois = BOXES.to(device)
    assert gradcheck(
        lambda x: roi_align(x, rois, 2, 0.4, 2, 'avg', True), (features,), nondet_tol=1e-9
    )


def test_roi_align_gradient_equals_torchvision(device: str) -> None:
    features = torch.randn(2, 3, 8, 8, device=device, requires_grad=True)
    rois = BOXES.float().to(device)
    weights = torch.randn(3, 3, 4, 4, device=device)
    layer = RoIAlign((4, 4), spatial_scale=0.5, sampling_ratio=0, aligned=True)
    (ours,) = torch.autograd.grad((layer(features, rois) * weights).sum(), features)
    reference = torchvision.ops.roi_align(features, rois, (4, 4), 0.5, -1, True)
    (expected,) = torch.autograd.grad((reference * weights).sum(), features)
    torch.testing.assert_close(ours, expected)


def test_roi_align_rejects_max_pooling() -> None:
    with pytest.raises(MissingOperatorError, match=r"roi_align with pool_mode='max'"):
        roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2, 1.0, 0, 'max', True)


@pytest.mark.parametrize('aligned', [True, False])
@pytest.mark.parametrize('clockwise', [True, False])
@pytest.mark.parametrize('sampling_ratio', [0, 2])
def test_rotated_roi_align_equals_a_plain_loop(
    aligned: bool, clockwise: bool, sampling_ratio: int, device: str
) -> None:
    features = torch.randn(2, 2, 8, 9, dtype=torch.float64)
    arguments = ((3, 2), 0.5, sampling_ratio, aligned, clockwise)
    pooled = roi_align_rotated(features.to(device), ROTATED.to(device), *arguments)
    torch.testing.assert_close(pooled.cpu(), pool_rotated_by_loop(features, ROTATED, *arguments))


def test_rotated_roi_align_at_angle_zero_equals_roi_align(device: str) -> None:
    features = torch.randn(1, 3, 12, 12, device=device)
    boxes = torch.tensor([[0, 3.0, 2.0, 17.0, 20.0], [0, 6.0, 6.0, 9.0, 8.0]], device=device)
    pooled = RoIAlignRotated((3, 3), spatial_scale=0.5)(features, rotate_boxes(boxes))
    expected = torchvision.ops.roi_align(features, boxes, (3, 3), 0.5, 0, aligned=True)
    torch.testing.assert_close(pooled, expected)


def test_rotated_roi_align_rotates_counterclockwise() -> None:
    features = torch.arange(16.0).reshape(1, 1, 4, 4)
    roi = torch.tensor([[0, 2.0, 2.0, 4.0, 4.0, 0.0], [0, 2.0, 2.0, 4.0, 4.0, math.pi / 2]])
    upright, turned = roi_align_rotated(features, roi, 4, 1.0, 1, True, False)
    torch.testing.assert_close(upright, features[0])
    # The region's own x axis points up the screen: its first row is the image's first column,
    # read from the bottom.
    torch.testing.assert_close(turned, torch.rot90(features[0], -1, dims=(1, 2)))


def test_rotated_roi_align_gradient_equals_differences(device: str) -> None:
    features = torch.randn(2, 2, 6, 7, dtype=torch.float64, device=device, requires_grad=True)
    rois = ROTATED.to(device)
    for sampling_ratio in (0, 2):
        assert gradcheck(
            lambda x, ratio=sampling_ratio: roi_align_rotated(x, rois, (2, 3), 0.4, ratio),
            (features,),
            nondet_tol=1e-9,
            fast_mode=True,
        )


def test_rotated_roi_align_of_a_negative_height_is_zero() -> None:
    rois = torch.tensor([[0, 4.0, 4.0, 4.0, -2.0, 0.0], [0, 4.0, 4.0, -4.0, -2.0, 0.0]])
    assert not roi_align_rotated(torch.ones(1, 1, 8, 8), rois, 2, 1.0).any()


def test_rotated_roi_align_without_regions(device: str) -> None:
    features = torch.ones(1, 2, 8, 8, device=device, requires_grad=True)
    pooled = roi_align_rotated(features, torch.zeros(0, 6, device=device), (3, 3), 1.0)
    pooled.sum().backward()
    assert pooled.shape == (0, 2, 3, 3)
    assert features.grad is not None
    assert not features.grad.any()
