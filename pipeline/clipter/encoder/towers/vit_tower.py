"""open_clip's own vision transformers: OpenAI, LAION, CLIPA, CoCa."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pipeline.clipter.encoder.towers.image_tower import ImageTower, check_multiple
from pipeline.clipter.encoder.towers.positions import fit_positions

_POSITIONS = 'positional_embedding'


class VitTower(ImageTower):
    """Class token and patch grid after ``ln_post``.

    CLIPA's towers average the patches and do not train the class token, so the average is the first
    token. CoCa's tower pools its grid by attention; the scene tokens are the inputs of that
    attention, after its own norm.
    """

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.embed_dim = int(module.class_embedding.shape[0])
        self.image_size = _as_pair(module.image_size)

    @property
    def grid_size(self) -> tuple[int, int]:
        return _as_pair(self.module.grid_size)

    def encode(self, pixels: Tensor) -> Tensor:
        output = self.module.forward_intermediates(
            pixels,
            indices=1,
            intermediates_only=True,
            output_fmt='NLC',
            output_extra_tokens=True,
        )
        first, grid = output['image_intermediates_prefix'][0], output['image_intermediates'][0]
        if self.module.pool_type == 'avg':
            first = grid.mean(dim=1, keepdim=True)
        return self.module.ln_post(torch.cat([first, grid], dim=1))

    def set_image_size(self, image_size: tuple[int, int]) -> None:
        patch = _as_pair(self.module.patch_size)
        check_multiple(image_size, patch)
        old_size = self.grid_size
        self.image_size = self.module.image_size = image_size
        self.module.grid_size = (image_size[0] // patch[0], image_size[1] // patch[1])
        positions = self.module.positional_embedding
        with torch.no_grad():
            fitted = fit_positions(positions, self.grid_size, old_size)
        self.module.positional_embedding = nn.Parameter(fitted.detach(), requires_grad=False)

    def drop_projection(self) -> None:
        self.module.proj = None
        if self.module.attn_pool is not None:
            self.module.ln_post = self.module.attn_pool.ln_k
            self.module.attn_pool = self.module.attn_pool_contrastive = None

    def load(self, state: Mapping[str, Tensor], image_size: tuple[int, int] | None) -> None:
        # The file's grid may differ from the architecture's: interpolate once, from the file's.
        if image_size is not None:
            self.set_image_size(image_size)
        if _POSITIONS in state:
            state = {**state, _POSITIONS: fit_positions(state[_POSITIONS], self.grid_size)}
        super().load(state, image_size=None)


def _as_pair(size: Any) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    return int(height), int(width)
