"""The operators of ``pipeline.compat`` in mixed precision."""

from __future__ import annotations

import pytest
import torch
from mmcv.ops import (
    DeformConv2dPack,
    ModulatedDeformConv2dPack,
    nms,
    roi_align,
    roi_align_rotated,
)

HALVES = [torch.float16, torch.bfloat16]


@pytest.mark.parametrize('dtype', HALVES)
@pytest.mark.parametrize('pack', [DeformConv2dPack, ModulatedDeformConv2dPack])
def test_deform_layers_train_in_mixed_precision(
    pack: type[torch.nn.Module], dtype: torch.dtype, device: str
) -> None:
    layer = pack(4, 6, 3, padding=1, bias=False).to(device)
    image = torch.randn(2, 4, 7, 7, device=device)
    exact = layer(image)
    with torch.autocast(device, dtype=dtype):
        mixed = layer(image)
    assert mixed.dtype == dtype
    torch.testing.assert_close(mixed.float(), exact, rtol=0.05, atol=0.05)
    mixed.float().square().sum().backward()
    assert layer.weight.grad.dtype == torch.float32
    assert torch.isfinite(layer.weight.grad).all()


@pytest.mark.parametrize('dtype', HALVES)
def test_roi_align_supports_half_precision(dtype: torch.dtype, device: str) -> None:
    features = torch.randn(1, 3, 12, 12, device=device)
    box = torch.tensor([[0, 2.0, 3.0, 10.0, 9.0]], device=device)
    rotated = torch.tensor([[0, 6.0, 6.0, 8.0, 6.0, 0.25]], device=device)
    for pool, roi in ((roi_align, box), (roi_align_rotated, rotated)):
        half = features.to(dtype).requires_grad_()
        pooled = pool(half, roi.to(dtype), 3, 1.0)
        pooled.sum().backward()
        assert pooled.dtype == half.grad.dtype == dtype
        torch.testing.assert_close(
            pooled.float(), pool(features, roi, 3, 1.0), rtol=0.02, atol=0.02
        )


@pytest.mark.parametrize('dtype', HALVES)
def test_nms_supports_half_precision(dtype: torch.dtype, device: str) -> None:
    boxes = torch.tensor([[0.0, 0, 8, 8], [0, 0, 8, 7], [20, 0, 28, 8]], device=device).to(dtype)
    scores = torch.tensor([0.5, 0.75, 0.25], device=device).to(dtype)
    assert nms(boxes, scores, 0.5)[1].tolist() == [1, 2]
