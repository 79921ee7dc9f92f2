"""PP-LCNetV4, the backbone of the PP-OCRv6 detectors and recognizers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from pipeline.backbones.conv_norm import ConvNorm
from pipeline.registry import MODELS

# 'same' pads the 2x2 convolutions of the stem at the bottom and the right. torch warns that it
# copies their input for this. Exported networks do not.
warnings.filterwarnings('ignore', "Using padding='same' with even kernel lengths", UserWarning)


class SqueezeExcitation(nn.Module):
    """Channel attention (Hu et al., CVPR 2018, arXiv 1709.01507) with a hard sigmoid.

    Args:
        channels: Number of channels.
        slope: Slope of the hard sigmoid ``clip(slope * x + 0.5, 0, 1)``. PP-OCRv6 uses 1/6 in its
            backbones and 0.2 in the necks of its detectors.
        reduction: Ratio of ``channels`` to the hidden width.
        residual: Whether the input is added to the result.
    """

    def __init__(
        self, channels: int, slope: float = 1 / 6, reduction: int = 4, residual: bool = False
    ) -> None:
        super().__init__()
        self.slope = slope
        self.residual = residual
        self.reduce = nn.Conv2d(channels, channels // reduction, 1)
        self.expand = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        gate = self.expand(F.relu(self.reduce(x.mean((2, 3), keepdim=True))))
        gate = (self.slope * gate + 0.5).clamp(0, 1)
        # The sum is taken over the gate, which is smaller than the map.
        return x * (gate + 1) if self.residual else x * gate


class LCNetV4Stem(nn.Module):
    """Two convolutions of stride 2 with a two-branch block between them. The total stride is 4.

    The 2x2 convolutions and the 2x2 max pool have stride 1 and are padded by one row at the bottom
    and one column at the right.
    """

    def __init__(
        self, in_channels: int, stem_channels: int, out_channels: int, norm: bool = False
    ) -> None:
        super().__init__()
        half = stem_channels // 2
        self.stem1 = ConvNorm(in_channels, stem_channels, 3, norm, stride=2, padding=1)
        self.stem2a = ConvNorm(stem_channels, half, 2, norm, padding='same')
        self.stem2b = ConvNorm(half, stem_channels, 2, norm, padding='same')
        self.stem3 = ConvNorm(2 * stem_channels, stem_channels, 3, norm, stride=2, padding=1)
        self.stem4 = ConvNorm(stem_channels, out_channels, 1, norm)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H / 4, W / 4), with sizes rounded up."""
        x = F.relu(self.stem1(x))
        branch = F.relu(self.stem2b(F.relu(self.stem2a(x))))
        pooled = F.max_pool2d(F.pad(x, (0, 1, 0, 1)), 2, stride=1)
        return F.relu(self.stem4(F.relu(self.stem3(pooled, branch))))


class LCNetV4Block(nn.Module):
    """Depthwise 3x3 convolution, optional channel attention, then a pointwise MLP of ratio 2.

    The MLP has a residual connection if the block keeps the number of channels and the size.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int | tuple[int, int] = 1,
        squeeze_excitation: bool = False,
        norm: bool = False,
    ) -> None:
        super().__init__()
        self.residual = in_channels == out_channels and stride == 1
        self.token_conv = ConvNorm(
            in_channels, in_channels, 3, norm, stride=stride, padding=1, groups=in_channels
        )
        self.token_se = SqueezeExcitation(in_channels) if squeeze_excitation else nn.Identity()
        self.channel_conv1 = ConvNorm(in_channels, 2 * in_channels, 1, norm)
        self.channel_conv2 = ConvNorm(2 * in_channels, out_channels, 1, norm)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H', W')."""
        x = self.token_se(self.token_conv(x))
        y = self.channel_conv2(F.gelu(self.channel_conv1(x)))
        return x + y if self.residual else y


@MODELS.register_module()
class PPLCNetV4(BaseModule):
    """PP-LCNetV4, the backbone of PP-OCRv6 (arXiv 2606.13108).

    Parameter names follow the published ``pp_lcnet_v4`` code in ``transformers``.

    Args:
        stem_channels: Width of the stem's 3x3 convolutions.
        widths: Channels of each stage.
        depths: Blocks of each stage. Stages after the first begin with a block that changes
            the width; this block is counted in ``depths``.
        squeeze_excitation: Indices of the blocks with channel attention, per stage.
        strides: Stride at the beginning of each stage after the first. (2, 1) halves the height of
            the feature map and keeps its width, as recognizers require.
        out_indices: Stages whose outputs are returned. None returns the output of the last stage.
        pool: Kernel (height, width) of an average pool after the last stage, with the same stride.
            Only valid with ``out_indices=None``.
        norm: Whether convolutions have a batch norm (:class:`ConvNorm`): True for training, False
            for inference with folded weights. Each form loads weights of the other.
        in_channels: Channels of the image, BGR.
        frozen_stages: Number of frozen parts. 1 freezes the stem, 2 the stem and the first stage,
            and so on. Frozen parts have no gradients, and their batch norms use the running
            statistics. 0 trains everything.
        init_cfg: MMEngine initialization config.

    Raises:
        ValueError: If lists differ in length, or ``pool`` is combined with ``out_indices``.
    """

    def __init__(
        self,
        stem_channels: int,
        widths: Sequence[int],
        depths: Sequence[int],
        squeeze_excitation: Sequence[Sequence[int]],
        strides: Sequence[int | tuple[int, int]],
        out_indices: Sequence[int] | None = None,
        pool: tuple[int, int] | None = None,
        norm: bool = False,
        in_channels: int = 3,
        frozen_stages: int = 0,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if not len(widths) == len(depths) == len(squeeze_excitation):
            raise ValueError(
                'widths, depths and squeeze_excitation need one entry per stage, got '
                f'{len(widths)}, {len(depths)} and {len(squeeze_excitation)}.'
            )
        if len(strides) != len(widths) - 1:
            raise ValueError(
                f'strides need one entry per stage after the first, got {len(strides)} for '
                f'{len(widths)} stages.'
            )
        if pool is not None and out_indices is not None:
            raise ValueError('pool applies to the last stage only: set out_indices=None.')
        if not 0 <= frozen_stages <= len(widths) + 1:
            raise ValueError(
                f'frozen_stages must be in [0, {len(widths) + 1}], got {frozen_stages}.'
            )
        self.convolution = LCNetV4Stem(in_channels, stem_channels, widths[0], norm)
        self.blocks = nn.ModuleList()
        before = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths)):
            layers = nn.Sequential()
            for index in range(depth):
                stride = strides[stage - 1] if stage and not index else 1
                attention = index in squeeze_excitation[stage]
                layers.append(LCNetV4Block(before, width, stride, attention, norm))
                before = width
            self.blocks.append(layers)
        self.out_indices = None if out_indices is None else tuple(out_indices)
        self.pool = None if pool is None else tuple(pool)
        self.frozen_stages = frozen_stages
        for part in self._frozen_parts():
            part.requires_grad_(False)

    def train(self, mode: bool = True) -> PPLCNetV4:
        """Set the mode; frozen parts stay in evaluation mode."""
        super().train(mode)
        for part in self._frozen_parts():
            part.eval()
        return self

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Compute features.

        Args:
            x: (N, C, H, W) normalized images.

        Returns:
            (N, D, H', W') of the last stage, or a tuple with the output of each stage in
            ``out_indices``.
        """
        x = self.convolution(x)
        outputs = []
        for index, stage in enumerate(self.blocks):
            x = stage(x)
            if self.out_indices is not None and index in self.out_indices:
                outputs.append(x)
        if self.out_indices is not None:
            return tuple(outputs)
        return x if self.pool is None else F.avg_pool2d(x, self.pool)

    def _frozen_parts(self) -> list[nn.Module]:
        return [self.convolution, *self.blocks][: self.frozen_stages]
