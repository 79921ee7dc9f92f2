"""The MLP of transformer blocks."""

from __future__ import annotations

from torch import Tensor, nn


class Mlp(nn.Module):
    """Two-layer perceptron with GELU.

    Args:
        embed_dim: Width of input and output.
        mlp_ratio: Hidden width divided by ``embed_dim``.
        drop_rate: Dropout on the hidden units, in training only.
    """

    def __init__(self, embed_dim: int, mlp_ratio: float = 4.0, drop_rate: float = 0.0) -> None:
        super().__init__()
        hidden_dim = round(embed_dim * mlp_ratio)
        self.expand = nn.Linear(embed_dim, hidden_dim)
        self.act = nn.GELU()
        self.drop = nn.Dropout(drop_rate)
        self.contract = nn.Linear(hidden_dim, embed_dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.contract(self.drop(self.act(self.expand(x))))
