"""Large-kernel path aggregation, the neck of the medium PP-OCRv6 detector."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from pipeline.backbones import ConvNorm
from pipeline.detection.necks.levels import channels_per_level
from pipeline.registry import MODELS

_LENGTHS = (('longratio', 7), ('midratio', 5), ('shortratio', 3))


class IntraclassBlock(nn.Module):
    """Sums of vertical, horizontal and square convolutions, long to short, with a residual.

    Args:
        channels: Input and output channels.
        reduce_factor: Ratio of ``channels`` to the width inside the block.
    """

    def __init__(self, channels: int, reduce_factor: int) -> None:
        super().__init__()
        inner = channels // reduce_factor
        self.conv_reduce_channel = nn.Conv2d(channels, inner, 1)
        for name, size in _LENGTHS:
            half = size // 2
            kernels = (
                ('vertical_long_to_small_conv', (size, 1), (half, 0)),
                ('horizontal_small_to_long_conv', (1, size), (0, half)),
                ('symmetric_conv_long', (size, size), (half, half)),
            )
            for kind, kernel, padding in kernels:
                self.add_module(f'{kind}_{name}', nn.Conv2d(inner, inner, kernel, padding=padding))
        self.conv_final = ConvNorm(inner, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        y = self.conv_reduce_channel(x)
        for name, _ in _LENGTHS:
            y = (
                self.get_submodule(f'symmetric_conv_long_{name}')(y)
                + self.get_submodule(f'vertical_long_to_small_conv_{name}')(y)
                + self.get_submodule(f'horizontal_small_to_long_conv_{name}')(y)
            )
        return x + F.relu(self.conv_final(y))


@MODELS.register_module()
class LargeKernelPAN(BaseModule):
    """Top-down and bottom-up feature fusion with 9x9 convolutions (PP-OCRv6, arXiv 2606.13108).

    After the path aggregation network of Liu et al., CVPR 2018, arXiv 1803.01534. Parameter names
    follow the published ``pp_ocrv6_medium_det`` code in ``transformers``.

    Args:
        in_channels: Channels of the backbone's stages, the shallowest first.
        out_channels: Channels of the concatenated map; divisible by the number of levels.
        reduce_factor: Ratio of a level's channels to the inner width of its intraclass block.
        init_cfg: MMEngine initialization config.

    Raises:
        ValueError: If ``out_channels`` is not divisible by the number of levels.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        out_channels: int = 256,
        reduce_factor: int = 2,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        width = channels_per_level(out_channels, len(in_channels))
        self.input_channel_adjustment_convolution = nn.ModuleList(
            nn.Conv2d(channels, out_channels, 1, bias=False) for channels in in_channels
        )
        self.input_feature_projection_convolution = nn.ModuleList(
            nn.Conv2d(out_channels, width, 9, padding=4) for _ in in_channels
        )
        self.path_aggregation_head_convolution = nn.ModuleList(
            nn.Conv2d(width, width, 3, stride=2, padding=1, bias=False) for _ in in_channels[1:]
        )
        self.path_aggregation_lateral_convolution = nn.ModuleList(
            nn.Conv2d(width, width, 9, padding=4) for _ in in_channels
        )
        self.intraclass_blocks = nn.ModuleList(
            IntraclassBlock(width, reduce_factor) for _ in in_channels
        )

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Fuse the stages.

        Args:
            features: (N, C_i, H / 2^i, W / 2^i), the shallowest first; H and W divisible by
                ``2 ** (levels - 1)``.

        Returns:
            (N, out_channels, H, W), the deepest level first.
        """
        fused = [
            conv(feature)
            for conv, feature in zip(self.input_channel_adjustment_convolution, features)
        ]
        for level in range(len(fused) - 2, -1, -1):
            larger = F.interpolate(fused[level + 1], size=fused[level].shape[2:])
            fused[level] = fused[level] + larger
        levels = [
            conv(feature) for conv, feature in zip(self.input_feature_projection_convolution, fused)
        ]
        for level, conv in enumerate(self.path_aggregation_head_convolution, 1):
            levels[level] = levels[level] + conv(levels[level - 1])
        refined = [
            block(conv(feature))
            for block, conv, feature in zip(
                self.intraclass_blocks, self.path_aggregation_lateral_convolution, levels
            )
        ]
        size = refined[0].shape[2:]
        return torch.cat([F.interpolate(level, size=size) for level in reversed(refined)], dim=1)
