"""What both fusions share: checks, words without a photo, and the gate."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from pipeline.clipter.fusion.gate import TanhGate
from pipeline.clipter.fusion.projected_context import ProjectedContext, WordLayout
from pipeline.clipter.fusion.scene_attention import Runs
from pipeline.structures import SceneContext


class SceneFusion(nn.Module, ABC):
    """Word features ask, scene tokens answer; a :class:`TanhGate` lets the answer in.

    Scene tokens are projected once per photo, by :meth:`project_context`; the result serves as
    many words and as many decoding steps as there are. Rows without a photo (``image_index`` -1)
    are left as they are, to the last bit, and give no gradient.

    Where each photo has one token (pooling with k = infinity), softmax over one key is 1 and the
    attention answers the same to any query: the answer is computed once per photo, and what is
    left for a word is to add it.

    Args:
        embed_dim: D, width of the word features.
        context_dim: C, width of the scene tokens.
    """

    def __init__(self, *, embed_dim: int, context_dim: int) -> None:
        super().__init__()
        self.embed_dim = embed_dim
        self.context_dim = context_dim
        self.norm_x = nn.LayerNorm(embed_dim)
        self.norm_context = nn.LayerNorm(context_dim)
        self.gate = TanhGate()

    @abstractmethod
    def _project(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values, (I, heads, S, width) each, of normed tokens (I, S, C)."""

    @abstractmethod
    def _project_single(self, tokens: Tensor) -> Tensor:
        """The answer (I, D) to any query, of the one normed token of each photo, (I, C)."""

    @abstractmethod
    def _fuse(
        self, x: Tensor, context: ProjectedContext, image_index: Tensor, runs: Runs | None
    ) -> Tensor:
        """``fused`` of the gate, (N, T, D), for words that all have a photo."""

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
        keys: Tensor | None
        if tokens.shape[1] == 1:
            keys, values = None, self._project_single(tokens[:, 0])
        else:
            keys, values = self._project(tokens)
        layout = None
        if not torch.compiler.is_compiling():  # a graph must not depend on values
            layout = WordLayout.of(context.image_index)
        return ProjectedContext(keys, values, context.image_index, layout)

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
        if isinstance(context, SceneContext):
            context = self.project_context(context)
        if len(context.values) == 0:
            return x
        layout = context.layout
        if layout is None or torch.compiler.is_compiling():
            return self._fuse_all(x, context)
        if layout.is_empty:
            return x
        index, runs = layout.image_index, layout.runs
        if layout.rows is None:
            return self.gate(x, self._fuse(x, context, index, runs))
        with_photo = x[layout.rows]
        fused = self.gate(with_photo, self._fuse(with_photo, context, index, runs))
        out = x.clone()
        out[layout.rows] = fused
        return out

    def _fuse_all(self, x: Tensor, context: ProjectedContext) -> Tensor:
        """The same without a branch on values: all words are fused, and some then put back."""
        index = context.image_index
        fused = self._fuse(x, context, index.clamp(min=0), None)
        return torch.where((index >= 0)[:, None, None], self.gate(x, fused), x)
