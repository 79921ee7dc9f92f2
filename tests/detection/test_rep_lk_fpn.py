"""Neck of the small PP-OCRv6 detector."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.backbones.pp_lcnet_v4 import SqueezeExcitation
from pipeline.detection.necks.rep_lk_fpn import RepLKFPN


def attend(attention: SqueezeExcitation, x: Tensor) -> Tensor:
    """``x + SE(x)``."""
    gate = attention.expand(F.relu(attention.reduce(x.mean((2, 3), keepdim=True))))
    return x + x * (0.2 * gate + 0.5).clamp(0, 1)


def test_rep_lk_fpn_adds_the_input_of_its_attention() -> None:
    torch.manual_seed(0)
    neck = RepLKFPN((8, 16), out_channels=12).eval()
    fine, coarse = torch.randn(1, 8, 16, 24), torch.randn(1, 16, 8, 12)

    def double(x: Tensor) -> Tensor:
        return x.repeat_interleave(2, 2).repeat_interleave(2, 3)

    with torch.no_grad():
        wide = [
            attend(conv.se, conv.in_conv(x)) for conv, x in zip(neck.insert_conv, (fine, coarse))
        ]
        wide[0] = wide[0] + double(wide[1])
        first, second = (
            attend(conv.se, conv.pointwise(conv.depthwise(x)))
            for conv, x in zip(neck.input_conv, wide)
        )
        wanted = torch.cat([double(second), first], dim=1)
        torch.testing.assert_close(neck((fine, coarse)), wanted)
