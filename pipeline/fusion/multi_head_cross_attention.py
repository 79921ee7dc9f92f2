"""MH-CA: multi-head cross-attention from words to the scene of their photo."""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.fusion.gate import TanhGate
from pipeline.registry import MODELS
from pipeline.structures import SceneContext


@dataclass(frozen=True, eq=False)
class ProjectedContext:
    """Keys and values of the scene tokens, once per image.

    Args:
        keys: (I, heads, S, width of a head).
        values: As ``keys``.
        image_index: (N,) int64, as in :class:`~pipeline.structures.SceneContext`.
    """

    keys: Tensor
    values: Tensor
    image_index: Tensor


@MODELS.register_module()
class MultiHeadCrossAttention(nn.Module):
    """Word features ask, scene tokens answer; a :class:`TanhGate` lets the answer in.

    A pre-norm block, ``fused = y + MLP(LN(y))`` with ``y = x + CA(LN(x), LN(scene))``, followed
    by ``gate(x, fused)``. Keys and values are projected once per image and gathered per word by
    ``image_index``, so a hundred words of a photo share one projection.

    MH-CA is one of the fusions of CLIPTER (Aberdam et al., ICCV 2023, arXiv 2301.07464). Our
    reading of it: the norms stand before the attention, the residual is inside ``fused``, and
    of its two sizes ``full`` attends at the recognizer's width and has the MLP, while ``mini``
    attends at a quarter of the width and has none.

    Args:
        embed_dim: D, width of the word features.
        context_dim: C, width of the scene tokens.
        num_heads: Attention heads; must divide ``attn_dim``.
        size: ``'full'`` or ``'mini'``.
        attn_dim: Width of queries, keys and values where it shall differ from the size's own.
        mlp_ratio: Hidden width of the MLP of ``full``, as a multiple of ``embed_dim``.
        dropout: Of the attention weights and of both branches. 0 keeps the random stream of
            the recognizer untouched, so that training, too, starts at its exact answers.

    Raises:
        ValueError: If ``size`` is unknown or the heads do not divide the attention's width.
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
        super().__init__()
        if size not in ('full', 'mini'):
            raise ValueError(f"size must be 'full' or 'mini', got {size!r}.")
        if attn_dim is None:
            attn_dim = embed_dim if size == 'full' else embed_dim // 4
        if attn_dim < 1 or num_heads < 1 or attn_dim % num_heads:
            raise ValueError(
                f'num_heads must divide the width of the attention, got num_heads={num_heads} '
                f'and attn_dim={attn_dim} (size={size!r}). Set num_heads or attn_dim.'
            )
        self.embed_dim = embed_dim
        self.context_dim = context_dim
        self.num_heads = num_heads
        self.dropout = dropout
        self.norm_x = nn.LayerNorm(embed_dim)
        self.norm_context = nn.LayerNorm(context_dim)
        self.query = nn.Linear(embed_dim, attn_dim)
        self.key_value = nn.Linear(context_dim, 2 * attn_dim)
        self.out = nn.Linear(attn_dim, embed_dim)
        self.mlp = _make_mlp(embed_dim, mlp_ratio, dropout) if size == 'full' else None
        self.gate = TanhGate()

    def project_context(self, context: SceneContext) -> ProjectedContext:
        """Keys and values of every photo: call it once, fuse as often as decoding needs.

        Raises:
            ValueError: If the tokens are not ``context_dim`` wide.
        """
        if context.tokens.shape[-1] != self.context_dim:
            raise ValueError(
                f'context_dim={self.context_dim}, but the scene tokens are '
                f'{context.tokens.shape[-1]} wide. Set '
                f'fusion.context_dim={context.tokens.shape[-1]}.'
            )
        # A context cache may hold half precision; the weights decide.
        tokens = self.norm_context(context.tokens.to(self.norm_context.weight.dtype))
        keys, values = self.key_value(tokens).chunk(2, dim=-1)  # (I, S, attn_dim) each
        return ProjectedContext(
            self._split_heads(keys), self._split_heads(values), context.image_index
        )

    def forward(self, x: Tensor, context: SceneContext | ProjectedContext) -> Tensor:
        """Fuse word features with the scene of their photo.

        Args:
            x: (N, T, D) word features.
            context: The scenes of these N words, projected or not.

        Returns:
            (N, T, D); rows without a photo are those of ``x``, untouched.

        Raises:
            ValueError: If ``x`` is not (N, T, embed_dim) or the context speaks of other words.
        """
        if x.ndim != 3 or x.shape[-1] != self.embed_dim:
            raise ValueError(
                f'word features must be (N, T, embed_dim={self.embed_dim}), got '
                f'{tuple(x.shape)}. Set fusion.embed_dim to the width of the recognizer.'
            )
        if len(x) != len(context.image_index):
            raise ValueError(
                f'image_index must name a photo for each of {len(x)} words, '
                f'got {len(context.image_index)} entries.'
            )
        has_photo = context.image_index >= 0
        if not has_photo.any():
            return x
        if isinstance(context, SceneContext):
            context = self.project_context(context)
        if has_photo.all():
            return self._fuse(x, context, context.image_index)
        out = x.clone()
        out[has_photo] = self._fuse(x[has_photo], context, context.image_index[has_photo])
        return out

    def _fuse(self, x: Tensor, context: ProjectedContext, image_index: Tensor) -> Tensor:
        attended = F.scaled_dot_product_attention(
            self._split_heads(self.query(self.norm_x(x))),
            context.keys[image_index],  # (N, heads, S, width of a head)
            context.values[image_index],
            dropout_p=self.dropout if self.training else 0.0,
        )
        attended = attended.transpose(1, 2).flatten(2)  # (N, T, attn_dim)
        fused = x + F.dropout(self.out(attended), self.dropout, self.training)
        if self.mlp is not None:
            fused = fused + self.mlp(fused)
        return self.gate(x, fused)

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)  # (., heads, ., width)


def _make_mlp(embed_dim: int, mlp_ratio: float, dropout: float) -> nn.Sequential:
    hidden_dim = int(embed_dim * mlp_ratio)
    return nn.Sequential(
        nn.LayerNorm(embed_dim),
        nn.Linear(embed_dim, hidden_dim),
        nn.GELU(),
        nn.Linear(hidden_dim, embed_dim),
        nn.Dropout(dropout),
    )
