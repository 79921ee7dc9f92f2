"""RepLKFPN, the neck of the small PP-OCRv6 detector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from pipeline.backbones.pp_lcnet_v4 import SqueezeExcitation
from pipeline.detection.necks.levels import channels_per_level
from pipeline.registry import MODELS

_SLOPE = 0.2  # slope of the hard sigmoids in this neck


class ResidualSEConv(nn.Module):
    """1x1 convolution without bias, then ``x + SE(x)``."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.in_conv = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.se = SqueezeExcitation(out_channels, slope=_SLOPE, residual=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H, W)."""
        return self.se(self.in_conv(x))


class LargeKernelConv(nn.Module):
    """Depthwise convolution with a large kernel, 1x1 convolution, then ``x + SE(x)``."""

    def __init__(self, in_channels: int, out_channels: int, kernel_size: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(
            in_channels, in_channels, kernel_size, padding=kernel_size // 2, groups=in_channels
        )
        self.pointwise = nn.Conv2d(in_channels, out_channels, 1, bias=False)
        self.se = SqueezeExcitation(out_channels, slope=_SLOPE, residual=True)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H, W)."""
        return self.se(self.pointwise(self.depthwise(x)))


@MODELS.register_module()
class RepLKFPN(BaseModule):
    """Feature pyramid with large depthwise kernels (PP-OCRv6, arXiv 2606.13108).

    All levels get the same width, are added from the deepest to the shallowest, and are
    concatenated at the size of the shallowest one, the deepest level first.

    Args:
        in_channels: Channels of the backbone's stages, the shallowest first.
        out_channels: Channels of the concatenated map; divisible by the number of levels.
        kernel_size: Depthwise kernel, odd.
        init_cfg: MMEngine initialization config.

    Raises:
        ValueError: If ``out_channels`` is not divisible by the number of levels.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int = 96,
        kernel_size: int = 7,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        width = channels_per_level(out_channels, len(in_channels))
        self.insert_conv = nn.ModuleList(
            ResidualSEConv(channels, out_channels) for channels in in_channels
        )
        self.input_conv = nn.ModuleList(
            LargeKernelConv(out_channels, width, kernel_size) for _ in in_channels
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Fuse the stages.

        Args:
            features: (N, C_i, H / 2^i, W / 2^i), the shallowest first.

        Returns:
            (N, out_channels, H, W).
        """
        fused = [conv(feature) for conv, feature in zip(self.insert_conv, features)]
        for level in range(len(fused) - 2, -1, -1):
            fused[level] = fused[level] + _upsample(fused[level + 1], fused[level])
        refined = [conv(feature) for conv, feature in zip(self.input_conv, fused)]
        return torch.cat([_upsample(feature, refined[0]) for feature in reversed(refined)], dim=1)


def _upsample(x: Tensor, like: Tensor) -> Tensor:
    return x if x.shape[2:] == like.shape[2:] else F.interpolate(x, size=like.shape[2:])
