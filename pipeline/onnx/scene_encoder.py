"""The context encoder in ONNX Runtime, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.onnx.network import OnnxNetwork


class OnnxSceneEncoder:
    """Encodes images to scene tokens.

    Args:
        folder: Folder of the network.
        settings: ``context`` of the manifest, from :func:`describe_scene_encoder`.
        threads: Number of threads.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], threads: int | None) -> None:
        self.network = OnnxNetwork(folder / settings['file'], threads)
        self.image_size: tuple[int, int] = tuple(settings['image_size'])
        self.interpolation = Image.Resampling[settings['interpolation'].upper()]

    def __call__(self, images: Sequence[np.ndarray]) -> np.ndarray:
        """Scene tokens (I, S, C) float32 of at least one image, (H, W, 3) uint8 BGR."""
        height, width = self.image_size
        resized = [
            np.asarray(Image.fromarray(image).resize((width, height), self.interpolation))
            for image in images
        ]
        return self.network(np.stack(resized))
