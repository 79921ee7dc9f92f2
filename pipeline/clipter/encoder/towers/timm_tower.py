"""Towers that open_clip takes from timm: ConvNeXt, FastViT, EfficientNet, ViTs (SigLIP, EVA)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode

from pipeline.clipter.encoder.towers.image_tower import ImageTower, check_multiple
from pipeline.clipter.encoder.towers.norm_folding import fold_batch_norms


class TimmTower(ImageTower):
    """Tokens of a timm trunk: its pooled features, then its unpooled features.

    The first token is the output of the head's pooling, before the classifier: a class token, the
    output of SigLIP's attention pooling, or the average of a convolutional grid. If the final norm
    follows the pooling (ConvNeXt, ViTs with average pooling), it is applied to the grid too.
    """

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        # A ViT needs the input size that its trunk was built for; the config may differ.
        trunk = module.trunk
        height, width = trunk.patch_embed.img_size if _is_vit(trunk) else module.image_size
        self.embed_dim = int(trunk.num_features)
        self.image_size = (int(height), int(width))
        self._map_size: tuple[int, int] | None = None  # measured grid size of convolutional trunks

    @property
    def grid_size(self) -> tuple[int, int]:
        if _is_vit(self.module.trunk):
            height, width = self.module.trunk.patch_embed.grid_size
            return int(height), int(width)
        if self._map_size is None:
            self._map_size = self._measure()
        return self._map_size

    def encode(self, pixels: Tensor) -> Tensor:
        trunk = self.module.trunk
        features = trunk.forward_features(pixels)
        first = trunk.forward_head(features, pre_logits=True)
        grid = _late_norm(trunk)(self._as_map(features))
        self._map_size = (grid.shape[2], grid.shape[3])
        grid = grid.flatten(2).transpose(1, 2)  # (I, h * w, C)
        if first.ndim > 2:  # open_clip replaced the head: no pooling
            first = grid.mean(dim=1)
        return torch.cat([first.unsqueeze(1), grid], dim=1)

    def _as_map(self, features: Tensor) -> Tensor:
        """Convert features of any layout to (I, C, height, width)."""
        trunk = self.module.trunk
        if _is_vit(trunk):  # (I, prefix + height * width, C)
            patches = features[:, trunk.num_prefix_tokens :]
            return patches.transpose(1, 2).unflatten(2, self.grid_size)
        if getattr(trunk, 'output_fmt', 'NCHW') == 'NHWC':
            return features.permute(0, 3, 1, 2)
        return features

    def set_image_size(self, image_size: tuple[int, int]) -> None:
        trunk = self.module.trunk
        if _is_vit(trunk):
            rows, columns = self.grid_size
            check_multiple(image_size, (self.image_size[0] // rows, self.image_size[1] // columns))
        try:
            if hasattr(trunk, 'set_input_size'):
                trunk.set_input_size(image_size)
            self.module.image_size = self.image_size = image_size
            self._map_size = None if _is_vit(trunk) else self._measure()
        except (AssertionError, RuntimeError) as error:
            raise ValueError(
                f'image_size={image_size} does not fit {type(trunk).__name__}: {error}. Use '
                '(height, width) in multiples of its patches.'
            ) from error

    def drop_projection(self) -> None:
        self.module.trunk.reset_classifier(0)
        self.module.head = nn.Identity()

    def fold_norms(self) -> None:
        from timm.models.efficientnet import EfficientNet

        if isinstance(self.module.trunk, EfficientNet):
            fold_batch_norms(self.module.trunk)

    @torch.no_grad()
    def _measure(self) -> tuple[int, int]:
        """Grid size from a forward pass on fake tensors, which computes only shapes."""
        weight = next(self.module.parameters())
        was_training = self.module.training
        self.module.eval()
        with FakeTensorMode(allow_non_fake_inputs=True):
            pixels = torch.empty(1, 3, *self.image_size, device=weight.device, dtype=weight.dtype)
            grid = self._as_map(self.module.trunk.forward_features(pixels))
        self.module.train(was_training)
        return int(grid.shape[2]), int(grid.shape[3])


def _is_vit(trunk: Any) -> bool:
    """Whether the trunk's features are a sequence of tokens."""
    return hasattr(trunk, 'num_prefix_tokens')


def _late_norm(trunk: Any) -> Any:
    """The norm that follows the pooling, for maps (I, C, h, w), or the identity without one."""
    norm = getattr(trunk, 'fc_norm', None)
    if norm is not None and not isinstance(norm, nn.Identity):
        return lambda grid: norm(grid.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
    return getattr(getattr(trunk, 'head', None), 'norm', None) or nn.Identity()
