"""The context encoder: a frozen CLIP image tower that encodes whole images."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from pipeline.clipter.encoder.open_clip_tower import build_open_clip_tower
from pipeline.clipter.encoder.pooling import ContextPool
from pipeline.clipter.encoder.tower_identity import (
    explain_mismatch,
    hash_weights,
    identity_from_tensor,
    identity_to_tensor,
)
from pipeline.clipter.encoder.towers import ImageTower
from pipeline.registry import MODELS

_IDENTITY = 'identity'  # checkpoint key


@MODELS.register_module()
class ClipImageEncoder(nn.Module):
    """Encodes images to scene tokens with the image tower of an open_clip model.

    The whole image is resized to the tower's input, without cropping, so that words at the edge are
    part of the scene too. The tokens are the class token (or the tower's pooled vector, if it has
    no class token) and the patch grid, after the tower's final norm and before CLIP's projection.
    The grid is then pooled. :mod:`pipeline.clipter.encoder.towers` describes the tokens of each
    family of towers (ViT, ResNet, ConvNeXt, FastViT, SigLIP, ...).

    The tower is frozen: no gradients, always in evaluation mode. It is not a child module, so
    optimizers, initializers, ``train()`` and checkpoints do not include it, but ``to()`` does move
    it. A checkpoint stores the name and the checksum of the tower's weights instead. Loading such a
    checkpoint into an encoder with other weights is an error.

    Args:
        arch: Architecture name of open_clip (``'ViT-B-32'``), or an open_clip model config with
            ``embed_dim`` and ``vision_cfg`` (the content of ``open_clip_config.json``).
        pretrained: Tag of open_clip (``'openai'``), downloaded once and cached; or path of a
            ``.safetensors`` file or a state dict; or None with ``allow_random``.
        allow_random: Whether random weights are allowed.
        seed: Random seed of random weights.
        checksum: sha256 of the weights file, with or without the prefix ``'sha256:'``, or at least
            its first 8 digits.
        image_size: (height, width) of the tower's input, or one number for both; the architecture's
            own by default. Positional embeddings are interpolated; convolutional towers need no
            change.
        pooling: Arguments of :class:`ContextPool`; every patch is kept by default.
        quick_gelu: Whether to use OpenAI's QuickGELU. By default taken from the tag. For a weights
            file, taken from the architecture.
        mean: RGB mean in [0, 1]; that of the weights by default.
        std: RGB standard deviation in [0, 1]; that of the weights by default.
        batch_size: Number of images per forward pass, which limits the memory.
        on_mismatch: ``'error'`` or ``'warn'``: what happens when a checkpoint of another tower is
            loaded.

    Raises:
        ValueError: If the arguments contradict each other or the weights do not fit.
        FileNotFoundError: If the weights are not on disk and cannot be downloaded.
    """

    mean: Tensor
    std: Tensor
    optional_state = (_IDENTITY,)  # checkpoints without it still load

    def __init__(
        self,
        arch: str | Mapping[str, Any],
        pretrained: str | None,
        *,
        allow_random: bool = False,
        seed: int = 0,
        checksum: str | None = None,
        image_size: int | Sequence[int] | None = None,
        pooling: Mapping[str, Any] | ContextPool | None = None,
        quick_gelu: bool | None = None,
        mean: Sequence[float] | None = None,
        std: Sequence[float] | None = None,
        batch_size: int = 16,
        on_mismatch: str = 'error',
    ) -> None:
        super().__init__()
        if isinstance(image_size, int):
            image_size = (image_size, image_size)
        if image_size is not None and len(image_size) != 2:
            raise ValueError(f'image_size must be (height, width) or one number, got {image_size}.')
        if batch_size < 1:
            raise ValueError(f'batch_size must be at least 1 image, got {batch_size}.')
        if on_mismatch not in ('error', 'warn'):
            raise ValueError(f"on_mismatch must be 'error' or 'warn', got {on_mismatch!r}.")
        built = build_open_clip_tower(
            arch,
            pretrained,
            allow_random=allow_random,
            seed=seed,
            checksum=checksum,
            image_size=None if image_size is None else (image_size[0], image_size[1]),
            quick_gelu=quick_gelu,
            mean=mean,
            std=std,
        )
        self.arch = built.arch
        self.pretrained = pretrained
        self.seed = seed
        self.quick_gelu = built.quick_gelu
        self.interpolation = built.interpolation
        self.batch_size = batch_size
        self.on_mismatch = on_mismatch
        self._tower: ImageTower = built.tower  # not an nn.Module, so it is not a child
        self._checksum: str | None = None
        if not isinstance(pooling, ContextPool):
            pooling = ContextPool(**(pooling if pooling is not None else {'kernel': 1}))
        self.pool = pooling
        self.register_buffer('mean', torch.tensor(built.mean).view(3, 1, 1), persistent=False)
        self.register_buffer('std', torch.tensor(built.std).view(3, 1, 1), persistent=False)
        self.register_state_dict_post_hook(_add_identity)
        super().train(False)

    @property
    def tower(self) -> Any:
        """The frozen open_clip module, ``model.visual``."""
        return self._tower.module

    @property
    def embed_dim(self) -> int:
        """C, width of the scene tokens."""
        return self._tower.embed_dim

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of the tower's input, in pixels."""
        return self._tower.image_size

    @property
    def grid_size(self) -> tuple[int, int]:
        """(height, width) of the patch grid, before pooling."""
        return self._tower.grid_size

    @property
    def num_tokens(self) -> int:
        """S, number of scene tokens per image after pooling."""
        height, width = self.pool.pooled_size(self.grid_size)
        return 1 + height * width

    @property
    def checksum(self) -> str:
        """sha256 over the tower's weights, computed at the first access."""
        if self._checksum is None:
            self._checksum = hash_weights(self.tower)
        return self._checksum

    @property
    def identity(self) -> dict[str, str]:
        """Identity of the tower, as stored in checkpoints."""
        if self.pretrained is None:
            source = f'random, seed {self.seed}'
        else:
            source = Path(self.pretrained).name
        return {
            'arch': self.arch,
            'pretrained': source,
            'checksum': self.checksum,
            'quick_gelu': str(self.quick_gelu),
        }

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Everything that the tokens of an image depend on, as JSON values."""
        kernel = self.pool.kernel
        return {
            'arch': self.arch,
            'checksum': self.checksum,
            'quick_gelu': self.quick_gelu,
            'image_size': list(self.image_size),
            'pooling': 'inf' if math.isinf(kernel) else kernel,
            'mean': [round(value, 6) for value in self.mean.flatten().tolist()],
            'std': [round(value, 6) for value in self.std.flatten().tolist()],
            'interpolation': self.interpolation,
        }

    def prepare_to_read(self) -> None:
        """Convert the tower for fast inference, in place; its checksum stays that of the file."""
        _ = self.checksum  # computed before the weights change
        self._tower.fold_norms()

    def train(self, mode: bool = True) -> ClipImageEncoder:
        """Stay in evaluation mode; ``mode`` is ignored."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Sequence[np.ndarray | Tensor]) -> Tensor:
        """Encode images.

        Args:
            images: I images of any size: (H, W, 3) uint8 arrays or (3, H, W) uint8 tensors, both
                BGR, as OpenCV and MMOCR load them.

        Returns:
            (I, S, C) float32 scene tokens.

        Raises:
            ValueError: If an image has another type or shape.
        """
        tokens = [
            self._encode(images[start : start + self.batch_size])
            for start in range(0, len(images), self.batch_size)
        ]
        if not tokens:
            return self.mean.new_zeros((0, self.num_tokens, self.embed_dim))
        return torch.cat(tokens)

    def _encode(self, images: Sequence[np.ndarray | Tensor]) -> Tensor:
        pixels = torch.stack([self._resize(image) for image in images])  # (i, 3, h, w) RGB
        pixels = (pixels.to(self.mean.dtype) / 255 - self.mean) / self.std
        tokens = self._tower.encode(pixels)
        return self.pool(tokens.float(), self.grid_size)

    def _resize(self, image: np.ndarray | Tensor) -> Tensor:
        if isinstance(image, np.ndarray) and image.ndim == 3 and image.shape[2] == 3:
            image = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)
        if (
            not isinstance(image, Tensor)
            or image.ndim != 3
            or image.shape[0] != 3
            or (image.dtype != torch.uint8)
            or not image.numel()
        ):
            raise ValueError(
                'An image must be an (H, W, 3) uint8 array or a (3, H, W) uint8 tensor, BGR, '
                f'got {image.dtype if hasattr(image, "dtype") else type(image).__name__} '
                f'{tuple(getattr(image, "shape", ()))}.'
            )
        resized = TF.resize(
            image.to(self.mean.device),
            list(self.image_size),
            interpolation=InterpolationMode(self.interpolation),
            antialias=True,
        )
        return resized[[2, 1, 0]]

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> ClipImageEncoder:
        probe = fn(self.mean[:0])
        if probe.is_meta or probe.dtype != self.mean.dtype:
            _ = self.checksum  # computed before the weights are converted or dropped
        self.tower._apply(fn)
        return super()._apply(fn, recurse)

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        super()._load_from_state_dict(
            state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs
        )
        key = prefix + _IDENTITY
        if key in unexpected_keys:
            unexpected_keys.remove(key)
        if key in state_dict:
            self._check_identity(state_dict[key])

    def check_state(self, state: Mapping[str, Any], prefix: str) -> None:
        """Check, before anything is loaded, that a checkpoint belongs to the same tower.

        Raises:
            ValueError: If the checkpoint names another tower and ``on_mismatch`` is ``'error'``.
        """
        if prefix + _IDENTITY in state and self.on_mismatch == 'error':
            self._check_identity(state[prefix + _IDENTITY])

    def _check_identity(self, stored: Tensor) -> None:
        problem = explain_mismatch(identity_from_tensor(stored), self.identity)
        if problem is None:
            return
        if self.on_mismatch == 'error':
            raise ValueError(problem)
        warnings.warn(problem, stacklevel=2)

    def extra_repr(self) -> str:
        return f'{self.arch!r}, pretrained={self.pretrained!r}, image_size={self.image_size}'

    def __str__(self) -> str:
        return f'ClipImageEncoder({self.arch!r})'


def _add_identity(
    module: ClipImageEncoder, state_dict: dict[str, Any], prefix: str, local_metadata: object
) -> None:
    """Add the tower's identity to the state dict.

    A hook is used because MMEngine's checkpoints omit ``get_extra_state``.
    """
    state_dict[prefix + _IDENTITY] = identity_to_tensor(module.identity)
