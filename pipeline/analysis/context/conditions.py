"""Control conditions: scene tokens that do not describe the image of the word."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from pipeline.registry import MODELS


def random_encoder_config(encoder: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """Config of an encoder with the same tower, input size and pooling, but random weights.

    Args:
        encoder: Config of a ``ClipImageEncoder``.
        seed: Random seed of the weights.
    """
    config = copy.deepcopy(dict(encoder))
    config.pop('checksum', None)
    config.update(pretrained=None, allow_random=True, seed=seed)
    return config


def build_random_encoder(encoder: nn.Module, config: Mapping[str, Any], seed: int) -> Any:
    """Build an encoder with random weights and the same image preprocessing.

    Args:
        encoder: Encoder with trained weights.
        config: Config of the encoder.
        seed: Random seed of the weights.
    """
    twin = random_encoder_config(config, seed)
    # These values come with the trained weights, which the random encoder does not load.
    for name in ('mean', 'std'):
        if hasattr(encoder, name):
            twin[name] = getattr(encoder, name).flatten().tolist()
    if hasattr(encoder, 'quick_gelu'):
        twin['quick_gelu'] = encoder.quick_gelu
    with DefaultScope.overwrite_default_scope('mmocr'):
        return MODELS.build(twin)


def swap_photos(count: int, seed: int) -> np.ndarray:
    """Assign another image to each image by a random cyclic permutation.

    Args:
        count: Number of images.
        seed: Random seed of the permutation.

    Returns:
        (count,) int64 image indices, each once. No image is assigned to itself.

    Raises:
        ValueError: If there are fewer than two images.
    """
    if count < 2:
        raise ValueError(f'swapping scenes needs at least 2 images, got {count}.')
    order = np.random.default_rng(seed).permutation(count)
    other = np.empty(count, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return other


def swap_groups(groups: Sequence[str], seed: int) -> np.ndarray:
    """Assign an image of another group to each image. All other groups are equally frequent.

    Args:
        groups: Group of each of the N images.
        seed: Random seed of the assignment.

    Returns:
        (N,) int64 image indices. An index may occur more than once.

    Raises:
        ValueError: If all images belong to one group.
    """
    names = sorted(set(groups))
    if len(names) < 2:
        raise ValueError(f'swapping between groups needs at least 2 groups, got {names}.')
    rng = np.random.default_rng(seed)
    labels = np.array([names.index(group) for group in groups])
    rows_of = [np.flatnonzero(labels == i) for i in range(len(names))]
    other = np.empty(len(groups), dtype=np.int64)
    for i, rows in enumerate(rows_of):
        steps = rng.permutation(np.arange(len(rows)) % (len(names) - 1) + 1)
        for row, step in zip(rows, steps):
            other[row] = rng.choice(rows_of[(i + step) % len(names)])
    return other


def mean_tokens(tokens: Tensor) -> Tensor:
    """Replace the tokens of every image by their mean over all images: (I, S, C) -> (I, S, C)."""
    return tokens.mean(dim=0, keepdim=True).expand_as(tokens)
