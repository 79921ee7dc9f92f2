"""A convolutional stem for :class:`ViTEncoder`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn


def conv_bn(in_channels: int, out_channels: int, stride: tuple[int, int] = (1, 1)) -> nn.Sequential:
    """A 3 x 3 convolution and a batch norm, without activation."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
    )


class ResidualBlock(nn.Module):
    """Two 3 x 3 convolutions with a shortcut (He et al., CVPR 2016).

    Args:
        channels: Input and output channels.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv_bn(channels, channels)
        self.conv2 = conv_bn(channels, channels)
        self.act = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(x + self.conv2(self.act(self.conv1(x))))


class ConvStem(nn.Module):
    """A small residual network from a crop to a grid of tokens.

    The locality prior of convolutions lets the recognizer learn from far fewer words than with a
    patch projection. Each stage is one strided convolution and ``blocks[i]`` residual blocks.

    Args:
        in_channels: Channels of the crop.
        embed_dim: D, the width of a token.
        channels: Channels of each stage.
        strides: (vertical, horizontal) stride of each stage. A smaller horizontal stride keeps
            narrow letters separate.
        blocks: Number of residual blocks of each stage.

    Raises:
        ValueError: If ``channels``, ``strides`` and ``blocks`` differ in length.
    """

    def __init__(
        self,
        in_channels: int,
        embed_dim: int,
        channels: Sequence[int] = (32, 64, 128, 192),
        strides: Sequence[Sequence[int]] = ((2, 2), (2, 2), (2, 1), (2, 1)),
        blocks: Sequence[int] = (1, 1, 1, 0),
    ) -> None:
        super().__init__()
        if not len(channels) == len(strides) == len(blocks):
            raise ValueError(
                'A conv stem needs one entry per stage in channels, strides and blocks, got '
                f'{len(channels)}, {len(strides)} and {len(blocks)}.'
            )
        self.stride = (math.prod(s[0] for s in strides), math.prod(s[1] for s in strides))
        layers: list[nn.Module] = []
        width = in_channels
        for out_width, (down, across), num_blocks in zip(channels, strides, blocks):
            layers += [conv_bn(width, out_width, (down, across)), nn.ReLU(inplace=True)]
            layers += [ResidualBlock(out_width) for _ in range(num_blocks)]
            width = out_width
        self.stages = nn.Sequential(*layers)
        self.proj = nn.Conv2d(width, embed_dim, 1)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H / stride[0], W / stride[1])."""
        return self.proj(self.stages(crops))
