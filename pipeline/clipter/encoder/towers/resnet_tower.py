"""OpenAI's ResNets with attention pooling: RN50, RN101, RN50x4 and wider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from pipeline.clipter.encoder.towers.image_tower import ImageTower, check_multiple
from pipeline.clipter.encoder.towers.positions import fit_positions

_STRIDE = 32  # stride of the last stage, in pixels
_POSITIONS = 'attnpool.positional_embedding'


class ResNetTower(ImageTower):
    """Tokens of a ResNet: the attention-pooled vector, then the grid of the last stage.

    There is no class token: the pooling's query is the mean of the grid. The pooled vector is taken
    before ``c_proj``, where it has the width of the grid's features. The last stage has no norm
    after it; batch norms and ReLU are inside its blocks.
    """

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        size = module.image_size
        height, width = (size, size) if isinstance(size, int) else size
        self.embed_dim = int(module.attnpool.q_proj.in_features)
        self.image_size = (int(height), int(width))

    @property
    def grid_size(self) -> tuple[int, int]:
        return self.image_size[0] // _STRIDE, self.image_size[1] // _STRIDE

    def encode(self, pixels: Tensor) -> Tensor:
        output = self.module.forward_intermediates(pixels, indices=1, intermediates_only=True)
        grid = output['image_intermediates'][-1].flatten(2).transpose(1, 2)  # (I, h * w, C)
        return torch.cat([self._pool(grid), grid], dim=1)

    def _pool(self, grid: Tensor) -> Tensor:
        """CLIP's attention pooling for its only query, (I, 1, C)."""
        pool = self.module.attnpool
        tokens = torch.cat([grid.mean(dim=1, keepdim=True), grid], dim=1)
        tokens = tokens + pool.positional_embedding.to(tokens.dtype)
        query, key, value = (
            projection(x).unflatten(-1, (pool.num_heads, -1)).transpose(1, 2)
            for projection, x in (
                (pool.q_proj, tokens[:, :1]), (pool.k_proj, tokens), (pool.v_proj, tokens),
            )
        )  # fmt: skip
        return F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)

    def set_image_size(self, image_size: tuple[int, int]) -> None:
        check_multiple(image_size, (_STRIDE, _STRIDE))
        old_size = self.grid_size
        self.image_size = self.module.image_size = image_size
        pool = self.module.attnpool
        with torch.no_grad():
            fitted = fit_positions(pool.positional_embedding, self.grid_size, old_size)
        pool.positional_embedding = nn.Parameter(fitted.detach(), requires_grad=False)

    def drop_projection(self) -> None:
        self.module.attnpool.c_proj = nn.Identity()

    def load(self, state: Mapping[str, Tensor], image_size: tuple[int, int] | None) -> None:
        # The file's grid may differ from the architecture's: interpolate once, from the file's.
        if image_size is not None:
            self.set_image_size(image_size)
        if _POSITIONS in state:
            state = {**state, _POSITIONS: fit_positions(state[_POSITIONS], self.grid_size)}
        super().load(state, image_size=None)
