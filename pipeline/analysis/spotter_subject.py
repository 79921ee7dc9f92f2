"""The spotter of a report, and the settings that determine its numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from pipeline.spotter import DEFAULT_CONFIG, TextSpotter
from pipeline.torch_spotter import TorchTextSpotter
from pipeline.utils.device import choose_device


def load_spotter(
    config: str | None = None,
    checkpoint: str | None = None,
    device: str = 'auto',
    cfg_options: Mapping[str, Any] | None = None,
) -> tuple[TorchTextSpotter, dict[str, str]]:
    """Build a spotter from command-line arguments.

    Args:
        config: Path of a spotting config; None selects the embedded default.
        checkpoint: Path of the weights of the whole spotter; None uses those of the config.
        device: Name of the device; see :func:`choose_device`.
        cfg_options: Config entries to override.

    Returns:
        The spotter, and its settings for a report, name -> value. The settings contain the start of
        the SHA-256 of the weights.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If the config has no spotter, or the weights do not fit it.
    """
    path = Path(config or DEFAULT_CONFIG)
    if not path.is_file():
        raise FileNotFoundError(f'no config {path}')
    loaded = Config.fromfile(path)
    if cfg_options:
        loaded.merge_from_dict(dict(cfg_options))
    spotter = TextSpotter.from_config(loaded, checkpoint, choose_device(device))
    settings = {'config': path.name}
    weights = checkpoint or loaded.get('load_from')
    if weights:
        settings['weights'] = f'{Path(weights).name} (SHA-256 {_digest(Path(weights))}...)'
    if cfg_options:
        settings['overridden'] = ', '.join(f'{key}={value}' for key, value in cfg_options.items())
    settings['min_score of the spotter'] = f'{spotter.min_score:g}'
    return spotter, settings


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
