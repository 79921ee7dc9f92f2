"""The scene tokens that a recognizer is shown instead of its own photo's."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from mmengine.registry import DefaultScope
from torch import Tensor, nn

from pipeline.registry import MODELS


def random_encoder_config(encoder: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The config of the same tower, input size and pooling, with random weights.

    Args:
        encoder: Config of a ``ClipImageEncoder``.
        seed: Of the weights.
    """
    config = copy.deepcopy(dict(encoder))
    config.pop('checksum', None)
    config.update(pretrained=None, allow_random=True, seed=seed)
    return config


def build_random_encoder(encoder: nn.Module, config: Mapping[str, Any], seed: int) -> Any:
    """The random twin of a built encoder: it prepares photos in the same way, too.

    Args:
        encoder: The encoder with its weights.
        config: Its config.
        seed: Of the random weights.
    """
    twin = random_encoder_config(config, seed)
    # Without weights nothing else would say what goes with them.
    for name in ('mean', 'std'):
        if hasattr(encoder, name):
            twin[name] = getattr(encoder, name).flatten().tolist()
    if hasattr(encoder, 'quick_gelu'):
        twin['quick_gelu'] = encoder.quick_gelu
    with DefaultScope.overwrite_default_scope('mmocr'):
        return MODELS.build(twin)


def swap_photos(count: int, seed: int) -> np.ndarray:
    """For each photo another one: a random cyclic permutation, so no photo keeps its own.

    Args:
        count: Photos.
        seed: The same seed gives the same exchange.

    Returns:
        (count,) int64, each index once and none at its own place.

    Raises:
        ValueError: If there is no other photo.
    """
    if count < 2:
        raise ValueError(f'swapping scenes needs at least 2 photos, got {count}.')
    order = np.random.default_rng(seed).permutation(count)
    other = np.empty(count, dtype=np.int64)
    other[order] = np.roll(order, 1)
    return other


def swap_groups(groups: Sequence[str], seed: int) -> np.ndarray:
    """For each photo one of another group, the other groups in turn.

    Args:
        groups: The group of each photo.
        seed: The same seed gives the same exchange.

    Returns:
        (count,) int64 indexes of photos; some may come twice.

    Raises:
        ValueError: If all photos are of one group.
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
    """The mean photo in the place of every one: (I, S, C) -> (I, S, C)."""
    return tokens.mean(dim=0, keepdim=True).expand_as(tokens)
