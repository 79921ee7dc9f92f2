"""The patch projection of ViT."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class PatchStem(nn.Module):
    """Linear projection of the patches of a crop, as in ViT.

    Args:
        in_channels: Channels of the crop.
        embed_dim: D, the width of a token.
        patch_size: (height, width) of a patch in pixels. PARSeq uses (4, 8), which gives 8 x 16
            tokens for a 32 x 128 crop.
    """

    def __init__(
        self, in_channels: int, embed_dim: int, patch_size: Sequence[int] = (4, 8)
    ) -> None:
        super().__init__()
        height, width = patch_size
        self.stride = (height, width)
        self.proj = nn.Conv2d(in_channels, embed_dim, self.stride, self.stride)

    def forward(self, crops: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D, H / height, W / width)."""
        return self.proj(crops)
