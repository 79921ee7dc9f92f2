"""LightSVTR, the encoder of the PP-OCRv6 recognizers."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from mmocr.structures import TextRecogDataSample
from torch import Tensor, nn

from pipeline.backbones import ConvNorm
from pipeline.registry import MODELS


class LightSVTRBlock(nn.Module):
    """Pre-norm transformer block: self-attention, then an MLP with SiLU."""

    def __init__(self, embed_dim: int, num_heads: int, mlp_ratio: float, eps: float) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.layer_norm1 = nn.LayerNorm(embed_dim, eps=eps)
        self.qkv = nn.Linear(embed_dim, 3 * embed_dim)
        self.projection = nn.Linear(embed_dim, embed_dim)
        self.layer_norm2 = nn.LayerNorm(embed_dim, eps=eps)
        self.fc1 = nn.Linear(embed_dim, int(mlp_ratio * embed_dim))
        self.fc2 = nn.Linear(int(mlp_ratio * embed_dim), embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, D) -> (N, T, D)."""
        qkv = self.qkv(self.layer_norm1(x)).unflatten(-1, (3, self.num_heads, -1))
        q, k, v = qkv.permute(2, 0, 3, 1, 4)  # (N, heads, T, D / heads) each
        attended = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        x = x + self.projection(attended)
        return x + self.fc2(F.silu(self.fc1(self.layer_norm2(x))))


@MODELS.register_module()
class LightSVTREncoder(BaseModule):
    """Mix the columns of a crop by a local convolution, then by global attention.

    The neck of the PP-OCRv6 recognizers (arXiv 2606.13108), after SVTR (Du et al., IJCAI 2022,
    arXiv 2205.00159). Parameter names follow the published ``pp_ocrv6_small_rec`` code in
    ``transformers``.

    Args:
        in_channels: Channels of the backbone's feature map.
        embed_dim: Width D of the tokens.
        depth: Number of transformer blocks.
        num_heads: Attention heads.
        mlp_ratio: Ratio of the MLP's hidden width to ``embed_dim``.
        kernel_size: Width of the local convolution, odd.
        block_eps: Epsilon of the layer norms in the blocks.
        norm_eps: Epsilon of the last layer norm.
        norm: Whether convolutions have a batch norm, as in :class:`PPLCNetV4`.
        init_cfg: MMEngine initialization config.
    """

    early_place = 'backbone'
    """Early fusion applies to the pooled features of the backbone, before this encoder."""

    def __init__(
        self,
        in_channels: int,
        embed_dim: int = 120,
        depth: int = 2,
        num_heads: int = 8,
        mlp_ratio: float = 2.0,
        kernel_size: int = 7,
        block_eps: float = 1e-5,
        norm_eps: float = 1e-6,
        norm: bool = False,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.in_channels = in_channels
        self.embed_dim = embed_dim
        self.skip_conv = ConvNorm(in_channels, embed_dim, 1, norm)
        self.reduce_conv = ConvNorm(in_channels, embed_dim, 1, norm)
        self.local_conv = ConvNorm(
            embed_dim,
            embed_dim,
            (1, kernel_size),
            norm,
            padding=(0, kernel_size // 2),
            groups=embed_dim,
        )
        self.svtr_block = nn.ModuleList(
            LightSVTRBlock(embed_dim, num_heads, mlp_ratio, block_eps) for _ in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim, eps=norm_eps)

    def forward(
        self, feat: Tensor, data_samples: Sequence[TextRecogDataSample] | None = None
    ) -> Tensor:
        """Turn a feature map of height 1 into tokens.

        Args:
            feat: (N, C, 1, T) features of the backbone.
            data_samples: Not used.

        Returns:
            (N, T, D) tokens, one per column.

        Raises:
            ValueError: If the feature map has another height or another number of channels.
        """
        if feat.dim() != 4 or feat.size(2) != 1 or feat.size(1) != self.in_channels:
            raise ValueError(
                f'LightSVTREncoder requires features (N, {self.in_channels}, 1, T), got '
                f'{tuple(feat.shape)}. Crops of the PP-OCRv6 recognizers are 48 px high.'
            )
        skip = F.silu(self.skip_conv(feat))
        x = F.silu(self.reduce_conv(feat))
        x = x + F.silu(self.local_conv(x))
        x = x.squeeze(2).transpose(1, 2)  # (N, T, D)
        for block in self.svtr_block:
            x = block(x)
        return self.norm(x) + skip.squeeze(2).transpose(1, 2)
