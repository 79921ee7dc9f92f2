"""The encoder of PARSeq and ViTSTR."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmengine.model import BaseModule
from torch import Tensor, nn

from pipeline.recognition.encoders.conv_stem import ConvStem
from pipeline.recognition.encoders.patch_stem import PatchStem
from pipeline.recognition.layers import TransformerBlock
from pipeline.registry import MODELS


@MODELS.register_module()
class ViTEncoder(BaseModule):
    """Vision transformer over a crop: pre-norm, learned positions, no class token.

    With ``stem='patch'`` this is the encoder of PARSeq (Bautista & Atienza, ECCV 2022,
    arXiv 2207.06966). With ``stem='conv'`` a small residual network computes the tokens, which
    needs much less training. Shapes: N crops, T tokens, D ``embed_dim``.

    Args:
        img_size: (height, width) of a crop in pixels.
        embed_dim: D, the width of a token.
        depth: Number of transformer blocks.
        num_heads: Number of attention heads per block.
        mlp_ratio: Hidden width of a block's MLP divided by ``embed_dim``.
        in_channels: Channels of a crop.
        stem: 'patch' or 'conv'.
        patch_size: (height, width) of a patch. Used by the patch stem only.
        stem_cfg: ``channels``, ``strides`` and ``blocks`` of :class:`ConvStem`. Used by the conv
            stem only.
        drop_rate: Dropout on tokens, attention weights and hidden units.
        drop_path: Stochastic depth rate of the last block. The rate grows linearly from 0 at the
            first block.
        init_cfg: MMEngine's initialization config.

    Raises:
        ValueError: If the stem is unknown or its stride does not divide ``img_size``.
    """

    def __init__(
        self,
        img_size: Sequence[int],
        embed_dim: int,
        depth: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        in_channels: int = 3,
        stem: str = 'patch',
        patch_size: Sequence[int] = (4, 8),
        stem_cfg: dict | None = None,
        drop_rate: float = 0.0,
        drop_path: float = 0.0,
        init_cfg: dict | list[dict] | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        height, width = img_size
        self.img_size = (height, width)
        self.in_channels = in_channels
        self.embed_dim = embed_dim
        self.stem: PatchStem | ConvStem
        if stem == 'patch':
            self.stem = PatchStem(in_channels, embed_dim, patch_size)
        elif stem == 'conv':
            self.stem = ConvStem(in_channels, embed_dim, **(stem_cfg or {}))
        else:
            raise ValueError(f"stem must be 'patch' or 'conv', got {stem!r}.")
        down, across = self.stem.stride
        if height % down or width % across:
            raise ValueError(
                f'img_size={self.img_size} is not a multiple of the stem stride '
                f'{self.stem.stride}. Change img_size, patch_size or the strides of stem_cfg.'
            )
        self.grid_size = (height // down, width // across)
        num_tokens = self.grid_size[0] * self.grid_size[1]
        self.pos_embed = nn.Parameter(torch.zeros(1, num_tokens, embed_dim))
        self.drop = nn.Dropout(drop_rate)
        self.blocks = nn.ModuleList(
            TransformerBlock(
                embed_dim, num_heads, mlp_ratio, drop_rate, drop_path * i / max(depth - 1, 1)
            )
            for i in range(depth)
        )
        self.norm = nn.LayerNorm(embed_dim, eps=1e-6)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Initialize weights as in ViT: normal with std 0.02, convolutions after He et al."""
        nn.init.trunc_normal_(self.pos_embed, std=0.02)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode='fan_out', nonlinearity='relu')
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, feat: Tensor, data_samples: Sequence | None = None) -> Tensor:
        """Encode normalized crops.

        Args:
            feat: (N, C, H, W) crops of ``img_size``.
            data_samples: Not used; part of MMOCR's encoder interface.

        Returns:
            (N, T, D): tokens in row-major order of ``grid_size``, after the final norm.

        Raises:
            ValueError: If the crops are not (N, C, H, W) of ``img_size``.
        """
        wanted = (self.in_channels, *self.img_size)
        if feat.dim() != 4 or tuple(feat.shape[1:]) != wanted:
            raise ValueError(
                f'ViTEncoder requires crops of shape (N, {wanted[0]}, {wanted[1]}, {wanted[2]}), '
                f'got {tuple(feat.shape)}. Resize the crops, or set img_size and in_channels.'
            )
        tokens = self.stem(feat).flatten(2).transpose(1, 2)  # (N, T, D)
        tokens = self.drop(tokens + self.pos_embed)
        for block in self.blocks:
            tokens = block(tokens)
        return self.norm(tokens)
