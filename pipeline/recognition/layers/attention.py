"""Multi-head attention with reusable keys and values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class MultiHeadAttention(nn.Module):
    """Multi-head attention with keys and values that are projected once and reused.

    Shapes: N crops, T queries, S keys, H heads, D ``embed_dim``, d = D / H.

    Args:
        embed_dim: D, the width of queries, keys, values and output.
        num_heads: Number of heads H, a divisor of ``embed_dim``.
        dropout: Probability of dropping an attention weight, in training only.

    Raises:
        ValueError: If ``num_heads`` does not divide ``embed_dim``.
    """

    def __init__(self, embed_dim: int, num_heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f'embed_dim={embed_dim} is not a multiple of num_heads={num_heads}. '
                'Choose a num_heads that divides embed_dim.'
            )
        self.num_heads = num_heads
        self.dropout = dropout
        self.to_query = nn.Linear(embed_dim, embed_dim)
        self.to_key_value = nn.Linear(embed_dim, 2 * embed_dim)
        self.to_out = nn.Linear(embed_dim, embed_dim)

    def project_queries(self, x: Tensor) -> Tensor:
        """(N, T, D) -> (N, H, T, d)."""
        return self.to_query(x).unflatten(-1, (self.num_heads, -1)).transpose(1, 2)

    def project_keys_values(self, memory: Tensor) -> tuple[Tensor, Tensor]:
        """(N, S, D) -> keys and values, each (N, H, S, d)."""
        split = self.to_key_value(memory).unflatten(-1, (2, self.num_heads, -1))
        keys, values = split.permute(2, 0, 3, 1, 4).unbind(0)  # (2, N, H, S, d)
        return keys, values

    def attend(
        self, queries: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Attention of projected queries over projected keys and values.

        Args:
            queries: (N, H, T, d), or (1, H, T, d) if all crops have the same queries.
            keys: (N, H, S, d).
            values: (N, H, S, d).
            mask: Bool, broadcastable to (N, H, T, S). True allows attention.

        Returns:
            (N, T, D).
        """
        if self.training and queries.device.type == 'cpu':
            # On CPUs the backward pass of the fused kernel is far slower for short sequences.
            scores = queries * queries.size(-1) ** -0.5 @ keys.transpose(-2, -1)  # (N, H, T, S)
            if mask is not None:
                scores = scores.masked_fill(~mask, -torch.inf)
            weights = F.dropout(scores.softmax(-1), self.dropout)
            out = weights.to(values.dtype) @ values
        else:
            out = F.scaled_dot_product_attention(
                queries.expand(keys.size(0), -1, -1, -1),
                keys,
                values,
                attn_mask=mask,
                dropout_p=self.dropout if self.training else 0.0,
            )
        return self.to_out(out.transpose(1, 2).flatten(2))

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """(N, T, D) queries over (N, S, D) memory -> (N, T, D)."""
        return self.attend(self.project_queries(x), *self.project_keys_values(memory), mask)
