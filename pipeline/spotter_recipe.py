"""What a spotter in torch is built from, so that it can be pickled."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.torch_spotter import TorchTextSpotter


@dataclass(frozen=True)
class Recipe:
    """Config and weights of a spotter that was built to read.

    Args:
        model: Config of the spotter as plain dictionaries.
        checkpoint: Path of the weights, or None if the config names them.
        device: Device of the networks.
    """

    model: Mapping[str, Any]
    checkpoint: str | None
    device: str

    def reduce(self, settings: Mapping[str, Any]) -> tuple[Any, ...]:
        """Result of ``__reduce_ex__``: the config, the content of the weights file, and settings.

        Raises:
            FileNotFoundError: If the weights file does not exist any more.
        """
        weights = None if self.checkpoint is None else Path(self.checkpoint).read_bytes()
        return _rebuild, (dict(self.model), weights, self.device, dict(settings))


def _rebuild(
    model: dict[str, Any],
    weights: bytes | None,
    device: str,
    settings: Mapping[str, Any],
) -> TorchTextSpotter:
    from mmengine.config import Config

    from pipeline.torch_spotter import build_torch_spotter

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = None
        if weights is not None:
            checkpoint = Path(folder, 'weights')
            checkpoint.write_bytes(weights)
        config = Config({'model': model})
        spotter = build_torch_spotter(config, checkpoint, device, as_trained=False)
    spotter.restore_settings(settings)
    return spotter
