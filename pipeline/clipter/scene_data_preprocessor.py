"""Carries photos past a preprocessor that knows crops alone."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseDataPreprocessor
from torch import nn

from pipeline.recognition.crop_channels import to_gray

_SCENE_KEYS = ('images', 'context_tokens', 'image_index')


class SceneDataPreprocessor(BaseDataPreprocessor):
    """Prepares the crops of a scene batch as their recognizer wants them, and keeps the photos.

    A recognizer's own preprocessor may drop the keys it does not know, and with them, silently,
    all context. MMOCR's reads ``img_shape`` and ``valid_ratio`` besides, which its loading
    transforms set; a crop out of a photo is all word, so they are its size and 1.

    Args:
        crop_preprocessor: The recognizer's own.
        channels: Of the crops that the recognizer reads. Where it is 1, color crops, which are
            BGR throughout this package, are made gray; gray ones stay as they are.
    """

    def __init__(self, crop_preprocessor: nn.Module, channels: int = 3) -> None:
        super().__init__()
        self.plain_preprocessor = crop_preprocessor
        self.channels = channels

    def forward(self, data: Any, training: bool = False) -> Any:
        """Prepare a batch.

        Args:
            data: ``inputs`` (crops), ``data_samples`` and, where there are photos, ``images``
                (I photos) or ``context_tokens`` (I, S, C), and ``image_index`` (N,). Tuples and
                lists, which hold no photos, go to the recognizer's preprocessor as they are.
            training: Whether to augment, where the recognizer's preprocessor does.

        Returns:
            The same keys, on the model's device; photos keep their size and values.
        """
        if not isinstance(data, dict):
            return self.plain_preprocessor(data, training)
        scene = {key: self.cast_data(data[key]) for key in _SCENE_KEYS if key in data}
        words = {key: value for key, value in data.items() if key not in _SCENE_KEYS}
        crops = words['inputs']
        for crop, sample in zip(crops, words.get('data_samples') or []):
            sample.set_metainfo(
                {
                    'img_shape': sample.get('img_shape', tuple(crop.shape[-2:])),
                    'valid_ratio': sample.get('valid_ratio', 1.0),
                }
            )
        if self.channels == 1 and len(crops) and crops[0].shape[0] == 3:
            words['inputs'] = [to_gray(crop) for crop in crops]
        return {**self.plain_preprocessor(words, training), **scene}
