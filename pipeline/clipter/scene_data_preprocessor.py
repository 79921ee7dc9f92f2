"""Data preprocessor for batches of word crops with the images they come from."""

from __future__ import annotations

from typing import Any

from mmengine.model import BaseDataPreprocessor
from torch import nn

from pipeline.recognition.crop_channels import to_gray

_SCENE_KEYS = ('images', 'context_tokens', 'image_index')


class SceneDataPreprocessor(BaseDataPreprocessor):
    """Applies the recognizer's data preprocessor to the crops and keeps the batch's scene keys.

    A recognizer's own preprocessor may drop unknown keys, and thereby all context, without an
    error. MMOCR's preprocessor also reads ``img_shape`` and ``valid_ratio``, which MMOCR's loading
    transforms set. Crops that were cut from images lack these keys; they are set to the crop's size
    and 1.

    Args:
        crop_preprocessor: Data preprocessor of the recognizer.
        channels: Number of channels that the recognizer reads. If it is 1, BGR crops are converted
            to gray; gray crops are not changed.
    """

    def __init__(self, crop_preprocessor: nn.Module, channels: int = 3) -> None:
        super().__init__()
        self.plain_preprocessor = crop_preprocessor
        self.channels = channels

    def forward(self, data: Any, training: bool = False) -> Any:
        """Prepare a batch.

        Args:
            data: ``inputs`` (crops), ``data_samples`` and, if there are images, ``images`` (I
                images) or ``context_tokens`` (I, S, C), and ``image_index`` (N,). Tuples and lists
                are passed to the recognizer's preprocessor.
            training: Whether to augment, if the recognizer's preprocessor does.

        Returns:
            The same keys, on the model's device. The size and the values of images are not changed.
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
