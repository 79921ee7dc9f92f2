"""The transformer block of ViT."""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.recognition.layers.attention import MultiHeadAttention
from pipeline.recognition.layers.drop_path import DropPath
from pipeline.recognition.layers.mlp import Mlp


class TransformerBlock(nn.Module):
    """One pre-norm self-attention block, as in ViT (Dosovitskiy et al., ICLR 2021).

    Args:
        embed_dim: D, the width of the tokens.
        num_heads: Number of attention heads.
        mlp_ratio: Hidden width of the MLP divided by ``embed_dim``.
        drop_rate: Dropout on attention weights and hidden units.
        drop_path: Probability of skipping a residual branch.
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        mlp_ratio: float = 4.0,
        drop_rate: float = 0.0,
        drop_path: float = 0.0,
    ) -> None:
        super().__init__()
        self.norm_attn = nn.LayerNorm(embed_dim, eps=1e-6)
        self.attn = MultiHeadAttention(embed_dim, num_heads, drop_rate)
        self.norm_mlp = nn.LayerNorm(embed_dim, eps=1e-6)
        self.mlp = Mlp(embed_dim, mlp_ratio, drop_rate)
        self.drop_path = DropPath(drop_path)

    def forward(self, x: Tensor) -> Tensor:
        """(N, T, D) -> (N, T, D)."""
        normed = self.norm_attn(x)
        x = x + self.drop_path(self.attn(normed, normed))
        return x + self.drop_path(self.mlp(self.norm_mlp(x)))
