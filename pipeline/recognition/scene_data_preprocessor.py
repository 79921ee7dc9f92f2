"""Carries photos past a preprocessor that knows crops alone."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseDataPreprocessor
from torch import nn

_SCENE_KEYS = ('images', 'image_index')


class SceneDataPreprocessor(BaseDataPreprocessor):
    """Prepares the crops of a scene batch as their recognizer wants them, and keeps the photos.

    A recognizer's own preprocessor may drop the keys it does not know, and with them, silently,
    all context.

    Args:
        crop_preprocessor: The recognizer's own.
    """

    def __init__(self, crop_preprocessor: nn.Module) -> None:
        super().__init__()
        self.crop_preprocessor = crop_preprocessor

    def forward(self, data: Any, training: bool = False) -> Any:
        """Prepare a batch.

        Args:
            data: ``inputs`` (crops), ``data_samples`` and, where there are photos, ``images``
                (I photos) and ``image_index`` (N,). Tuples and lists, which hold no photos,
                go to the recognizer's preprocessor as they are.
            training: Whether to augment, where the recognizer's preprocessor does.

        Returns:
            The same keys, on the model's device; photos keep their size and values.
        """
        if not isinstance(data, dict):
            return self.crop_preprocessor(data, training)
        scene = {key: self.cast_data(data[key]) for key in _SCENE_KEYS if key in data}
        words = {key: value for key, value in data.items() if key not in _SCENE_KEYS}
        return {**self.crop_preprocessor(words, training), **scene}
