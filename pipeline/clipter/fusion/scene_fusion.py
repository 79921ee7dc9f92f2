"""Base class of the fusions: checks, words without an image, and the gate."""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from torch import Tensor, nn

from pipeline.clipter.fusion.gate import TanhGate
from pipeline.clipter.fusion.projected_context import ProjectedContext, WordLayout
from pipeline.clipter.fusion.scene_attention import Runs
from pipeline.structures import SceneContext


class SceneFusion(nn.Module, ABC):
    """Word features attend to scene tokens; a :class:`TanhGate` mixes in the result.

    Scene tokens are projected once per image by :meth:`project_context`. The result is reused for
    all words and decoding steps. Words without an image (``image_index`` -1) are returned bit for
    bit unchanged and get no gradient.

    With one token per image (pooling with k = infinity), softmax over one key is 1 and the
    attention's output does not depend on the query. It is then computed once per image.

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
        """The attention's output (I, D) for any query, given one normed token per image, (I, C)."""

    @abstractmethod
    def _fuse(
        self, x: Tensor, context: ProjectedContext, image_index: Tensor, runs: Runs | None
    ) -> Tensor:
        """``fused`` of the gate, (N, T, D), for words that all have an image."""

    def project_context(self, context: SceneContext) -> ProjectedContext:
        """Project the tokens of every image to keys and values, for use in several decoding steps.

        Raises:
            ValueError: If the tokens do not have the width ``context_dim``.
        """
        if context.tokens.shape[-1] != self.context_dim:
            raise ValueError(
                f'context_dim={self.context_dim}, but the scene tokens are '
                f'{context.tokens.shape[-1]} wide. Set '
                f'fusion.context_dim={context.tokens.shape[-1]}.'
            )
        # Cached tokens are float16; convert to the dtype of the weights.
        tokens = self.norm_context(context.tokens.to(self.norm_context.weight.dtype))
        keys: Tensor | None
        if tokens.shape[1] == 1:
            keys, values = None, self._project_single(tokens[:, 0])
        else:
            keys, values = self._project(tokens)
        layout = None
        if not torch.compiler.is_compiling():  # a compiled graph must not depend on values
            layout = WordLayout.of(context.image_index)
        return ProjectedContext(keys, values, context.image_index, layout)

    def forward(self, x: Tensor, context: SceneContext | ProjectedContext) -> Tensor:
        """Fuse word features with the scene of their image.

        Args:
            x: (N, T, D) word features.
            context: Scene context of these N words, projected or not.

        Returns:
            (N, T, D); rows of words without an image are those of ``x``, unchanged.

        Raises:
            ValueError: If ``x`` is not (N, T, embed_dim), or if the context has another number of
                words.
        """
        if x.ndim != 3 or x.shape[-1] != self.embed_dim:
            raise ValueError(
                f'word features must be (N, T, embed_dim={self.embed_dim}), got '
                f'{tuple(x.shape)}. Set fusion.embed_dim to the width of the recognizer.'
            )
        if len(x) != len(context.image_index):
            raise ValueError(
                f'image_index must have one entry for each of {len(x)} words, '
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
        with_image = x[layout.rows]
        fused = self.gate(with_image, self._fuse(with_image, context, index, runs))
        out = x.clone()
        out[layout.rows] = fused
        return out

    def _fuse_all(self, x: Tensor, context: ProjectedContext) -> Tensor:
        """Fuse without a branch on values: all words are fused, then words without an image are
        restored.
        """
        index = context.image_index
        fused = self._fuse(x, context, index.clamp(min=0), None)
        return torch.where((index >= 0)[:, None, None], self.gate(x, fused), x)
