"""``--tower`` and ``--pretrained``: the context encoder of a command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.cli.common import CommandError

_OF_THE_WEIGHTS = (
    'allow_random', 'checksum', 'image_size', 'mean', 'pretrained', 'quick_gelu', 'seed', 'std',
)  # fmt: skip


def add_tower(parser: argparse.ArgumentParser) -> None:
    """Add ``--tower`` and ``--pretrained``."""
    parser.add_argument(
        '--tower', metavar='NAME',
        help='context encoder: an image tower of open_clip, such as ViT-B-32, or the embedded '
        "clipter-lite0 (default: the config's own)",
    )  # fmt: skip
    parser.add_argument(
        '--pretrained', metavar='TAG_OR_FILE',
        help='weights of the context encoder: a tag of open_clip, such as openai, downloaded once, '
        "or a file (default: embedded for clipter-lite0, otherwise the config's own)",
    )  # fmt: skip


def set_tower(config: Any, tower: str | None, pretrained: str | None) -> None:
    """Set the context encoder of a config, which is changed in place.

    Args:
        config: Config of a recognizer or of a spotter.
        tower: ``--tower``, or None to keep the config's own.
        pretrained: ``--pretrained``, or None for the embedded or the config's own weights.

    Raises:
        CommandError: If the config has no context encoder, if the weights are not a tag of the
            tower or a file, or if the tower requires ``--pretrained``.
    """
    if tower is None and pretrained is None:
        return
    encoders = list(_encoders(config.get('model')))
    if not encoders:
        raise CommandError(
            '--tower and --pretrained require a config with scene context (model.context_encoder), '
            'such as spotting/default_clip-vit-b32_mhca-early'
        )
    for encoder in encoders:
        name = tower or encoder['arch']
        changes = tower is not None and tower != encoder.get('arch')
        weights = pretrained or (None if changes else encoder.get('pretrained'))
        weights = _check_weights(name, weights)
        for key in _OF_THE_WEIGHTS if changes or pretrained else ():
            encoder.pop(key, None)
        encoder.update(arch=name, pretrained=weights)


def _check_weights(name: Any, weights: str | None) -> str:
    """Weights of a tower, checked before anything is built."""
    if weights is not None and _is_path(weights) and not Path(weights).is_file():
        raise CommandError(
            f'--pretrained {weights}: no such file. Wanted a weights file or a tag of open_clip'
        )
    if not isinstance(name, str):  # a model config
        return weights or ''
    from pipeline.clipter.encoder.tower_names import EMBEDDED_ARCH, EMBEDDED_TAG, list_tags

    if weights is None and name == EMBEDDED_ARCH:
        return EMBEDDED_TAG
    tags = list_tags(name)
    if weights is None:
        raise CommandError(
            f'--tower {name} requires --pretrained: a weights file, or a tag ('
            f'{", ".join(tags) or "open_clip has none for this name"})'
        )
    if weights not in tags and not Path(weights).is_file():
        raise CommandError(
            f'--pretrained {weights}: neither a file nor a tag of --tower {name} ('
            f'{", ".join(tags) or "open_clip has none for this name"})'
        )
    return weights


def _is_path(text: str) -> bool:
    return os.sep in text or Path(text).suffix in ('.safetensors', '.pt', '.pth', '.bin')


def _encoders(node: Any) -> Iterator[dict[str, Any]]:
    """Configs of context encoders in the config of a model."""
    if isinstance(node, dict):
        encoder = node.get('context_encoder')
        if isinstance(encoder, dict) and 'arch' in encoder:
            yield encoder
        for child in node.values():
            yield from _encoders(child)
