"""Changes a config that runs the context encoder into one that reads a context cache."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from mmengine.config import Config

from pipeline.clipter.cache.context_cache import ContextCache, compare_fingerprints

_LOADERS = ('train_dataloader', 'val_dataloader', 'test_dataloader')


def use_context_cache(config: Config, directory: str) -> None:
    """Read the scene tokens of all images from a cache instead of building the encoder.

    The encoder's weights are not loaded. Therefore only architecture, name of the weights, input
    size and pooling of the config are compared with the cache.

    Args:
        config: Config with a ``ContextRecognizer``, changed in place: the context encoder and the
            ``PackSceneWords(with_image=True)`` of its data sets use the cache.
        directory: Folder of the cache.

    Raises:
        ValueError: If the config has no context encoder or no data set with images, or if the cache
            is missing or of another encoder. The message lists the differences.
    """
    model = config.get('model') or {}
    encoder = model.get('context_encoder')
    if model.get('type') != 'ContextRecognizer' or not encoder:
        raise ValueError(
            f'a context cache needs a ContextRecognizer with a context_encoder, but the config '
            f'has model.type={model.get("type")!r} and context_encoder={encoder!r}.'
        )
    cache = ContextCache(directory)
    stored = {**cache.fingerprint, 'pretrained': cache.identity.get('pretrained')}
    differences = compare_fingerprints(stored, _known_fingerprint(encoder))
    if differences:
        raise ValueError(
            f'the context cache {directory} belongs to another encoder than the config: '
            f'{"; ".join(differences)}. Create one in another folder: '
            'clipter extract-context CONFIG --out DIR'
        )
    found = sum(_set_cache(config.get(loader), directory) for loader in _LOADERS)
    if not found:
        raise ValueError('no data set of the config loads images (with_image=True).')
    model['context_encoder'] = dict(type='CachedContextEncoder', context_cache=directory)


def _known_fingerprint(encoder: dict[str, Any]) -> dict[str, Any]:
    """The entries of the encoder's fingerprint that can be derived from its config."""
    kernel = float((encoder.get('pooling') or {}).get('kernel', 1))
    pretrained = encoder.get('pretrained')
    known: dict[str, Any] = {
        'pooling': 'inf' if math.isinf(kernel) else int(kernel),
        'pretrained': (
            f'random, seed {encoder.get("seed", 0)}' if pretrained is None
            else Path(pretrained).name
        ),
    }  # fmt: skip
    if isinstance(encoder.get('arch'), str):
        known['arch'] = encoder['arch']
    size = encoder.get('image_size')
    if size is not None:
        known['image_size'] = [size, size] if isinstance(size, int) else list(size)
    return known


def _set_cache(node: Any, directory: str) -> int:
    """Set the cache for every data set that loads images, and return their number."""
    if isinstance(node, dict):
        if node.get('type') == 'PackSceneWords' and node.get('with_image'):
            node['context_cache'] = directory
            return 1
        return sum(_set_cache(child, directory) for child in node.values())
    if isinstance(node, (list, tuple)):
        return sum(_set_cache(child, directory) for child in node)
    return 0
