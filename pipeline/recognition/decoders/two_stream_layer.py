"""The decoder layer of PARSeq."""

from __future__ import annotations

from torch import Tensor, nn

from pipeline.recognition.layers import Mlp, MultiHeadAttention

KeysValues = tuple[Tensor, Tensor]


class TwoStreamLayer(nn.Module):
    """Pre-norm decoder layer of PARSeq: attention to the characters, then to the crop.

    The query stream contains output positions, the content stream the previous characters. As in
    XLNet (Yang et al., NeurIPS 2019), both streams share all weights except the first norm.
    Shapes: N crops, T queries, S characters, D ``embed_dim``.

    Args:
        embed_dim: D, the width of queries, characters and encoder tokens.
        num_heads: Number of attention heads.
        mlp_ratio: Hidden width of the MLP divided by ``embed_dim``.
        dropout: Dropout on attention weights, hidden units and residual branches.
    """

    def __init__(
        self, embed_dim: int, num_heads: int, mlp_ratio: float = 4.0, dropout: float = 0.1
    ) -> None:
        super().__init__()
        self.norm_query = nn.LayerNorm(embed_dim)
        self.norm_content = nn.LayerNorm(embed_dim)
        self.self_attn = MultiHeadAttention(embed_dim, num_heads, dropout)
        self.norm_cross = nn.LayerNorm(embed_dim)
        self.cross_attn = MultiHeadAttention(embed_dim, num_heads, dropout)
        self.norm_mlp = nn.LayerNorm(embed_dim)
        self.mlp = Mlp(embed_dim, mlp_ratio, dropout)
        self.drop = nn.Dropout(dropout)

    def project_memory(self, memory: Tensor) -> KeysValues:
        """Keys and values of the encoder's tokens, computed once per crop."""
        return self.cross_attn.project_keys_values(memory)

    def project_content(self, content: Tensor) -> KeysValues:
        """Keys and values of the characters."""
        return self.self_attn.project_keys_values(self.norm_content(content))

    def update_query(
        self, query: Tensor, content: KeysValues, memory: KeysValues, mask: Tensor | None
    ) -> Tensor:
        """(N or 1, T, D) positions -> (N, T, D)."""
        return self._update(query, self.norm_query(query), content, memory, mask)

    def update_content(
        self, stream: Tensor, content: KeysValues, memory: KeysValues, mask: Tensor | None
    ) -> Tensor:
        """(N, S, D) characters -> (N, S, D)."""
        return self._update(stream, self.norm_content(stream), content, memory, mask)

    def _update(
        self,
        stream: Tensor,
        normed: Tensor,
        content: KeysValues,
        memory: KeysValues,
        mask: Tensor | None,
    ) -> Tensor:
        queries = self.self_attn.project_queries(normed)
        stream = stream + self.drop(self.self_attn.attend(queries, *content, mask))
        queries = self.cross_attn.project_queries(self.norm_cross(stream))
        stream = stream + self.drop(self.cross_attn.attend(queries, *memory))
        return stream + self.drop(self.mlp(self.norm_mlp(stream)))
