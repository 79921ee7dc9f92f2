"""The light fusion: attention with one head and a gate per channel."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pipeline.clipter.fusion.projected_context import ProjectedContext
from pipeline.clipter.fusion.scene_attention import Runs, attend_scene
from pipeline.clipter.fusion.scene_fusion import SceneFusion
from pipeline.clipter.fusion.zero_gradients import with_zero_gradients
from pipeline.registry import MODELS


@MODELS.register_module()
class GatedAttention(SceneFusion):
    r"""Single-head attention to the scene with a learned gate per channel.

    With ``q = W_q LN(x)``, ``k = W_k LN(scene)``, ``v = W_v LN(scene)``:

    .. code-block:: text

        c     = softmax(q k^T / sqrt(A)) v                 (N, T, D)
        g     = sigmoid(u * LN(x) + w * c + b)             (N, T, D), all per channel
        fused = x + g * c
        out   = (1 - tanh(alpha)) * x + tanh(alpha) * fused

    Values have the width of the word features, so there is no output projection, and ``u``, ``w``,
    ``b`` are vectors: per word, the only projection is the query. With one token per image
    (k = infinity), ``c`` equals ``v`` and is computed once per image, without a projection per
    word. Words of one image can still use different channels of it because of ``g``.

    CLIPTER (Aberdam et al., ICCV 2023, arXiv 2301.07464) compares a gated attention with MH-CA. Its
    abstract describes a gated cross-attention that gradually shifts to context-enhanced features;
    this is ``alpha`` here. The paper's body was not available, so the rest is our interpretation:
    one head, and a channel gate ``g`` like the gated fusion of two feature streams in ABINet (Fang
    et al., CVPR 2021, arXiv 2103.06495), with vectors instead of a matrix.

    Args:
        embed_dim: D, width of the word features.
        context_dim: C, width of the scene tokens.
        attn_dim: A, width of queries and keys; a quarter of ``embed_dim`` by default.

    Raises:
        ValueError: If ``attn_dim`` is below 1.
    """

    def __init__(self, *, embed_dim: int, context_dim: int, attn_dim: int | None = None) -> None:
        super().__init__(embed_dim=embed_dim, context_dim=context_dim)
        if attn_dim is None:
            attn_dim = max(embed_dim // 4, 1)
        if attn_dim < 1:
            raise ValueError(f'attn_dim must be at least 1, got {attn_dim}.')
        self.query = nn.Linear(embed_dim, attn_dim)
        self.key = nn.Linear(context_dim, attn_dim)
        self.value = nn.Linear(context_dim, embed_dim)
        self.gate_x = nn.Parameter(torch.zeros(embed_dim))
        self.gate_scene = nn.Parameter(torch.zeros(embed_dim))
        self.gate_bias = nn.Parameter(torch.zeros(embed_dim))

    def _project(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        return self.key(tokens).unsqueeze(1), self.value(tokens).unsqueeze(1)  # one head

    def _project_single(self, tokens: Tensor) -> Tensor:
        attended = self.value(tokens)
        if self.training and torch.is_grad_enabled():
            attended = with_zero_gradients(
                attended, *self.query.parameters(), *self.key.parameters()
            )
        return attended

    def _fuse(
        self, x: Tensor, context: ProjectedContext, image_index: Tensor, runs: Runs | None
    ) -> Tensor:
        normed = self.norm_x(x)
        if context.keys is None:
            attended = context.values[image_index].unsqueeze(1)  # (N, 1, D)
        else:
            queries = self.query(normed).unsqueeze(2)  # (N, T, 1, attn_dim)
            attended = attend_scene(queries, context.keys, context.values, image_index, runs)
        gate = torch.sigmoid(normed * self.gate_x + attended * self.gate_scene + self.gate_bias)
        return x + gate * attended
