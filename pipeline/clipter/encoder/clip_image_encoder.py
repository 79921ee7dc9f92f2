"""The context encoder: a frozen CLIP image tower that looks at whole photos."""

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

_IDENTITY = 'identity'  # its key in a checkpoint


@MODELS.register_module()
class ClipImageEncoder(nn.Module):
    """Turns photos into scene tokens with the image tower of an open_clip model.

    Each photo is resized as a whole, not cropped, to the input of the tower: a word at the edge
    of the photo is in its scene too. The tokens are the class token, or the tower's pooled
    vector where it has none, then the patch grid, after the tower's final norm and before CLIP's
    projection; then they are pooled. How they are read off each family of towers (ViT, ResNet,
    ConvNeXt, FastViT, SigLIP, ...) is told in :mod:`pipeline.clipter.encoder.towers`.

    The tower is frozen: no gradients, always in evaluation mode. It is kept out of the module
    tree, so that no optimizer, initializer, ``train()`` or checkpoint reaches it, but it follows
    ``to()``. In its place a checkpoint holds its name and the checksum of its weights, and
    loading that into an encoder with other weights is an error.

    Args:
        arch: An architecture of open_clip (``'ViT-B-32'``), or an open_clip model config with
            ``embed_dim`` and ``vision_cfg`` (its ``open_clip_config.json`` as well).
        pretrained: A tag of open_clip (``'openai'``), fetched once and cached, or the path of a
            ``.safetensors`` file or a state dict, or None with ``allow_random``.
        allow_random: A random tower is an error unless this says that it is meant.
        seed: Of the random weights, so that they can be had again.
        checksum: sha256 of the weights file, ``'sha256:...'`` or bare, or its first digits (8
            at least).
        image_size: (height, width) of the tower's input, or one number for both; the
            architecture's own by default. Positional embeddings are interpolated;
            convolutional towers take it as it is.
        pooling: Arguments of :class:`ContextPool`; every patch is kept by default.
        quick_gelu: OpenAI's activation. A tag knows; a file does not say.
        mean: RGB in [0, 1]; by default those that the weights were trained with.
        std: As ``mean``.
        batch_size: Photos per pass, which bounds the memory.
        on_mismatch: ``'error'`` or ``'warn'``, when a checkpoint of another tower is loaded.

    Raises:
        ValueError: If the arguments contradict each other or the weights do not fit.
        FileNotFoundError: If the weights are neither here nor to be had.
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
            raise ValueError(f'batch_size must be at least 1 photo, got {batch_size}.')
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
        self._tower: ImageTower = built.tower  # no module itself, so its weights are no children
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
        """The frozen tower itself, ``model.visual`` of open_clip."""
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
        """S, scene tokens of one photo after pooling."""
        height, width = self.pool.pooled_size(self.grid_size)
        return 1 + height * width

    @property
    def checksum(self) -> str:
        """sha256 over the tower's weights; computed when it is first asked for."""
        if self._checksum is None:
            self._checksum = hash_weights(self.tower)
        return self._checksum

    @property
    def identity(self) -> dict[str, str]:
        """What a checkpoint keeps of the tower."""
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
        """All that the tokens of a photo depend on, for a cache of them; plain JSON."""
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

    def train(self, mode: bool = True) -> ClipImageEncoder:
        """Stays in evaluation mode, whatever is asked."""
        return super().train(False)

    @torch.no_grad()
    def forward(self, images: Sequence[np.ndarray | Tensor]) -> Tensor:
        """Encode photos, each once.

        Args:
            images: I photos of any size: (H, W, 3) uint8 arrays or (3, H, W) uint8 tensors,
                both BGR, as OpenCV and MMOCR load them.

        Returns:
            (I, S, C) float32 scene tokens.

        Raises:
            ValueError: If a photo is not one of these.
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
                'A photo must be an (H, W, 3) uint8 array or a (3, H, W) uint8 tensor, BGR, '
                f'got {image.dtype if hasattr(image, "dtype") else type(image).__name__} '
                f'{tuple(getattr(image, "shape", ()))}.'
            )
        image = image.to(self.mean.device)[[2, 1, 0]]
        interpolation = InterpolationMode(self.interpolation)
        return TF.resize(image, list(self.image_size), interpolation=interpolation, antialias=True)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> ClipImageEncoder:
        probe = fn(self.mean[:0])
        if probe.is_meta or probe.dtype != self.mean.dtype:
            _ = self.checksum  # of the weights as they came, while they can be had
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
        """Refuse, before anything of it is loaded, the checkpoint of another tower.

        Raises:
            ValueError: If it names another tower, and ``on_mismatch`` is ``'error'``.
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
    """Say in the checkpoint which tower belongs to it.

    By a hook and not by ``get_extra_state``, which MMEngine's checkpoints leave out.
    """
    state_dict[prefix + _IDENTITY] = identity_to_tensor(module.identity)
