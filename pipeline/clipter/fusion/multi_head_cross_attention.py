"""MH-CA: multi-head cross-attention from word features to the scene tokens of their image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.clipter.fusion.projected_context import ProjectedContext
from pipeline.clipter.fusion.scene_attention import Runs, attend_scene
from pipeline.clipter.fusion.scene_fusion import SceneFusion
from pipeline.clipter.fusion.zero_gradients import with_zero_gradients
from pipeline.registry import MODELS


@MODELS.register_module()
class MultiHeadCrossAttention(SceneFusion):
    """Multi-head cross-attention, followed by an MLP in the size ``full``.

    A pre-norm block, ``fused = y + MLP(LN(y))`` with ``y = x + CA(LN(x), LN(scene))``, followed by
    ``gate(x, fused)``. Keys and values are projected once per image and looked up per word by
    ``image_index``. With one token per image (k = infinity), ``CA`` is ``out(value(LN(token)))``,
    computed once per image; the MLP of ``full`` still runs per word.

    MH-CA is one of the fusions of CLIPTER (Aberdam et al., ICCV 2023, arXiv 2301.07464). Our
    interpretation: the norms precede the attention, and the residual is part of ``fused``. ``full``
    attends at the recognizer's width and has the MLP; ``mini`` attends at a quarter of the width
    and has no MLP.

    Args:
        embed_dim: D, width of the word features.
        context_dim: C, width of the scene tokens.
        num_heads: Number of attention heads; must divide ``attn_dim``.
        size: ``'full'`` or ``'mini'``.
        attn_dim: Width of queries, keys and values; by default that of ``size``.
        mlp_ratio: Hidden width of the MLP of ``full``, as a multiple of ``embed_dim``.
        dropout: Dropout probability of the attention weights (if there is more than one token) and
            of both branches. 0 draws no random numbers, so that training starts at the exact
            outputs of the recognizer.

    Raises:
        ValueError: If ``size`` is unknown or ``num_heads`` does not divide the attention's width.
    """

    def __init__(
        self,
        *,
        embed_dim: int,
        context_dim: int,
        num_heads: int,
        size: str = 'full',
        attn_dim: int | None = None,
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(embed_dim=embed_dim, context_dim=context_dim)
        if size not in ('full', 'mini'):
            raise ValueError(f"size must be 'full' or 'mini', got {size!r}.")
        if attn_dim is None:
            attn_dim = embed_dim if size == 'full' else embed_dim // 4
        if attn_dim < 1 or num_heads < 1 or attn_dim % num_heads:
            raise ValueError(
                f'num_heads must divide the width of the attention, got num_heads={num_heads} '
                f'and attn_dim={attn_dim} (size={size!r}). Set num_heads or attn_dim.'
            )
        self.num_heads = num_heads
        self.attn_dim = attn_dim
        self.dropout = dropout
        self.query = nn.Linear(embed_dim, attn_dim)
        self.key_value = nn.Linear(context_dim, 2 * attn_dim)
        self.out = nn.Linear(attn_dim, embed_dim)
        self.mlp = _make_mlp(embed_dim, mlp_ratio, dropout) if size == 'full' else None

    def _project(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        keys, values = self.key_value(tokens).chunk(2, dim=-1)  # (I, S, attn_dim) each
        return self._split_heads(keys).transpose(1, 2), self._split_heads(values).transpose(1, 2)

    def _project_single(self, tokens: Tensor) -> Tensor:
        weight, bias = self.key_value.weight[self.attn_dim :], self.key_value.bias[self.attn_dim :]
        attended = self.out(F.linear(tokens, weight, bias))
        if self.training and torch.is_grad_enabled():
            attended = with_zero_gradients(
                attended, *self.norm_x.parameters(), *self.query.parameters()
            )
        return attended

    def _fuse(
        self, x: Tensor, context: ProjectedContext, image_index: Tensor, runs: Runs | None
    ) -> Tensor:
        dropout = self.dropout if self.training else 0.0
        if context.keys is None:
            attended = context.values[image_index].unsqueeze(1)  # (N, 1, D)
        else:
            queries = self._split_heads(self.query(self.norm_x(x)))
            attended = self.out(
                attend_scene(queries, context.keys, context.values, image_index, runs, dropout)
            )
        if dropout:
            attended = F.dropout(attended.expand_as(x), dropout)
        fused = x + attended
        if self.mlp is not None:
            fused = fused + self.mlp(fused)
        return fused

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.num_heads, -1))  # (..., heads, width of a head)


def _make_mlp(embed_dim: int, mlp_ratio: float, dropout: float) -> nn.Sequential:
    hidden_dim = int(embed_dim * mlp_ratio)
    return nn.Sequential(
        nn.LayerNorm(embed_dim),
        nn.Linear(embed_dim, hidden_dim),
        nn.GELU(),
        nn.Linear(hidden_dim, embed_dim),
        nn.Dropout(dropout),
    )
